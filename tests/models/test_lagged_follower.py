"""The lagged follower finds a lag that it was given, and retraces the leader."""

import numpy as np
import pytest

from models.contract import DAYS_PER_MONTH, History, Horizon, NotEnoughHistory, Series
from models.lagged_follower import LaggedFollower, past_lags

ORIGIN, LAG = 20_000, 6


def steady(behind: float) -> Series:
    """A point a month, recorded each week."""
    days = np.arange(ORIGIN - 1750, ORIGIN + 1, 7)
    values = 100 + (days - ORIGIN) / DAYS_PER_MONTH - behind
    return Series("A" if behind == 0 else "B", days, values, days, values)


def test_the_lag_of_a_steady_pair() -> None:
    history = History(ORIGIN, (steady(0), steady(LAG)))
    np.testing.assert_allclose(past_lags(history), LAG, atol=7 / DAYS_PER_MONTH)
    fitted = LaggedFollower().fit(history)
    assert fitted.summary()["lag_median"].value == pytest.approx(LAG, abs=0.2)
    end = Horizon(ORIGIN, np.array([ORIGIN + round(4 * DAYS_PER_MONTH)]))
    draws = fitted.simulate(end, 1000, np.random.default_rng(0))
    # Within its lag the follower comes where the leader has been already.
    assert np.median(draws[:, 1, 0]) == pytest.approx(100 - LAG + 4, abs=0.4)


def test_nobody_follows_from_ahead() -> None:
    with pytest.raises(NotEnoughHistory, match="ahead"):
        LaggedFollower().fit(History(ORIGIN, (steady(LAG), steady(0))))
