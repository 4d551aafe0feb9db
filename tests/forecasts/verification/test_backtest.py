"""The backtest sees nothing of the future, and gives the same from its cache."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
from backtests import FAST, releases
from frames import view

from forecasts.forecasting.forecast import forecast_gap
from forecasts.forecasting.panel import build_panel, learn_models, make_folds
from forecasts.measures.frontier import to_day
from forecasts.measures.index_spec import nothing_known
from forecasts.request import ForecastRequest, Pair
from forecasts.verification import backtest as bt
from forecasts.verification.evaluation import score_table
from models import MODELS
from models.contract import make_series


@pytest.mark.parametrize("name", MODELS)
def test_nothing_after_the_origin_changes_a_forecast(name: str) -> None:
    rows, origin = releases(), date(2024, 6, 30)
    rng = np.random.default_rng(3)
    late = pl.col("released_on") > origin
    other = rows.with_columns(
        value=pl.when(late).then(pl.Series(rng.uniform(0, 90, rows.height))).otherwise("value"),
        released_on=pl.when(late).then(pl.col("released_on") + pl.duration(days=11))
        .otherwise("released_on"),
    )  # fmt: skip
    asked = ForecastRequest(pair=Pair("US", "CN"), models=(name,), horizon_months=12, draws=200,
                            seed=1)  # fmt: skip
    found = []
    for table in (rows, other):
        members = build_panel(table, nothing_known, date(2025, 4, 10))
        learnt = learn_models([name], members, to_day(origin))
        found.append(forecast_gap(view(table, origin, "final"), asked, learnt))
    assert found[0].gap.equals(found[1].gap)
    assert found[0].frontier.equals(found[1].frontier)


def test_outcomes_are_those_of_the_frontiers(plan: bt.Plan) -> None:
    fold = next(f for f in plan.folds if f.leader.series.bloc == "US")
    days = np.array([fold.origin + 40, fold.leader.end + 1])
    values, closed, reached = bt.outcome(fold, days)
    assert values[0, 0] == fold.leader.series.at(days)[0]
    assert values[2, 0] == values[0, 0] - values[1, 0]
    assert np.isnan(values[:, 1]).all()
    assert np.isnan([closed[1], reached[1]]).all()


def test_a_gap_that_closes_and_opens_again_was_closed() -> None:
    days = np.array([0, 300, 400, 500], dtype=np.int64)
    top = make_series("A", days, np.array([1.0, 5.0, 6.0, 9.0]))
    low = make_series("B", np.r_[10, 420, 800], np.array([2.0, 7.0, 7.5]))
    members = build_panel(releases(), nothing_known, date(2025, 4, 10))[:2]
    pair = [
        replace(m, series=s, index=top, end=1000) for m, s in zip(members, (top, low), strict=True)
    ]
    fold = bt.Fold(pair[0], pair[1], 410)
    values, closed, reached = bt.outcome(fold, np.array([415, 430, 600]))
    assert closed.tolist() == [0.0, 1.0, 1.0]
    assert reached.tolist() == [0.0, 1.0, 1.0]
    assert values[2, 2] == 2.0


def test_a_gap_that_closes_at_the_ceiling_is_no_closing() -> None:
    """In outcomes and in draws alike, by the rule of the forecast."""
    days = np.array([0, 300, 420], dtype=np.int64)
    top = make_series("A", days, np.array([50.0, 60.0, 100.0]))
    low = make_series("B", np.r_[10, 200, 450], np.array([20.0, 30.0, 100.0]))
    members = build_panel(releases(), nothing_known, date(2025, 4, 10))[:2]

    def folds(ceiling: float) -> list[bt.Fold]:
        pair = [replace(m, series=s, index=top, end=2000, ceiling=ceiling)
                for m, s in zip(members, (top, low), strict=True)]  # fmt: skip
        # The leader's last record is ten days from the origin, or was on the day before.
        return [bt.Fold(pair[0], pair[1], origin) for origin in (410, 421)]

    def came(fold: bt.Fold) -> tuple[float, float]:
        _, closed, reached = bt.outcome(fold, np.array([fold.origin + 91]))
        return float(closed[0]), float(reached[0])

    before, after = folds(100.0)
    assert (came(before)[0], came(after)) == (0.0, (0.0, 0.0))  # the origin's level is the ceiling
    assert came(folds(np.inf)[1]) == (1.0, 1.0)
    for model in ("random-walk-drift", "persistence"):
        [said] = bt.run_task(bt.Task([after], model, (3,), 500, 1, {}))
        assert not said.p_closed.any()
        assert not said.p_reached.any()


def test_failures_are_counted(plan: bt.Plan) -> None:
    members = build_panel(releases(7), nothing_known, date(2022, 8, 10))
    folds = make_folds(members, np.array([to_day(date(2022, 7, 6))]))
    few = bt.run(bt.plan(folds, lambda _: members, ("local-linear-trend", *FAST), (1,), 200, 1))
    table = score_table(few)
    failed = table.filter(model="local-linear-trend", target="gap")
    assert failed["failed"].item() == len(folds) == few.failures.height
    assert "ten months" in few.failures["reason"][0]


def test_the_pool_lies_between_its_members(result: bt.Backtest) -> None:
    pooled = bt.with_ensemble(result, FAST)
    at = [pooled.models.index(n) for n in FAST]
    inside = pooled.quantiles[at]
    assert (pooled.quantiles[-1] >= inside.min(axis=0) - 1e-3).all()
    assert (pooled.quantiles[-1] <= inside.max(axis=0) + 1e-3).all()
