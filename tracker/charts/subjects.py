"""What several charts are drawn from: a period, and a forecast of its gap."""

from dataclasses import replace
from typing import TypeVar

from forecasts.errors import TrackerError
from forecasts.forecasting.forecast import Forecast
from forecasts.measures.period import Quarter
from forecasts.request import ClosureRule, ForecastRequest, Vintage
from models.contract import Learnt
from tracker.analysis.forecasting import forecast_of
from tracker.analysis.measuring import period_of
from tracker.charts.captions import Measured, caption_of
from tracker.charts.contract import Basis, Made

M = TypeVar("M", bound=Measured)


def quarter_subject(basis: Basis) -> Made[Quarter]:
    """A quarter, or another period, of two or more blocs."""
    period = period_asked(basis, latest=True)
    return Made(period, caption_of(basis.data, period))


def forecast_subject(basis: Basis) -> Made[Forecast]:
    """A forecast from the day of the period. Raises TrackerError when there is none."""
    period = period_asked(basis)
    if basis.known is None:
        made = forecast_from(basis, forecast_request(basis, period), period)
    elif basis.known.forecast is None:
        raise TrackerError(basis.known.no_forecast)
    else:
        made = basis.known.forecast
    return captioned(basis, made, period)


def period_asked(basis: Basis, latest: bool = False) -> Quarter:
    """The period asked for.

    A period takes the latest values of the models of then, as the report does. Else a forecast,
    and all that is looked from a day, takes what had been seen by then, as `forecast` and `gap`.

    Args:
        latest: without a day to look from, the latest values are taken as well.
    """
    if basis.known is not None:
        return basis.known.quarter
    asked = basis.request
    scope = asked.period.scope
    final = asked.asks_for_days or (latest and scope.as_of is None)
    usual: Vintage = "final" if final else "real"
    scope = replace(scope, vintage=asked.vintage or usual)
    return period_of(basis.data, replace(asked.period, scope=scope))


def captioned(basis: Basis, subject: M, period: Quarter) -> Made[M]:
    """A result with its caption, which says of the period what is to be said if one is named."""
    shown = period if basis.request.asks_for_days else None
    return Made(subject, caption_of(basis.data, subject, shown))


def forecast_request(basis: Basis, period: Quarter) -> ForecastRequest:
    """The forecast that a chart of the period asks for."""
    asked = basis.request
    scope = replace(asked.period.scope, as_of=period.as_of, vintage=period.vintage)
    return ForecastRequest(
        scope, asked.period.pair, ClosureRule(asked.period.tolerance), asked.models,
        24 if asked.horizon_months is None else asked.horizon_months,
        10_000 if asked.draws is None else asked.draws, asked.seed, asked.today,
    )  # fmt: skip


def forecast_from(
    basis: Basis, request: ForecastRequest, period: Quarter, learnt: Learnt | None = None
) -> Forecast:
    """The forecast, its past seen from the day from which the period is shown."""

    def told(model: str) -> None:
        basis.progress(f"simulating {model} ...")

    made = forecast_of(basis.data, request, told, learnt)
    if period.shown_from is None:
        return made
    first = period.shown_from
    return replace(made, leader=made.leader.since(first), follower=made.follower.since(first))
