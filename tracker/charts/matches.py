"""How long each record of the leader stood before the follower matched it."""

import plotnine as p9
import polars as pl

from forecasts.quarter import Quarter
from forecasts.variants import base_model
from tracker.charts.theme import FOLLOWER, LEADER, look, plain

TITLE = "Months until each record of the leader was matched"
NEEDS = "quarter"
SHOWN = 25


def table(quarter: Quarter) -> pl.DataFrame:
    """leader_model, leader_released_on, follower_model, follower_released_on, months, censored."""
    return quarter.gap.matches


def draw(quarter: Quarter, caption: str) -> p9.ggplot:
    """A line per record, the newest at the top; an open end where it is not matched yet."""
    gap = quarter.gap
    rows = (
        table(quarter)
        .tail(SHOWN)
        .with_columns(
            label=pl.format("{}  {}", base_model(pl.col("leader_model")).str.head(34),
                            pl.col("leader_released_on").dt.strftime("%Y-%m-%d")),
            text=pl.when("censored").then(pl.format("{}+", pl.col("months").round(1)))
            .otherwise(pl.col("months").round(1).cast(pl.String)),
        )
    )  # fmt: skip
    done, open_ = rows.filter(~pl.col("censored")), rows.filter("censored")
    match = gap.match_months
    median = match["median"]
    shown = "not reached" if median is None else f"{median:.1f} months"
    return (
        p9.ggplot(plain(rows), p9.aes("label", "months"))
        + p9.geom_segment(p9.aes(x="label", xend="label", y=0, yend="months"), color="#bbbbbb",
                          size=1.0)
        + p9.geom_point(data=plain(done), color=LEADER, size=2.4)
        + p9.geom_point(data=plain(open_), color=FOLLOWER, fill="white", shape="o", size=2.6,
                        stroke=0.8)
        + p9.geom_text(p9.aes(label="text"), ha="left", nudge_y=0.25, size=8)
        + p9.scale_x_discrete(limits=rows["label"].to_list())
        + p9.coord_flip()
        + p9.labs(
            title=f"How long {gap.leader.bloc} records stood before {gap.follower.bloc} matched "
            "them",
            subtitle=f"Months to the first {gap.follower.bloc} model as good. Hollow and +: not "
            f"matched by {gap.as_of}. Kaplan-Meier median {shown}.",
            y="Months",
            caption=caption,
        )
        + look()
        + p9.theme(panel_grid_major_y=p9.element_blank(),
                   axis_title_x=p9.element_text(size=9), axis_title_y=p9.element_blank(),
                   axis_text_y=p9.element_text(size=8))
    )  # fmt: skip
