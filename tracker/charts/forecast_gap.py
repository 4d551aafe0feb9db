"""The fan of the gap."""

import plotnine as p9
import polars as pl

from forecasts.forecasting.forecast import QUANTILE_COLUMNS, Forecast
from forecasts.measures.gap import gap_history
from tracker.charts.drawing.text import near_half, sentence
from tracker.charts.drawing.theme import (
    LEADER,
    NEUTRAL,
    Sheet,
    Size,
    TimeAxis,
    end_labels,
    padded,
    plain,
    room_for,
    short,
    value_axis,
)
from tracker.charts.forecast_frontier import BANDS, model_names
from tracker.charts.frontier import joined

TITLE = "Forecast of the gap, as a fan"
NEEDS = "forecast"


def table(forecast: Forecast) -> pl.DataFrame:
    """kind (past or forecast), date, gap_points, mean, q05 ... q95.

    The past is the gap at the end of each month; the forecast begins on its day, with all quantiles
    at today's gap.
    """
    levels = ("mean", *QUANTILE_COLUMNS)
    past = gap_history(forecast.leader, forecast.follower, forecast.as_of, "month", 0.0).select(
        pl.lit("past").alias("kind"), "date", "gap_points",
        *(pl.lit(None, pl.Float64).alias(c) for c in levels),
    )  # fmt: skip
    gap = float(forecast.leader.values[-1] - forecast.follower.values[-1])
    today = pl.DataFrame([{"date": forecast.as_of} | dict.fromkeys(levels, gap)])
    ahead = pl.concat([today, forecast.gap]).select(
        pl.lit("forecast").alias("kind"), "date", pl.lit(None, pl.Float64).alias("gap_points"),
        *levels,
    )  # fmt: skip
    return pl.concat([past, ahead])


def draw(forecast: Forecast, caption: str, size: Size | None = None) -> p9.ggplot:
    """The past gap, its median future, bands of 50, 80 and 90 percent, and the line of closing."""
    rows = table(forecast)
    past, fan = rows.filter(kind="past"), rows.filter(kind="forecast")
    end = forecast.gap["date"][-1].isoformat()
    chance = (
        f"Chance of closing by {end}: {near_half(forecast.closure.probability_within_horizon)}."
    )
    if forecast.follower_is_ahead:
        chance = "The gap is closed already."
    lead, follow = joined([forecast.leader.bloc]), joined([forecast.follower.bloc])
    sheet = Sheet(
        f"Gap from {lead} to {follow}, next {forecast.horizon_months} months",
        sentence(f"{lead} minus {follow}, ")
        + f"{forecast.index_name} {forecast.index_version}, points. {chance} "
        "Dashed: median. Bands: 50%, 80% and 90% of draws. "
        f"Model: {model_names(forecast)}.",
        caption, size or (9.0, 5.5),
    )  # fmt: skip
    texts = [short(fan["q50"][-1])]
    wide, high = sheet.room
    axis = TimeAxis(rows["date"].min(), rows["date"].max(), wide, room_for(texts, 10))  # type: ignore[arg-type]
    values = pl.concat([past["gap_points"], fan["q05"], fan["q95"]]).drop_nulls()
    low, top = padded(min(0.0, *values.to_list()), max(forecast.tolerance, *values.to_list()))
    # Room for the words below the line.
    low = min(low, forecast.tolerance - 20 * (top - low) / (high - 20))
    last = fan.tail(1).select(bloc=pl.lit(""), date="date", value="q50",
                              text=pl.Series(texts, dtype=pl.String))  # fmt: skip
    finals = end_labels(last, axis, (low, top), high)
    figure = p9.ggplot(plain(fan), p9.aes("date"))
    for lower, upper, alpha in BANDS:
        figure += p9.geom_ribbon(p9.aes(ymin=lower, ymax=upper), alpha=alpha, fill=LEADER)
    return (
        figure
        + p9.geom_hline(yintercept=forecast.tolerance, color="#888888", size=0.7)
        + p9.geom_vline(xintercept=forecast.as_of, color="#888888", linetype="dotted")
        + p9.geom_line(p9.aes(y="gap_points"), data=plain(past), color=NEUTRAL, size=1.0)
        + p9.geom_line(p9.aes(y="q50"), color=LEADER, size=1.0, linetype="dashed")
        + p9.geom_text(p9.aes("x", "y", label="text"), data=finals, ha="left", va="center",
                       size=10, fontweight="bold", color=LEADER, inherit_aes=False)
        + p9.annotate("text", x=past["date"][0], y=forecast.tolerance - 6 * (top - low) / high,
                      ha="left", va="center", label="closed on or below this line", size=8,
                      color="#555555")
        + axis.scale()
        + value_axis(low, top)
        + sheet.parts(y="Points")
    )  # fmt: skip
