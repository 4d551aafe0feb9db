"""The chart of the lag on every index: its lines are the histories of the gaps."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from forecasts.errors import TrackerError, UsageError
from forecasts.request import PeriodRequest, Scope
from tracker import charts
from tracker.charts.figures import draw_chart, subject_for
from tracker.charts.lag import MEDIAN
from tracker.charts.request import ChartRequest
from tracker.workspace import Workspace, create_workspace

LAST = date(2026, 6, 10)


def board(name: str, behind: int, seen: date) -> pl.DataFrame:
    """Releases every 30 days; the follower comes to a level months later, from below the first."""
    return pl.DataFrame(
        [
            {"model": f"{country} {month}", "lab": country, "country": country,
             "released_on": seen - timedelta(days=30 * (23 - month) + 5), "index_name": name,
             "index_version": "1", "value": 40.0 + month - late, "observed_on": seen,
             "source": "board"}
            for country, late in (("US", 0), ("CN", behind))
            for month in range(24)
        ]
    )  # fmt: skip


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = create_workspace(tmp_path_factory.mktemp("three") / "w")
    workspace.store.append(board("Fast", 3, LAST))
    workspace.store.append(board("Middle", 5, LAST))
    workspace.store.append(board("Slow", 9, LAST - timedelta(days=40)))
    workspace.store.append(board("Stale", 5, LAST - timedelta(days=300)))
    return workspace


def test_the_lines_are_the_histories_of_the_gaps(three: Workspace) -> None:
    chart = charts.load("lag")
    rows = chart.table(subject_for(three.data, "lag").subject)
    names = rows["index_name"].unique(maintain_order=True).to_list()
    assert names == ["Fast", "Middle", "Slow", MEDIAN]
    for name, months in (("Fast", 3), ("Middle", 5), ("Slow", 9)):
        gap = three.gap(index=name)
        history = dict(gap.history.select("date", "lag_months").iter_rows())
        drawn = dict(rows.filter(index_name=name).select("date", "lag_months").iter_rows())
        assert drawn.items() <= history.items()
        assert drawn[gap.as_of] == gap.lag_months
        # Those left out are the months in which the follower was below the leader's first model.
        left = sorted(set(history) - set(drawn))
        first = min(d for d, v in gap.follower.records.select("released_on", "value").iter_rows()
                    if v >= gap.leader.values[0])  # fmt: skip
        assert left == [day for day in sorted(history) if day < first]
        assert len(left) >= months - 1


def test_the_median_is_that_of_the_month(three: Workspace) -> None:
    rows = charts.load("lag").table(subject_for(three.data, "lag").subject)
    line = dict(rows.filter(index_name=MEDIAN).select("date", "lag_months").iter_rows())
    by_day: dict[date, list[float]] = {}
    for name, day, lag in rows.select("index_name", "date", "lag_months").iter_rows():
        if name != MEDIAN and (day + timedelta(days=1)).day == 1:
            by_day.setdefault(day, []).append(lag)
    wanted = {d: sorted(lags)[1] for d, lags in by_day.items() if len(lags) == 3}
    last = {name: three.gap(index=name).lag_months or 0.0 for name in ("Fast", "Middle", "Slow")}
    wanted[LAST] = sorted(last.values())[1]
    assert line == wanted
    assert len(line) > 3


def test_a_period_and_a_first_day_are_those_asked_for(three: Workspace) -> None:
    asked = ChartRequest(PeriodRequest(quarter="2026Q1"))
    found = subject_for(three.data, "lag", asked).subject
    assert (found.as_of, found.found.vintage) == (date(2026, 3, 31), "final")
    since = ChartRequest(PeriodRequest(first=date(2026, 1, 1)))
    assert charts.load("lag").table(subject_for(three.data, "lag", since).subject)[
        "date"
    ].min() >= (date(2026, 1, 1))


def test_an_index_cannot_be_named_and_none_is_said(three: Workspace, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="every index"):
        subject_for(three.data, "lag", ChartRequest(PeriodRequest(Scope(index="Fast"))))
    none = ChartRequest(PeriodRequest(Scope(as_of=date(2020, 1, 1))))
    with pytest.raises(TrackerError, match="no index to draw"):
        draw_chart(three.data, "lag", tmp_path / "x.svg", request=none)


def test_the_words_name_each_index_and_the_mean(three: Workspace, tmp_path: Path) -> None:
    made = subject_for(three.data, "lag")
    chart = charts.load("lag")
    assert chart.describe is not None
    told = chart.describe(made.subject, chart.table(made.subject))
    assert "on 3 indices" in told
    assert "Over 3 indices: median" in told
    draw_chart(three.data, "lag", tmp_path / "lag.svg", made)
    text = (tmp_path / "lag.svg").read_text("utf-8")
    assert "Fast: " in text
    assert "Slow: " in text
    assert f"{MEDIAN}: " in text
