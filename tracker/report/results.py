"""What a report is about: the quarter, forecasts from its end and its start, what moved them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import polars as pl

from forecasts.errors import TrackerError, UsageError
from forecasts.forecasting.forecast import Forecast
from forecasts.measures.period import Quarter, parse_quarter
from forecasts.request import ClosureRule, ForecastRequest, Pair, PeriodRequest, Scope
from tracker.analysis.forecasting import forecast_of, influence_of
from tracker.analysis.measuring import period_of
from tracker.workspace_data import WorkspaceData

Progress = Callable[[str], None]


@dataclass(frozen=True)
class ReportRequest:
    """What a report is of: a quarter such as 2026Q2, and the forecast from its end.

    Index and version of its scope are empty where the store has none to choose from.
    """

    quarter: str
    forecast: ForecastRequest = field(
        default_factory=lambda: ForecastRequest(Scope(vintage="final"))
    )

    @property
    def period(self) -> PeriodRequest:
        """The quarter as it is measured."""
        asked = self.forecast
        return PeriodRequest(asked.scope, asked.pair, asked.rule.tolerance, self.quarter)


@dataclass(frozen=True)
class Results:
    """A quarter and its forecasts.

    Attributes:
        forecast: from the quarter's end; None when none can be made, `no_forecast` says why.
        earlier: from the last day of the quarter before, None when none can be made.
        influence: the quarter's records left out (`influence`), None without a forecast
            and where the gap is closed already.
    """

    quarter: Quarter
    forecast: Forecast | None
    no_forecast: str
    earlier: Forecast | None
    influence: pl.DataFrame | None


def resolved(data: WorkspaceData, request: ReportRequest) -> ReportRequest:
    """The request with what the workspace's settings and store add to it.

    Raises UsageError when `quarter` is not one, or when the index or its version is unknown.
    """
    try:
        since, _ = parse_quarter(request.quarter)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"'{request.quarter}' is not a quarter.", "Write it as 2026Q2.", "bad_quarter"
        ) from error
    asked, settings = request.forecast, data.settings
    indices = data.store.snapshot().indices
    index = ("", "")
    if not indices.is_empty():
        index = data.choose_index(indices, asked.scope.index, asked.scope.version, seen_since=since)
    return ReportRequest(
        request.quarter.strip().upper(),
        ForecastRequest(
            Scope(
                *index, None, asked.scope.vintage, data.store.recorded_before, asked.scope.no_link
            ),
            Pair(
                asked.pair.leader or settings.leader,
                asked.pair.follower or settings.follower,
                asked.pair.shared or settings.shared,
            ),
            ClosureRule(data.tolerance(asked.rule.tolerance)),
            data.models(asked.models),
            seed=data.seed(asked.seed),
            today=asked.today,
        ),
    )


def gather(data: WorkspaceData, request: ReportRequest, progress: Progress) -> Results:
    """Measure and forecast; the frontiers of the store are learnt from once for each day.

    Raises TrackerError when the quarter has no gap to speak of, UsageError for a wrong option.
    """
    asked = request.forecast
    quarter = period_of(data, request.period)
    forecast, earlier, influence, reason = None, None, None, ""
    try:
        progress(f"learning from all frontiers up to {quarter.as_of} ...")
        learnt = data.learnt(asked.models, quarter.as_of, asked.scope.vintage)
        progress(f"forecasting from {quarter.as_of} ...")
        forecast = forecast_of(data, _from(asked, quarter.as_of), learnt=learnt)
        # Nothing is left to close, or nothing to be seen of it.
        if not (forecast.follower_is_ahead or forecast.exhausted):
            influence = influence_of(data, forecast, progress, since=quarter.start, learnt=learnt)
    except UsageError:
        raise
    except TrackerError as error:
        reason = error.message
    if forecast is not None and quarter.before is not None:
        day = quarter.start - timedelta(days=1)
        progress(f"learning and forecasting from {day} ...")
        try:
            earlier = forecast_of(data, _from(asked, day))
        except TrackerError:
            earlier = None
    return Results(quarter, forecast, reason, earlier, influence)


def _from(request: ForecastRequest, day: date) -> ForecastRequest:
    return replace(request, scope=replace(request.scope, as_of=day))
