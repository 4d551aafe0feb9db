"""The linear trend beside least squares of statsmodels."""

import numpy as np
import statsmodels.api as sm
from histories import HORIZON, history, series

from models.linear_trend import LinearTrend, fit_line, resampled_slopes


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


def test_resampled_slopes_are_those_of_a_loop_over_resamples() -> None:
    s = series("A", 7, 30)
    found = resampled_slopes(s, 4000, np.random.default_rng(0))
    rng = np.random.default_rng(1)
    slopes = []
    for _ in range(1500):
        pick = np.unique(rng.integers(0, s.days.size, s.days.size))
        values = s.values[pick]
        records = values > np.concatenate([[-np.inf], np.maximum.accumulate(values)[:-1]])
        slopes.append(np.polyfit(s.days[pick][records], values[records], 1)[0])
    np.testing.assert_allclose(
        np.nanquantile(found, (0.1, 0.5, 0.9)), np.quantile(slopes, (0.1, 0.5, 0.9)), rtol=0.05
    )
