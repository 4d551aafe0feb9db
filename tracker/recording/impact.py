"""What a change of the observations of one index version changed in the numbers, in sentences."""

from collections.abc import Callable, Iterable, Iterator
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

NOTHING = "No frontier changed."


def effects_of(
    data: WorkspaceData,
    before: pl.DataFrame,
    after: pl.DataFrame,
    countries: Iterable[str | None],
) -> list[str]:
    """Sentences on what changed for `countries` (of rows, each maybe several, joined by commas) and
    for leader and follower.

    `before` and `after` are the latest statements of one index version, `described`.
    """
    before, after = (data.ranked(rows) for rows in (before, after))
    asked = data.pair(Pair())
    pair = (asked.leader, asked.follower)
    scale = _scale(data, after)
    codes = dict.fromkeys(code for joined in countries if joined for code in joined.split(","))
    own = [code for code in codes if code not in pair]
    known = [known_models(rows, date.max, "final") for rows in (before, after)]
    divided = [divide(models, asked, data.catalogue.seats) for models in known]
    fronts = {
        spec: [_best(partial(each.frontier, at)) for each in divided]
        for at, spec in enumerate(pair)
    } | {
        spec: [_best(partial(frontier, models, parse_bloc(spec))) for models in known]
        for spec in own
    }
    sentences = [s for spec, lines in fronts.items() for s in _of_frontier(spec, lines, scale)]
    old_gap, new_gap = (_gap(fronts[pair[0]][i], fronts[pair[1]][i]) for i in (0, 1))
    if new_gap is not None and old_gap is not None and new_gap != old_gap:
        old_told, new_told = points(scale, old_gap), points(scale, new_gap)
        sentences.append(f"Gap {pair[0]} to {pair[1]}: {old_told} -> {new_told} {scale.unit}.")
    return sentences or [NOTHING]


def _of_frontier(spec: str, lines: list[Frontier | None], scale: ValueScale) -> Iterator[str]:
    old, new = lines
    if new is None:
        if old is not None:
            yield f"No {spec} model is left on this index."
        return
    top, best = float(new.values[-1]), f"{new.best['model']} at {points(scale, new.values[-1])}"
    if old is None:
        yield f"First {spec} model on this index: {best}."
        return
    change = top - float(old.values[-1])
    if change > 0:
        yield f"New {spec} frontier: {best}, {signed(scale, change)} {scale.unit}."
    elif change < 0:
        yield f"The {spec} frontier is corrected down by {points(scale, -change)} {scale.unit}."


def _gap(leader: Frontier | None, follower: Frontier | None) -> float | None:
    if leader is None or follower is None:
        return None
    return float(leader.values[-1] - follower.values[-1])


def _scale(data: WorkspaceData, rows: pl.DataFrame) -> ValueScale:
    if rows.is_empty():
        return ValueScale()
    spec = data.index_spec(rows["index_name"][0], rows["index_version"][0])
    return value_scale(known_models(rows, date.max, "final"), spec)


def _best(made: Callable[[], Frontier]) -> Frontier | None:
    try:
        return made()
    except TrackerError:
        return None
