"""What a change of the observations of one index version changed in the numbers, in sentences."""

from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from forecasts.errors import TrackerError
from forecasts.measures.blocs import parse_bloc
from forecasts.measures.frontier import Frontier, frontier
from forecasts.measures.vintage import known_models

if TYPE_CHECKING:
    from tracker.workspace import Workspace


def effects_of(
    workspace: "Workspace", before: pl.DataFrame, after: pl.DataFrame, countries: str
) -> list[str]:
    """Sentences on what changed for `countries` (joined by commas) and for leader and follower.

    `before` and `after` are the latest statements of one index version.
    """
    pair = (workspace.settings.leader, workspace.settings.follower)
    own = [c for c in dict.fromkeys(countries.split(",")) if c not in pair]
    sentences: list[str] = []
    gaps: list[float | None] = []
    fronts = {spec: [_best(rows, spec) for rows in (before, after)] for spec in (*pair, *own)}
    for spec, (old, new) in fronts.items():
        if new is None:
            if old is not None:
                sentences.append(f"No {spec} model is left on this index.")
            continue
        if old is not None and new.values[-1] == old.values[-1]:
            continue
        best = new.best["model"]
        if old is None:
            sentences.append(f"First {spec} model on this index: {best} at {new.values[-1]:g}.")
        elif new.values[-1] > old.values[-1]:
            rise = new.values[-1] - old.values[-1]
            sentences.append(
                f"New {spec} frontier: {best} at {new.values[-1]:g}, +{rise:.2f} points."
            )
        else:
            fall = old.values[-1] - new.values[-1]
            sentences.append(f"The {spec} frontier is corrected down by {fall:.2f} points.")
    for i in (0, 1):
        top, low = fronts[pair[0]][i], fronts[pair[1]][i]
        gaps.append(None if top is None or low is None else float(top.values[-1] - low.values[-1]))
    old_gap, new_gap = gaps
    if new_gap is not None and old_gap is not None and new_gap != old_gap:
        sentences.append(f"Gap {pair[0]} to {pair[1]}: {old_gap:.2f} -> {new_gap:.2f} points.")
    if not sentences:
        sentences.append("No frontier changed.")
    return sentences


def _best(rows: pl.DataFrame, spec: str) -> Frontier | None:
    try:
        return frontier(known_models(rows, date.max, "final"), parse_bloc(spec))
    except TrackerError:
        return None
