"""Months and days: levels of the past, spreads, draws by weight, days of change."""

import numpy as np
import pytest
from histories import history

from models.contract import DAYS_PER_MONTH, Horizon
from models.helpers.monthly import draw_rows, month_count, past_levels, past_steps, to_days, wider


def test_past_levels_end_today_and_begin_with_both_frontiers() -> None:
    known = history()
    found = past_levels(known)
    assert found[-1].tolist() == known.today.tolist()
    months = (known.origin - known.common_start) / DAYS_PER_MONTH
    assert len(found) == int(months) + 1
    at = round(known.origin - 3 * DAYS_PER_MONTH)
    assert found[-4, 0] == known.blocs[0].at(np.array([at]))[0]
    np.testing.assert_array_equal(past_steps(known), np.diff(found, axis=0))


def test_wider_values_have_the_variance_of_new_ones() -> None:
    rng = np.random.default_rng(0)
    values = rng.gamma(8.0, 1.0, (10, 1)) + 50
    found = wider(values)
    assert found.mean() == pytest.approx(values.mean())
    assert found.var() == pytest.approx(values.var() * 11 / 9)
    assert (wider(np.array([[0.0], [9.0]])) >= 0).all()


def test_rows_are_drawn_by_their_weights() -> None:
    weights = np.array([[1.0, 0.0, 3.0], [0.0, 5.0, 0.0]])
    found = draw_rows(weights, 20_000, np.random.default_rng(0))
    assert (found[0] == 0).mean() == pytest.approx(0.25, abs=0.02)
    assert set(found[0].tolist()) == {0, 2}
    assert set(found[1].tolist()) == {1}


def test_a_change_of_a_month_comes_on_one_day_of_it() -> None:
    days = np.append(np.arange(1, 60), round(2 * DAYS_PER_MONTH))
    horizon = Horizon(0, days)
    assert month_count(horizon) == 3
    levels = np.tile(np.array([0.0, 1.0, 5.0, 5.0]), (4000, 2, 1))
    found = to_days(levels, horizon, np.random.default_rng(0))
    assert set(np.unique(found).tolist()) == {0, 1, 5}
    assert (np.diff(found, axis=2) >= 0).all()
    np.testing.assert_array_equal(found[:, 0], found[:, 1])
    assert (found[:, 0, 14] == 1).mean() == pytest.approx(15 / DAYS_PER_MONTH, abs=0.03)
    assert (found[:, 0, 40] == 5).mean() == pytest.approx(41 / DAYS_PER_MONTH - 1, abs=0.03)
