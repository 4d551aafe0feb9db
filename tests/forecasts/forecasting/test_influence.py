"""What one release brings to the forecast: made again without it, by hand."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from frames import june

from forecasts.forecasting.forecast import Forecast, forecast_gap
from forecasts.forecasting.influence import LARGEST, leave_one_out
from forecasts.measures.variants import base_model
from forecasts.measures.view import IndexView
from forecasts.request import ClosureRule, ForecastRequest, Pair

SINCE = date(2026, 4, 1)
ASKED = ForecastRequest(pair=Pair("US", "CN"), horizon_months=72, draws=1000, seed=3)


def again(view: IndexView) -> Forecast:
    return forecast_gap(view, ASKED)


@pytest.fixture(scope="module")
def view() -> IndexView:
    return june()


@pytest.fixture(scope="module")
def influence(view: IndexView) -> pl.DataFrame:
    return leave_one_out(view, again(view), since=SINCE)


def test_it_is_the_forecast_without_the_release_and_its_variants(
    view: IndexView, influence: pl.DataFrame
) -> None:
    now = again(view).closure
    without = again(
        view.with_rows(view.rows.filter(~pl.col("model").str.starts_with("Claude Fable 5")))
    ).closure
    row = influence.filter(model="Claude Fable 5", together=False).row(0, named=True)
    assert row["probability_within_horizon"] == without.probability_within_horizon
    assert row["change"] == now.probability_within_horizon - without.probability_within_horizon
    assert row["probability_exhausted"] == without.probability_exhausted > 0
    # With it most draws end in an exhausted index: no date is a median of closing.
    assert row["median_date"] == without.median_date is not None
    assert row["median_days"] is now.median_date is None


def test_the_median_date_moves_with_the_release(view: IndexView) -> None:
    asked = replace(ASKED, horizon_months=36, rule=ClosureRule(definition="today"))
    left_out = ~pl.col("model").str.starts_with("Claude Fable 5")
    now, without = (
        forecast_gap(v, asked).closure for v in (view, view.with_rows(view.rows.filter(left_out)))
    )
    found = leave_one_out(view, forecast_gap(view, asked), since=SINCE)
    row = found.filter(model="Claude Fable 5", together=False).row(0, named=True)
    assert row["median_date"] == without.median_date
    assert now.median_date is not None
    assert without.median_date is not None
    assert row["median_days"] == (now.median_date - without.median_date).days > 0


def test_the_quarters_records_are_each_left_out_and_all_of_a_bloc_together(
    view: IndexView, influence: pl.DataFrame
) -> None:
    now = again(view)
    for front in (now.leader, now.follower):
        own = front.records.filter(pl.col("released_on") >= SINCE)
        found = influence.filter(bloc=front.bloc, together=False)
        assert set(found["model"]) == set(own["base"])
        group = influence.filter(bloc=front.bloc, together=True).row(0, named=True)
        kept = view.rows.filter(~base_model(pl.col("model")).is_in(own["base"].to_list()))
        assert group["records"] == own.height
        assert group["probability_within_horizon"] == pytest.approx(
            again(view.with_rows(kept)).closure.probability_within_horizon
        )
    size = influence["change"].abs().to_list()
    assert size == sorted(size, reverse=True)


def test_only_the_largest_of_many_are_shown(view: IndexView) -> None:
    found = leave_one_out(view, again(view), since=date(2022, 1, 1))
    for front in (again(view).leader, again(view).follower):
        rise = front.records.with_columns(by=pl.col("value").diff())
        first, rest = rise.head(1), rise.slice(1).sort("by", descending=True)
        wanted = {*first["base"], *rest["base"].head(LARGEST - 1)}
        assert set(found.filter(bloc=front.bloc, together=False)["model"]) == wanted


def test_a_bloc_of_nothing_else_leaves_no_forecast(view: IndexView) -> None:
    two = pl.col("model").is_in(["Kimi K2.6", "Qwen3.7 Max"])
    new = view.with_rows(view.rows.filter((pl.col("country") == "US") | two))
    now = again(new)
    found = leave_one_out(new, now, since=SINCE)
    group = found.filter(bloc="CN", together=True).row(0, named=True)
    assert group["probability_within_horizon"] is None
    assert group["change"] is None
    assert group["median_days"] is None


def test_without_a_day_the_newest_six_of_each(view: IndexView) -> None:
    now = again(view)
    found = leave_one_out(view, now)
    assert not found["together"].any()
    for front in (now.leader, now.follower):
        assert set(found.filter(bloc=front.bloc)["model"]) == set(front.records["base"].tail(6))


def test_a_quarter_without_records_moved_nothing(view: IndexView) -> None:
    assert leave_one_out(view, again(view), since=date(2026, 6, 10)).is_empty()
