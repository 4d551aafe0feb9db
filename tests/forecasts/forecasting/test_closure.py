"""First passage, lags and closing dates: by hand and beside plain loops."""

from datetime import date

import numpy as np
import pytest
from frames import RELEASES, table, view
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from forecasts.forecasting.closure import (
    Closed,
    Grid,
    closure,
    exhaustion,
    first_passage,
    lags,
    make_grid,
)
from forecasts.measures.blocs import parse_bloc
from forecasts.measures.frontier import frontier, to_date, to_day
from models.contract import Horizon

MONTH = 30.4375


def test_first_passage_by_hand() -> None:
    days = np.array([7, 14, 21])
    paths = np.array([[[5, 5, 5], [1, 5, 6]], [[5, 6, 7], [1, 1, 1]]], dtype=float)
    assert first_passage(paths, days, Closed()).tolist() == [14, np.inf]
    assert first_passage(paths, days, Closed(4.0)).tolist() == [7, 7]
    assert first_passage(paths, days, Closed(level=1.0)).tolist() == [7, 7]


@given(
    arrays.arrays(np.int64, (4, 2, 12), elements=st.integers(0, 4)),
    st.integers(0, 3), st.sampled_from([0, 7, 10, 21]), st.sampled_from([3.0, 4.0, np.inf]),
)  # fmt: skip
def test_first_passage_is_that_of_a_loop(
    paths: np.ndarray, tolerance: int, hold: int, ceiling: float
) -> None:
    days = np.arange(7, 91, 7)
    paths = np.maximum.accumulate(paths, axis=2).astype(float)
    found = first_passage(paths, days, Closed(tolerance, hold, None, ceiling))
    for draw, when in zip(paths, found, strict=True):
        expected = np.inf
        for k, day in enumerate(days):
            lasting = [ceiling > draw[0, j] <= draw[1, j] + tolerance for j in range(k, days.size)
                       if days[j] <= day + hold]  # fmt: skip
            if all(lasting) and (hold == 0 or days[-1] - day >= hold):
                expected = day
                break
        assert when == expected


def test_a_leader_at_the_ceiling_exhausts_the_index_instead_of_closing_the_gap() -> None:
    days = np.array([7, 14, 21])
    paths = np.array([
        [[90, 100, 100], [80, 90, 100]],  # both end at the ceiling: 100 against 100 is no closing
        [[90, 95, 100], [80, 96, 100]],  # closed before the leader was there
        [[90, 100, 100], [80, 80, 80]],  # the leader there alone: no closing can be seen any more
        [[90, 100, 100], [80, 100, 100]],  # both arrive in one week
        [[90, 91, 92], [80, 80, 80]],
    ], dtype=float)  # fmt: skip
    rule = Closed(ceiling=100.0)
    assert first_passage(paths, days, rule).tolist() == [np.inf, 14, np.inf, np.inf, np.inf]
    assert exhaustion(paths, days, rule).tolist() == [14, np.inf, 14, 14, np.inf]
    # A hold is seen only while the leader is below.
    held = Closed(hold_days=7, ceiling=100.0)
    assert first_passage(paths, days, held).tolist() == [np.inf] * 5
    assert exhaustion(paths, days, held)[1] == 21
    # What is compared with is the level of today: the drawn leader's ceiling is not its.
    today = Closed(level=90.0, ceiling=100.0)
    assert first_passage(paths, days, today).tolist() == [14, 14, np.inf, 14, np.inf]
    assert np.isinf(exhaustion(paths, days, today)).all()
    spent = Closed(level=100.0, ceiling=100.0)
    assert np.isinf(first_passage(paths, days, spent)).all()
    assert exhaustion(paths, days, spent).tolist() == [7] * 5


def test_closed_exhausted_and_neither_are_shares_of_all_draws() -> None:
    rng = np.random.default_rng(2)
    grid = make_grid(date(2026, 1, 10), 12)
    steps = rng.gamma(0.2, 2.0, (500, 2, grid.horizon.days.size))
    paths = np.minimum(np.cumsum(steps, axis=2) + np.array([84.0, 80.0])[:, None], 100.0)
    found, without = (closure(paths, grid, Closed(ceiling=c)) for c in (100.0, np.inf))
    rows = found.by_quarter
    closed, spent = rows["probability_closed"], rows["probability_exhausted"]
    assert closed.is_sorted()
    assert spent.is_sorted()
    at = grid.quarters
    top, low = paths[:, 0], paths[:, 1]
    for k, end in enumerate(at.tolist()):
        first = [next((i for i in range(end + 1) if low[d, i] >= top[d, i]), 999)
                 for d in range(500)]  # fmt: skip
        there = [next((i for i in range(end + 1) if top[d, i] >= 100), 999) for d in range(500)]
        pairs = list(zip(first, there, strict=True))
        assert closed[k] == sum(a < b for a, b in pairs) / 500
        assert spent[k] == sum(b <= a and b < 999 for a, b in pairs) / 500
        ahead = (low[:, end] >= top[:, end]) & (top[:, end] < 100)
        assert rows["probability_ahead"][k] == ahead.mean()
    assert found.probability_exhausted == spent[-1] > 0.2
    assert found.probability_within_horizon == closed[-1]
    assert without.probability_exhausted == 0
    lost = without.probability_within_horizon - found.probability_within_horizon
    assert 0.05 < lost <= found.probability_exhausted


def test_the_grid_steps_by_calendar_month_and_knows_the_quarters() -> None:
    grid = make_grid(date(2024, 1, 31), 5)
    steps = [to_date(d) for d in grid.horizon.days[grid.months]]
    assert steps == [date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30), date(2024, 5, 31),
                     date(2024, 6, 30)]  # fmt: skip
    ends = [to_date(d) for d in grid.horizon.days[grid.quarters]]
    assert ends == [date(2024, 3, 31), date(2024, 6, 30)]
    assert np.diff(grid.horizon.days).max() <= 7
    assert (np.diff(grid.horizon.days) > 0).all()
    last = make_grid(date(2024, 1, 31), 4)
    assert to_date(last.horizon.days[last.quarters][-1]) == date(2024, 5, 31)


def test_lags_look_back_along_records_and_the_path() -> None:
    leader = frontier(view(table(RELEASES)).models(), parse_bloc("US"))
    origin = to_day(date(2025, 1, 1))
    days = origin + np.array([30, 60, 90])
    grid = Grid(Horizon(origin, days), np.array([0, 1, 2]), np.array([2]))
    paths = np.array([[[30, 40, 40], [15, 35, 50]]], dtype=float)
    found = lags(paths, leader, grid, 0.0)[0]
    # 15 points: the record of 20 points; 35: the leader's own path on the second day; then ahead.
    first = (days[0] - to_day(date(2024, 3, 1))) / MONTH
    assert found.tolist() == pytest.approx([first, 0.0, 0.0])
    near = lags(paths, leader, grid, 10.0)[0]
    assert near[1] == pytest.approx((days[1] - to_day(date(2024, 6, 1))) / MONTH)


def test_closing_is_the_distribution_of_the_first_passage() -> None:
    rng = np.random.default_rng(0)
    grid = make_grid(date(2026, 1, 10), 12)
    steps = rng.gamma(0.2, 1.0, (400, 2, grid.horizon.days.size))
    paths = np.cumsum(steps, axis=2) + np.array([4.0, 0.0])[:, None]
    found = closure(paths, grid, Closed(1.0))
    when = first_passage(paths, grid.horizon.days, Closed(1.0))
    assert found.probability_within_horizon == np.isfinite(when).mean()
    ends = found.by_quarter["date"].to_list()
    for end, share in zip(ends, found.by_quarter["probability_closed"], strict=True):
        assert share == (when <= to_day(end)).mean()
    at = np.searchsorted(grid.horizon.days, [to_day(d) for d in ends])
    ahead = (paths[:, 1, at] >= paths[:, 0, at]).mean(axis=0)
    assert found.by_quarter["probability_ahead"].to_list() == ahead.tolist()
    assert found.by_quarter["complete"].to_list() == [True, True, True, True, False]
    ordered = np.sort(when)
    expected = [ordered[round(q * 400) - 1] for q in (0.1, 0.5, 0.9)]
    dates = [found.q10_date, found.median_date, found.q90_date]
    assert dates == [to_date(int(d)) if np.isfinite(d) else None for d in expected]
