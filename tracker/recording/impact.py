"""What a change of the observations of one index version changed in the numbers, in sentences."""

from collections.abc import Callable
from datetime import date
from functools import partial

import polars as pl

from forecasts.errors import TrackerError
from forecasts.measures.blocs import parse_bloc
from forecasts.measures.frontier import Frontier, frontier
from forecasts.measures.pair import divide
from forecasts.measures.value_scale import ValueScale, value_scale
from forecasts.measures.vintage import known_models
from forecasts.request import Pair
from tracker.text.numbers import points, signed
from tracker.workspace_data import WorkspaceData


def effects_of(
    data: WorkspaceData, before: pl.DataFrame, after: pl.DataFrame, countries: str
) -> list[str]:
    """Sentences on what changed for `countries` (joined by commas) and for leader and follower.

    `before` and `after` are the latest statements of one index version.
    """
    asked = data.pair(Pair())
    pair = (asked.leader, asked.follower)
    scale = _scale(data, after)
    own = [c for c in dict.fromkeys(countries.split(",")) if c not in pair]
    sentences: list[str] = []
    gaps: list[float | None] = []
    known = [known_models(rows, date.max, "final") for rows in (before, after)]
    divided = [divide(models, asked, data.catalogue.seats) for models in known]
    fronts = {
        spec: [_best(partial(each.frontier, at)) for each in divided]
        for at, spec in enumerate(pair)
    } | {
        spec: [_best(partial(frontier, models, parse_bloc(spec))) for models in known]
        for spec in own
    }
    for spec, (old, new) in fronts.items():
        if new is None:
            if old is not None:
                sentences.append(f"No {spec} model is left on this index.")
            continue
        if old is not None and new.values[-1] == old.values[-1]:
            continue
        best, new_value = new.best["model"], f"{new.values[-1]:g}"
        if old is None:
            sentences.append(f"First {spec} model on this index: {best} at {new_value}.")
        elif new.values[-1] > old.values[-1]:
            rise = new.values[-1] - old.values[-1]
            sentences.append(
                f"New {spec} frontier: {best} at {new_value}, {signed(scale, rise)} {scale.unit}."
            )
        else:
            fall = old.values[-1] - new.values[-1]
            sentences.append(
                f"The {spec} frontier is corrected down by {points(scale, fall)} {scale.unit}."
            )
    for i in (0, 1):
        top, low = fronts[pair[0]][i], fronts[pair[1]][i]
        gaps.append(None if top is None or low is None else float(top.values[-1] - low.values[-1]))
    old_gap, new_gap = gaps
    if new_gap is not None and old_gap is not None and new_gap != old_gap:
        old_told, new_told = points(scale, old_gap), points(scale, new_gap)
        sentences.append(f"Gap {pair[0]} to {pair[1]}: {old_told} -> {new_told} {scale.unit}.")
    if not sentences:
        sentences.append("No frontier changed.")
    return sentences


def _scale(data: WorkspaceData, rows: pl.DataFrame) -> ValueScale:
    if rows.is_empty():
        return ValueScale()
    ceiling = data.ceilings().get((rows["index_name"][0], rows["index_version"][0]))
    return value_scale(known_models(rows, date.max, "final"), ceiling)


def _best(made: Callable[[], Frontier]) -> Frontier | None:
    try:
        return made()
    except TrackerError:
        return None
