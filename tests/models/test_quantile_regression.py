"""The quantile line beside statsmodels."""

import numpy as np
import pytest
import statsmodels.api as sm
from statsmodels.regression.quantile_regression import QuantReg

from models.quantile_regression import quantile_line


@pytest.mark.parametrize("level", [0.5, 0.9])
@pytest.mark.parametrize("seed", range(3))
def test_the_loss_is_no_larger_than_that_of_statsmodels(seed: int, level: float) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, 10, 25), rng.normal(size=25)
    intercept, slope = quantile_line(x, y, level, np.ones((1, 25)))[:, 0]
    theirs = QuantReg(y, sm.add_constant(x)).fit(q=level, max_iter=5000)

    def loss(a: float, b: float) -> float:
        error = y - a - b * x
        return float(np.maximum(level * error, (level - 1) * error).sum())

    assert loss(intercept, slope) <= loss(*theirs.params) + 1e-9
    assert loss(intercept, slope) == pytest.approx(loss(*theirs.params), rel=1e-3)


def test_a_point_with_double_weight_counts_twice() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0, 10, 12), rng.normal(size=12)
    twice = quantile_line(x, y, 0.9, np.array([[2.0] + [1.0] * 11]))
    repeated = quantile_line(np.append(x, x[0]), np.append(y, y[0]), 0.9, np.ones((1, 13)))
    np.testing.assert_allclose(twice, repeated)
