"""Every registered model obeys the contract; each against a closed form or another library."""

import numpy as np
import pytest
import statsmodels.api as sm
from statsmodels.duration.survfunc import SurvfuncRight

from models import MODELS, load
from models.contract import History, Horizon, NotEnoughHistory, Series
from models.helpers.monthly import past_steps
from models.helpers.survival import kaplan_meier, km_median
from models.linear_trend import LinearTrend, fit_line
from models.random_walk import RandomWalkDrift


def series(name: str, seed: int, records: int = 20) -> Series:
    rng = np.random.default_rng(seed)
    days = np.sort(rng.choice(np.arange(18000, 19000), records, replace=False)).astype(np.int64)
    values = np.cumsum(rng.gamma(2.0, 1.0, records)) + 10
    return Series(name, days, values, days, values)


def history(ceiling: float = np.inf, shift: float = 0.0, scale: float = 1.0) -> History:
    blocs = []
    for name, seed, behind in (("A", 1, 0), ("B", 2, 9)):
        s = series(name, seed)
        moved = (s.values - behind) * scale + shift
        blocs.append(Series(name, s.days, moved, s.days, moved))
    return History(19030, (blocs[0], blocs[1]), ceiling)


HORIZON = Horizon(19030, np.arange(19037, 19037 + 700, 7))


@pytest.mark.parametrize("name", MODELS)
def test_draws_are_joint_futures_of_frontiers(name: str) -> None:
    ceiling = float(history().today.max()) + 5
    fitted = load(name).fit(history(ceiling))
    draws = fitted.simulate(HORIZON, 500, np.random.default_rng(0))
    assert draws.shape == (500, 2, 100)
    assert np.isfinite(draws).all()
    assert (np.diff(draws, axis=2) >= 0).all()
    assert (draws >= history().today[:, None]).all()
    assert (draws <= ceiling).all()


@pytest.mark.parametrize("name", MODELS)
def test_same_seed_same_draws(name: str) -> None:
    fitted = load(name).fit(history())
    first, second, other = (
        fitted.simulate(HORIZON, 200, np.random.default_rng(s)) for s in (1, 1, 2)
    )
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("name", MODELS)
def test_shift_and_scale_of_the_index_shift_and_scale_the_draws(name: str) -> None:
    # Curves of growth start from zero points: they follow the scale of the index alone.
    shift = 0 if name in {"log-linear", "logistic", "gompertz"} else 7
    plain = load(name).fit(history()).simulate(HORIZON, 200, np.random.default_rng(3))
    moved = (
        load(name)
        .fit(history(shift=shift, scale=2))
        .simulate(HORIZON, 200, np.random.default_rng(3))
    )
    np.testing.assert_allclose(moved, 2 * plain + shift, rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("name", MODELS)
def test_too_short_a_history_is_refused(name: str) -> None:
    one = Series("A", np.array([100]), np.array([1.0]), np.array([100]), np.array([1.0]))
    with pytest.raises(NotEnoughHistory):
        load(name).fit(History(110, (one, one)))


@pytest.mark.parametrize("name", MODELS)
def test_summary_is_finite(name: str) -> None:
    for estimate in load(name).fit(history()).summary().values():
        assert np.isfinite(estimate.value)


def test_persistence_keeps_its_median_at_the_record() -> None:
    draws = load("persistence").fit(history()).simulate(HORIZON, 4000, np.random.default_rng(0))
    share_above = (draws[:, :, -1] > history().today).mean(axis=0)
    assert (share_above <= 0.53).all()
    assert (share_above >= 0.40).all()


def test_random_walk_has_the_mean_and_variance_of_its_closed_form() -> None:
    model = RandomWalkDrift().fit(history())
    months = np.arange(1, 13)
    days = (19030 + np.ceil(months * 30.4375)).astype(np.int64)
    draws = model.simulate(Horizon(19030, days), 100_000, np.random.default_rng(0))
    steps = past_steps(history(), 30.4375)
    n, mean, var = len(steps), steps.mean(axis=0), steps.var(axis=0)
    h = 12
    np.testing.assert_allclose(draws[:, :, -1].mean(axis=0), history().today + h * mean, rtol=0.01)
    # Bayesian bootstrap: E[variance of a step] = s2 n/(n+1), variance of the drift = s2/(n+1).
    expected = h * var * n / (n + 1) + h**2 * var / (n + 1)
    np.testing.assert_allclose(draws[:, :, -1].var(axis=0), expected, rtol=0.05)


def test_linear_trend_has_the_prediction_interval_of_least_squares() -> None:
    fitted = LinearTrend().fit(history())
    draws = fitted.predictive(HORIZON, 200_000, np.random.default_rng(0))
    for i, s in enumerate(history().blocs):
        ols = sm.OLS(s.values, sm.add_constant(s.days.astype(float))).fit()
        new = sm.add_constant(HORIZON.days[[10, 90]].astype(float), has_constant="add")
        low, high = ols.get_prediction(new).conf_int(obs=True, alpha=0.10).T
        found = np.quantile(draws[:, i, [10, 90]], (0.05, 0.95), axis=0)
        width = high - low
        assert (np.abs(found[0] - low) < 0.02 * width).all()
        assert (np.abs(found[1] - high) < 0.02 * width).all()


def test_line_agrees_with_statsmodels() -> None:
    s = series("A", 5)
    line = fit_line(s.days, s.values, 19030)
    ols = sm.OLS(s.values, sm.add_constant(s.days - 19030.0)).fit()
    errors = line.residual_sd * np.sqrt(np.diag(line.covariance))
    np.testing.assert_allclose([line.level, line.slope], ols.params, rtol=1e-9)
    np.testing.assert_allclose(errors, ols.bse, rtol=1e-9)


# Remission in weeks under 6-mercaptopurine and placebo, Freireich et al. (1963), Blood 21; the
# medians 23 and 8 are those of Cox and Oakes (1984), Analysis of Survival Data.
TREATED = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
TREATED_SEEN = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def test_published_medians() -> None:
    assert km_median(TREATED, TREATED_SEEN) == 23
    assert km_median(PLACEBO, [1] * 21) == 8
    assert km_median([1, 2, 3], [1, 0, 0]) is None


@pytest.mark.parametrize("seed", range(5))
def test_survival_agrees_with_statsmodels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    time, seen = rng.integers(1, 15, 40).astype(float), rng.random(40) < 0.6
    times, survival = kaplan_meier(time, seen)
    theirs = SurvfuncRight(time, seen.astype(int))
    np.testing.assert_allclose(times, theirs.surv_times)
    np.testing.assert_allclose(survival, theirs.surv_prob)


def test_a_model_is_one_line_of_registration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODELS, "again", "models.persistence:Persistence")
    assert load("again").fit(history()).summary()
    with pytest.raises(ValueError, match="persistence"):
        load("unknown")
