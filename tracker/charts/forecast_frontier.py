"""The fan of both frontiers."""

import plotnine as p9
import polars as pl

from forecasts.forecasting.forecast import QUANTILE_COLUMNS, Forecast
from tracker.charts.drawing.text import fit
from tracker.charts.drawing.theme import (
    Sheet,
    Size,
    TimeAxis,
    colours,
    end_labels,
    name_of,
    padded,
    plain,
    room_for,
    short,
    value_axis,
)
from tracker.charts.frontier import joined

TITLE = "Forecast of both frontiers, as fans"
NEEDS = "forecast"
BANDS = (("q05", "q95", 0.13), ("q10", "q90", 0.16), ("q25", "q75", 0.22))


def table(forecast: Forecast) -> pl.DataFrame:
    """kind (past or forecast), date, bloc, value, mean, q05 ... q95.

    The leader comes first. The past are the records, up to the day of the forecast; there the
    forecast begins, with all quantiles at the record.
    """
    levels = ("mean", *QUANTILE_COLUMNS)
    pair = (forecast.leader, forecast.follower)
    past = pl.concat(
        [
            pl.concat(
                [
                    f.records.select(date="released_on", value="value"),
                    pl.DataFrame({"date": [forecast.as_of], "value": [float(f.values[-1])]}),
                ]
            ).select(pl.lit("past").alias("kind"), "date", pl.lit(f.bloc).alias("bloc"), "value",
                     *(pl.lit(None, pl.Float64).alias(c) for c in levels))
            for f in pair
        ]
    )  # fmt: skip
    today = pl.DataFrame(
        [
            {"date": forecast.as_of, "bloc": f.bloc} | dict.fromkeys(levels, float(f.values[-1]))
            for f in pair
        ]
    )
    fans = pl.concat([today, forecast.frontier]).sort(
        pl.col("bloc") != forecast.leader.bloc, maintain_order=True
    )
    ahead = fans.select(
        pl.lit("forecast").alias("kind"), "date", "bloc", pl.lit(None, pl.Float64).alias("value"),
        *levels,
    )  # fmt: skip
    return pl.concat([past, ahead])


def model_names(forecast: Forecast) -> str:
    """The models for a subtitle."""
    many = len(forecast.models) > 4
    return f"{len(forecast.models)} models pooled" if many else ", ".join(forecast.models)


def draw(forecast: Forecast, caption: str, size: Size | None = None) -> p9.ggplot:
    """Past as steps, medians as lines, bands of 50, 80 and 90 percent."""
    rows = table(forecast)
    past, fan = rows.filter(kind="past"), rows.filter(kind="forecast")
    blocs = [forecast.leader.bloc, forecast.follower.bloc]
    sheet = Sheet(
        f"{joined(blocs)} frontiers, next {forecast.horizon_months} months",
        f"{forecast.index_name} {forecast.index_version}, points. Dashed: median. Bands: 50%, 80% "
        f"and 90% of joint draws. Model: {model_names(forecast)}.",
        caption, size or (9.0, 5.5),
    )  # fmt: skip
    ends = fan.group_by("bloc", maintain_order=True).last().with_columns(value="q50")
    names = [
        f"{fit(name_of(b), 100, 10, True)} {short(v)}" for b, v in ends.select("bloc", "q50").rows()
    ]
    ends = ends.with_columns(text=pl.Series(names, dtype=pl.String))
    wide, high = sheet.room
    axis = TimeAxis(rows["date"].min(), rows["date"].max(), wide, room_for(names, 10))  # type: ignore[arg-type]
    values = pl.concat([past["value"], fan["q05"], fan["q95"]])
    low, top = padded(float(values.min()), float(values.max()))  # type: ignore[arg-type]
    finals = end_labels(ends, axis, (low, top), high)
    figure = p9.ggplot(plain(fan), p9.aes("date", color="bloc", fill="bloc"))
    for lower, upper_q, alpha in BANDS:
        figure += p9.geom_ribbon(p9.aes(ymin=lower, ymax=upper_q), alpha=alpha, color="none")
    return (
        figure
        + p9.geom_vline(xintercept=forecast.as_of, color="#888888", linetype="dotted")
        + p9.geom_step(p9.aes(y="value"), data=plain(past), size=0.9)
        + p9.geom_line(p9.aes(y="q50"), size=1.0, linetype="dashed")
        + p9.geom_text(p9.aes("x", "y", label="text", color="bloc"), data=finals, ha="left",
                       va="center", size=10, fontweight="bold", inherit_aes=False)
        + p9.scale_color_manual(values=colours(blocs))
        + p9.scale_fill_manual(values=colours(blocs))
        + axis.scale()
        + value_axis(low, top)
        + sheet.parts(y="Points")
    )  # fmt: skip
