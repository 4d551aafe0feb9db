"""Every release as a point, the frontiers as steps, open weights told apart."""

import plotnine as p9
import polars as pl

from forecasts.quarter import Quarter
from tracker.charts.frontier import steps
from tracker.charts.theme import colours, dates, look, plain

TITLE = "Every release, with the frontiers of both blocs"
NEEDS = "quarter"


def table(quarter: Quarter) -> pl.DataFrame:
    """bloc, date, model, lab, value, weights (open, proprietary or unknown)."""
    weights = (
        pl.when("open_weights").then(pl.lit("open")).when(~pl.col("open_weights"))
        .then(pl.lit("proprietary")).otherwise(pl.lit("unknown"))
    )  # fmt: skip
    return pl.concat(
        [
            f.releases.select(
                pl.lit(f.bloc).alias("bloc"), pl.col("released_on").alias("date"), "model", "lab",
                "value", weights.alias("weights"),
            )
            for f in (quarter.gap.leader, quarter.gap.follower)
        ]
    )  # fmt: skip


def draw(quarter: Quarter, caption: str) -> p9.ggplot:
    """Points of all releases: filled for proprietary weights, hollow for open ones."""
    line = steps(quarter.gap)
    ends = line.group_by("bloc", maintain_order=True).last()
    shapes = {"open": "o", "proprietary": "o", "unknown": "x"}
    rows = table(quarter)
    return (
        p9.ggplot(plain(rows), p9.aes("date", "value", color="bloc"))
        + p9.geom_point(data=plain(rows.filter(weights="proprietary")), size=1.4, alpha=0.55)
        + p9.geom_point(data=plain(rows.filter(weights="open")), shape=shapes["open"],
                        fill="white", size=1.7, stroke=0.5, alpha=0.9)
        + p9.geom_point(data=plain(rows.filter(weights="unknown")), shape="x", size=1.3, alpha=0.6)
        + p9.geom_step(data=plain(line), size=0.9)
        + p9.geom_text(p9.aes(label="bloc"), data=plain(ends), ha="left", nudge_x=14, size=11,
                       fontweight="bold")
        + p9.scale_color_manual(values=colours(quarter.gap))
        + dates("6 months", "%Y-%m", room=0.08)
        + p9.labs(
            title=f"Releases of {quarter.gap.leader.bloc} and {quarter.gap.follower.bloc}",
            subtitle="Each point a model: filled for proprietary weights, hollow for open, a cross "
            "where not known. Steps: best so far.",
            y=f"{quarter.gap.index_name}, points"[:70],
            caption=caption,
        )
        + look()
    )  # fmt: skip
