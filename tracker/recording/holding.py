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
from tracker.store.schema import STATED, content_ids, identify, with_model_keys
from tracker.workspace_data import WorkspaceData

_ENOUGH = 5  # models of an index version: with fewer there is no frontier to speak of
_MAX_LISTED = 1000


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
    at = [position for position, _ in outside]
    rows = reading.rows[at]
    known = set(data.store.held(identify(rows.select(STATED)))["observation_id"])
    new = [i not in known for i in _ids(rows)]
    reasons = [why for (_, why), is_new in zip(outside, new, strict=True) if is_new]
    wrong = rows.filter(pl.Series(new, dtype=pl.Boolean))["row"]
    problems = [
        Problem(row, "value", f"{why} (all the same? say `outside_bounds`)")
        for row, why in zip(wrong, reasons, strict=True)
    ]
    # A row of several values goes with all of them, and counts once.
    bad = pl.col("row").is_in(wrong.implode())
    gone = reading.rows.filter(bad)
    return replace(
        reading,
        rows=reading.rows.filter(~bad),
        read=reading.read - gone.height + gone["row"].n_unique(),
        problems=sorted([*reading.problems, *problems], key=lambda p: p.row),
    )


def judge(
    data: WorkspaceData,
    snapshot: Snapshot,
    readings: Sequence[tuple[str, Reading]],
    new: pl.DataFrame,
    *,
    accepted: bool,
    rescored: bool,
) -> Judged:
    """Warn of likely slips among the rows `new` of an import, and say which are held back.

    Args:
        readings: what was read, by the name of its file.
        accepted: the warned rows go in all the same.
        rescored: the values of the index were accepted as estimated anew: a known model's new
            value is no reason to hold a row back.
    """
    known = _known(snapshot, new)
    found = plausibility.slips(data, known, new)
    if found.is_empty():
        return Judged(pl.Series(dtype=pl.String), _listed([], 0), _listed([], 0), known.peers)
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
    places = _places(readings, new[at]["observation_id"])
    listed = _rows(of_row, new, places)
    kept = _rows(of_row.filter(pl.col("at").is_in(stays.implode())), new, places)
    if accepted:
        none = pl.Series(dtype=pl.String)
        return Judged(none, _listed(listed, at.len()), _listed([], 0), known.peers)
    held = new[stays]["observation_id"]
    return Judged(held, _listed(listed, at.len()), _listed(kept, held.len()), known.peers)


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


def _ids(rows: pl.DataFrame) -> pl.Series:
    # Adding zero makes a negative zero the zero that is hashed.
    stated = with_model_keys(rows).with_columns(pl.col(pl.Float64) + 0.0)
    missing = [pl.lit(None, pl.String).alias(c) for c in ("retracts", "supersedes")]
    return content_ids(stated.with_columns(missing))


def _places(
    readings: Sequence[tuple[str, Reading]], ids: pl.Series
) -> dict[str, tuple[str, object]]:
    """File and row of each of `ids`, where it was first stated."""
    wanted, found = set(ids), dict[str, tuple[str, object]]()
    for file, reading in readings:
        if wanted - found.keys():
            for identity, row in zip(_ids(reading.rows), reading.rows["row"], strict=True):
                if identity in wanted:
                    found.setdefault(identity, (file, row))
    return found


def _rows(
    slips: pl.DataFrame, new: pl.DataFrame, places: dict[str, tuple[str, object]]
) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for at, field, message in slips.select("at", "field", "message").iter_rows():
        file, row = places.get(new["observation_id"][at], ("", None))
        model = new["model"][at]
        found.append({"file": file, "row": row, "model": model, "field": field, "reason": message})
    return found


def _listed(rows: list[dict[str, object]], count: int) -> dict[str, object]:
    return {"count": count, "rows": rows[:_MAX_LISTED]}
