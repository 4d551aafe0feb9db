"""What an index's observations say about a link: common models, and components of both versions."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from forecasts.measures.link_methods import Component
from forecasts.measures.linking import common_models, last_measured

WEIGHTS = ("index_version", "component", "family", "measure", "factor", "weight")


@dataclass(frozen=True)
class Evidence:
    """What a link from one version to another is fitted to.

    pairs: common models, as of `common_models`, with the columns of `components`.
    pool: every model of the earlier version with a value: model_key, model, lab, from_value and
        those columns.
    """

    pairs: pl.DataFrame
    pool: pl.DataFrame
    components: tuple[Component, ...]


def gather_evidence(
    observations: pl.DataFrame, weights: pl.DataFrame, source: str, target: str, as_of: date
) -> Evidence:
    """The evidence for a link, as known on a day.

    Args:
        observations: rows of the index and of what its components are measured by: model_key,
            model, lab, released_on, index_name, index_version, value, estimated, observed_on. The
            index itself is what is no measure in `weights`.
        weights: what the index is known to consist of, columns WEIGHTS: `measure` names the index
            that holds the scores (None: nobody's), `factor` brings them to the unit of the index,
            `weight` is null where it is not known.
        source, target: versions of the index.
        as_of: nothing observed later counts.
    """
    known = observations.filter(pl.col("observed_on") <= as_of)
    measures = weights["measure"].drop_nulls().unique()
    own = known.filter(~pl.col("index_name").is_in(measures.implode()))
    pairs = common_models(own, source, target, as_of)
    pool = _last(own.filter(index_version=source), "from_value", ["model", "lab"])
    scores = known.filter(pl.col("index_name").is_in(measures.implode()))
    if scores.is_empty() or pairs.is_empty():
        return Evidence(pairs, pool, ())
    spans = {v: _span(own, v) for v in (source, target)}
    before, (after, published) = (
        _weights_of(weights, own, source)[0],
        _weights_of(weights, own, target),
    )
    columns: list[pl.DataFrame] = []
    components: list[Component] = []
    families = pl.concat([after["family"], before["family"]]).unique(maintain_order=True)
    for family in families:
        old, new = before.filter(family=family), after.filter(family=family)
        earlier = _scores(scores, old, spans[source], f"{family}:{source}")
        held = _scores(scores, new, spans[target], f"{family}:{target}")
        if earlier is not None and held is not None and _same(scores, old, new, spans):
            held = earlier
        for frame in (earlier, held):
            if frame is not None and frame.columns[1] not in {c.columns[1] for c in columns}:
                columns.append(frame)
        weight = float(new["weight"][0] or 0.0) if new.height else 0.0
        components.append(
            Component(
                str(family),
                weight,
                None if held is None else held.columns[1],
                None if earlier is None else earlier.columns[1],
                published,
            )
        )
    for frame in columns:
        pairs = pairs.join(frame, on="model_key", how="left", maintain_order="left")
        pool = pool.join(frame, on="model_key", how="left", maintain_order="left")
    return Evidence(pairs, pool, tuple(components) if columns else ())


def _span(own: pl.DataFrame, version: str) -> tuple[date, date]:
    seen = own.filter(index_version=version)["observed_on"]
    return seen.min(), seen.max()  # type: ignore[return-value]


def _weights_of(
    weights: pl.DataFrame, own: pl.DataFrame, version: str
) -> tuple[pl.DataFrame, bool]:
    """What a version consists of, and whether that is of this very version.

    Else of the version stated next after it, else before it: versions by when they were seen, those
    not held after these, in the order of their names.
    """
    first = own.group_by("index_version").agg(pl.col("observed_on").min()).sort("observed_on")
    order = [str(v) for v in first["index_version"]]
    order += sorted(v for v in weights["index_version"].unique() if v not in order)
    stated = [v for v in order if v in weights["index_version"]]
    if version in stated or not stated:
        return weights.filter(index_version=version), bool(stated)
    at = order.index(version) if version in order else 0
    later = [v for v in stated if order.index(v) > at]
    return weights.filter(index_version=later[0] if later else stated[-1]), False


def _scores(
    scores: pl.DataFrame, of: pl.DataFrame, span: tuple[date, date], name: str
) -> pl.DataFrame | None:
    """model_key and the scores of a component as last known within a version's days."""
    if of.is_empty() or of["measure"][0] is None:
        return None
    label = _label(scores, of["measure"][0], span)
    if label is None:
        return None
    rows = scores.filter(index_name=of["measure"][0], index_version=label)
    rows = rows.filter(pl.col("observed_on") <= span[1])
    found = _last(rows, name, [])
    return found.with_columns(pl.col(name) * float(of["factor"][0]))


def _label(scores: pl.DataFrame, measure: str, span: tuple[date, date]) -> str | None:
    """The version of a component that was in use in a version's days, the newest of several."""
    rows = scores.filter(pl.col("observed_on").is_between(*span), index_name=measure)
    if rows.is_empty():
        return None
    first = rows.group_by("index_version").agg(pl.col("observed_on").min())
    return str(first.sort("observed_on", "index_version")["index_version"][-1])


def _same(
    scores: pl.DataFrame, old: pl.DataFrame, new: pl.DataFrame, spans: dict[str, tuple[date, date]]
) -> bool:
    """Whether a component is measured alike in both versions."""
    one, other = old["measure"][0], new["measure"][0]
    before, after = spans.values()
    return bool(one == other and _label(scores, one, before) == _label(scores, other, after))


def _last(rows: pl.DataFrame, name: str, extra: list[str]) -> pl.DataFrame:
    """The last value of each model, measured ones first, as column `name`."""
    found = last_measured(rows, ["model_key"], extra).rename({"value": name})
    return found.drop("estimated").sort("model_key")
