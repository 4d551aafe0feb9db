"""Who holds the frontier: the best ten models of the last year by country and by lab."""

import plotnine as p9
import polars as pl

from forecasts.quarter import Quarter, frontier_holders
from tracker.charts.theme import LEADER, NEUTRAL, look, plain

TITLE = "The last year's ten best models by country and by lab"
NEEDS = "quarter"


def table(quarter: Quarter) -> pl.DataFrame:
    """by (country or lab), name, models, share."""
    return frontier_holders(quarter)


def draw(quarter: Quarter, caption: str) -> p9.ggplot:
    """Bars of the shares, countries above labs."""
    rows = table(quarter).with_columns(
        label=pl.col("name").str.head(40),
        text=pl.format(
            "{} of 10, {}%",
            pl.col("models").round(1).cast(pl.String).str.strip_suffix(".0"),
            (100 * pl.col("share")).round(0).cast(pl.Int64),
        ),
    )
    order = rows["label"].to_list()[::-1]
    return (
        p9.ggplot(plain(rows), p9.aes("label", "models", fill="by"))
        + p9.geom_col(alpha=0.8, width=0.7)
        + p9.geom_text(p9.aes(label="text"), ha="left", nudge_y=0.1, size=9)
        + p9.scale_x_discrete(limits=order)
        + p9.scale_y_continuous(expand=(0, 0, 0.18, 0))
        + p9.scale_fill_manual(values={"country": LEADER, "lab": NEUTRAL})
        + p9.coord_flip()
        + p9.labs(
            title=f"Who made the ten best models of the year to {quarter.as_of}",
            subtitle="Variants of one model grouped; a lab of several countries counts in part for "
            "each.",
            y="Models among the ten best",
            fill="",
            caption=caption,
        )
        + look()
        + p9.theme(panel_grid_major_y=p9.element_blank(), axis_title_y=p9.element_blank(),
                   axis_title_x=p9.element_text(size=9), legend_position="top")
    )  # fmt: skip
