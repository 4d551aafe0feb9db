"""Frontiers over time, their records labelled."""

import numpy as np
import plotnine as p9
import polars as pl

from forecasts.measures.period import Quarter
from tracker.charts.drawing import breaks
from tracker.charts.drawing.steps import break_marks, steps
from tracker.charts.drawing.text import fit, literal, meets, width
from tracker.charts.drawing.theme import (
    Sheet,
    Size,
    TimeAxis,
    colours,
    end_labels,
    line_types,
    name_of,
    ordered,
    padded,
    plain,
    room_for,
    short,
    value_axis,
)

TITLE = "Frontiers over time, with their records"
NEEDS = "quarter"
MANY = True
VERSIONS = True
_SIZE, _LINE = 7.5, 10.5


def table(quarter: Quarter) -> pl.DataFrame:
    """bloc, index_version, date, value, model, lab, record: every point of the step lines."""
    return steps(quarter)


def labels(
    rows: pl.DataFrame, axis: TimeAxis, limits: tuple[float, float], height: float
) -> pl.DataFrame:
    """The records that can be named clear of each other and of every line.

    Args:
        rows: as `table`.
        limits, height: of the y axis, in points of the index and of the figure.

    Returns:
        bloc, date, value, text, left (the text ends at the point), y. The last of each bloc come
        first, then the largest and newest rises.
    """
    up = height / (limits[1] - limits[0])
    lines = ["bloc", "index_version"]
    x, y = axis.x(rows["date"]), (rows["value"].to_numpy() - limits[0]) * up
    later = rows.select(
        same=pl.struct(lines).shift(-1).eq_missing(pl.struct(lines)).fill_null(False)
    )["same"].to_numpy()
    at = np.flatnonzero(later)
    level = np.stack([x[at], y[at] - 1.5, x[at + 1], y[at] + 1.5], axis=1)
    rise = np.stack([x[at + 1] - 1.5, np.minimum(y[at], y[at + 1]), x[at + 1] + 1.5,
                     np.maximum(y[at], y[at + 1])], axis=1)  # fmt: skip
    point = np.stack([x - 3, y - 3, x + 3, y + 3], axis=1)
    taken = np.concatenate([level, rise, point])
    span = max(limits[1] - limits[0], 1e-9)
    ranked = (
        rows.with_row_index("at")
        .with_columns(
            rise=(pl.col("value") - pl.col("value").shift(1).over(lines)).fill_null(0.0) / span,
            newest=pl.col("date") == pl.col("date").filter("record").max().over(lines),
            age=(pl.col("date").max() - pl.col("date")).dt.total_days() / 2000,
        )
        .filter("record")
        .sort("newest", pl.col("rise") - pl.col("age"), "at", descending=[True, True, False])
    )
    kept: list[dict[str, object]] = []
    told: set[tuple[object, object]] = set()  # blocs may overlap: a model is named once
    for row in ranked.iter_rows(named=True):
        if (row["model"], row["date"]) in told:
            continue
        text = fit(str(row["model"]), 165, _SIZE)
        wide = width(text, _SIZE) + 3
        px, py = x[row["at"]], y[row["at"]]
        for left in (True, False):
            side = px - wide - 5 if left else px + 5
            low = py + 2 if left else py - _LINE - 2
            box = np.array([side, low, side + wide, low + _LINE])
            inside = side > -2 and low > 0 and box[3] < height
            inside = inside and box[2] < axis.points - axis.room + (0 if left else -2)
            if inside and not meets(box, taken):
                taken = np.concatenate([taken, box[None]])
                told.add((row["model"], row["date"]))
                kept.append(
                    {"bloc": row["bloc"], "date": row["date"], "value": row["value"],
                     "text": text, "left": left,
                     "y": row["value"] + (2 + _LINE / 2 if left else -2 - _LINE / 2) / up}
                )  # fmt: skip
                break
    kinds = {"bloc": pl.String, "date": pl.Date, "value": pl.Float64, "text": pl.String,
             "left": pl.Boolean, "y": pl.Float64}  # fmt: skip
    return pl.DataFrame(kept, schema=kinds)


def line_ends(rows: pl.DataFrame) -> pl.DataFrame:
    """The last point of each bloc, on the newest version it is on: bloc, date, value, text."""
    ends = rows.group_by("bloc", maintain_order=True).last()
    names = [
        f"{fit(name_of(bloc), 100, 10, True)} {short(value)}"
        for bloc, value in ends.select("bloc", "value").iter_rows()
    ]
    return ends.select("bloc", "date", "value", text=pl.Series(names, dtype=pl.String))


def subtitle(quarter: Quarter) -> str:
    """Unit and definition."""
    gap = quarter.gap
    what = f"{gap.index_name} {gap.index_version}, points: best model released so far."
    if quarter.versions:
        return f"{gap.index_name}, points: best model released so far. {breaks.NOTE}"
    if len(quarter.frontiers) > 2:
        return what
    lag = "" if gap.lag_months is None else f", lag {gap.lag_months:.1f} months"
    return f"{what} Gap {gap.gap_points:.1f} points{lag}."


def joined(names: list[str], most: int = 4) -> str:
    """Names as a title has them."""
    shown = [fit(name_of(n), 170, 14, True) for n in names[:most]]
    more = len(names) - most
    if more > 0:
        return f"{', '.join(shown)} and {more} other{'' if more == 1 else 's'}"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]


def draw(quarter: Quarter, caption: str, size: Size | None = None) -> p9.ggplot:
    """Step lines, a point per record, names where they fit, the blocs named at the right."""
    rows = table(quarter)
    sheet = Sheet(f"Frontiers of {joined(quarter.blocs)}", subtitle(quarter), caption,
                  size or (9.0, 5.5))  # fmt: skip
    ends, marks = line_ends(rows), break_marks(quarter)
    wide, high = sheet.room
    axis = TimeAxis(rows["date"].min(), rows["date"].max(), wide,  # type: ignore[arg-type]
                    room_for(ends["text"].to_list(), 10))  # fmt: skip
    _, named = breaks.name_rows(marks, axis)
    low, top = padded(float(rows["value"].min()), float(rows["value"].max()))  # type: ignore[arg-type]
    top += (top - low) * breaks.room(named) / max(high - breaks.room(named), 1)
    up = high / (top - low)
    tall = min(10.0, 0.9 * high / max(ends.height, 1) / 1.32)
    finals = end_labels(ends, axis, (low, top), high, tall)
    # Beside many lines names of records would be a thicket.
    some = rows if len(quarter.blocs) <= 6 else rows.clear()
    names = labels(some, axis, (low, top), high - breaks.room(named))
    lines = rows.with_columns(line=pl.format("{} {}", "bloc", "index_version"))
    # The first bloc is drawn last, over the others.
    drawn = ordered(lines, "line", lines["line"].unique(maintain_order=True).to_list()[::-1])
    dots = rows.filter(pl.col("record") | (pl.len().over("bloc", "index_version") == 1))
    palette, types = colours(quarter.blocs), line_types(quarter.blocs)
    figure = (
        p9.ggplot(drawn, p9.aes("date", "value", color="bloc", linetype="bloc"))
        + p9.geom_step(p9.aes(group="line"), size=1.0 if len(palette) <= 6 else 0.7)
        + p9.geom_point(data=plain(dots.reverse()), size=1.9 if len(palette) <= 6 else 0.9)
        + p9.geom_segment(p9.aes("date", "value", xend="tie", yend="y"), data=finals,
                          inherit_aes=False, color="#bbbbbb", size=0.4)
        + p9.geom_text(p9.aes("x", "y", label="text", color="bloc"), data=finals, ha="left",
                       va="center", size=tall, fontweight="bold", inherit_aes=False)
    )  # fmt: skip
    for left, ha, shift in ((True, "right", -5), (False, "left", 5)):
        part = names.filter(pl.col("left") == left)
        data = plain(part)
        data["x"] = [axis.moved(d, shift) for d in part["date"]]
        data["text"] = [literal(t) for t in part["text"]]
        figure += p9.geom_text(p9.aes("x", "y", label="text", color="bloc"), data=data, ha=ha,
                               va="center", size=_SIZE, inherit_aes=False)  # fmt: skip
    return (
        figure
        + breaks.layers(marks, axis, top, up)
        + p9.scale_color_manual(values=palette)
        + p9.scale_linetype_manual(values=types)
        + axis.scale()
        + value_axis(low, top)
        + sheet.parts(y="Points")
    )
