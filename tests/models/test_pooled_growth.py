"""Pooled growth: closed forms by quadrature, learning on a known truth, no look ahead."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from models.contract import History, Horizon, Series
from models.pooled_growth import (
    LEARNT_AT,
    PRIOR,
    Examples,
    PooledGrowth,
    Scale,
    censored_crps,
    examples,
    learn,
    moments,
    scale_for,
)


@pytest.mark.parametrize(
    ("change", "mean", "sd"), [(0.0, -1.0, 2.0), (1.5, 1.0, 0.7), (4.0, -2.0, 1.0), (0.2, 3.0, 5.0)]
)
def test_crps_is_the_integral(change: float, mean: float, sd: float) -> None:
    def squared(x: float) -> float:
        return float((norm.cdf(x, mean, sd) - (x >= change)) ** 2)

    integral = quad(squared, 0, change)[0] + quad(squared, change, mean + 20 * sd + change)[0]
    found = censored_crps(np.array([change]), np.array([mean]), np.array([sd]))
    assert found[0] == pytest.approx(integral, rel=1e-7)


@given(st.floats(0.01, 99), st.sampled_from([Scale(100.0), Scale(np.inf), Scale(np.inf, True)]))
def test_the_growth_scale_is_invertible(points: float, scale: Scale) -> None:
    there = scale.growth(np.array([points]))
    assert scale.points(there)[0] == pytest.approx(points, rel=1e-9)


def test_what_multiplies_grows_by_factors() -> None:
    days = np.arange(18000, 19500, 50)
    doubling = 2.0 ** (np.arange(days.size) / 4)
    minutes = Series("A", days, doubling, days, doubling)
    assert scale_for(minutes, np.inf).logarithmic
    assert not scale_for(minutes, 1e6).logarithmic
    slow = Series("A", days, doubling + 100, days, doubling)
    assert not scale_for(slow, np.inf).logarithmic
    behind = Series("B", days[:-6], doubling[:-6], days[:-6], doubling[:-6])
    horizon = Horizon(int(days[-1]), days[-1] + np.array([200, 400]))
    fitted = PooledGrowth().fit(History(int(days[-1]), (minutes, behind)))
    median = np.median(fitted.simulate(horizon, 2000, np.random.default_rng(0)), axis=0)
    # Four steps of fifty days double: 200 days one doubling, 400 days two.
    assert 1.5 < median[0, 0] / doubling[-1] < 2.6
    assert 2.5 < median[0, 1] / doubling[-1] < 6.0


def known(n: int, seed: int) -> Examples:
    rng = np.random.default_rng(seed)
    own = rng.gamma(4.0, 0.3, (n, 1)) * rng.uniform(0.8, 1.2, (n, 3))
    index = rng.gamma(4.0, 0.4, (n, 1)) * rng.uniform(0.8, 1.2, (n, 3))
    empty = np.full((n, len(LEARNT_AT)), np.nan)
    return Examples(np.hstack([own, index]), rng.gamma(2.0, 3.0, n), rng.normal(1, 0.5, n),
                    np.full(n, 10.0), empty)  # fmt: skip


def test_learning_goes_from_the_prior_to_the_truth_as_evidence_grows() -> None:
    truth = PRIOR.copy()
    truth[10:12] += np.log(1.8)  # nearly twice the spread of the prior
    rng = np.random.default_rng(1)
    start = known(4000, 0)
    change = np.stack(
        [np.maximum(rng.normal(*moments(truth, start, months)), 0.0) for months in LEARNT_AT],
        axis=1,
    )
    ratios = []
    for scale in (100.0, 10.0, 1.0):  # a score counts by its share of the scale
        scaled = np.full(4000, scale)
        found = learn(Examples(start.rates, start.gap, start.releases, scaled, change))
        ratios.append(np.median(moments(found, start, 6)[1] / moments(truth, start, 6)[1]))
    assert 1 / 1.8 < ratios[0] < ratios[1] < ratios[2]
    assert ratios[2] == pytest.approx(1.0, abs=0.03)


def test_without_examples_the_prior_stands() -> None:
    assert np.array_equal(learn(known(10, 0)), PRIOR)


def test_an_example_knows_nothing_of_what_came_after_its_origin() -> None:
    days = np.arange(18000, 19500, 50)
    values = np.linspace(5, 60, days.size)
    series = Series("A", days, values, days, values)
    short = Series("A", days[:20], values[:20], days[:20], values[:20])
    origin = np.array([int(days[19])])
    for name in ("rates", "gap", "releases", "scale"):
        a = getattr(examples(series, series, origin, Scale(100.0)), name)
        b = getattr(examples(short, short, origin, Scale(100.0)), name)
        assert np.array_equal(a, b), name
    assert np.isnan(examples(series, series, origin, Scale(100.0)).change).all()
    later = examples(series, series, origin, Scale(100.0), end=int(origin[0]) + 100).change[0]
    assert np.isfinite(later).tolist() == [True, True, True, False, False, False]
