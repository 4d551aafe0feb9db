"""Requests refuse numbers out of their range, naming them."""

from datetime import date

import pytest

from forecasts.errors import UsageError
from forecasts.request import (
    BacktestRequest,
    ClosureRule,
    ForecastRequest,
    PeriodRequest,
    Scope,
)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (ForecastRequest(horizon_months=0), "horizon is 0"),
        (ForecastRequest(horizon_months=241), "1 to 240"),
        (ForecastRequest(draws=99), "99 draws"),
        (ForecastRequest(draws=1_000_001), "1,000,000"),
        (ForecastRequest(seed=-1), "seed is -1"),
        (ForecastRequest(rule=ClosureRule(tolerance=-0.5)), "-0.5 points"),
        (ForecastRequest(rule=ClosureRule(tolerance=float("nan"))), "nan points"),
        (ForecastRequest(rule=ClosureRule(definition="soon")), "level or today"),  # type: ignore[arg-type]
        (ForecastRequest(rule=ClosureRule(hold_days=367)), "0 to 366"),
        (ForecastRequest(scope=Scope(vintage="old")), "real or final"),  # type: ignore[arg-type]
    ],
)
def test_a_number_out_of_its_range_is_named(wrong: ForecastRequest, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        wrong.checked()


def test_the_ends_of_the_ranges_are_in_them() -> None:
    for request in (
        ForecastRequest(horizon_months=1, draws=100, seed=0),
        ForecastRequest(horizon_months=240, draws=1_000_000, rule=ClosureRule(0.0, "today", 366)),
    ):
        assert request.checked() is request
    assert ClosureRule().points == 0


def test_a_period_and_a_backtest_look_at_the_latest_values() -> None:
    assert PeriodRequest().scope == BacktestRequest().scope == Scope(vintage="final")
    assert Scope(as_of=date(2026, 1, 1)).vintage == ForecastRequest().scope.vintage == "real"
