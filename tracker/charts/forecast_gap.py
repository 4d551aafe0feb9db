"""The fan of the gap."""

import plotnine as p9
import polars as pl

from forecasts.forecast import QUANTILE_COLUMNS, Forecast
from forecasts.gap import gap_history
from tracker.charts.forecast_frontier import BANDS
from tracker.charts.theme import LEADER, NEUTRAL, look, plain

TITLE = "Forecast of the gap, as a fan"
NEEDS = "forecast"


def table(forecast: Forecast) -> pl.DataFrame:
    """date, mean, q05 ... q95: first the day of the forecast, where all are today's gap."""
    gap = float(forecast.leader.values[-1] - forecast.follower.values[-1])
    today = {"date": forecast.as_of} | dict.fromkeys(("mean", *QUANTILE_COLUMNS), gap)
    return pl.concat([pl.DataFrame([today]), forecast.gap])


def draw(forecast: Forecast, caption: str) -> p9.ggplot:
    """The past gap, its median future, bands of 50, 80 and 90 percent, and the line of closing."""
    past = gap_history(forecast.leader, forecast.follower, forecast.as_of, "month", 0.0)
    figure = p9.ggplot(plain(table(forecast)), p9.aes("date"))
    for lower, upper, alpha in BANDS:
        figure += p9.geom_ribbon(p9.aes(ymin=lower, ymax=upper), alpha=alpha, fill=LEADER)
    chance = forecast.closure.probability_within_horizon
    end = forecast.gap["date"][-1]
    pair = f"{forecast.leader.bloc} minus {forecast.follower.bloc}"
    return (
        figure
        + p9.geom_hline(yintercept=forecast.tolerance, color="#888888", size=0.7)
        + p9.geom_vline(xintercept=forecast.as_of, color="#888888", linetype="dotted")
        + p9.geom_line(p9.aes(y="gap_points"), data=plain(past), color=NEUTRAL, size=1.0)
        + p9.geom_line(p9.aes(y="q50"), color=LEADER, size=1.0, linetype="dashed")
        + p9.annotate("text", x=past["date"][0], y=forecast.tolerance, ha="left", va="top",
                      label="closed below this line", size=8.5, color="#555555")
        + p9.scale_x_datetime(date_breaks="1 year", date_labels="%Y")
        + p9.labs(
            title=f"Gap from {forecast.leader.bloc} to {forecast.follower.bloc}, "
            f"next {forecast.horizon_months} months",
            subtitle=f"Chance of closing by {end}: {chance:.0%}. Dashed: median. Bands: 50%, 80% "
            f"and 90% of draws.\nModels: {', '.join(forecast.models)}.",
            y=f"{pair}, points",
            caption=caption,
        )
        + look()
    )  # fmt: skip
