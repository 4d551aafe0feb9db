"""Charts: a subject in, a plotnine figure out. One file each and one line here.

NEEDS names the subject; `tracker.charts.subjects.subject_for` makes it for a chart's name:

- "quarter": `forecasts.measures.period.Quarter`, a quarter or another period, of two or more blocs;
- "gap": `forecasts.measures.gap.Gap`;
- "forecast": `forecasts.forecasting.forecast.Forecast`;
- "models": a `Forecast` by several models, with `by_model`;
- "skill": `tracker.charts.skill.Skill`, the scores of a backtest;
- "price": `tracker.charts.price.Prices`, a period's models with their prices;
- "ledger": `tracker.analysis.issued_forecasts.Track`, issued forecasts and what came.

A module may say MANY (it compares more than two blocs) and VERSIONS (it can draw every version of
the index, with the breaks).
"""

from importlib import import_module
from typing import Any, Protocol

import polars as pl

from forecasts.errors import UsageError
from tracker.charts.drawing.fonts import prepare

prepare()  # before matplotlib is imported by any chart

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
    "forecast-models": "tracker.charts.forecast_models",
    "skill": "tracker.charts.skill",
    "price": "tracker.charts.price",
    "ledger": "tracker.charts.ledger",
}


class Chart(Protocol):
    """A module that draws one chart."""

    TITLE: str
    NEEDS: str

    def table(self, subject: Any) -> pl.DataFrame:
        """The numbers that are drawn, in their order."""
        ...

    def draw(self, subject: Any, caption: str, size: tuple[float, float] | None = None) -> Any:
        """The figure, a plotnine.ggplot, of `size` inches (None: as its content needs).

        Raises TrackerError when there is nothing to draw.
        """
        ...


def load(name: str) -> Chart:
    """The chart known as `name`."""
    if name not in CHARTS:
        raise UsageError(
            f"There is no chart '{name}'.", f"Charts: {', '.join(CHARTS)}.", "unknown_chart"
        )
    return import_module(CHARTS[name])
