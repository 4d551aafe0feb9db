"""Likely slips of the hand in observations that are formally right, the same on every way in.

Rows are looked at together: those of an import, or the one of `log` and `correct`. Only what lies
outside the bounds of its index is an error; everything else is a warning. A warned row is
`held` back by an import when it would move a frontier or contradicts what is known of its model.
With nothing to compare with, as in an empty workspace, there is nothing to warn of but shares and
countries, and nothing is held.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from forecasts.measures.vintage import PRECISION
from tracker.recording.calendar import calendar_note
from tracker.recording.likeness import near_duplicates, near_lab, new_lab
from tracker.sources.labs import facts_of
from tracker.store.observations import Snapshot
from tracker.store.schema import SCHEMA, with_model_keys
from tracker.text.dates import shown_date
from tracker.workspace_data import WorkspaceData

# What is found: the position of the row, the field, the sentence, and its kind: CONTRADICTION of a
# known lab, country or date of the row's model, CHANGE of its own value, SAME_DAY of two values on
# one day, or SLIP.
SLIPS: dict[str, pl.DataType] = {
    "at": pl.Int64(), "field": pl.String(), "message": pl.String(), "kind": pl.String(),
}  # fmt: skip
CONTRADICTION, CHANGE, SAME_DAY, SLIP = "contradiction", "change", "same day", "slip"
_INDEX = ["index_name", "index_version"]
_MODEL = [*_INDEX, "model_key"]
_ENOUGH = 5  # values of an index: of fewer nothing is said
_ENOUGH_TO_SPREAD = 10  # of fewer the spread says little
Slip = tuple[int, str, str, str]


@dataclass(frozen=True)
class Held:
    """What rows are compared with.

    Attributes:
        peers: latest statements of the rows' index versions.
        own: all that stands of the rows' models on these: index, model_key, value, observed_on,
            observation_id, source.
        facts: of each known model, as `facts_of`.
        names: gives model and model_key of every spelling of every known model.
    """

    peers: pl.DataFrame
    own: pl.DataFrame
    facts: pl.DataFrame
    names: Callable[[], pl.DataFrame]


def likely_slips(
    data: WorkspaceData,
    snapshot: Snapshot,
    peers: pl.DataFrame,
    seen: pl.DataFrame,
    row: Mapping[str, Any],
) -> list[str]:
    """Sentences on what is probably not meant in `row`, a checked observation.

    `peers` are the latest observations of the index version, `seen` all of the model by date.
    """
    held = Held(peers, seen, facts_of(seen.lazy()), lambda: names_of(snapshot.standing))
    rows = pl.DataFrame([{c: row[c] for c in row if c in SCHEMA}], schema_overrides=SCHEMA)
    of_index = list(_of_index(data, snapshot.indices, row)) or _of_day(data, row)
    return [*of_index, *slips(data, held, rows)["message"]]


def names_of(standing: pl.LazyFrame) -> pl.DataFrame:
    """model and model_key of every spelling of every model, by name."""
    names = standing.select("model", "model_key").unique().collect(engine="streaming")
    return names.sort("model")


def outside_bounds(data: WorkspaceData, rows: pl.DataFrame) -> list[tuple[int, str]]:
    """Position in `rows` of each value that its index cannot have, and a sentence."""
    found: list[tuple[int, str]] = []
    at = pl.int_range(pl.len()).alias("at")
    values = rows.select(*_INDEX, "value", at).filter(pl.col("value").is_not_null())
    for (name, version), part in values.group_by(_INDEX, maintain_order=True):
        spec = data.index_spec(str(name), str(version))
        wrong = pl.lit(False) if spec.low is None else pl.col("value") < spec.low
        wrong |= pl.lit(False) if spec.high is None else pl.col("value") > spec.high
        for position, value in part.filter(wrong).select("at", "value").iter_rows():
            found.append((position, f"{value:g} is outside the index's range, {spec.bounds}"))
    return sorted(found)


def bounds(data: WorkspaceData, name: str, version: str) -> tuple[float | None, float | None]:
    """The lowest and the highest value of an index version, None where they are not known."""
    spec = data.index_spec(name, version)
    return spec.low, spec.high


def slips(data: WorkspaceData, held: Held, rows: pl.DataFrame) -> pl.DataFrame:
    """What is probably not meant in `rows`, typed observations that do not stand yet: SLIPS."""
    rows = (rows if "model_key" in rows.columns else with_model_keys(rows)).with_row_index("at")
    found: list[Slip] = []
    for (name, version), part in rows.group_by(_INDEX, maintain_order=True):
        peers = held.peers.filter(index_name=name, index_version=version)
        found += _of_values(bounds(data, str(name), str(version)), peers, part)
    found += _of_names(held, rows)
    found += _of_labs(data, rows)
    found += _of_facts(held.facts, rows)
    found += _of_own(held, rows)
    every = [pl.DataFrame(found, schema=SLIPS, orient="row"), _of_days(rows)]
    return pl.concat(every).sort("at", maintain_order=True)


def moves(peers: pl.DataFrame, rows: pl.DataFrame) -> pl.Series:
    """Whether each of `rows` would move the frontier of one of its countries, at some date.

    `peers` are the latest statements of the rows' index versions; a first model of a country
    moves its frontier.
    """
    by = [*_INDEX, "country"]
    own = (
        peers.sort("observed_on")
        .group_by(_MODEL)
        .agg(before=pl.col("value").last(), last=pl.col("observed_on").last())
    )
    frontier = (
        peers.filter(pl.col("released_on").is_not_null())
        .with_columns(pl.col("country").str.split(","))
        .explode("country")
        .filter(pl.col("country").is_not_null())
        .sort("released_on")
        .select(*by, "released_on", best=pl.col("value").cum_max().over(by))
    )
    stated = (
        rows.select(
            *_MODEL,
            "country",
            "released_on",
            "value",
            "observed_on",
            pl.int_range(pl.len()).alias("at"),
        )
        .with_columns(pl.col("country").str.split(","))
        .explode("country")
        .filter(pl.col("released_on").is_not_null(), pl.col("country").is_not_null())
        .sort("released_on")
        .join_asof(frontier, on="released_on", by=by, check_sortedness=False)
        .join(own, on=_MODEL, how="left")
    )
    raised = pl.col("best").is_null() | (pl.col("value") > pl.col("best"))
    lowered = (pl.col("before") == pl.col("best")) & (pl.col("value") < pl.col("before"))
    lowered &= pl.col("observed_on") >= pl.col("last")
    found = stated.filter(raised | lowered.fill_null(False))["at"].unique()
    return pl.Series("moves", [False] * rows.height, pl.Boolean).scatter(found, True)


def _of_index(data: WorkspaceData, indices: pl.DataFrame, row: Mapping[str, Any]) -> Iterator[str]:
    name, version = str(row["index_name"]), str(row["index_version"])
    if indices.is_empty() or data.catalogue.index_version(name, version) is not None:
        return
    of_index = indices.filter(index_name=name)
    if of_index.is_empty():
        known = indices["index_name"].unique(maintain_order=True).head(8)
        yield f"The index '{name}' is new here; known: {'; '.join(known)}."
    elif version not in of_index["index_version"]:
        known = of_index["index_version"].head(8)
        yield f"The version '{version}' is new on this index; known: {', '.join(known)}."


def _of_day(data: WorkspaceData, row: Mapping[str, Any]) -> Iterator[str]:
    name, version = str(row["index_name"]), str(row["index_version"])
    note = calendar_note(data.catalogue, name, version, row["observed_on"])
    if note is not None:
        yield f"{note} Name it with `version`."


def _of_values(
    ends: tuple[float | None, float | None], peers: pl.DataFrame, rows: pl.DataFrame
) -> Iterator[Slip]:
    """Of the rows of one index version."""
    low, high = ends
    keys = rows["model_key"].unique()
    # A row is compared with other models; one among many rows hardly changes what is compared.
    others = peers.filter(~pl.col("model_key").is_in(keys.implode())) if rows.height == 1 else peers
    values = others["value"].drop_nulls()
    best: float | None = None
    if values.len() >= _ENOUGH:
        best = float(values.max())  # type: ignore[arg-type]
        yield from _far_above(best, others, rows)
    # Where many values are so small, as prices are, one more is nothing special.
    own = rows.height > 1 and values.len() < _ENOUGH
    around = rows["value"] if own else values
    small = int((around < 1).sum()) > max(int(own), 0.05 * around.len())
    if not small and ((high or 0) >= 10 or (best or 0) > 10):
        shares = rows.filter((pl.col("value") > 0) & (pl.col("value") < 1))
        top = high if high is not None else best
        for at, value in shares.select("at", "value").iter_rows():
            words = f"{value:g}: is that a share? The values of this index go up to {top:g}."
            yield at, "value", words, SLIP
    spread = None
    if low is not None and high is not None:
        spread = high - low
    elif best is not None:
        spread = best - float(values.min())  # type: ignore[arg-type]
    if spread is not None:
        wide = rows.filter(pl.col("stderr") > spread)
        for at, stderr in wide.select("at", "stderr").iter_rows():
            words = f"The standard error {stderr:g} is larger than the index's range of {spread:g}."
            yield at, "stderr", words, SLIP


def _far_above(best: float, others: pl.DataFrame, rows: pl.DataFrame) -> Iterator[Slip]:
    """Values from which it is a long way down to the next lower one, held or of the rows.

    Long is twice the longest step by which any release has ever raised the overall frontier.
    """
    records = others.filter(pl.col("released_on").is_not_null()).sort("released_on")
    step: Any = records["value"].cum_max().diff().drop_nulls().max()
    above = rows.filter(pl.col("value") > best).sort("value")
    below = above["value"].shift(1).fill_null(best)
    far = (above["value"] > below + 2 * float(step or 0)).cast(pl.Int8).cum_max() == 1
    for at, value in above.filter(far).select("at", "value").iter_rows():
        words = f"The value {value:g} is far above the best so far, {best:g}."
        yield at, "value", words, SLIP


def _of_names(held: Held, rows: pl.DataFrame) -> Iterator[Slip]:
    new = rows.join(held.facts.select("model_key"), on="model_key", how="anti")
    if new.is_empty():
        return
    names = new["model"].unique(maintain_order=True)
    near = near_duplicates(names.to_list(), held.names())
    for at, model in new.filter(pl.col("model").is_in(list(near))).select("at", "model").rows():
        words = f"The model '{model}' is new, but '{near[model]}' looks like the same."
        yield at, "model", words, SLIP


def _of_labs(data: WorkspaceData, rows: pl.DataFrame) -> Iterator[Slip]:
    """Labs with another country than they are known by, and unknown ones near to known ones."""
    here = data.known_labs()
    named = rows.filter(pl.col("lab").is_not_null(), pl.col("country").is_not_null())
    for (lab, country), part in named.group_by("lab", "country", maintain_order=True):
        name, given = str(lab), str(country)
        known = data.catalogue.lab(name)
        countries = here.get(name) if known is None else known.countries
        if countries and _parts(given) - _parts(countries):
            where = "is known here as one of" if known is None else "is in the catalogue as one of"
            words = f"The lab '{name}' {where} {countries}, not {given}."
            yield from _each(part, "country", words)
        if known is None and name not in here:
            near = near_lab(data, name)
            if near is not None:
                yield from _each(part, "lab", str(new_lab(data, name)))


def _of_facts(facts: pl.DataFrame, rows: pl.DataFrame) -> Iterator[Slip]:
    described = ("lab", "country", "released_on", PRECISION)
    known = facts.select("model_key", pl.col(described).name.prefix("was:"))
    both = rows.join(known, on="model_key", how="inner", maintain_order="left")
    for row in both.filter(pl.col("was:lab") != pl.col("lab")).iter_rows(named=True):
        words = f"is known here as one of {row['was:lab']}, not {row['lab']}."
        yield row["at"], "lab", f"The model '{row['model']}' {words}", CONTRADICTION
    for row in both.filter(
        pl.col("was:country") != pl.col("country"), pl.col("was:lab") == pl.col("lab")
    ).iter_rows(named=True):
        # One source names all countries of a lab, another the first.
        was, now = _parts(row["was:country"]), _parts(row["country"])
        if not (was <= now or now <= was):
            words = f"is known here as of {row['was:country']}, not {row['country']}."
            yield row["at"], "country", f"The model '{row['model']}' {words}", CONTRADICTION
    for row in both.filter(_other_release()).iter_rows(named=True):
        before = shown_date(row["was:released_on"], row[f"was:{PRECISION}"])
        after = shown_date(row["released_on"], row[PRECISION])
        words = f"is known here as released on {before}, not {after}."
        yield row["at"], "released_on", f"The model '{row['model']}' {words}", CONTRADICTION


def _of_days(rows: pl.DataFrame) -> pl.DataFrame:
    early = rows.filter(pl.col("observed_on") < pl.col("released_on"))
    words = "It was observed on {}, before its release on {}."
    return early.select(
        pl.col("at").cast(pl.Int64), field=pl.lit("observed_on"),
        message=pl.format(words, "observed_on", "released_on"), kind=pl.lit(SLIP),
    )  # fmt: skip


def _other_release() -> pl.Expr:
    """Whether two release dates cannot be one, each as well as it is known."""
    was, now = pl.col("was:released_on"), pl.col("released_on")
    known = [pl.col(f"was:{PRECISION}"), pl.col(PRECISION)]
    in_year, in_month = (
        pl.any_horizontal((how == unit).fill_null(False) for how in known)
        for unit in ("year", "month")
    )
    return (
        pl.when(in_year).then(was.dt.year() != now.dt.year())
        .when(in_month).then(was.dt.month_start() != now.dt.month_start())
        .otherwise(was != now)
    )  # fmt: skip


def _of_own(held: Held, rows: pl.DataFrame) -> Iterator[Slip]:
    """Values that differ from the model's own on the same day, or by much from the nearest day."""
    own = held.own.filter(pl.col("value").is_not_null()).select(
        *_MODEL, "observed_on", "observation_id", "source", was="value", day="observed_on"
    )
    stated = rows.select("at", *_MODEL, "observed_on", "value", by="source")
    on = [*_MODEL, "observed_on"]
    same_day = stated.join(own, on=on, how="inner", maintain_order="left")
    for row in (
        same_day.filter(pl.col("was") != pl.col("value"))
        .unique("at", keep="first", maintain_order=True)
        .iter_rows(named=True)
    ):
        who = "" if row["by"] == row["source"] else f" by {row['source']}"
        words = (
            f"This model has the value {row['was']:g}{who} on the same day already. To replace it: "
            f"tracker correct {row['observation_id'][:12]} `value` {row['value']:g}."
        )
        yield row["at"], "value", words, SAME_DAY
    left = stated.join(own, on=on, how="anti").sort("observed_on")
    nearest = left.join_asof(
        own.sort("observed_on"), on="observed_on", by=_MODEL, strategy="nearest",
        check_sortedness=False,
    )  # fmt: skip
    # Within one version a known value hardly moves: it was re-scored, or the scale is another.
    spreads = held.peers.group_by(_INDEX).agg(
        spread=pl.when(pl.col("value").count() >= _ENOUGH_TO_SPREAD).then(pl.col("value").std())
    )
    nearest = nearest.join(spreads, on=_INDEX, how="left", maintain_order="left")
    allowed = pl.when(pl.col("spread") > 0).then(0.15 * pl.col("spread"))
    change = (pl.col("value") - pl.col("was")).abs()
    far = nearest.filter(change > allowed.otherwise(0.2 * pl.col("was").abs()))
    for at, value, was, day in far.select("at", "value", "was", "day").iter_rows():
        words = f"The value {value:g} is far from this model's {was:g}, observed on {day}."
        yield at, "value", words, CHANGE


def _each(rows: pl.DataFrame, field: str, words: str) -> Iterable[Slip]:
    return ((at, field, words, SLIP) for at in rows["at"])


def _parts(countries: str) -> set[str]:
    return set(countries.split(","))
