"""What one release brings to the forecast: made again without it, by hand."""

from datetime import date

import polars as pl
import pytest

from forecasts.forecasting.forecast import Forecast, forecast_gap
from forecasts.forecasting.influence import LARGEST, leave_one_out
from forecasts.measures.variants import base_model
from tracker.workspace import Workspace

DAY = date(2026, 6, 10)
SINCE = date(2026, 4, 1)


def again(rows: pl.DataFrame, leader: str = "US") -> Forecast:
    follower = "CN" if leader == "US" else "US"
    return forecast_gap(
        rows, leader=leader, follower=follower, as_of=DAY, vintage="final", draws=1000, seed=3,
        horizon_months=72,
    )  # fmt: skip


@pytest.fixture(scope="module")
def rows(demo: Workspace) -> pl.DataFrame:
    return demo.observations("Artificial Analysis Intelligence Index", "4.0")


@pytest.fixture(scope="module")
def influence(rows: pl.DataFrame) -> pl.DataFrame:
    return leave_one_out(rows, again(rows), since=SINCE)


def test_it_is_the_forecast_without_the_release_and_its_variants(
    rows: pl.DataFrame, influence: pl.DataFrame
) -> None:
    now = again(rows).closure
    without = again(rows.filter(~pl.col("model").str.starts_with("Claude Fable 5"))).closure
    row = influence.filter(model="Claude Fable 5", together=False).row(0, named=True)
    assert row["probability_within_horizon"] == without.probability_within_horizon
    assert row["change"] == now.probability_within_horizon - without.probability_within_horizon
    assert row["median_date"] == without.median_date
    assert now.median_date is not None
    assert without.median_date is not None
    assert row["median_days"] == (now.median_date - without.median_date).days > 0


def test_the_quarters_records_are_each_left_out_and_all_of_a_bloc_together(
    rows: pl.DataFrame, influence: pl.DataFrame
) -> None:
    now = again(rows)
    for front in (now.leader, now.follower):
        own = front.records.filter(pl.col("released_on") >= SINCE)
        found = influence.filter(bloc=front.bloc, together=False)
        assert set(found["model"]) == set(own["base"])
        group = influence.filter(bloc=front.bloc, together=True).row(0, named=True)
        kept = rows.filter(~base_model(pl.col("model")).is_in(own["base"].to_list()))
        assert group["records"] == own.height
        assert group["probability_within_horizon"] == pytest.approx(
            again(kept).closure.probability_within_horizon
        )
    size = influence["change"].abs().to_list()
    assert size == sorted(size, reverse=True)


def test_only_the_largest_of_many_are_shown(rows: pl.DataFrame) -> None:
    found = leave_one_out(rows, again(rows), since=date(2022, 1, 1))
    for front in (again(rows).leader, again(rows).follower):
        rise = front.records.with_columns(by=pl.col("value").diff())
        first, rest = rise.head(1), rise.slice(1).sort("by", descending=True)
        wanted = {*first["base"], *rest["base"].head(LARGEST - 1)}
        assert set(found.filter(bloc=front.bloc, together=False)["model"]) == wanted


def test_a_bloc_of_nothing_else_leaves_no_forecast(rows: pl.DataFrame) -> None:
    two = pl.col("model").is_in(["Kimi K2.6", "Qwen3.7 Max"])
    new = rows.filter((pl.col("country") == "US") | two)
    now = again(new)
    found = leave_one_out(new, now, since=SINCE)
    group = found.filter(bloc="CN", together=True).row(0, named=True)
    assert group["probability_within_horizon"] is None
    assert group["change"] is None
    assert group["median_days"] is None


def test_without_a_day_the_newest_six_of_each(rows: pl.DataFrame) -> None:
    now = again(rows)
    found = leave_one_out(rows, now)
    assert not found["together"].any()
    for front in (now.leader, now.follower):
        assert set(found.filter(bloc=front.bloc)["model"]) == set(front.records["base"].tail(6))


def test_a_quarter_without_records_moved_nothing(rows: pl.DataFrame) -> None:
    assert leave_one_out(rows, again(rows), since=date(2026, 6, 10)).is_empty()
