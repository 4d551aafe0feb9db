"""Diagnostics of residuals beside statsmodels, and none where there are too few."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import chi2, kurtosis, skew

from models.helpers.diagnostics import diagnostics


def test_p_values_by_their_formulas() -> None:
    e = np.random.default_rng(0).normal(size=40)
    found = diagnostics(SimpleNamespace(residual_series=lambda: {"A": (e, 2)}))  # type: ignore[arg-type]
    normality = 40 / 6 * (skew(e) ** 2 + kurtosis(e) ** 2 / 4)
    assert found["A.jarque_bera"].value == pytest.approx(chi2.sf(normality, 2))
    centred = e - e.mean()
    lag = [centred[k:] @ centred[: 40 - k] / (centred @ centred) for k in range(1, 6)]
    box = 40 * 42 * sum(r**2 / (40 - k) for k, r in enumerate(lag, 1))
    assert found["A.ljung_box"].value == pytest.approx(chi2.sf(box, 5))
    likelihood = -20 * (np.log(2 * np.pi * (e @ e) / 40) + 1)
    assert found["A.aic"].value == pytest.approx(2 * 3 - 2 * likelihood)
    assert found["A.bic"].value == pytest.approx(3 * np.log(40) - 2 * likelihood)


def test_few_residuals_or_none_say_nothing() -> None:
    few = SimpleNamespace(residual_series=lambda: {"A": (np.ones(7), 2), "B": (np.zeros(9), 2)})
    assert diagnostics(few) == {}  # type: ignore[arg-type]
    assert diagnostics(SimpleNamespace()) == {}  # type: ignore[arg-type]
