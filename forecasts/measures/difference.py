"""What changed between two states of knowledge about one version of an index."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from forecasts.errors import TrackerError
from forecasts.measures.blocs import parse_bloc
from forecasts.measures.frontier import frontier, records_table
from forecasts.measures.gap import Gap, measure_gap
from forecasts.measures.vintage import Vintage, known_models


@dataclass(frozen=True)
class State:
    """Observations (rows that suffice for `known_models`), looked at as of a day."""

    observations: pl.DataFrame
    as_of: date
    vintage: Vintage


@dataclass(frozen=True)
class Difference:
    """From one state to a later one.

    Attributes:
        leader, follower: the blocs compared, as canonical text.
        new_models, withdrawn_models: model, lab, country, released_on, value, known in only one.
        changed_values: model, lab, before, after, change, observed_on of the later value.
        new_records, lost_records: bloc, released_on, model, lab, value, records in only one.
        gap_before, gap_after: None where a bloc has no model.
    """

    index_name: str
    index_version: str
    leader: str
    follower: str
    new_models: pl.DataFrame
    withdrawn_models: pl.DataFrame
    changed_values: pl.DataFrame
    new_records: pl.DataFrame
    lost_records: pl.DataFrame
    gap_before: Gap | None
    gap_after: Gap | None


def compare(
    before: State,
    after: State,
    *,
    index: tuple[str, str],
    leader: str,
    follower: str,
    tolerance: float = 0.0,
) -> Difference:
    """What `after` knows that `before` did not, and the other way round.

    `index`: name and version of the index that both are about. Raises as `measure_gap`, but for a
    bloc without models.
    """
    states = (before, after)
    old, new = (known_models(s.observations, s.as_of, s.vintage) for s in states)
    old_records, new_records = (_records(m, (leader, follower)) for m in (old, new))
    gaps = [_gap(state, leader, follower, tolerance) for state in states]
    both = new.join(old.select("model_key", before="value"), on="model_key")
    changed = both.filter(pl.col("value") != pl.col("before")).select(
        "model", "lab", "before", after="value", change=pl.col("value") - pl.col("before"),
        observed_on="observed_on",
    )  # fmt: skip
    described = ("model", "lab", "country", "released_on", "value")
    return Difference(
        index_name=index[0],
        index_version=index[1],
        leader=parse_bloc(leader).spec,
        follower=parse_bloc(follower).spec,
        new_models=_only(new, old, ["model_key"]).select(described),
        withdrawn_models=_only(old, new, ["model_key"]).select(described),
        changed_values=changed.sort(pl.col("change").abs(), "model", descending=[True, False]),
        new_records=_only(new_records, old_records, ["bloc", "model"]),
        lost_records=_only(old_records, new_records, ["bloc", "model"]),
        gap_before=gaps[0],
        gap_after=gaps[1],
    )


def _only(rows: pl.DataFrame, others: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    return rows.join(others, on=keys, how="anti", maintain_order="left")


def _records(models: pl.DataFrame, blocs: tuple[str, str]) -> pl.DataFrame:
    found = []
    for bloc in blocs:
        try:
            found.append(frontier(models, parse_bloc(bloc)))
        except TrackerError as error:
            if error.code != "empty_bloc":
                raise
    columns = ("bloc", "released_on", "model", "lab", "value")
    schema = {"bloc": pl.String, "released_on": pl.Date, "model": pl.String, "lab": pl.String,
              "value": pl.Float64}  # fmt: skip
    return records_table(found).select(columns) if found else pl.DataFrame(schema=schema)


def _gap(state: State, leader: str, follower: str, tolerance: float) -> Gap | None:
    try:
        return measure_gap(
            state.observations, leader=leader, follower=follower, as_of=state.as_of,
            vintage=state.vintage, tolerance=tolerance,
        )  # fmt: skip
    except TrackerError as error:
        if error.code != "empty_bloc":
            raise
        return None
