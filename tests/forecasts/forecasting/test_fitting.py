"""Fitted parameters are those of another library on the same records."""

import numpy as np
import pytest
import statsmodels.api as sm
from frames import june, table, view
from statsmodels.stats.diagnostic import acorr_ljungbox
from statsmodels.stats.stattools import jarque_bera

from forecasts.errors import TrackerError, UsageError
from forecasts.forecasting.fitting import fit_models
from forecasts.measures.frontier import to_day
from forecasts.measures.pair import frontier_pair
from forecasts.request import Pair

US_CN = Pair("US", "CN")


def test_the_linear_trend_is_least_squares_with_its_diagnostics() -> None:
    seen = june()
    found = fit_models(seen, US_CN, ["linear-trend", "linear-trend"])
    assert found["model"].unique().to_list() == ["linear-trend"]
    assert found["parameter"].is_unique().all()
    line = frontier_pair(seen, US_CN).leader
    x = sm.add_constant((line.days - to_day(seen.as_of)) / 30.4375)
    theirs = sm.OLS(line.values, x).fit()
    ours = {r["parameter"]: r for r in found.iter_rows(named=True)}
    slope = ours["US.slope"]
    assert slope["estimate"] == pytest.approx(theirs.params[1])
    assert slope["stderr"] == pytest.approx(theirs.bse[1])
    box = acorr_ljungbox(theirs.resid, lags=[5])["lb_pvalue"].iloc[0]
    assert ours["US.ljung_box"]["estimate"] == pytest.approx(box)
    assert ours["US.jarque_bera"]["estimate"] == pytest.approx(jarque_bera(theirs.resid)[1])
    n = line.values.size
    normal = n * (np.log(2 * np.pi * theirs.ssr / n) + 1)
    assert ours["US.aic"]["estimate"] == pytest.approx(normal + 6)
    assert ours["US.bic"]["estimate"] == pytest.approx(normal + 3 * np.log(n))


def test_what_cannot_be_fitted_is_named() -> None:
    with pytest.raises(UsageError, match="no model 'nosuch'"):
        fit_models(june(), US_CN, ["nosuch"])
    with pytest.raises(UsageError, match="No model is named"):
        fit_models(june(), US_CN, [])
    few = view(table([("a", "US", "2024-01-01", 1), ("b", "CN", "2024-01-01", 1)]))
    with pytest.raises(TrackerError, match="linear-trend cannot be fitted") as caught:
        fit_models(few, US_CN, ["linear-trend"])
    assert caught.value.code == "not_enough_history"
