"""The ends of lines, named at the right: where the names stand, none over another."""

from collections.abc import Sequence

import pandas as pd
import plotnine as p9
import polars as pl

from forecasts.measures.value_scale import ValueScale
from tracker.charts.drawing.text import fit, literal, spread, width
from tracker.charts.drawing.theme import TimeAxis, name_of, plain
from tracker.text.numbers import points


class geom_tie(p9.geom_segment):
    """The thin line from the end of a line to its name: it draws no number."""


def line_ends(rows: pl.DataFrame, scale: ValueScale) -> pl.DataFrame:
    """The last point of each bloc, on the newest version it is on: bloc, date, value, text."""
    ends = rows.group_by("bloc", maintain_order=True).last()
    names = [
        f"{fit(name_of(bloc), 100, 10, True)} {points(scale, value)}"
        for bloc, value in ends.select("bloc", "value").iter_rows()
    ]
    return ends.select("bloc", "date", "value", text=pl.Series(names, dtype=pl.String))


def end_labels(
    ends: pl.DataFrame, axis: TimeAxis, limits: tuple[float, float], height: float, size: float = 10
) -> pd.DataFrame:
    """Names at the ends of lines, none over another: `ends` with x, y, and the tie from the line.

    Args:
        ends: bloc, date, value, text: one row per line.
        limits, height: of the y axis, in points of the index and of the figure.
    """
    up = height / (limits[1] - limits[0])
    y = spread(
        (ends["value"].to_numpy() * up).tolist(), 1.32 * size, limits[0] * up + size * 0.6,
        limits[1] * up - size * 0.6,
    ) / up  # fmt: skip
    data = plain(ends)
    data["text"] = [literal(t) for t in ends["text"]]
    data["y"] = y
    data["x"] = [axis.moved(axis._until, 14) for _ in range(ends.height)]
    data["tie"] = [axis.moved(axis._until, 11) for _ in range(ends.height)]
    return data


def room_for(texts: Sequence[str], size: float, bold: bool = True) -> float:
    """Points that the widest of `texts` needs at the end of its line."""
    return max((width(t, size, bold) for t in texts), default=0.0) + 18


def tie(finals: pd.DataFrame) -> geom_tie:
    """The thin lines from the ends of lines to their names, of what `end_labels` gives."""
    return geom_tie(p9.aes("date", "value", xend="tie", yend="y"), data=finals, inherit_aes=False,
                    color="#bbbbbb", size=0.4)  # fmt: skip
