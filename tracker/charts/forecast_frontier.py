"""The fan of both frontiers."""

import plotnine as p9
import polars as pl

from forecasts.forecast import QUANTILE_COLUMNS, Forecast
from tracker.charts.theme import colours, dates, look, plain

TITLE = "Forecast of both frontiers, as fans"
NEEDS = "forecast"
BANDS = (("q05", "q95", 0.13), ("q10", "q90", 0.16), ("q25", "q75", 0.22))


def table(forecast: Forecast) -> pl.DataFrame:
    """date, bloc, mean, q05 ... q95: first the day of the forecast, where all are the record."""
    pair = (forecast.leader, forecast.follower)
    today = pl.DataFrame(
        [
            {"date": forecast.as_of, "bloc": f.bloc}
            | dict.fromkeys(("mean", *QUANTILE_COLUMNS), float(f.values[-1]))
            for f in pair
        ]
    )
    return pl.concat([today, forecast.frontier])


def past(forecast: Forecast) -> pl.DataFrame:
    """bloc, date, value of the records, up to the day of the forecast."""
    return pl.concat(
        [
            pl.concat(
                [
                    f.records.select(date="released_on", value="value"),
                    pl.DataFrame({"date": [forecast.as_of], "value": [float(f.values[-1])]}),
                ]
            ).select(pl.lit(f.bloc).alias("bloc"), "date", "value")
            for f in (forecast.leader, forecast.follower)
        ]
    )


def draw(forecast: Forecast, caption: str) -> p9.ggplot:
    """Past as steps, medians as lines, bands of 50, 80 and 90 percent."""
    fan = table(forecast)
    data = plain(fan)
    ends = fan.group_by("bloc", maintain_order=True).last()
    medians = ends["q50"].to_numpy()
    high, low = float(medians.max()), float(medians.min())
    lowest = float(past(forecast)["value"].to_numpy().min())
    apart = 0.05 * (float(fan["q95"].to_numpy().max()) - lowest)
    shift = max(0.0, (apart - (high - low)) / 2)
    upper = ends["q50"] == high
    ends = ends.with_columns(y=pl.col("q50") + pl.Series(upper).cast(pl.Int8) * 2 * shift - shift)
    figure = p9.ggplot(data, p9.aes("date", color="bloc", fill="bloc"))
    for lower, upper_q, alpha in BANDS:
        figure += p9.geom_ribbon(p9.aes(ymin=lower, ymax=upper_q), alpha=alpha, color="none")
    return (
        figure
        + p9.geom_vline(xintercept=forecast.as_of, color="#888888", linetype="dotted")
        + p9.geom_step(p9.aes(y="value"), data=plain(past(forecast)), size=0.9)
        + p9.geom_line(p9.aes(y="q50"), size=1.0, linetype="dashed")
        + p9.geom_text(p9.aes(y="y", label="bloc"), data=plain(ends), ha="left", nudge_x=18,
                       size=11, fontweight="bold")
        + p9.scale_color_manual(values=colours(forecast))
        + p9.scale_fill_manual(values=colours(forecast))
        + dates("1 year", "%Y", room=0.08)
        + p9.labs(
            title=f"{forecast.leader.bloc} and {forecast.follower.bloc} frontiers, "
            f"next {forecast.horizon_months} months",
            subtitle="Dashed: median. Bands: 50%, 80% and 90% of joint draws. Models: "
            f"{', '.join(forecast.models)}.",
            y=f"{forecast.index_name}, points"[:70],
            caption=caption,
        )
        + look()
    )  # fmt: skip
