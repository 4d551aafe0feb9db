"""Scores against closed forms and plain twins."""

import numpy as np
import pytest
from scipy.stats import norm

from forecasts.verification import scoring


def test_crps_of_a_normal_is_its_closed_form() -> None:
    quantiles = norm.ppf(scoring.LEVELS)[None, :]
    for y in (-1.5, 0.0, 0.7):
        exact = y * (2 * norm.cdf(y) - 1) + 2 * norm.pdf(y) - 1 / np.sqrt(np.pi)
        assert scoring.crps(quantiles, np.array([y]))[0] == pytest.approx(exact, rel=0.01)


def test_crps_of_a_point_is_the_absolute_error() -> None:
    assert scoring.crps(np.full((1, scoring.K), 3.0), np.array([5.0]))[0] == pytest.approx(2.0)


def test_coverage_and_pit_of_a_calibrated_forecast() -> None:
    rng = np.random.default_rng(0)
    mean = rng.normal(size=20_000)
    quantiles = mean[:, None] + norm.ppf(scoring.LEVELS)
    outcome = mean + rng.normal(size=mean.size)
    for width in (0.5, 0.8, 0.9):
        inside = scoring.covered(quantiles, outcome, width, np.zeros(mean.size))
        assert inside.mean() == pytest.approx(width, abs=0.01)
    pit = scoring.pit(quantiles, outcome, rng)
    assert np.histogram(pit, 10, (0, 1))[0] / mean.size == pytest.approx(np.full(10, 0.1), abs=0.01)


def test_the_pit_of_a_floor_is_spread_over_its_mass() -> None:
    quantiles = np.zeros((4000, scoring.K))
    quantiles[:, 25:] = 1.0
    pit = scoring.pit(quantiles, np.zeros(4000), np.random.default_rng(0))
    assert pit.max() <= 0.5
    assert pit.mean() == pytest.approx(0.25, abs=0.01)


def test_pooling_is_the_mixture_of_draws() -> None:
    rng = np.random.default_rng(0)
    parts = np.stack([np.sort(rng.normal(m, 1, scoring.K)) for m in (0.0, 4.0)])[:, None, :]
    pooled = scoring.pool_quantiles(parts, np.array([[0.75], [0.25]]))
    mixture = np.concatenate([np.repeat(parts[0, 0], 3), parts[1, 0]])
    expected = np.quantile(mixture, scoring.LEVELS, method="inverted_cdf")
    assert np.abs(pooled[0] - expected).max() < 0.2
    alone = scoring.pool_quantiles(parts, np.array([[1.0], [0.0]]))
    assert np.allclose(alone[0], parts[0, 0])


def test_event_scores() -> None:
    rng = np.random.default_rng(0)
    p = rng.random(50_000)
    y = (rng.random(p.size) < p).astype(float)
    score = scoring.score_events(p, y)
    assert score.slope == pytest.approx(1.0, abs=0.02)
    assert score.brier == pytest.approx(1 / 6, abs=0.003)  # E p(1-p) of a uniform p
    assert score.brier_skill == pytest.approx(1 / 3, abs=0.01)
    flat = scoring.score_events(np.full(4, 0.5), np.array([0.0, 1.0, 0.0, 1.0]))
    assert flat.brier_skill == pytest.approx(0.0)
    bins = scoring.reliability(p, y)
    assert np.abs(bins[0] - bins[1]).max() < 0.03


def test_diebold_mariano_has_its_level_and_the_correction() -> None:
    rng = np.random.default_rng(0)
    p_values = [scoring.diebold_mariano(rng.random(30), rng.random(30), 1)[1] for _ in range(1000)]
    assert np.mean(np.array(p_values) < 0.1) == pytest.approx(0.1, abs=0.03)
    a, b = rng.random(20), rng.random(20)
    d = a - b
    plain = d.mean() / np.sqrt(d.var() / 20)
    statistic, _ = scoring.diebold_mariano(a, b, 1)
    assert statistic == pytest.approx(plain * np.sqrt(19 / 20))


def test_the_interval_of_a_skill_holds_it() -> None:
    rng = np.random.default_rng(0)
    series, origin = np.repeat(np.arange(30), 20), np.tile(np.arange(20), 30)
    reference = rng.gamma(4, 1, 600)
    scores = 0.8 * reference * rng.uniform(0.8, 1.2, 600)
    low, high = scoring.skill_interval(scores, reference, series, origin, 4, rng)
    assert low < scoring.skill(scores, reference) < high
    assert 0.1 < low < high < 0.3
