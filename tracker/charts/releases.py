"""Every release as a point, the frontiers as steps, open weights told apart."""

from dataclasses import replace

import plotnine as p9
import polars as pl

from forecasts.measures.period import Quarter
from tracker.charts.drawing.steps import steps
from tracker.charts.drawing.theme import (
    Sheet,
    Size,
    TimeAxis,
    colours,
    end_labels,
    line_types,
    ordered,
    padded,
    plain,
    room_for,
    value_axis,
)
from tracker.charts.frontier import joined, line_ends

TITLE = "Every release, with the frontiers"
NEEDS = "quarter"
MANY = True


def table(quarter: Quarter) -> pl.DataFrame:
    """bloc, date, model, lab, value, weights (open, proprietary or unknown) of every release."""
    weights = (
        pl.when("open_weights").then(pl.lit("open")).when(~pl.col("open_weights"))
        .then(pl.lit("proprietary")).otherwise(pl.lit("unknown"))
    )  # fmt: skip
    return pl.concat(
        [
            quarter.shown(f.releases, "released_on").select(
                pl.lit(f.bloc).alias("bloc"), pl.col("released_on").alias("date"), "model", "lab",
                "value", weights.alias("weights"),
            )
            for f in quarter.frontiers
        ]
    )  # fmt: skip


def draw(quarter: Quarter, caption: str, size: Size | None = None) -> p9.ggplot:
    """Points of all releases: filled for proprietary weights, hollow for open ones."""
    line, rows = steps(replace(quarter, versions=())), table(quarter)
    gap = quarter.gap
    sheet = Sheet(
        f"Every release of {joined(quarter.blocs)}",
        f"{gap.index_name} {gap.index_version}, points. Filled: proprietary weights. Hollow: open. "
        "Cross: not known. Steps: best model released so far.",
        caption, size or (9.0, 5.5),
    )  # fmt: skip
    ends = line_ends(line)
    wide, high = sheet.room
    axis = TimeAxis(line["date"].min(), line["date"].max(), wide,  # type: ignore[arg-type]
                    room_for(ends["text"].to_list(), 10))  # fmt: skip
    values = pl.concat([rows["value"], line["value"]])
    low, top = padded(float(values.min()), float(values.max()))  # type: ignore[arg-type]
    tall = min(10.0, 0.9 * high / max(ends.height, 1) / 1.32)
    finals = end_labels(ends, axis, (low, top), high, tall)
    drawn = ordered(line, "bloc", quarter.blocs[::-1])

    def of(weights: str) -> object:
        return plain(rows.filter(weights=weights))

    return (
        p9.ggplot(drawn, p9.aes("date", "value", color="bloc"))
        + p9.geom_point(data=of("proprietary"), size=1.3, alpha=0.5)
        + p9.geom_point(data=of("open"), shape="o", fill="white", size=1.6, stroke=0.5, alpha=0.8)
        + p9.geom_point(data=of("unknown"), shape="x", size=1.3, alpha=0.6)
        + p9.geom_step(p9.aes(group="bloc", linetype="bloc"), size=0.9)
        + p9.geom_segment(p9.aes("date", "value", xend="tie", yend="y"), data=finals,
                          inherit_aes=False, color="#bbbbbb", size=0.4)
        + p9.geom_text(p9.aes("x", "y", label="text", color="bloc"), data=finals, ha="left",
                       va="center", size=tall, fontweight="bold", inherit_aes=False)
        + p9.scale_color_manual(values=colours(quarter.blocs))
        + p9.scale_linetype_manual(values=line_types(quarter.blocs))
        + axis.scale()
        + value_axis(low, top)
        + sheet.parts(y="Points")
    )  # fmt: skip
