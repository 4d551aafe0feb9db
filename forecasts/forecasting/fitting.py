"""Fitted parameters of trend models, with diagnostics of their residuals."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from forecasts.errors import TrackerError
from forecasts.forecasting.forecast import DEFAULT_MODELS, check_models, make_history
from forecasts.measures.gap import frontier_pair
from forecasts.measures.vintage import Vintage
from models import load
from models.contract import FloatArray, NotEnoughHistory
from models.helpers.diagnostics import diagnostics


def fit_models(
    observations: pl.DataFrame,
    *,
    leader: str,
    follower: str,
    as_of: date,
    vintage: Vintage = "real",
    models: Sequence[str] = DEFAULT_MODELS,
    ceiling: float | None = None,
    pool: FloatArray | None = None,
) -> pl.DataFrame:
    """Fitted parameters of each model: model, parameter, estimate, stderr, unit.

    A model with residuals has diagnostics as well: p-values of Ljung and Box (no autocorrelation
    up to lag 5) and of Jarque and Bera (normality), and AIC and BIC of the normal likelihood, to
    compare curves fitted to the same records.

    Raises:
        UsageError: an unknown model or bloc.
        TrackerError: a model cannot be fitted.
    """
    check_models(models)
    top, low = frontier_pair(observations, leader, follower, as_of, vintage)
    history = make_history(observations, top, low, as_of, vintage, ceiling, pool)
    rows: list[tuple[str, str, float, float | None, str]] = []
    for name in dict.fromkeys(models):
        try:
            fitted = load(name).fit(history)
            summary = {**fitted.summary(), **diagnostics(fitted)}
        except NotEnoughHistory as error:
            raise TrackerError(
                f"{name} cannot be fitted: {error}.", "Choose another model.", "not_enough_history"
            ) from error
        rows += [(name, key, e.value, e.stderr, e.unit) for key, e in summary.items()]
    return pl.DataFrame(
        rows,
        schema={
            "model": pl.String,
            "parameter": pl.String,
            "estimate": pl.Float64,
            "stderr": pl.Float64,
            "unit": pl.String,
        },
        orient="row",
    )
