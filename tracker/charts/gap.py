"""The gap in points and the lag in months over time."""

import plotnine as p9
import polars as pl

from forecasts.gap import Gap
from tracker.charts.theme import NEUTRAL, dates, look, plain

TITLE = "The gap in points and in months over time"
NEEDS = "gap"


def table(gap: Gap) -> pl.DataFrame:
    """date, gap_points, lag_months at the end of each period."""
    return gap.history.select("date", "gap_points", "lag_months")


def draw(gap: Gap, caption: str) -> p9.ggplot:
    """Two panels with scales of their own, the last value named."""
    panels = {"gap_points": "Gap, points", "lag_months": "Lag, months"}
    rows = (
        table(gap)
        .unpivot(index="date", variable_name="panel", value_name="value")
        .with_columns(pl.col("panel").replace(panels))
        .drop_nulls()
    )
    last = (
        rows.group_by("panel", maintain_order=True)
        .last()
        .with_columns(text=pl.col("value").round(1).cast(pl.String))
    )
    return (
        p9.ggplot(plain(rows), p9.aes("date", "value"))
        + p9.geom_hline(yintercept=0, color="#999999", size=0.6)
        + p9.geom_line(color=NEUTRAL, size=0.9)
        + p9.geom_point(color=NEUTRAL, size=1.6)
        + p9.geom_text(p9.aes(label="text"), data=plain(last), ha="left", nudge_x=14,
                       size=10, fontweight="bold")
        + p9.facet_wrap("panel", ncol=1, scales="free_y")
        + dates("6 months", "%Y-%m", room=0.08)
        + p9.labs(
            title=f"How far {gap.follower.bloc} trails {gap.leader.bloc}",
            subtitle=f"Points: best {gap.leader.bloc} minus best {gap.follower.bloc} model. "
            f"Months: since {gap.leader.bloc} first\nreached the {gap.follower.bloc} frontier of "
            "the day.",
            y="",
            caption=caption,
        )
        + look()
    )  # fmt: skip
