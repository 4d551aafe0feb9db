"""Every definition of the gap, worked out by hand on one small case."""

from datetime import date, timedelta

import numpy as np
import pytest
from frames import NEW_YEAR, RELEASES, june, table, view

from forecasts.measures.definitions import best_of_year, definitions_table, line_distance
from forecasts.measures.frontier import to_date, to_day
from forecasts.measures.gap import Gap, measure_gap
from forecasts.measures.lag_trend import lag_trend
from forecasts.measures.release_lag import release_bracket
from forecasts.measures.thresholds import threshold_crossings, thresholds
from forecasts.request import Pair

MONTH = 30.4375


@pytest.fixture(scope="module")
def gap() -> Gap:
    more = [("b3", "CN", "2024-10-01", 25)]
    return measure_gap(view(table([*RELEASES, *more])), Pair("US", "CN"))


def value(gap: Gap, name: str, ratio_scale: bool | None = None) -> float | None:
    return definitions_table(gap, ratio_scale).filter(definition=name)["value"].item()


def test_points_lag_and_ratio(gap: Gap) -> None:
    assert value(gap, "points today") == 5
    assert value(gap, "backward lag today") == gap.lag_months
    assert value(gap, "ratio", True) == pytest.approx(20.0)
    for unknown in (False, None):
        assert value(gap, "ratio", unknown) is None
    told = {
        known: definitions_table(gap, known).filter(definition="ratio")["how"].item()
        for known in (None, False)
    }
    assert "not known whether this scale has a true zero" in told[None]
    assert "no true zero" in told[False]


def test_the_mean_lag_is_that_of_a_loop_over_days(gap: Gap) -> None:
    us = [(date(2024, 1, 1), 10), (date(2024, 3, 1), 20), (date(2024, 6, 1), 30)]
    cn = [(date(2024, 3, 15), 10), (date(2024, 8, 1), 22), (date(2024, 10, 1), 25)]
    lags = []
    for day in range(to_day(date(2024, 3, 15)), to_day(NEW_YEAR) + 1):
        level = max(v for d, v in cn if to_day(d) <= day)
        lags.append(day - min(to_day(d) for d, v in us if v >= level))
    assert value(gap, "backward lag, mean over days") == pytest.approx(np.mean(lags) / MONTH)


def test_forward_matches_are_those_of_the_gap(gap: Gap) -> None:
    assert value(gap, "forward match, matched only") == gap.match_months["mean"]
    assert value(gap, "forward match, Kaplan-Meier median") == gap.match_months["median"]


def test_the_distance_of_lines_is_that_of_numpy(gap: Gap) -> None:
    today = to_day(NEW_YEAR)
    top, low = (np.polyfit(f.days - today, f.values, 1) for f in (gap.leader, gap.follower))
    expected = (top[1] - low[1]) / top[0] / MONTH
    assert value(gap, "distance between fitted lines") == pytest.approx(expected)
    few = measure_gap(view(table(RELEASES)), Pair("US", "CN"))
    assert line_distance(few.leader, few.follower, NEW_YEAR) is None


def test_the_best_of_a_year(gap: Gap) -> None:
    assert value(gap, "best of 2024") == 5
    assert value(gap, "best of 2025") is None
    assert best_of_year(gap, 2023) is None


def test_measures_public_elsewhere_are_those_of_their_functions() -> None:
    gap = measure_gap(june(), Pair("US", "CN"), seed=4)
    rows = {r["definition"]: r for r in definitions_table(gap, False, seed=4).iter_rows(named=True)}
    top, low, day = gap.leader, gap.follower, gap.as_of
    assert (rows["backward lag today"]["low"], rows["backward lag today"]["high"]) == (
        gap.lag_interval
    )
    bracket = release_bracket(top, low, day)
    told = rows["release-lag bracket"]
    assert (told["low"], told["value"], told["high"]) == (
        bracket.least, bracket.central, bracket.most,
    )  # fmt: skip
    assert rows["backward lag, ties level"]["value"] is None
    assert "standard error" in rows["backward lag, ties level"]["how"]
    crossed = threshold_crossings(top, low, day, thresholds(top, low))
    done = crossed.filter(~crossed["censored"])
    assert rows["crossing of thresholds, median"]["value"] == done["months"].median()
    trend = lag_trend(top, low, day, 0.0, seed=4)
    assert trend is not None
    assert trend.catch_up is not None
    velocity, date_of = rows["velocity of the lag"], rows["catch-up date"]
    assert (velocity["value"], velocity["low"], velocity["high"]) == (
        trend.velocity, *(trend.velocity_interval or ()),
    )  # fmt: skip
    assert date_of["value"] == trend.catch_up
    assert (date_of["low"], date_of["high"]) == trend.catch_up_interval
    assert date_of["date"] == to_date(to_day(day) + round(trend.catch_up * MONTH))
    # Whose each is stands beside it.
    assert {"IAPS", "Epoch", "Ihle", "Doubleword"} <= {
        w.split()[0].strip(",") for w in definitions_table(gap, False)["whose"]
    }


def test_the_velocity_of_lines_is_that_of_their_distance(gap: Gap) -> None:
    now = line_distance(gap.leader, gap.follower, NEW_YEAR)
    later = line_distance(gap.leader, gap.follower, NEW_YEAR + timedelta(days=1461))
    assert now is not None
    assert later is not None
    assert value(gap, "velocity, fitted lines") == pytest.approx((later - now) / 4, rel=1e-3)
