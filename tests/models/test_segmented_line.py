"""The segmented line finds a break that is there, and none where none is."""

import numpy as np
import pytest
from histories import HORIZON

from models.contract import History, Series
from models.segmented_line import SegmentedLine, broken_lines

DAYS = np.arange(18000, 19020, 40)
ORIGIN = 19030


def line(before: float, after: float, noise: float = 0.05) -> Series:
    bend = np.maximum(DAYS - 18600, 0)
    values = 10 + before * (DAYS - 18000) + (after - before) * bend
    values = values + np.random.default_rng(0).normal(0, noise, DAYS.size)
    return Series("A", DAYS, values, DAYS, values)


def test_a_break_is_found_where_it_is() -> None:
    found = broken_lines(line(0.01, 0.05), ORIGIN)
    assert found.weight.sum() == pytest.approx(1)
    assert found.weight[0] < 1e-6
    assert found.break_day[np.argmax(found.weight)] == pytest.approx(18600, abs=40)
    assert found.weight @ found.line[:, 1] == pytest.approx(0.05, rel=0.02)


def test_a_straight_line_has_no_break_and_is_least_squares() -> None:
    straight = line(0.03, 0.03)
    found = broken_lines(straight, ORIGIN)
    assert found.weight[0] > 0.5
    slope, level = np.polyfit(DAYS - ORIGIN, straight.values, 1)
    np.testing.assert_allclose(found.line[0], [level, slope])


def test_the_forecast_goes_on_at_the_last_pace() -> None:
    history = History(ORIGIN, (line(0.01, 0.05), line(0.01, 0.02)))
    fitted = SegmentedLine().fit(history)
    draws = fitted.simulate(HORIZON, 4000, np.random.default_rng(0))
    ahead = HORIZON.days[-1] - ORIGIN
    risen = np.median(draws[:, :, -1], axis=0) - history.today
    np.testing.assert_allclose(risen / ahead, [0.05, 0.02], rtol=0.1)
    assert fitted.summary()["A.probability_of_break"].value > 0.99
