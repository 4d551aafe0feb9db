"""Weights on the simplex, re-versioned components and missing scores."""

import numpy as np
import pytest

from models.helpers.component_mix import fill_missing, fit_mix, link_component


def test_weights_are_recovered_on_the_simplex() -> None:
    rng = np.random.default_rng(0)
    weights = np.array([0.4, 0.3, 0.2, 0.1, 0.0])
    scores = rng.uniform(0, 100, (60, 5))
    totals = scores @ weights + rng.normal(0, 0.5, 60)
    mix = fit_mix(scores, totals, np.full(5, 0.2), unknown=1.0, unheld=0.0)
    assert mix.weights == pytest.approx(weights, abs=0.03)
    assert (mix.weights >= 0).all()
    _, drawn, _ = mix.draw(scores, 500, rng)
    assert (drawn >= 0).all()
    assert drawn.sum(axis=1) == pytest.approx(np.ones(500), abs=0.1)


def test_published_weights_hold_against_few_models() -> None:
    rng = np.random.default_rng(1)
    weights = np.array([0.3, 0.2, 0.2, 0.1, 0.1, 0.1])
    scores = rng.uniform(20, 40, (5, 6))
    mix = fit_mix(scores, scores @ weights + rng.normal(0, 0.1, 5), weights, 0.0, 0.0)
    far = rng.uniform(60, 90, (50, 6))
    assert np.abs(mix(far) - far @ weights).max() < 0.5


def test_a_bound_is_no_evidence_for_a_components_link() -> None:
    rng = np.random.default_rng(2)
    earlier = np.linspace(5, 80, 40)
    later = np.clip(1.1 * earlier - 20 + rng.normal(0, 1, 40), 0, 100)
    link = link_component(earlier, later)
    assert link is not None
    value, error = link(np.array([10.0, 60.0, 80.0]))
    assert value == pytest.approx([0.0, 46.0, 68.0], abs=1.0)
    assert (error > 0.9).all()
    assert link_component(earlier[:6], later[:6]) is None


def test_a_missing_score_is_its_regression_on_the_others() -> None:
    """Of two columns, one missing in places: the maximum likelihood is least squares (Anderson
    1957, JASA 52)."""
    rng = np.random.default_rng(3)
    x = rng.normal(50, 10, 4000)
    y = 10 + 0.6 * x + rng.normal(0, 4, 4000)
    scores = np.column_stack([x, y])
    scores[rng.random(4000) < 0.3, 1] = np.nan
    filled, covariance = fill_missing(scores)
    gone = np.isnan(scores[:, 1])
    slope, level = np.polyfit(x[~gone], y[~gone], 1)
    assert filled[gone, 1] == pytest.approx(level + slope * x[gone], abs=0.05)
    assert covariance[gone, 1, 1] == pytest.approx(np.full(gone.sum(), 16.0), rel=0.06)
    assert (covariance[~gone] == 0).all()
    assert (filled[~gone] == scores[~gone]).all()
