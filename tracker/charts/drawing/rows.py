"""Charts of horizontal rows: how many fit, where each stands, what is written beside."""

from collections.abc import Sequence
from typing import Any

import plotnine as p9

from tracker.charts.drawing.text import fit, literal, width
from tracker.charts.drawing.theme import Sheet, number, round_steps

TICK = 8.5


def places(rows: int, first: int = 0) -> list[int]:
    """Places of rows from the top down: the first row highest."""
    return [first + rows - 1 - k for k in range(rows)]


def name_scale(
    at: Sequence[float], names: Sequence[str], room: float = 190, pad: float = 0.7
) -> Any:
    """A y scale of numbered rows with these names, cut to `room` points."""
    return p9.scale_y_continuous(
        breaks=list(at), labels=[literal(fit(n, room, TICK)) for n in names], expand=(0, pad),
    )  # fmt: skip


def names_width(names: Sequence[str], room: float = 190) -> float:
    """Points that the names of the rows take."""
    return max((min(width(n, TICK), room) for n in names), default=0.0) + 6


def value_room(high: float, low: float, points: float, texts: Sequence[str], size: float) -> float:
    """Upper limit of a value axis of `points` length that leaves room for texts right of `high`."""
    wide = max((width(t, size) for t in texts), default=0.0) + 12
    return high + (high - low) * wide / max(points - wide, 0.25 * points)


def height_for(rows: float, per_row: float, sheet: Sheet) -> float:
    """Height in inches of a figure with so many rows of `per_row` points."""
    beside = 72 * sheet.size[1] - sheet.room[1]
    return round((rows * per_row + beside + 24) / 72, 2)


def value_scale(low: float, high: float, limit: float) -> Any:
    """An x scale from `low` to `limit` with round breaks up to `high` alone."""
    return p9.scale_x_continuous(
        limits=(low, limit), expand=(0.005, 0), breaks=round_steps(low, high),
        labels=lambda values: [number(v) for v in values],
    )  # fmt: skip
