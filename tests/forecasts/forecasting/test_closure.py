"""First passage, lags and closing dates: by hand and beside plain loops."""

from datetime import date

import numpy as np
import pytest
from frames import RELEASES, table, view
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from forecasts.forecasting.closure import Grid, closure, first_passage, lags, make_grid
from forecasts.measures.blocs import parse_bloc
from forecasts.measures.frontier import frontier, to_date, to_day
from models.contract import Horizon

MONTH = 30.4375


def test_first_passage_by_hand() -> None:
    days = np.array([7, 14, 21])
    paths = np.array([[[5, 5, 5], [1, 5, 6]], [[5, 6, 7], [1, 1, 1]]], dtype=float)
    assert first_passage(paths, days, 0.0).tolist() == [14, np.inf]
    assert first_passage(paths, days, 4.0).tolist() == [7, 7]
    assert first_passage(paths, days, 0.0, level=1.0).tolist() == [7, 7]


@given(
    arrays.arrays(np.int64, (4, 2, 12), elements=st.integers(0, 4)),
    st.integers(0, 3), st.sampled_from([0, 7, 10, 21]),
)  # fmt: skip
def test_first_passage_is_that_of_a_loop(paths: np.ndarray, tolerance: int, hold: int) -> None:
    days = np.arange(7, 91, 7)
    paths = np.maximum.accumulate(paths, axis=2).astype(float)
    found = first_passage(paths, days, tolerance, hold)
    for draw, when in zip(paths, found, strict=True):
        expected = np.inf
        for k, day in enumerate(days):
            lasting = [draw[1, j] >= draw[0, j] - tolerance for j in range(k, days.size)
                       if days[j] <= day + hold]  # fmt: skip
            if all(lasting) and (hold == 0 or days[-1] - day >= hold):
                expected = day
                break
        assert when == expected


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
    found = closure(paths, grid, 1.0)
    when = first_passage(paths, grid.horizon.days, 1.0)
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
