"""What changed between two states of knowledge about one version of an index."""

from dataclasses import dataclass

import polars as pl

from forecasts.errors import TrackerError
from forecasts.measures.blocs import parse_bloc
from forecasts.measures.frontier import records_table
from forecasts.measures.gap import Gap, measure_gap
from forecasts.measures.pair import divide
from forecasts.measures.value_scale import ValueScale
from forecasts.measures.view import IndexView
from forecasts.request import Pair

# What is said of a model, whatever its value.
FACTS = ("model", "lab", "country", "released_on", "open_weights")


@dataclass(frozen=True)
class Difference:
    """From one state to a later one.

    Attributes:
        leader, follower: the blocs compared, as canonical text.
        new_models, withdrawn_models: model, lab, country, released_on, value, known in only one.
        changed_values: model, lab, before, after, change, observed_on of the later value.
        changed_facts: model, field, before, after (text) of what is said of models known in both:
            name, lab, countries, release date, weights; null where nothing is said.
        new_records, lost_records: bloc, released_on, model, lab, value, records in only one.
        gap_before, gap_after: None where a bloc has no model.
        scale: how values of the index are told.
    """

    index_name: str
    index_version: str
    leader: str
    follower: str
    new_models: pl.DataFrame
    withdrawn_models: pl.DataFrame
    changed_values: pl.DataFrame
    changed_facts: pl.DataFrame
    new_records: pl.DataFrame
    lost_records: pl.DataFrame
    gap_before: Gap | None
    gap_after: Gap | None
    scale: ValueScale


def compare(
    before: IndexView, after: IndexView, pair: Pair, *, tolerance: float = 0.0
) -> Difference:
    """What `after` knows that `before` did not, and the other way round.

    Both are views of one version of one index. Raises as `measure_gap`, but for a bloc without
    models.
    """
    views = (before, after)
    old, new = (view.models() for view in views)
    old_records, new_records = (
        _records(m, pair, v) for m, v in zip((old, new), views, strict=True)
    )
    gaps = [_gap(view, pair, tolerance) for view in views]
    both = new.join(old.select("model_key", before="value"), on="model_key")
    changed = both.filter(pl.col("value") != pl.col("before")).select(
        "model", "lab", "before", after="value", change=pl.col("value") - pl.col("before"),
        observed_on="observed_on",
    )  # fmt: skip
    described = ("model", "lab", "country", "released_on", "value")
    return Difference(
        index_name=after.index_name,
        index_version=after.index_version,
        leader=parse_bloc(pair.leader).spec,
        follower=parse_bloc(pair.follower).spec,
        new_models=_only(new, old, ["model_key"]).select(described),
        withdrawn_models=_only(old, new, ["model_key"]).select(described),
        changed_values=changed.sort(pl.col("change").abs(), "model", descending=[True, False]),
        changed_facts=changed_facts(old, new),
        new_records=_only(new_records, old_records, ["bloc", "model"]),
        lost_records=_only(old_records, new_records, ["bloc", "model"]),
        gap_before=gaps[0],
        gap_after=gaps[1],
        scale=after.scale(),
    )


def changed_facts(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """model (as named after), field, before and after as text: the FACTS that differ of models in
    both frames, which have model_key and FACTS, one row a model. Sorted by model."""
    both = before.select("model_key", *FACTS).join(
        after.select("model_key", *FACTS), on="model_key", suffix=":after"
    )
    changes = [
        both.filter(~pl.col(fact).eq_missing(pl.col(f"{fact}:after"))).select(
            model="model:after",
            field=pl.lit(fact),
            before=pl.col(fact).cast(pl.String),
            after=pl.col(f"{fact}:after").cast(pl.String),
        )
        for fact in FACTS
    ]
    return pl.concat(changes).sort("model", "field")


def _only(rows: pl.DataFrame, others: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    return rows.join(others, on=keys, how="anti", maintain_order="left")


def _records(models: pl.DataFrame, pair: Pair, view: IndexView) -> pl.DataFrame:
    found = []
    for at in (0, 1):
        try:
            found.append(divide(models, pair, view.seats).frontier(at))
        except TrackerError as error:
            if error.code != "empty_bloc":
                raise
    columns = ("bloc", "released_on", "model", "lab", "value")
    schema = {"bloc": pl.String, "released_on": pl.Date, "model": pl.String, "lab": pl.String,
              "value": pl.Float64}  # fmt: skip
    return records_table(found).select(columns) if found else pl.DataFrame(schema=schema)


def _gap(view: IndexView, pair: Pair, tolerance: float) -> Gap | None:
    try:
        return measure_gap(view, pair, tolerance=tolerance)
    except TrackerError as error:
        if error.code != "empty_bloc":
            raise
        return None
