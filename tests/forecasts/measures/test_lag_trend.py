"""The velocity of the lag and the catch-up date: numpy's line, known lines, each draw alone."""

from datetime import date, timedelta

import numpy as np
import pytest
from frames import Row, june, table

from forecasts.measures.blocs import parse_bloc
from forecasts.measures.frontier import Frontier, frontier, to_day
from forecasts.measures.gap import lag_days, measure_gap, period_ends
from forecasts.measures.lag_interval import draw_lags
from forecasts.measures.lag_trend import lag_trend
from forecasts.measures.vintage import known_models
from forecasts.request import Pair

MONTH = 30.4375
END = date(2026, 6, 30)


def shrinking(today: float, change: float, months: int = 48) -> tuple[Frontier, Frontier]:
    """A leader that gains a point a month and a follower whose lag in months is a line; a release
    of both every day of a week."""
    rows: list[Row] = []
    for back in np.arange(months, -0.01, -7 / MONTH):
        day = str(END - timedelta(days=round(back * MONTH)))
        rows.append((f"a{back:.3f}", "US", day, 100 - back))
        rows.append((f"b{back:.3f}", "CN", day, 100 - back - (today - change * back)))
    models = known_models(table(rows, observed=str(END)), END, "real")
    return frontier(models, parse_bloc("US")), frontier(models, parse_bloc("CN"))


@pytest.mark.parametrize(("today", "change"), [(6.0, -0.25), (3.0, -0.05), (5.0, 0.1)])
def test_a_lag_that_is_a_line_is_found(today: float, change: float) -> None:
    found = lag_trend(*shrinking(today, change), END, 0.0)
    assert found is not None
    assert found.velocity == pytest.approx(12 * change, abs=0.05)
    assert found.fitted == pytest.approx(today, abs=0.3)
    if change < 0:
        assert found.catch_up == pytest.approx(today / -change, rel=0.08)
    else:
        assert found.catch_up is None
        assert found.never == 1.0
        assert found.catch_up_interval == (None, None)


def test_the_line_is_numpys() -> None:
    gap = measure_gap(june(), Pair("US", "CN"))
    top, low = gap.leader, gap.follower
    start = max(top.records["released_on"][0], low.records["released_on"][0])
    ends = [d for d in period_ends(start, gap.as_of, "month") if d < gap.as_of] + [gap.as_of]
    months, lags = [], []
    for end in ends:
        level = max(v for d, v in low.records.select("released_on", "value").rows() if d <= end)
        if level < top.values[0]:  # the leader was never known so low
            continue
        day = to_day(end)
        months.append((day - to_day(gap.as_of)) / MONTH)
        lags.append(float(lag_days(top, low, np.array([day]), 0.0)[0]) / MONTH)
    slope, level = np.polyfit(months, lags, 1)
    found = lag_trend(top, low, gap.as_of, 0.0)
    assert found is not None
    assert (found.velocity, found.fitted) == pytest.approx((12 * slope, level), rel=1e-9)
    assert found.catch_up == pytest.approx(level / -slope, rel=1e-9)


def test_the_intervals_are_those_of_each_draw_alone() -> None:
    gap = measure_gap(june(), Pair("US", "CN"))
    top, low = gap.leader, gap.follower
    found = lag_trend(top, low, gap.as_of, 0.0, seed=3)
    assert found is not None
    assert found.velocity_interval is not None
    assert found.catch_up_interval is not None
    days = np.array([to_day(d) for d in period_ends(date(2023, 9, 1), gap.as_of, "month")[:-1]]
                    + [to_day(gap.as_of)])  # fmt: skip
    known = low.at(days) >= top.values[0]
    days = days[known]
    drawn = draw_lags(top, low, days, 0.0, draws=1000, seed=3, exact=True)
    assert drawn is not None
    slopes, times = [], []
    for row in drawn:
        some = np.isfinite(row)
        if 2 * some.sum() < days.size:
            continue
        slope, level = np.polyfit((days[some] - days[-1]) / MONTH, row[some] / MONTH, 1)
        slopes.append(12 * slope)
        times.append(max(level, 0.0) / -slope if slope < 0 else np.inf)
    assert found.velocity_interval == pytest.approx(tuple(np.quantile(slopes, [0.05, 0.95])))
    assert found.never == pytest.approx(np.mean(np.array(times) > 240))
    assert found.catch_up_interval[0] == pytest.approx(np.quantile(times, 0.05), rel=0.02)


def test_a_short_past_has_no_trend() -> None:
    assert lag_trend(*shrinking(2.0, -0.1, months=4), END, 0.0) is None
