"""The lag line finds a lag that shrinks by a known rate, and closes when it is gone."""

import numpy as np
import pytest

from models.contract import DAYS_PER_MONTH, History, Horizon, NotEnoughHistory, Series
from models.lag_line import LagLine
from models.lagged_follower import past_lags

ORIGIN = 20_000
MONTHS = np.arange(-60, 1)


def pair(today: float, change: float) -> History:
    """A leader that gains a point a month, and a follower whose lag in months is a line."""
    days = ORIGIN + np.round(DAYS_PER_MONTH * MONTHS).astype(np.int64)
    top = 100.0 + MONTHS
    low = top - (today + change * MONTHS)
    return History(ORIGIN, (Series("A", days, top, days, top), Series("B", days, low, days, low)))


@pytest.mark.parametrize(("today", "change"), [(6.0, -0.2), (3.0, -0.05), (9.0, 0.1)])
def test_the_line_is_that_of_the_lags(today: float, change: float) -> None:
    history = pair(today, change)
    found = LagLine().fit(history).summary()
    lags = past_lags(history)
    slope, level = np.polyfit(np.arange(1 - lags.size, 1), lags, 1)
    assert found["lag"].value == pytest.approx(level, rel=1e-9)
    assert found["velocity"].value == pytest.approx(12 * slope, rel=1e-9)
    assert found["lag"].value == pytest.approx(today, abs=0.1)
    assert found["velocity"].value == pytest.approx(12 * change, abs=0.1)
    if change < 0:
        assert found["catch_up"].value == pytest.approx(today / -change, rel=0.05)
    else:
        assert "catch_up" not in found


def test_the_gap_closes_when_the_lag_is_gone() -> None:
    history = pair(3.0, -0.25)  # a year
    days = ORIGIN + np.round(DAYS_PER_MONTH * np.array([6, 10, 15, 20])).astype(np.int64)
    draws = LagLine().fit(history).simulate(Horizon(ORIGIN, days), 2000, np.random.default_rng(0))
    level = (draws[:, 1] >= draws[:, 0]).mean(axis=0)
    assert level[0] < 0.02
    assert level[2] > 0.9
    assert level[3] > 0.98


def test_nobody_follows_from_ahead() -> None:
    with pytest.raises(NotEnoughHistory, match="ahead"):
        LagLine().fit(pair(-2.0, 0.0))
