"""One set of joint draws gives every number of a forecast."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
from frames import june, table, view

from forecasts.errors import TrackerError, UsageError
from forecasts.forecasting.closure import Closed, closure
from forecasts.forecasting.forecast import (
    QUANTILES,
    Forecast,
    forecast_gap,
    model_generator,
    quantile_table,
)
from forecasts.measures.frontier import to_day
from forecasts.request import ClosureRule, ForecastRequest, Pair

ASKED = ForecastRequest(pair=Pair("US", "CN"), models=("pooled-growth",), horizon_months=12,
                        draws=600, seed=1)  # fmt: skip
MONTHLY = [
    (f"{c}{i}", c, str(date(2022 + i // 12, 1 + i % 12, 5)), 10 + i + 3 * (c == "US"))
    for i in range(30)
    for c in ("US", "CN")
]
BEGUN = date(2024, 6, 30)


@pytest.fixture(scope="module")
def forecast() -> Forecast:
    return forecast_gap(june("real"), ASKED)


def test_it_is_coherent(forecast: Forecast) -> None:
    levels = forecast.gap.select("q05", "q10", "q25", "q50", "q75", "q90", "q95").to_numpy()
    assert (np.diff(levels, axis=1) >= 0).all()
    quarters = forecast.closure.by_quarter
    assert quarters["probability_closed"].is_sorted()
    assert (quarters["probability_closed"] >= quarters["probability_ahead"]).all()
    assert quarters["probability_closed"][-1] == forecast.closure.probability_within_horizon
    assert forecast.gap.height == 12
    assert forecast.frontier.height == 24
    assert (forecast.tolerance, forecast.vintage) == (0.0, "real")
    assert not forecast.follower_is_ahead


def test_every_number_comes_from_its_draws(forecast: Forecast) -> None:
    paths, at = forecast.paths["pooled-growth"], forecast.grid.months
    gap = paths[:, 0] - paths[:, 1]
    assert forecast.gap["mean"].to_list() == pytest.approx(gap[:, at].mean(axis=0).tolist())
    assert forecast.gap["q05"].to_list() == np.quantile(gap[:, at], 0.05, axis=0).tolist()
    rows = forecast.frontier.filter(bloc="CN")
    assert rows["q50"].to_list() == np.quantile(paths[:, 1, at], 0.5, axis=0).tolist()
    assert forecast.time_in_lead == (gap < 0).mean()
    today = closure(paths, forecast.grid, Closed(0.0, 0, float(forecast.leader.values[-1]), 100.0))
    assert forecast.reach_today.probability_within_horizon == today.probability_within_horizon
    alone = forecast.by_model.row(0, named=True)
    assert alone["gap_q10"] == np.quantile(gap[:, -1], 0.10)


def test_the_same_seed_gives_the_same_and_another_another(forecast: Forecast) -> None:
    assert forecast_gap(june("real"), ASKED).gap.equals(forecast.gap)
    assert not forecast_gap(june("real"), replace(ASKED, seed=2)).gap.equals(forecast.gap)


def test_a_models_draws_do_not_depend_on_its_company() -> None:
    alone = forecast_gap(june(), replace(ASKED, draws=300, models=("linear-trend",)))
    both = forecast_gap(june(), replace(ASKED, models=("persistence", "linear-trend")))
    assert alone.by_model.row(0) == both.by_model.row(1)
    assert both.models == ["persistence", "linear-trend"]
    assert both.draws == 600
    streams = [model_generator(1, name).random() for name in ("a", "b", "a")]
    assert streams[0] == streams[2] != streams[1]


def test_nothing_after_the_origin_matters() -> None:
    rows = table(MONTHLY, observed="2024-06-30")
    late = [("late", "CN", "2024-09-01", 99), ("US3", "US", "2022-04-05", 90)]
    changed = pl.concat([rows, table(late, observed="2024-09-01")])
    found = [forecast_gap(view(r, BEGUN), replace(ASKED, draws=300)) for r in (rows, changed)]
    assert found[0].gap.equals(found[1].gap)


def test_the_rule_says_what_is_closed() -> None:
    asked = replace(ASKED, horizon_months=48)
    level, near, today, held = (
        forecast_gap(june(), replace(asked, rule=rule))
        for rule in (
            ClosureRule(), ClosureRule(3.0), ClosureRule(definition="today"),
            ClosureRule(3.0, hold_days=90),
        )
    )  # fmt: skip
    chance = level.closure.probability_within_horizon
    assert 0 < chance < near.closure.probability_within_horizon
    assert held.closure.probability_within_horizon < near.closure.probability_within_horizon
    assert today.closure.by_quarter.equals(level.reach_today.by_quarter)
    assert (near.tolerance, near.request.rule) == (3.0, ClosureRule(3.0))


def test_models_that_cannot_be_fitted_are_told_or_stop_it() -> None:
    few = view(table(MONTHLY[:16], "2022-09-01"), date(2022, 9, 1))
    pair = replace(ASKED, models=("persistence", "local-linear-trend"))
    found = forecast_gap(few, pair)
    assert found.models == ["persistence"]
    assert [f["model"] for f in found.failed] == ["local-linear-trend"]
    assert found.draws == 300
    with pytest.raises(TrackerError, match="No model could be fitted") as caught:
        forecast_gap(few, replace(ASKED, models=("local-linear-trend",)))
    assert caught.value.code == "not_enough_history"
    with pytest.raises(UsageError, match="no model 'nosuch'"):
        forecast_gap(few, replace(ASKED, models=("nosuch",)))


def test_quantiles_by_date() -> None:
    draws = np.random.default_rng(0).normal(size=(500, 2))
    days = np.array([to_day(BEGUN), to_day(BEGUN) + 1])
    found = quantile_table(draws, days)
    assert found["date"][0] == BEGUN
    expected = np.quantile(draws, QUANTILES, axis=0)
    assert np.array_equal(found.drop("date", "mean").to_numpy(), expected.T)


def test_closing_at_the_ceiling_is_an_exhausted_index() -> None:
    """On the bundled data 36 months ahead a third of what passed for closings lies there."""
    found = forecast_gap(june("real"), replace(ASKED, horizon_months=36, draws=2000))
    top, low = (found.paths["pooled-growth"][:, i] for i in (0, 1))
    level = (low >= top).any(axis=1)
    below = ((low >= top) & (top < 100)).any(axis=1)
    assert found.closure.probability_within_horizon == below.mean() < level.mean() - 0.1
    assert found.closure.probability_exhausted == ((top[:, -1] >= 100) & ~below).mean()
    assert found.by_model["probability_exhausted"][0] == found.closure.probability_exhausted


def test_an_index_whose_leader_is_at_the_ceiling_today_is_exhausted() -> None:
    rows = [("best", "US", "2024-06-01", 40), ("other", "CN", "2024-06-02", 40)]
    seen = view(table([*MONTHLY, *rows], "2024-06-30"), BEGUN, ceiling=40.0)
    found = forecast_gap(seen, replace(ASKED, draws=300))
    assert found.exhausted
    assert not found.follower_is_ahead
    assert found.closure.probability_within_horizon == 0
    assert (found.closure.by_quarter["probability_ahead"] == 0).all()
    assert found.closure.probability_exhausted == found.reach_today.probability_exhausted == 1


def test_on_a_logarithmic_scale_the_gap_is_in_doublings_as_well() -> None:
    rows = [(n, c, d, 2 ** (v / 3)) for n, c, d, v in MONTHLY]
    found = forecast_gap(view(table(rows, "2024-06-30"), BEGUN), replace(ASKED, draws=400))
    assert found.scale.logarithmic
    assert found.gap_doublings is not None
    paths, at = found.paths["pooled-growth"], found.grid.months
    ratio = np.log2(paths[:, 0, at] / paths[:, 1, at])
    assert found.gap_doublings["q50"].to_list() == pytest.approx(np.median(ratio, axis=0).tolist())
    alone = found.by_model.row(0, named=True)
    assert alone["doublings_q95"] == pytest.approx(np.quantile(ratio[:, -1], 0.95))
    assert forecast_gap(june(), replace(ASKED, draws=300)).gap_doublings is None
