"""What charts are drawn from: a report's own results, a past from a day on, a closed gap."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from forecasts.errors import TrackerError, UsageError
from forecasts.forecasting.comparison import at_the_ceiling, side_by_side
from forecasts.forecasting.forecast import Forecast
from forecasts.measures.frontier import to_day
from forecasts.measures.period import Quarter
from forecasts.request import Pair, PeriodRequest
from tracker import charts
from tracker.charts.figures import draw_chart, subject_for
from tracker.charts.request import ChartRequest
from tracker.workspace import Workspace

QUICK = ChartRequest(models=("linear-trend",), draws=200, horizon_months=6)


@dataclass(frozen=True)
class Report:
    """What a report has."""

    quarter: Quarter
    forecast: Forecast | None
    no_forecast: str = "There is no forecast."


def test_a_frontier_seen_from_a_day_is_the_same_from_then_on(demo: Workspace) -> None:
    line = demo.gap(vintage="final").leader
    start, end = line.records["released_on"][0], line.records["released_on"][-1]
    for first in pl.date_range(start - timedelta(30), end + timedelta(60), "23d", eager=True):
        days = np.arange(max(to_day(first), line.days[0]), to_day(end) + 90)
        seen = line.since(first)
        np.testing.assert_array_equal(seen.at(days), line.at(days))
        assert seen.records["released_on"][0] == max(first, start)


def test_what_is_known_is_not_made_again(demo: Workspace) -> None:
    quarter = demo.quarter("2026Q1")
    forecast = demo.forecast(models=("linear-trend",), draws=200, horizon_months=6)
    known = Report(quarter, forecast)
    asked = ChartRequest(PeriodRequest(quarter="2026Q1"))
    assert subject_for(demo.data, "gap", asked, known=known).subject is quarter
    assert subject_for(demo.data, "closure", asked, known=known).subject is forecast
    with pytest.raises(TrackerError, match=r"There is no forecast\."):
        subject_for(demo.data, "closure", asked, known=replace(known, forecast=None))


def test_the_chance_of_a_closed_gap_is_that_of_level_or_ahead(demo: Workspace) -> None:
    behind = subject_for(demo.data, "forecast-models", QUICK).subject
    assert side_by_side(behind).columns[-2:] == ["probability_closed", "probability_exhausted"]
    turned = replace(QUICK, period=PeriodRequest(pair=Pair("CN", "US")))
    closed = subject_for(demo.data, "forecast-models", turned).subject
    at_the_end = closed.closure.by_quarter["probability_ahead"][-1]
    assert side_by_side(closed).select("model", "probability_ahead").rows() == [
        ("linear-trend", pytest.approx(at_the_end))
    ]
    assert at_the_ceiling(closed) == []


def test_a_gap_is_drawn_as_the_period_that_it_stands_in(demo: Workspace, tmp_path: Path) -> None:
    gap = demo.gap(leader="CN", follower="US")
    one = draw_chart(demo.data, "matches", tmp_path / "one.svg", gap)
    period = PeriodRequest(pair=Pair("CN", "US"))
    asked = ChartRequest(period, vintage="real")
    other = draw_chart(demo.data, "matches", tmp_path / "other.svg", request=asked)
    assert one.read_bytes() == other.read_bytes()


def test_an_error_names_the_field(demo: Workspace) -> None:
    for name, period, told in (
        ("counts", PeriodRequest(all_versions=True), "Leave out `all_versions`; it goes with "),
        ("gap", PeriodRequest(blocs=("US",)), "Give `blocs` twice or more."),
    ):
        with pytest.raises(UsageError) as caught:
            subject_for(demo.data, name, ChartRequest(period))
        assert caught.value.hint.startswith(told)
    assert "gap" in charts.able("versions")
    late = ChartRequest(PeriodRequest(first=date(2026, 6, 10)))
    matches = subject_for(demo.data, "matches", late)
    with pytest.raises(TrackerError) as none:
        charts.load("matches").draw(matches.subject, matches.caption)
    assert none.value.hint == "Give an earlier `first`."
