"""Forecast a workspace: the request filled in, the panel learnt from, the draws made."""

from collections.abc import Callable, Sequence
from datetime import date

import polars as pl

from forecasts.forecasting.fitting import fit_models
from forecasts.forecasting.forecast import Forecast, forecast_gap
from forecasts.forecasting.influence import leave_one_out
from forecasts.measures.view import IndexView
from forecasts.request import ForecastRequest, Pair, Scope
from models.contract import Learnt
from tracker.workspace_data import WorkspaceData

Progress = Callable[[str], None]


def forecast_of(
    data: WorkspaceData,
    request: ForecastRequest,
    progress: Progress = lambda _: None,
    learnt: Learnt | None = None,
) -> Forecast:
    """Joint forecast of two frontiers and of the closing of their gap.

    `learnt` is what `WorkspaceData.learnt` gave for the same models, day and vintage, learnt anew
    if left out.
    """
    blocs = data.pair(request.pair)
    view = data.view(request.scope, (blocs.leader, blocs.follower))
    asked = data.resolved(request, view)
    if learnt is None:
        learnt = data.learnt(asked.models, view.as_of, view.vintage)
    return forecast_gap(view, asked, learnt, progress)


def fit_of(
    data: WorkspaceData, scope: Scope, pair: Pair, models: Sequence[str]
) -> tuple[pl.DataFrame, IndexView]:
    """Fitted parameters (model, parameter, estimate, stderr, unit) and the view behind them."""
    blocs, names = data.pair(pair), data.models(models)
    view = data.view(scope, (blocs.leader, blocs.follower))
    return fit_models(view, blocs, names, data.learnt(names, view.as_of, view.vintage)), view


def influence_of(
    data: WorkspaceData,
    forecast: Forecast,
    progress: Progress = lambda _: None,
    *,
    since: date | None = None,
    learnt: Learnt | None = None,
) -> pl.DataFrame:
    """Which single release moves `forecast` most; see `forecasts.forecasting.influence`."""
    view = data.view(forecast.request.scope)
    if learnt is None:
        learnt = data.learnt(forecast.models, view.as_of, view.vintage)
    return leave_one_out(view, forecast, learnt, progress, since=since)
