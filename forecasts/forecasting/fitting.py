"""Fitted parameters of trend models, with diagnostics of their residuals."""

from collections.abc import Sequence

import polars as pl

from forecasts.errors import TrackerError
from forecasts.forecasting.forecast import check_models, make_history
from forecasts.measures.pair import frontier_pair
from forecasts.measures.view import IndexView
from forecasts.request import Pair
from models import load
from models.contract import Learnt, NotEnoughHistory
from models.helpers.diagnostics import diagnostics


def fit_models(
    view: IndexView, pair: Pair, models: Sequence[str], learnt: Learnt | None = None
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
    history = make_history(view, frontier_pair(view, pair).lines, learnt or {})
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
