"""The constrained regression against ordinary and non-negative least squares."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.optimize import nnls

from models.helpers.constrained_regression import Prior, robust_fit


def _flat(k: int, nonnegative: bool) -> Prior:
    """A prior that says next to nothing."""
    return Prior(
        rows=np.eye(k),
        values=np.zeros(k),
        scales=np.ones(k),
        taus=np.array([1e4]),
        rank=k,
        known=np.zeros((0, k)),
        known_values=np.zeros(0),
        known_errors=np.zeros(0),
        nonnegative=np.full(k, nonnegative),
    )


@pytest.fixture
def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    design = np.column_stack([np.ones(400), rng.normal(size=(400, 2))])
    return design, design @ np.array([1.0, 2.0, -0.5]) + rng.normal(0, 0.7, 400)


def test_without_signs_it_is_robust_least_squares(data: tuple[np.ndarray, np.ndarray]) -> None:
    design, target = data
    fit = robust_fit(design, target, _flat(3, nonnegative=False))
    ols = sm.OLS(target, design).fit()
    weighted = sm.WLS(target, design, weights=fit.weights).fit()
    assert fit.theta == pytest.approx(weighted.params, abs=2e-3)  # the weights of a step before
    theta, sigma = fit.draw(4000, np.random.default_rng(0))
    # Errors of the M-estimator: 1 / sqrt(0.927) of least squares' where these are normal. The scale
    # of 400 errors is known to 3%, the deviation of 4000 draws to 1%.
    assert np.std(theta, axis=0) == pytest.approx(ols.bse / np.sqrt(0.927), rel=0.1)
    # 0.848: the fixed point of s^2 = E[w(r / s) r^2] for normal r and the capped weights.
    assert sigma.mean() == pytest.approx(0.848 * np.sqrt(ols.scale), rel=0.05)


def test_with_signs_the_mode_is_that_of_non_negative_least_squares(
    data: tuple[np.ndarray, np.ndarray],
) -> None:
    design, target = data
    fit = robust_fit(design, target, _flat(3, nonnegative=True))
    root = np.sqrt(fit.weights)
    expected, _ = nnls(root[:, None] * design, root * target)
    assert fit.theta == pytest.approx(expected, abs=1e-6)
    assert fit.theta[2] == 0.0
    nearly = robust_fit(design, target + 0.48 * design[:, 2], _flat(3, nonnegative=True))
    theta, _ = nearly.draw(500, np.random.default_rng(0))
    assert (theta >= 0).all()
    assert 0.1 < (theta[:, 2] > 0).mean() < 0.5  # -0.02 with an error of 0.035


def test_what_was_measured_otherwise_does_not_move_it(data: tuple[np.ndarray, np.ndarray]) -> None:
    design, target = data
    few, there = design[:30], target[:30].copy()
    clean = robust_fit(few, there, _flat(3, nonnegative=False))
    there[:3] += 40.0
    spoilt = robust_fit(few, there, _flat(3, nonnegative=False))
    assert (spoilt.weights[:3] == 0).all()
    assert np.abs(spoilt.theta - clean.theta).max() < 0.2
    assert spoilt.scale == pytest.approx(clean.scale, rel=0.3)


def test_the_prior_holds_where_the_data_say_nothing() -> None:
    prior = Prior(
        rows=np.eye(2),
        values=np.array([0.3, 0.7]),
        scales=np.ones(2),
        taus=np.array([0.05]),
        rank=1,
        known=np.ones((1, 2)),
        known_values=np.ones(1),
        known_errors=np.array([1e-4]),
        nonnegative=np.ones(2, dtype=bool),
    )
    same = np.column_stack([np.arange(5.0), np.arange(5.0)])  # only the sum of the two is seen
    fit = robust_fit(same, np.arange(5.0), prior)
    assert fit.theta == pytest.approx([0.3, 0.7], abs=1e-3)
    theta, _ = fit.draw(4000, np.random.default_rng(0))
    assert theta.sum(axis=1) == pytest.approx(np.ones(4000), abs=1e-3)
    assert np.std(theta[:, 0]) == pytest.approx(0.05 / np.sqrt(2), rel=0.1)


def test_three_observations_are_needed() -> None:
    with pytest.raises(ValueError, match="three observations"):
        robust_fit(np.ones((2, 1)), np.ones(2), _flat(1, nonnegative=False))
