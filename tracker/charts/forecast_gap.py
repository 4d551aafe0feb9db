"""The fan of the gap."""

import plotnine as p9
import polars as pl

from forecasts.forecasting.forecast import QUANTILE_COLUMNS, Forecast
from forecasts.measures.gap import gap_series
from tracker.charts.contract import Chart
from tracker.charts.drawing.ends import end_labels, room_for
from tracker.charts.drawing.text import near_half, sentence
from tracker.charts.drawing.theme import (
    BANDS,
    LEADER,
    NEUTRAL,
    Sheet,
    Size,
    TimeAxis,
    padded,
    plain,
    value_axis,
)
from tracker.charts.drawing.values import gap_unit
from tracker.charts.drawing.words import exhausted_note, joined, model_names
from tracker.charts.subjects import forecast_subject
from tracker.text.numbers import fixed, points


def table(forecast: Forecast) -> pl.DataFrame:
    """kind (past or forecast), date, gap_points, mean, q05 ... q95.

    The past is the gap at the end of each month; the forecast begins on its day, with all quantiles
    at today's gap. On a logarithmic scale gap_doublings takes the place of gap_points, and the
    quantiles are in doublings as well.
    """
    levels = ("mean", *QUANTILE_COLUMNS)
    pair = (forecast.leader, forecast.follower)
    column, fan = "gap_points", forecast.gap
    if forecast.gap_doublings is not None:
        column, fan = "gap_doublings", forecast.gap_doublings
    series = gap_series(*pair, None, forecast.as_of, "month", 0.0).drop_nulls(column)
    past = series.select(
        pl.lit("past").alias("kind"), "date", column,
        *(pl.lit(None, pl.Float64).alias(c) for c in levels),
    )  # fmt: skip
    now = dict.fromkeys(levels, series[column][-1])
    today = pl.DataFrame([{"date": forecast.as_of} | now])
    ahead = pl.concat([today, fan]).select(
        pl.lit("forecast").alias("kind"), "date", pl.lit(None, pl.Float64).alias(column),
        *levels,
    )  # fmt: skip
    return pl.concat([past, ahead])


def draw(forecast: Forecast, caption: str, size: Size | None = None) -> p9.ggplot:
    """The past gap, its median future, bands of 50, 80 and 90 percent, and the line of closing."""
    rows = table(forecast)
    column, unit = rows.columns[2], gap_unit(forecast.scale)
    # In doublings a distance in points is no line.
    closing = 0.0 if column == "gap_doublings" else forecast.tolerance
    past, fan = rows.filter(kind="past"), rows.filter(kind="forecast")
    end = forecast.gap["date"][-1].isoformat()
    chance = (
        f"Chance of closing by {end}: {near_half(forecast.closure.probability_within_horizon)}."
        + exhausted_note(forecast)
    )
    if forecast.exhausted:
        chance = f"The index is exhausted: {joined([forecast.leader.bloc])} is at its ceiling."
    elif forecast.follower_is_ahead:
        chance = "The gap is closed already."
    lead, follow = joined([forecast.leader.bloc]), joined([forecast.follower.bloc])
    sheet = Sheet(
        f"Gap from {lead} to {follow}, next {forecast.request.horizon_months} months",
        sentence(f"{lead} minus {follow}, ")
        + f"{forecast.index_name} {forecast.index_version}, {unit}. {chance} "
        "Dashed: median. Bands: 50%, 80% and 90% of draws. "
        f"Model: {model_names(forecast)}.",
        caption, size or (9.0, 5.5),
    )  # fmt: skip
    texts = [gap_told(forecast, fan["q50"][-1])]
    wide, high = sheet.room
    axis = TimeAxis(rows["date"].min(), rows["date"].max(), wide, room_for(texts, 10))  # type: ignore[arg-type]
    values = pl.concat([past[column], fan["q05"], fan["q95"]]).drop_nulls()
    low, top = padded(min(0.0, *values.to_list()), max(closing, *values.to_list()))
    # Room for the words below the line.
    low = min(low, closing - 20 * (top - low) / (high - 20))
    last = fan.tail(1).select(bloc=pl.lit(""), date="date", value="q50",
                              text=pl.Series(texts, dtype=pl.String))  # fmt: skip
    finals = end_labels(last, axis, (low, top), high)
    figure = p9.ggplot(plain(fan), p9.aes("date"))
    for lower, upper, alpha in BANDS:
        figure += p9.geom_ribbon(p9.aes(ymin=lower, ymax=upper), alpha=alpha, fill=LEADER)
    return (
        figure
        + p9.geom_hline(yintercept=closing, color="#888888", size=0.7)
        + p9.geom_vline(xintercept=forecast.as_of, color="#888888", linetype="dotted")
        + p9.geom_line(p9.aes(y=column), data=plain(past), color=NEUTRAL, size=1.0)
        + p9.geom_line(p9.aes(y="q50"), color=LEADER, size=1.0, linetype="dashed")
        + p9.geom_text(p9.aes("x", "y", label="text"), data=finals, ha="left", va="center",
                       size=10, fontweight="bold", color=LEADER, inherit_aes=False)
        + p9.annotate("text", x=past["date"][0], y=closing - 6 * (top - low) / high,
                      ha="left", va="center", label="closed on or below this line", size=8,
                      color="#555555")
        + axis.scale()
        + value_axis(low, top)
        + sheet.parts(y=unit[0].upper() + unit[1:])
    )  # fmt: skip


def gap_told(forecast: Forecast, gap: float) -> str:
    """A gap as it is drawn: in points, or in doublings."""
    return fixed(gap, 2) if forecast.gap_doublings is not None else points(forecast.scale, gap)


def describe(forecast: Forecast, table: pl.DataFrame) -> str:
    """The figure in words."""
    now, end = table.filter(kind="forecast")["q50"][0], table.tail(1)
    low, median, high = (gap_told(forecast, end[c][0]) for c in ("q05", "q50", "q95"))
    unit = gap_unit(forecast.scale)
    return (
        f"The past gap and a fan of its future. From {gap_told(forecast, now)} {unit} on "
        f"{forecast.as_of} the median goes to {median} ({low} to {high}) on {end['date'][0]} (90% "
        "range in brackets). "
        + (
            "The index is exhausted."
            if forecast.exhausted
            else "The gap is closed already."
            if forecast.follower_is_ahead
            else "The gap closes by then in "
            f"{near_half(forecast.closure.probability_within_horizon)} of the draws."
            + exhausted_note(forecast)
        )
    )


CHART = Chart(
    "Forecast of the gap, as a fan",
    forecast_subject,
    table,
    draw,
    describe,
    beside=("mean",),
    rank=50,
)
