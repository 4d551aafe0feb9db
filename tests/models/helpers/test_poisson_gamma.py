"""The compound Poisson-gamma law: closed forms, its integral, derivatives and moments."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import ive

from models.helpers.poisson_gamma import draw_sums, log_density


@pytest.mark.parametrize("count", [0.1, 0.7, 3.0, 9.0])
@pytest.mark.parametrize("mean", [0.02, 1.0])
def test_exponential_jumps_have_a_density_in_bessel_functions(count: float, mean: float) -> None:
    """Shape 1 and no doubt about the pace: I_1 in closed form (Feller 1971, vol. 2, II.7)."""
    size = mean / count
    x = size * np.array([1e-3, 0.3, 1.0, 4.0, 12.0])
    argument = 2 * np.sqrt(count * x / size)
    closed = (
        -count - x / size + argument
        + np.log(np.sqrt(count / (size * x)) * ive(1, argument))
    )  # fmt: skip
    ones = np.ones(x.size)
    found, _ = log_density(x, np.log(count) * ones, np.log(mean) * ones, 0.0, 1e-9)
    assert found == pytest.approx(closed, abs=1e-6)


@pytest.mark.parametrize(
    ("count", "mean", "shape", "spread"), [(0.3, 0.1, 1.5, 0.4), (4.0, 2.0, 0.8, 0.8)]
)
def test_density_adds_up_to_one_and_has_its_mean(
    count: float, mean: float, shape: float, spread: float
) -> None:
    def density(x: float) -> float:
        value, _ = log_density(
            np.array([x]), np.log([count]), np.log([mean]), float(np.log(shape)), spread
        )
        return float(np.exp(value[0]))

    parts = ((1e-12, mean), (mean, 10 * mean), (10 * mean, 300 * mean))
    mass = sum(quad(density, a, b, limit=200)[0] for a, b in parts)
    first = sum(quad(lambda x: x * density(x), a, b, limit=200)[0] for a, b in parts)
    assert mass + density(0.0) == pytest.approx(1.0, abs=2e-4)
    assert density(0.0) == pytest.approx(np.exp(-count))
    assert first == pytest.approx(mean, rel=2e-3)


@settings(deadline=None)  # the first call imports scipy
@given(
    st.floats(0.001, 3.0), st.floats(-3, 2), st.floats(-4, 1), st.floats(-0.5, 1.0),
    st.floats(-2.0, 0.0),
)  # fmt: skip
def test_derivatives_are_those_of_the_density(
    change: float, count: float, mean: float, shape: float, log_spread: float
) -> None:
    point = np.array([count, mean, shape, log_spread])

    def density(p: np.ndarray) -> float:
        value, _ = log_density(
            np.array([0.0, change]), p[[0, 0]], p[[1, 1]], float(p[2]), float(np.exp(p[3]))
        )
        return float(value.sum())

    _, slope = log_density(
        np.array([0.0, change]), point[[0, 0]], point[[1, 1]], shape, float(np.exp(log_spread))
    )
    step = 1e-5
    numeric = [(density(point + step * e) - density(point - step * e)) / (2 * step)
               for e in np.eye(4)]  # fmt: skip
    assert slope.sum(axis=1) == pytest.approx(numeric, rel=1e-4, abs=1e-5)


def test_draws_have_the_moments_of_the_law() -> None:
    """Mean m; variance m^2 ((k + 1) / (k c) E[u^2] + Var u); mass exp(-c) at zero."""
    draws, shape, spread = 200_000, 1.3, 0.5
    count = np.array([[0.2, 1.0, 4.0], [0.5, 0.5, 2.0]])
    mean = np.array([[0.1, 0.6, 2.0], [0.3, 0.3, 1.0]])
    rng = np.random.default_rng(0)
    pace = np.exp(spread * rng.standard_normal((draws, 2)) - spread**2 / 2)
    sums = draw_sums(count, mean, shape, pace, rng)
    assert (np.diff(sums, axis=2) >= 0).all()
    assert sums.mean(axis=0) == pytest.approx(mean, rel=0.02)
    assert (sums == 0).mean(axis=0) == pytest.approx(np.exp(-count), abs=0.005)
    # One rate of growth all along, so that all jumps are alike: the second bloc.
    square = np.exp(spread**2)
    variance = mean[1] ** 2 * ((shape + 1) / (shape * count[1]) * square + square - 1)
    assert sums[:, 1].var(axis=0)[[0, 1]] == pytest.approx(variance[[0, 1]], rel=0.05)
