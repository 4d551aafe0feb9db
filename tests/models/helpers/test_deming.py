"""Deming's line against orthogonal distance regression and against closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.helpers.deming import deming


def cloud(seed: int = 0, n: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    true = rng.uniform(0, 60, n)
    return true + rng.normal(0, 2, n), 3 + 0.8 * true + rng.normal(0, 4, n), np.ones(n)


@pytest.mark.parametrize("ratio", [0.25, 1.0, 4.0])
def test_it_is_orthogonal_distance_regression_of_errors_in_that_ratio(ratio: float) -> None:
    from scipy.odr import ODR, Model, RealData

    x, y, weights = cloud()
    data = RealData(x, y, sx=1.0, sy=np.sqrt(ratio))
    found = ODR(
        data,
        Model(lambda b, at: b[0] + b[1] * at),
        beta0=[0.0, 1.0],
        sstol=1e-14,
        partol=1e-14,
        maxit=500,
    )
    found = found.run().beta
    line = deming(x, y, weights, ratio)
    assert (line.level, line.slope) == pytest.approx(tuple(found), rel=1e-5)


def test_without_a_ratio_the_slope_is_that_of_linear_equating() -> None:
    x, y, weights = cloud()
    line = deming(x, y, weights)
    assert line.slope == pytest.approx(np.std(y) / np.std(x))
    assert line(np.array([x.mean()]))[0] == pytest.approx(y.mean())
    # Linked back it is its own inverse, which a regression is not.
    assert deming(y, x, weights).slope == pytest.approx(1 / line.slope)


def test_no_error_in_x_is_least_squares() -> None:
    x, y, weights = cloud()
    assert deming(x, y, weights, 1e9).slope == pytest.approx(np.polyfit(x, y, 1)[0], rel=1e-6)


@given(st.integers(0, 50), st.floats(0.1, 10), st.floats(-50, 50))
def test_a_weight_is_so_many_models_and_units_do_not_matter(
    seed: int, unit: float, shift: float
) -> None:
    x, y, _ = cloud(seed, 12)
    twice = np.where(np.arange(12) < 5, 2.0, 1.0)
    line = deming(x, y, twice)
    repeated = deming(np.append(x, x[:5]), np.append(y, y[:5]), np.ones(17))
    assert (line.level, line.slope) == pytest.approx((repeated.level, repeated.slope))
    moved = deming(unit * x + shift, y, twice)
    assert moved(unit * x + shift) == pytest.approx(line(x), rel=1e-6, abs=1e-6)


def test_a_link_does_not_fall_and_needs_two_values() -> None:
    x = np.array([1.0, 2.0, 3.0])
    assert deming(x, -x, np.ones(3)).slope == 0.0
    with pytest.raises(ValueError, match="two different values"):
        deming(np.ones(3), x, np.ones(3))
