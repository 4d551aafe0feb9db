"""What the residuals of a fit say about it."""

import numpy as np

from models.contract import Estimate, Fitted


def diagnostics(fitted: Fitted) -> dict[str, Estimate]:
    """P-values of Ljung and Box (1978, Biometrika 65; no autocorrelation up to lag 5) and of Jarque
    and Bera (1987, International Statistical Review 55; normality), AIC and BIC, per bloc.

    Nothing for a model without `residual_series`, or a bloc with fewer than eight residuals.
    """
    series = getattr(fitted, "residual_series", None)
    if series is None:
        return {}
    from statsmodels.stats.diagnostic import acorr_ljungbox
    from statsmodels.stats.stattools import jarque_bera

    found: dict[str, Estimate] = {}
    for bloc, (residuals, parameters) in series().items():
        n = residuals.size
        mean_square = float(residuals @ residuals) / n
        if mean_square <= 0 or n < 8:
            continue
        box = acorr_ljungbox(residuals, lags=[min(5, n // 2 - 1)])
        normal = n * (np.log(2 * np.pi * mean_square) + 1)
        for name, value, unit in (
            ("ljung_box", float(box["lb_pvalue"].iloc[0]), "p-value"),
            ("jarque_bera", float(jarque_bera(residuals)[1]), "p-value"),
            ("aic", float(normal + 2 * (parameters + 1)), ""),
            ("bic", float(normal + np.log(n) * (parameters + 1)), ""),
        ):
            found[f"{bloc}.{name}"] = Estimate(value, None, unit)
    return found
