"""Persistence leans to neither side, and its spread is that of past changes."""

import numpy as np
import pytest
from histories import HORIZON, history

from models import load
from models.contract import Horizon
from models.helpers.monthly import past_levels


def test_persistence_keeps_its_median_at_the_record() -> None:
    draws = load("persistence").fit(history()).simulate(HORIZON, 4000, np.random.default_rng(0))
    share_above = (draws[:, :, -1] > history().today).mean(axis=0)
    assert (share_above <= 0.53).all()
    assert (share_above >= 0.40).all()


def test_its_spread_after_a_week_is_that_of_past_weeks() -> None:
    model = load("persistence").fit(history())
    week = model.simulate(Horizon(19030, np.array([19037])), 50_000, np.random.default_rng(0))
    steps = np.diff(past_levels(history(), 7.0), axis=0)
    # Half of the draws go down and are floored.
    expected = steps.mean(axis=0) / 2
    np.testing.assert_allclose(week[:, :, 0].mean(axis=0) - history().today, expected, rtol=0.1)
    rms = model.summary()[f"A.change_rms_{model.block}_weeks"].value  # type: ignore[attr-defined]
    change = past_levels(history(), 7.0)[:, 0]
    block = model.block  # type: ignore[attr-defined]
    assert rms == pytest.approx(np.sqrt(np.mean((change[block:] - change[:-block]) ** 2)))
