"""The record process draws waits and jumps of the past, recent ones more often."""

import numpy as np
import pytest
from histories import history

from models.contract import Horizon, NotEnoughHistory, Series
from models.record_process import RecordProcess, past_records


def test_weights_halve_every_year() -> None:
    days = np.array([0, 365, 730, 1095])
    values = np.array([1.0, 3.0, 6.0, 10.0])
    found = past_records(Series("A", days, values, days, values), 1195)
    assert found.elapsed == 100
    np.testing.assert_allclose(found.weights, np.array([1, 2, 4]) / 7)
    # Spread about their weighted mean, which stays.
    assert found.weights @ found.jumps == pytest.approx((2 + 2 * 3 + 4 * 4) / 7)
    with pytest.raises(NotEnoughHistory):
        past_records(Series("A", days[:2], values[:2], days[:2], values[:2]), 1195)


def test_equal_waits_and_jumps_give_a_staircase() -> None:
    days = np.arange(0, 1001, 100)
    known = history()
    steps = np.arange(days.size) * 2.0 + 1
    even = Series("A", days, steps, days, steps)
    both = type(known)(1000, (even, Series("B", days, steps / 2, days, steps / 2)))
    draws = (
        RecordProcess()
        .fit(both)
        .simulate(Horizon(1000, np.array([1050, 1101, 1499, 1501])), 500, np.random.default_rng(0))
    )
    assert np.unique(draws[:, 0], axis=0).tolist() == [[21, 23, 29, 31]]
    assert np.unique(draws[:, 1], axis=0).tolist() == [[10.5, 11.5, 14.5, 15.5]]
