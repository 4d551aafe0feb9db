"""Where the truth is known, each matching model finds it and its intervals cover it.

1,500 simulated pairs per model, both blocs counted: a coverage of 90% then has a standard error of
half a point to one, as the blocs of a pair are alike or not.
"""

from collections.abc import Callable

import numpy as np
import pytest

from models import load
from models.contract import DAYS_PER_MONTH, History, Horizon, Series
from models.linear_trend import LinearTrend

pytestmark = pytest.mark.slow

SERIES = 1500
MONTHS = 72
ORIGIN = 20_000
AHEAD = 12
HORIZON = Horizon(ORIGIN, np.array([ORIGIN + round(AHEAD * DAYS_PER_MONTH)]))


def stepwise(levels: np.ndarray, bloc: str) -> Series:
    """Monthly levels as records on the month ends, the last at the origin."""
    days = ORIGIN - np.round(DAYS_PER_MONTH * np.arange(levels.size - 1, -1, -1)).astype(np.int64)
    raised = np.append(True, np.diff(levels) > 0)
    return Series(bloc, days[raised], levels[raised], days[raised], levels[raised])


def share_covered(
    make: Callable[[np.random.Generator], tuple[History, np.ndarray]], name: str
) -> float:
    inside = 0
    for seed in range(SERIES):
        history, truth = make(np.random.default_rng(seed))
        draws = load(name).fit(history).simulate(HORIZON, 1000, np.random.default_rng(seed))
        low, high = np.quantile(draws[:, :, 0], (0.05, 0.95), axis=0)
        inside += int(((low <= truth) & (truth <= high)).sum())
    return inside / (2 * SERIES)


def walk(rng: np.random.Generator) -> tuple[History, np.ndarray]:
    steps = rng.gamma(2.0, 0.5, (2, MONTHS + AHEAD))
    levels = 10 + np.cumsum(steps, axis=1)
    known = levels[:, :MONTHS]
    history = History(ORIGIN, (stepwise(known[0], "A"), stepwise(known[1] - 5, "B")))
    return history, levels[:, -1] - np.array([0.0, 5.0])


def records(rng: np.random.Generator) -> tuple[History, np.ndarray]:
    blocs, ends = [], []
    for bloc in ("A", "B"):
        wait = rng.exponential(40.0, 400)
        days = ORIGIN + 380 - np.cumsum(wait)[::-1]
        days = np.round(days[(days > ORIGIN - 2500)]).astype(np.int64)
        days = np.unique(days)
        values = np.cumsum(rng.exponential(1.0, days.size))
        known = days <= ORIGIN
        end = days <= HORIZON.days[0]
        blocs.append(Series(bloc, days[known], values[known], days[known], values[known]))
        ends.append(values[end][-1])
    return History(ORIGIN, (blocs[0], blocs[1])), np.array(ends)


def retrace(rng: np.random.Generator) -> tuple[History, np.ndarray]:
    lag = 8
    leader = 10 + np.cumsum(rng.gamma(2.0, 0.5, MONTHS + AHEAD + lag))
    top, low = leader[lag:], leader[:-lag]
    history = History(ORIGIN, (stepwise(top[:MONTHS], "A"), stepwise(low[:MONTHS], "B")))
    return history, np.array([top[-1], low[-1]])


def test_a_line_covers_a_new_point_of_the_line() -> None:
    inside, slopes = 0, []
    for seed in range(SERIES):
        rng = np.random.default_rng(seed)
        days = np.sort(rng.choice(np.arange(ORIGIN - 1500, ORIGIN), 20, replace=False))
        values = 30 + 0.02 * (days - ORIGIN) + rng.normal(0, 2, 20)
        series = Series("A", days, values, days, values)
        fitted = LinearTrend().fit(History(ORIGIN, (series, series)))
        slopes.append(fitted.summary()["A.slope"].value / DAYS_PER_MONTH)
        draws = fitted.predictive(HORIZON, 1000, np.random.default_rng(seed))[:, 0, 0]
        truth = 30 + 0.02 * (HORIZON.days[0] - ORIGIN) + rng.normal(0, 2)
        low, high = np.quantile(draws, (0.05, 0.95))
        inside += bool(low <= truth <= high)
    assert 0.88 <= inside / SERIES <= 0.92
    assert np.mean(slopes) == pytest.approx(0.02, abs=3 * np.std(slopes) / np.sqrt(SERIES))


def test_a_random_walk_covers_its_future() -> None:
    assert 0.88 <= share_covered(walk, "random-walk-drift") <= 0.92


def test_a_record_process_covers_its_future() -> None:
    assert 0.88 <= share_covered(records, "record-process") <= 0.92


def test_a_record_process_finds_rate_and_jump() -> None:
    found = [load("record-process").fit(records(np.random.default_rng(s))[0]).summary()
             for s in range(100)]  # fmt: skip
    assert np.mean([f["A.jump"].value for f in found]) == pytest.approx(1.0, abs=0.1)
    rate = np.mean([f["A.records_per_year"].value for f in found])
    assert rate == pytest.approx(12 * DAYS_PER_MONTH / 40, rel=0.1)


def test_a_lagged_follower_covers_its_future() -> None:
    assert 0.88 <= share_covered(retrace, "lagged-follower") <= 0.92


def test_a_lagged_follower_finds_the_lag() -> None:
    found = [load("lagged-follower").fit(retrace(np.random.default_rng(s))[0]).summary()
             for s in range(50)]  # fmt: skip
    assert np.median([f["lag_median"].value for f in found]) == pytest.approx(8, abs=0.5)
