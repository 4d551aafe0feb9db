"""Lines and monotone curves against published examples, other libraries and closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.helpers.deming import deming
from models.helpers.monotone import (
    Curve,
    equipercentile,
    isotonic,
    monotone_cubic,
    rearranged,
    smooth_monotone,
)


def test_deming_is_orthogonal_regression_where_errors_are_equal() -> None:
    """The first principal axis, in closed form."""
    rng = np.random.default_rng(2)
    true = rng.normal(0, 5, 200)
    x, y = true + rng.normal(0, 1, 200), 3 + 1.5 * true + rng.normal(0, 1, 200)
    line = deming(x, y, np.ones(200), ratio=1.0)
    values, vectors = np.linalg.eigh(np.cov(x, y))
    axis = vectors[:, np.argmax(values)]
    assert line.slope == pytest.approx(axis[1] / axis[0], rel=1e-9)
    assert line(np.array([x.mean()]))[0] == pytest.approx(y.mean())


def test_deming_turned_round_is_its_inverse() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(0, 5, 50)
    y = 2 * x + rng.normal(0, 2, 50)
    one, back = deming(x, y, np.ones(50), 0.7), deming(y, x, np.ones(50), 1 / 0.7)
    assert one.slope == pytest.approx(1 / back.slope)
    # Without a ratio it is linear equating: the ratio of the standard deviations.
    assert deming(x, y, np.ones(50)).slope == pytest.approx(np.std(y) / np.std(x))
    with pytest.raises(ValueError, match="two different"):
        deming(np.ones(4), np.arange(4.0), np.ones(4))


def test_isotonic_gives_what_r_gives() -> None:
    """R's help page of `isoreg`: isoreg(c(1,0,4,3,3,5,4,2,0))."""
    y = np.array([1.0, 0, 4, 3, 3, 5, 4, 2, 0])
    curve = isotonic(np.arange(9.0), y, np.ones(9), slope=0.25)
    assert curve(np.array([0.5, 5.0])) == pytest.approx([0.5, 3.0])
    assert curve(np.array([2.75])) == pytest.approx([(0.5 + 3.0) / 2])
    assert curve(np.array([9.0, 13.0])) == pytest.approx([4.0, 5.0])  # stated slope beyond


def test_equipercentile_maps_one_distribution_onto_the_other() -> None:
    rng = np.random.default_rng(4)
    x, y = rng.normal(0, 1, 31), rng.exponential(2, 31)
    curve = equipercentile(x, y, np.ones(31), slope=1.0)
    assert curve(np.sort(x)) == pytest.approx(np.sort(y))


def test_monotone_cubic_stays_between_its_nodes() -> None:
    """Data of Fritsch and Carlson (1980), table RPN 14, on which a cubic spline overshoots."""
    x = np.array([7.99, 8.09, 8.19, 8.7, 9.2, 10, 12, 15, 20])
    y = np.array([0, 2.76429e-5, 4.37498e-2, 0.169183, 0.469428, 0.943740, 0.998636, 0.999919, 1])
    curve = monotone_cubic(Curve(x, y, np.asarray(0.0), np.asarray(0.0)))
    at = np.linspace(7.99, 20, 997)
    assert (np.diff(curve(at)) >= 0).all()
    assert curve(at).max() == 1.0
    assert curve(x) == pytest.approx(y)


def test_a_straight_line_is_found_and_carried_on() -> None:
    x = np.linspace(10, 60, 25)
    rng = np.random.default_rng(5)
    fit = smooth_monotone(x, 4 + 0.8 * x + rng.normal(0, 0.05, 25), np.ones(25), (0, 90))
    at = np.array([0.0, 35.0, 90.0])
    assert np.abs(fit.curve()(at) - (4 + 0.8 * at)).max() < 1.0
    error = fit.error(at)
    assert error[1] < 0.05 < error[2]  # known within, less and less beyond


@given(
    st.floats(0.1, 20),
    st.floats(-50, 50),
    st.floats(0.1, 20),
    st.floats(-50, 50),
    st.integers(0, 50),
)
@settings(max_examples=15, deadline=None)
def test_the_smooth_curve_knows_no_units(a: float, b: float, c: float, d: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.sort(rng.normal(0, 1, 12))
    y = x + 0.2 * x**2 + rng.normal(0, 0.2, 12)
    one = smooth_monotone(x, y, np.ones(12), (x[0], x[-1] + 0.5))
    other = smooth_monotone(
        a * x + b, c * y + d, np.ones(12), (a * x[0] + b, a * (x[-1] + 0.5) + b)
    )
    assert other.curve()(a * x + b) == pytest.approx(c * one.curve()(x) + d, rel=1e-4, abs=1e-4 * c)


def test_draws_never_fall() -> None:
    rng = np.random.default_rng(6)
    x = rng.normal(40, 10, 12)
    fit = smooth_monotone(x, 0.1 * x + rng.normal(0, 4, 12), np.ones(12), (0, 90))
    curves, _ = fit.draw(200, rng)
    at = np.linspace(-20, 120, 300)
    assert (np.diff(curves(at), axis=1) >= -1e-12).all()
    # At a row of values each: the second link of a path.
    rows = np.sort(rng.normal(40, 20, (200, 3)), axis=1)
    expected = np.array([curves(row)[i] for i, row in enumerate(rows)])
    assert curves(rows) == pytest.approx(expected)


def test_rearranging_brings_no_curve_further_from_a_monotone_one() -> None:
    rng = np.random.default_rng(7)
    truth = np.linspace(0, 10, 30)
    drawn = truth + rng.normal(0, 2, (50, 30))
    sorted_ = rearranged(truth, drawn, np.zeros(50), np.zeros(50)).values
    assert (np.linalg.norm(sorted_ - truth, axis=1) <= np.linalg.norm(drawn - truth, axis=1)).all()
