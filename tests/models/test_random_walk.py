"""The random walk with drift beside its closed form."""

import numpy as np
import pytest
from histories import history

from models.contract import Horizon
from models.helpers.monthly import past_steps, wider
from models.random_walk import RandomWalkDrift, RecentRandomWalk


def test_random_walk_has_the_mean_and_variance_of_its_closed_form() -> None:
    model = RandomWalkDrift().fit(history())
    months = np.arange(1, 13)
    days = (19030 + np.ceil(months * 30.4375)).astype(np.int64)
    draws = model.simulate(Horizon(19030, days), 100_000, np.random.default_rng(0))
    steps = past_steps(history(), 30.4375)
    n, mean, var = len(steps), steps.mean(axis=0), steps.var(axis=0)
    h = 12
    np.testing.assert_allclose(draws[:, :, -1].mean(axis=0), history().today + h * mean, rtol=0.01)
    # Bayesian bootstrap: E[variance of a step] = s2 n/(n+1), variance of the drift = s2/(n+1).
    expected = h * var * n / (n + 1) + h**2 * var / (n + 1)
    np.testing.assert_allclose(draws[:, :, -1].var(axis=0), expected, rtol=0.05)


def test_the_recent_one_takes_the_last_twelve_months() -> None:
    steps = past_steps(history())
    assert len(steps) > 12
    found = RecentRandomWalk().fit(history()).summary()
    assert found["A.drift"].value == pytest.approx(wider(steps[-12:])[:, 0].mean())
    together = RandomWalkDrift().fit(history()).summary()["step_correlation"].value
    assert together == pytest.approx(np.corrcoef(steps.T)[0, 1], abs=0.05)
