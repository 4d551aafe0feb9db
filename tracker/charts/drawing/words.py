"""Phrases that the words of several charts have in common."""

import polars as pl

from forecasts.forecasting.forecast import Forecast
from forecasts.measures.value_scale import ValueScale
from tracker.charts.drawing.text import fit, near_half
from tracker.charts.drawing.theme import name_of
from tracker.text.counting import counted
from tracker.text.numbers import points


def joined(names: list[str], most: int = 4) -> str:
    """Names as a title has them."""
    shown = [fit(name_of(n), 170, 14, True) for n in names[:most]]
    more = len(names) - most
    if more > 0:
        return f"{', '.join(shown)} and {counted(more, 'other', 'others')}"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]


def model_names(forecast: Forecast) -> str:
    """The models for a subtitle."""
    many = len(forecast.models) > 4
    return f"{len(forecast.models)} models pooled" if many else ", ".join(forecast.models)


def span(days: pl.Series) -> str:
    """First and last of some dates, as text."""
    ordered = days.sort()
    return f"{ordered[0]} to {ordered[-1]}"


def median_and_range(frame: pl.DataFrame, scale: ValueScale) -> list[str]:
    """Median and 90% range of each row of quantiles, as text."""
    return [
        f"{points(scale, median)} ({points(scale, first)} to {points(scale, last)})"
        for median, first, last in frame.select("q50", "q05", "q95").iter_rows()
    ]


def exhausted_note(forecast: Forecast) -> str:
    """How likely the index is exhausted before the gap closes, as a sentence; empty if never."""
    spent = forecast.closure.probability_exhausted
    if spent == 0:
        return ""
    lead = joined([forecast.leader.bloc])
    return f" Index exhausted before ({lead} at its ceiling): {near_half(spent)}."
