"""Probability, quarter by quarter, that the gap has closed."""

import plotnine as p9
import polars as pl

from forecasts.forecast import Forecast
from tracker.charts.theme import FOLLOWER, LEADER, look, plain

TITLE = "Probability that the gap has closed, by quarter"
NEEDS = "forecast"


def table(forecast: Forecast) -> pl.DataFrame:
    """quarter, date, complete, probability_closed, probability_ahead."""
    return forecast.closure.by_quarter


def draw(forecast: Forecast, caption: str) -> p9.ggplot:
    """A bar per quarter end for closed by then, a point for ahead on that day."""
    rows = table(forecast).with_columns(
        label=pl.when("complete").then("quarter").otherwise(pl.col("quarter") + "*"),
        text=(100 * pl.col("probability_closed")).round(0).cast(pl.Int64).cast(pl.String) + "%",
    )
    data = plain(rows)
    order = rows["label"].to_list()
    size = max(5.5, min(9.0, 80 / max(rows.height, 1)))
    beyond = 1 - forecast.closure.probability_within_horizon
    star = "" if rows["complete"].all() else f"  * to {rows['date'][-1]}, the end of the horizon."
    return (
        p9.ggplot(data, p9.aes("label"))
        + p9.geom_col(p9.aes(y="probability_closed"), fill=LEADER, alpha=0.75, width=0.7)
        + p9.geom_point(p9.aes(y="probability_ahead"), color=FOLLOWER, size=2.6)
        + p9.geom_text(p9.aes(y="probability_closed", label="text"), va="bottom", nudge_y=0.012,
                       size=size)
        + p9.scale_x_discrete(limits=order, breaks=order[:: max(1, len(order) // 12)])
        + p9.scale_y_continuous(limits=(0, 1), labels=lambda values: [f"{v:.0%}" for v in values])
        + p9.labs(
            title=f"When {forecast.follower.bloc} closes the gap to {forecast.leader.bloc}",
            subtitle=f"Bar: closed at some time by the end of the quarter. Point: "
            f"{forecast.follower.bloc} level or ahead on that day.\nNot closed within "
            f"{forecast.horizon_months} months: {beyond:.0%}.{star}",
            y="Probability",
            caption=caption,
        )
        + look()
    )  # fmt: skip
