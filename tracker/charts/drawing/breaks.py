"""The breaks between versions of an index on a time axis: a line at each, named above the data."""

from typing import Any

import plotnine as p9
import polars as pl

from tracker.charts.drawing.text import fit, in_rows, literal, width
from tracker.charts.drawing.theme import TimeAxis, plain

_SIZE, _LINE = 7.5, 11.0
NOTE = (
    "Dotted: another version of the index begins. Each is drawn over the time in which it was "
    "observed; its values do not compare with those of another."
)


def name_rows(marks: pl.DataFrame, axis: TimeAxis) -> tuple[pl.DataFrame, int]:
    """`marks` (date, version) with text and the row of each name, and how many rows there are."""
    texts = [fit(f"v. {v}", 110, _SIZE) for v in marks["version"]]
    starts = axis.x(marks["date"]).tolist() if marks.height else []
    rows = in_rows(starts, [x + width(t, _SIZE) + 8 for x, t in zip(starts, texts, strict=True)])
    return (
        marks.with_columns(text=pl.Series(texts, dtype=pl.String),
                           row=pl.Series(rows, dtype=pl.Int64)),
        max(rows, default=-1) + 1,
    )  # fmt: skip


def room(rows: int) -> float:
    """Points that the names need above the data."""
    return rows * _LINE + (4 if rows else 0)


def layers(marks: pl.DataFrame, axis: TimeAxis, top: float, up: float, **extra: Any) -> list[Any]:
    """The lines and their names, hung below `top`; `up` is points per unit of y.

    `extra` are columns of the data that place the names in a panel.
    """
    named, rows = name_rows(marks, axis)
    if not rows:
        return []
    data = plain(named)
    data["y"] = top - (data["row"] + 0.7) * _LINE / up
    data["x"] = [axis.moved(d, 3) for d in named["date"]]
    data["text"] = [literal(t) for t in named["text"]]
    for name, value in extra.items():
        data[name] = value
    return [
        p9.geom_vline(p9.aes(xintercept="date"), data=plain(named.select("date")),
                      color="#999999", linetype="dotted", size=0.5),
        p9.geom_text(p9.aes("x", "y", label="text"), data=data, ha="left", va="center",
                     size=_SIZE, color="#555555", inherit_aes=False),
    ]  # fmt: skip
