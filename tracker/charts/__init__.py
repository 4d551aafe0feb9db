"""Charts: a gap, a forecast or a quarter in, a plotnine figure out.

One file each and one line here.
"""

from importlib import import_module
from typing import Any, Protocol

import polars as pl

from forecasts.errors import UsageError

CHARTS: dict[str, str] = {
    "frontier": "tracker.charts.frontier",
    "gap": "tracker.charts.gap",
    "forecast-frontier": "tracker.charts.forecast_frontier",
    "forecast-gap": "tracker.charts.forecast_gap",
    "closure": "tracker.charts.closure",
    "releases": "tracker.charts.releases",
    "matches": "tracker.charts.matches",
    "leaderboard": "tracker.charts.leaderboard",
    "weights": "tracker.charts.weights",
    "counts": "tracker.charts.counts",
    "holders": "tracker.charts.holders",
    "events": "tracker.charts.events",
    "ledger": "tracker.charts.ledger",
}


class Chart(Protocol):
    """A module that draws one chart; NEEDS is the subject it draws: "gap",
    "forecast", "quarter" or "ledger" (`tracker.ledger.Track`)."""

    TITLE: str
    NEEDS: str

    def table(self, subject: Any) -> pl.DataFrame:
        """The numbers behind the chart."""
        ...

    def draw(self, subject: Any, caption: str) -> Any:
        """The figure, a plotnine.ggplot."""
        ...


def load(name: str) -> Chart:
    """The chart known as `name`."""
    if name not in CHARTS:
        raise UsageError(
            f"There is no chart '{name}'.", f"Charts: {', '.join(CHARTS)}.", "unknown_chart"
        )
    return import_module(CHARTS[name])
