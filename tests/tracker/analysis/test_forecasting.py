"""Forecasts of a workspace carry the request with everything filled in."""

from datetime import UTC, date, datetime

import pytest

from forecasts.errors import TrackerError, UsageError
from forecasts.request import ForecastRequest, Pair, Scope
from tracker.analysis.forecasting import forecast_of, influence_of
from tracker.workspace import Workspace

INDEX = "Artificial Analysis Intelligence Index"


def test_the_request_of_a_forecast_gives_the_same_forecast(demo: Workspace) -> None:
    forecast = demo.forecast(draws=300, horizon_months=6, tolerance=1.0, models=["linear-trend"])
    asked = forecast.request
    assert asked.scope == Scope(INDEX, "4.0", date(2026, 6, 10), "real")
    assert (asked.pair, asked.rule.tolerance, asked.seed) == (
        Pair("US", "CN", "neither"),
        1.0,
        20250101,
    )
    again = forecast_of(demo.data, asked)
    assert again.request == asked
    assert again.gap.equals(forecast.gap)


def test_settings_fill_what_is_left_out(demo: Workspace) -> None:
    view = demo.data.view(Scope())
    asked = demo.data.resolved(ForecastRequest(pair=Pair(follower="lab:deepseek")), view)
    assert asked.pair == Pair("US", "lab:DeepSeek", "neither")
    assert asked.models == ("pooled-growth",)
    assert asked.rule.tolerance == 0


def test_influence_is_of_the_forecast_that_it_is_given(demo: Workspace) -> None:
    forecast = demo.forecast(draws=300, horizon_months=24, models=["random-walk-drift"])
    found = influence_of(demo.data, forecast)
    without = found["probability_within_horizon"].drop_nulls()
    changes = found["change"].drop_nulls()
    total = (without + changes).to_list()
    now = forecast.closure.probability_within_horizon
    assert total == pytest.approx([now] * len(total))


def test_fitted_parameters(demo: Workspace) -> None:
    found = demo.fit(models=["linear-trend"], leader="US", follower="CN")
    assert {"US.slope", "CN.slope"} <= set(found["parameter"])


def test_what_cannot_be_forecast(demo: Workspace, empty: Workspace) -> None:
    with pytest.raises(TrackerError, match="no observations"):
        empty.forecast()
    with pytest.raises(UsageError, match="no observation of the index 'nosuch'") as caught:
        demo.forecast(index="nosuch")
    assert caught.value.hint.startswith("Known here: ")
    past = demo.as_recorded_before(datetime(2000, 1, 1, tzinfo=UTC))
    with pytest.raises(TrackerError, match="Nothing was recorded before") as caught:
        past.forecast()
    assert "`recorded_before`" in caught.value.hint
