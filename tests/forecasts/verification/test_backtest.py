"""The backtest sees nothing of the future, and gives the same whoever computes it."""

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from forecasts.forecasting.forecast import forecast_gap
from forecasts.forecasting.panel import build_panel, learn_pool, make_folds, month_starts
from forecasts.measures.frontier import to_day
from forecasts.verification import backtest as bt
from forecasts.verification.evaluation import (
    comparison_table,
    event_table,
    reliability_table,
    score_table,
)
from models import MODELS
from models.contract import make_series
from tracker.analysis.workers import workers
from tracker.store.schema import identify
from tracker.workspace import Workspace

FAST = ("pooled-growth", "persistence", "random-walk-drift")


def releases(months: int = 40, seed: int = 0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for country, level in (("US", 20.0), ("CN", 12.0), ("FR", 8.0)):
        for month in range(months):
            level += rng.gamma(1.0, 1.0)
            rows.append(
                {"model": f"{country} {month}", "lab": country, "country": country,
                 "released_on": date(2022 + month // 12, month % 12 + 1, 5), "value": level,
                 "index_name": "I", "index_version": "1", "observed_on": date(2026, 1, 1),
                 "source": "s", "open_weights": country == "CN"}
            )  # fmt: skip
    return identify(pl.DataFrame(rows))


@pytest.fixture(scope="module")
def tasks() -> list[bt.Task]:
    members = build_panel(releases(), {}, date(2025, 4, 10))
    folds = make_folds(members, month_starts(date(2024, 1, 1), date(2025, 3, 1), 3))
    return bt.plan(folds, lambda _: members, (*FAST, "segmented-line"), (1, 3, 6), 200, 1)


@pytest.fixture(scope="module")
def result(tasks: list[bt.Task]) -> bt.Backtest:
    return bt.run(tasks)


def same(a: bt.Backtest, b: bt.Backtest) -> bool:
    return all(
        np.array_equal(getattr(a, n), getattr(b, n), equal_nan=True)
        for n in ("quantiles", "outcomes", "closed", "p_closed", "p_reached")
    )


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
    found = []
    for table in (rows, other):
        members = build_panel(table, {}, date(2025, 4, 10))
        pool = learn_pool(members, to_day(origin))
        found.append(
            forecast_gap(table, leader="US", follower="CN", as_of=origin, vintage="final",
                         models=[name], draws=200, horizon_months=12, pool=pool)
        )  # fmt: skip
    assert found[0].gap.equals(found[1].gap)
    assert found[0].frontier.equals(found[1].frontier)


def test_outcomes_are_those_of_the_frontiers(tasks: list[bt.Task]) -> None:
    fold = next(f for t in tasks for f in t.folds if f.leader.series.bloc == "US")
    days = np.array([fold.origin + 40, fold.leader.end + 1])
    values, closed, reached = bt.outcome(fold, days)
    assert values[0, 0] == fold.leader.series.at(days)[0]
    assert values[2, 0] == values[0, 0] - values[1, 0]
    assert np.isnan(values[:, 1]).all()
    assert np.isnan([closed[1], reached[1]]).all()


def test_a_gap_that_closes_and_opens_again_was_closed() -> None:
    days = np.array([0, 300, 400, 500], dtype=np.int64)
    top = make_series("A", days, np.array([1.0, 5.0, 6.0, 9.0]))
    low = make_series("B", days + 450, np.array([7.0, 7.5, 7.6, 7.7]))
    low = make_series("B", np.r_[10, 420, 800], np.array([2.0, 7.0, 7.5]))
    members = build_panel(releases(), {}, date(2025, 4, 10))[:2]
    from dataclasses import replace

    pair = [
        replace(m, series=s, index=top, end=1000) for m, s in zip(members, (top, low), strict=True)
    ]
    fold = bt.Fold(pair[0], pair[1], 410)
    values, closed, reached = bt.outcome(fold, np.array([415, 430, 600]))
    assert closed.tolist() == [0.0, 1.0, 1.0]
    assert reached.tolist() == [0.0, 1.0, 1.0]
    assert values[2, 2] == 2.0


def test_workers_and_cache_do_not_change_the_result(
    tasks: list[bt.Task], result: bt.Backtest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with workers(2) as mapper:
        assert same(result, bt.run(tasks, mapper=mapper, batch=16, cache=tmp_path))
    files = list(tmp_path.iterdir())
    assert len(files) == len(tasks)
    files[0].write_bytes(b"cut off")
    monkeypatch.setattr(bt, "_write", lambda *_: None)
    made: list[bt.Task] = []

    def counting(some: list[bt.Task]) -> list[dict[str, object]]:
        made.extend(some)
        return bt.run_serially(some)

    again = bt.run(tasks, mapper=counting, cache=tmp_path)
    assert len(made) == 1
    assert same(result, again)
    assert again.failures.equals(result.failures)


def test_a_dask_cluster_gives_the_same(tasks: list[bt.Task], result: bt.Backtest) -> None:
    distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster,
        workers(2, cluster.scheduler_address) as mapper,
    ):
        assert same(result, bt.run(tasks, mapper=mapper, batch=16))


def test_failures_are_counted(tasks: list[bt.Task]) -> None:
    members = build_panel(releases(7), {}, date(2022, 8, 10))
    folds = make_folds(members, np.array([to_day(date(2022, 7, 6))]))
    few = bt.run(bt.plan(folds, lambda _: members, ("local-linear-trend", *FAST), (1,), 200, 1))
    table = score_table(few)
    failed = table.filter(model="local-linear-trend", target="gap")
    assert failed["failed"].item() == len(folds) == few.failures.height
    assert "ten months" in few.failures["reason"][0]


def test_tables(result: bt.Backtest) -> None:
    table = score_table(result)
    drift = table.filter(model="random-walk-drift")
    assert (drift["skill"] == 0).all()
    assert table.filter(target="frontier")["forecasts"].max() <= 2 * result.folds.height
    assert table["coverage_90"].is_between(0, 1).all()
    events = event_table(result)
    assert set(events["event"]) == {"closure", "reach"}
    assert reliability_table(result, "pooled-growth")["frequency"].is_between(0, 1).all()
    assert comparison_table(result, "pooled-growth", ["persistence"]).height == 3
    late = score_table(result, since=date(2025, 1, 1))
    assert late["forecasts"].max() < table["forecasts"].max()


def test_the_pool_lies_between_its_members(result: bt.Backtest) -> None:
    pooled = bt.with_ensemble(result, FAST)
    at = [pooled.models.index(n) for n in FAST]
    inside = pooled.quantiles[at]
    assert (pooled.quantiles[-1] >= inside.min(axis=0) - 1e-3).all()
    assert (pooled.quantiles[-1] <= inside.max(axis=0) + 1e-3).all()


def test_the_real_vintage_sees_what_had_been_observed(demo: Workspace, tmp_path: Path) -> None:
    from tracker.workspace import create_workspace

    workspace = create_workspace(tmp_path / "w")
    early = releases(30).with_columns(observed_on=pl.lit(date(2024, 7, 1)))
    late = releases(40).with_columns(value=pl.col("value") * 1.3, observed_on=date(2025, 5, 1))
    stated = [c for c in early.columns if c not in
              {"observation_id", "model_key", "recorded_at", "retracts", "supersedes"}]  # fmt: skip
    workspace.store.append(pl.concat([early, late]).select(stated))
    options = {"models": ["persistence"], "horizons": [3], "first": date(2024, 5, 1)}
    real = workspace.backtest(vintage="real", **options)  # type: ignore[arg-type]
    final = workspace.backtest(vintage="final", **options)  # type: ignore[arg-type]
    assert real.folds["origin"].min() == date(2024, 7, 1)
    assert final.folds["origin"].min() == date(2024, 5, 1)
    day = real.folds["origin"].to_list().index(date(2024, 8, 1))
    known = early.filter(country="US")["value"].max()
    assert isinstance(known, float)
    assert real.quantiles[0, day, 0, 0].min() == pytest.approx(known)
    assert real.outcomes[day, 0, 0] > 1.2 * known  # type: ignore[operator]
