"""Error correction beside least squares on the months."""

import numpy as np
import pytest
import statsmodels.api as sm
from histories import history

from models.error_correction import ErrorCorrection
from models.helpers.monthly import past_levels


def test_coefficients_are_those_of_statsmodels() -> None:
    found = ErrorCorrection().fit(history())
    levels = past_levels(history())
    gap = levels[:-1, 0] - levels[:-1, 1]
    for i, bloc in enumerate(("A", "B")):
        theirs = sm.OLS(np.diff(levels[:, i]), sm.add_constant(gap)).fit()
        np.testing.assert_allclose(found.coefficients[i], theirs.params, rtol=1e-6)
        residuals, parameters = found.residual_series()[bloc]
        assert parameters == 2
        assert residuals @ residuals == pytest.approx(theirs.ssr)
