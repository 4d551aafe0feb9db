"""The local linear trend beside the Kalman filter of statsmodels."""

import numpy as np
import pytest
from statsmodels.tsa.statespace.structural import UnobservedComponents

from models.contract import DAYS_PER_MONTH, History, Horizon, Series
from models.local_linear_trend import LocalLinearTrend

ORIGIN = 20_000


def monthly(levels: np.ndarray, bloc: str) -> Series:
    days = ORIGIN - np.round(DAYS_PER_MONTH * np.arange(levels.size - 1, -1, -1)).astype(np.int64)
    return Series(bloc, days, levels, days, levels)


def test_its_state_is_that_of_the_filter_at_the_same_variances() -> None:
    rng = np.random.default_rng(0)
    top = 10 + np.cumsum(rng.gamma(2.0, 0.5, 48))
    history = History(ORIGIN, (monthly(top, "A"), monthly(top - 5, "B")))
    state = LocalLinearTrend().fit(history).states[0]
    theirs = UnobservedComponents(top, level="local linear trend").smooth(state.variances)
    np.testing.assert_allclose(state.mean, theirs.filtered_state[:, -1], rtol=1e-3)


def test_a_nearly_straight_line_goes_on() -> None:
    top = 10 + 0.5 * np.arange(36) + np.random.default_rng(0).normal(0, 0.02, 36)
    history = History(ORIGIN, (monthly(top, "A"), monthly(top - 4, "B")))
    fitted = LocalLinearTrend().fit(history)
    assert fitted.summary()["A.slope"].value == pytest.approx(0.5, rel=0.02)
    end = Horizon(ORIGIN, np.array([ORIGIN + round(12 * DAYS_PER_MONTH)]))
    draws = fitted.simulate(end, 2000, np.random.default_rng(0))
    np.testing.assert_allclose(draws[:, :, -1].mean(axis=0) - history.today, [6, 6], rtol=0.05)
