"""Probability, quarter by quarter, that the gap has closed."""

import plotnine as p9
import polars as pl

from forecasts.forecasting.forecast import Forecast
from tracker.charts.drawing.text import near_half
from tracker.charts.drawing.theme import FOLLOWER, LEADER, Sheet, Size, plain
from tracker.charts.frontier import joined

TITLE = "Probability that the gap has closed, by quarter"
NEEDS = "forecast"


def table(forecast: Forecast) -> pl.DataFrame:
    """quarter, date, complete, probability_closed, probability_ahead."""
    return forecast.closure.by_quarter


def draw(forecast: Forecast, caption: str, size: Size | None = None) -> p9.ggplot:
    """A bar per quarter end for closed by then, a point for ahead on that day.

    Of a gap that is closed already the points alone: nothing is left to close.
    """
    closed = forecast.follower_is_ahead
    rows = table(forecast).with_columns(
        label=pl.when("complete").then("quarter").otherwise(pl.col("quarter") + "*"),
        text=(100 * pl.col("probability_ahead" if closed else "probability_closed"))
        .round(0)
        .cast(pl.Int64)
        .cast(pl.String)
        + "%",
    )
    order = rows["label"].to_list()
    beyond = 1 - forecast.closure.probability_within_horizon
    star = "" if rows["complete"].all() else f" * to {rows['date'][-1]}, the end of the horizon."
    lead, follow = joined([forecast.leader.bloc]), joined([forecast.follower.bloc])
    title = f"When {follow} closes the gap to {lead}"
    told = (
        f"Probability. Bar: closed at some time by the end of the quarter. Point: {follow} level "
        f"or ahead on that day. Not closed within {forecast.horizon_months} months: "
        f"{near_half(beyond)}.{star}"
    )
    if closed:
        title = f"Whether {follow} stays level with {lead} or ahead"
        told = (
            f"Probability of {follow} level or ahead on the last day of the quarter. The gap is "
            f"closed on {forecast.as_of.isoformat()}, the day of the forecast.{star}"
        )
    sheet = Sheet(title, told, caption, size or (9.0, 5.5))
    each = sheet.room[0] / max(rows.height, 1)
    font = min(9.0, each / 3.2)
    step = max(1, -(-rows.height * 52 // int(sheet.room[0])))
    shown = rows if font >= 5.5 else rows.filter(pl.int_range(pl.len()) % step == 0)
    drawn = ["probability_ahead"] if closed else ["probability_closed", "probability_ahead"]
    high = max(float(rows[name].max()) for name in drawn)  # type: ignore[arg-type]
    top = next(t for t in (0.25, 0.5, 1.0) if high <= 0.9 * t or t == 1.0)
    bars = p9.geom_col(p9.aes(y="probability_closed"), fill=LEADER, alpha=0.75, width=0.7)
    return (
        p9.ggplot(plain(rows), p9.aes("label"))
        + ([] if closed else [bars])
        + p9.geom_point(p9.aes(y="probability_ahead"), color=FOLLOWER, size=2.4)
        + p9.geom_text(p9.aes(y=drawn[0], label="text"), data=plain(shown),
                       va="bottom", nudge_y=(0.03 if closed else 0.014) * top, size=max(font, 7.5))
        + p9.scale_x_discrete(limits=order, breaks=order[::step])
        + p9.scale_y_continuous(limits=(0, top * 1.06), expand=(0, 0),
                                breaks=[k * top / 5 for k in range(6)],
                                labels=lambda values: [f"{100 * v:.0f}%" for v in values])
        + sheet.parts(y="Probability")
    )  # fmt: skip
