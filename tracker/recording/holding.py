"""What an import holds back: warned rows that would move a frontier, or that contradict."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from forecasts.measures.prices import IS_SCORE
from forecasts.measures.vintage import latest_statements
from tracker.recording import plausibility
from tracker.recording.plausibility import CHANGE, CONTRADICTION, SAME_DAY, Held
from tracker.sources.contract import Problem, Reading
from tracker.sources.labs import facts_of
from tracker.store.observations import Snapshot
from tracker.store.schema import STATED, with_ids
from tracker.workspace_data import WorkspaceData

_ENOUGH = 5  # models of an index version: with fewer there is no frontier to speak of
_MAX_LISTED = 1000
_NONE: dict[str, object] = {"count": 0, "rows": []}


@dataclass(frozen=True)
class Judged:
    """The rows of an import that are warned of.

    Attributes:
        held: ids of the rows that stay out; empty where they were accepted.
        warnings, kept: `count`, and `rows` with file, row, model, field and reason (at most 1000):
            of all warnings, and of those of rows that stay out.
        peers: the latest statements of the index versions that the rows add to.
    """

    held: pl.Series
    warnings: dict[str, object]
    kept: dict[str, object]
    peers: pl.DataFrame


def within_bounds(data: WorkspaceData, readings: Sequence[Reading]) -> list[Reading]:
    """The readings, rows outside the bounds of their index among the problems.

    A row that the store holds already is no problem: it was accepted once.
    """
    return [_within(data, reading) for reading in readings]


def _within(data: WorkspaceData, reading: Reading) -> Reading:
    outside = plausibility.outside_bounds(data, reading.rows)
    if not outside:
        return reading
    rows = with_ids(reading.rows[[position for position, _ in outside]].select("row", *STATED))
    known = set(data.store.held(rows)["observation_id"])
    new = [i not in known for i in rows["observation_id"]]
    reasons = [why for (_, why), is_new in zip(outside, new, strict=True) if is_new]
    at = reading.rows[[position for position, _ in outside]]["row"]
    wrong = at.filter(pl.Series(new, dtype=pl.Boolean))
    problems = [
        Problem(row, "value", f"{why} (all the same? say `outside_bounds`)")
        for row, why in zip(wrong, reasons, strict=True)
    ]
    return replace(
        reading,
        rows=reading.rows.filter(~pl.col("row").is_in(wrong.implode())),
        problems=sorted([*reading.problems, *problems], key=lambda p: p.row),
    )


def judge(
    data: WorkspaceData,
    snapshot: Snapshot,
    places: pl.DataFrame,
    new: pl.DataFrame,
    *,
    accepted: bool,
    rescored: bool,
) -> Judged:
    """Warn of likely slips among the rows `new` of an import, and say which are held back.

    Args:
        places: observation_id, file and row of what was read.
        accepted: the warned rows go in all the same.
        rescored: the values of the index were accepted as estimated anew: a known model's new
            value is no reason to hold a row back.
    """
    known = _known(snapshot, new)
    found = plausibility.slips(data, known, new)
    if found.is_empty():
        return Judged(pl.Series(dtype=pl.String), _NONE, _NONE, known.peers)
    sizes = known.peers.group_by("index_name", "index_version").agg(
        models=pl.col("model_key").n_unique()
    )
    at = found["at"].unique().sort()
    warned = new[at].join(
        sizes, on=["index_name", "index_version"], how="left", maintain_order="left"
    )
    many = warned["models"].fill_null(0) >= _ENOUGH
    # Prices have no frontier.
    moving = plausibility.moves(known.peers, warned) & many & warned.select(IS_SCORE).to_series()
    of_row = found.join(pl.DataFrame({"at": at, "moves": moving}), on="at", maintain_order="left")
    quiet = [SAME_DAY, CHANGE] if rescored else [SAME_DAY]
    holds = (pl.col("kind") == CONTRADICTION) | (pl.col("moves") & ~pl.col("kind").is_in(quiet))
    stays = of_row.filter(holds)["at"].unique()
    listed = _listed(of_row, new, places)
    if accepted:
        return Judged(pl.Series(dtype=pl.String), listed, _NONE, known.peers)
    kept = _listed(of_row.filter(pl.col("at").is_in(stays.implode())), new, places)
    return Judged(new[stays]["observation_id"], listed, kept, known.peers)


def _known(snapshot: Snapshot, new: pl.DataFrame) -> Held:
    names = new["index_name"].unique()
    of_index = snapshot.standing.filter(pl.col("index_name").is_in(names.implode()))
    keys = new["model_key"].unique()
    own = of_index.filter(pl.col("model_key").is_in(keys.implode())).select(
        "index_name", "index_version", "model_key", "value", "observed_on", "observation_id",
        "source",
    )  # fmt: skip
    return Held(
        latest_statements(of_index, date.max, "final"),
        own.collect(engine="streaming"),
        facts_of(snapshot.standing),
        lambda: plausibility.names_of(snapshot.standing),
    )


def _listed(slips: pl.DataFrame, new: pl.DataFrame, places: pl.DataFrame) -> dict[str, object]:
    """How many rows are warned of, and the first of the warnings, each with its file and row."""
    first = slips.head(_MAX_LISTED)
    of_row = new.select("observation_id", "model", at=pl.int_range(pl.len(), dtype=pl.Int64))
    told = first.join(of_row, on="at", how="left", maintain_order="left")
    where = places.join(told, on="observation_id", how="semi").unique(
        "observation_id", keep="first", maintain_order=True
    )
    rows = told.join(where, on="observation_id", how="left", maintain_order="left").select(
        "file", "row", "model", "field", reason="message"
    )
    return {"count": slips["at"].n_unique(), "rows": rows.to_dicts()}
