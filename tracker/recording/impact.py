"""What a change of the observations of one index version changed in the numbers, in sentences."""

from collections.abc import Iterator
from datetime import date

import polars as pl

from forecasts.errors import TrackerError
from forecasts.measures.blocs import parse_bloc
from forecasts.measures.frontier import Frontier, frontier
from forecasts.measures.vintage import known_models
from tracker.workspace_data import WorkspaceData


def effects_of(
    data: WorkspaceData, before: pl.DataFrame, after: pl.DataFrame, countries: str
) -> list[str]:
    """Sentences on what changed for `countries` (joined by commas) and for leader and follower.

    `before` and `after` are the latest statements of one index version.
    """
    before, after = (data.as_counted(rows) for rows in (before, after))
    pair = (data.settings.leader, data.settings.follower)
    own = [c for c in dict.fromkeys(countries.split(",")) if c not in pair]
    fronts = {spec: (_best(before, spec), _best(after, spec)) for spec in (*pair, *own)}
    sentences = [s for spec, (old, new) in fronts.items() for s in _of_frontier(spec, old, new)]
    old_gap, new_gap = (_gap(fronts[pair[0]][i], fronts[pair[1]][i]) for i in (0, 1))
    if new_gap is not None and old_gap is not None and new_gap != old_gap:
        sentences.append(f"Gap {pair[0]} to {pair[1]}: {old_gap:.2f} -> {new_gap:.2f} points.")
    return sentences or ["No frontier changed."]


def _of_frontier(spec: str, old: Frontier | None, new: Frontier | None) -> Iterator[str]:
    if new is None:
        if old is not None:
            yield f"No {spec} model is left on this index."
        return
    top, best = new.values[-1], new.best["model"]
    if old is None:
        yield f"First {spec} model on this index: {best} at {top:g}."
    elif top > old.values[-1]:
        yield f"New {spec} frontier: {best} at {top:g}, +{top - old.values[-1]:.2f} points."
    elif top < old.values[-1]:
        yield f"The {spec} frontier is corrected down by {old.values[-1] - top:.2f} points."


def _gap(leader: Frontier | None, follower: Frontier | None) -> float | None:
    if leader is None or follower is None:
        return None
    return float(leader.values[-1] - follower.values[-1])


def _best(rows: pl.DataFrame, spec: str) -> Frontier | None:
    try:
        return frontier(known_models(rows, date.max, "final"), parse_bloc(spec))
    except TrackerError:
        return None
