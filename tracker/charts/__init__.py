"""Charts: a subject in, a plotnine figure out.

A chart is one module with a `CHART` (`tracker.charts.contract.Chart`) and one line here: the
command, the Python door and the report draw what stands here.
"""

from importlib import import_module
from typing import Literal

from forecasts.errors import UsageError
from forecasts.nearest import did_you_mean
from tracker.charts.contract import AnyChart
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


def load(name: str) -> AnyChart:
    """The chart known as `name`."""
    if name not in CHARTS:
        raise UsageError(
            f"There is no chart '{name}'.",
            f"{did_you_mean(name, CHARTS)}Charts: {', '.join(CHARTS)}.",
            "unknown_chart",
        )
    chart: AnyChart = import_module(CHARTS[name]).CHART
    return chart


def able(what: Literal["many", "versions"]) -> list[str]:
    """Names of the charts that are `many`, or `versions`."""
    return [name for name in CHARTS if getattr(load(name), what)]


def of_report() -> list[str]:
    """Names of the charts of the report, in its order."""
    ranks = {name: load(name).rank for name in CHARTS}
    return sorted((n for n, rank in ranks.items() if rank is not None), key=lambda n: ranks[n] or 0)
