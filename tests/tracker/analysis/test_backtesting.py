"""Backtests of a workspace: who computes them, and what an origin may see."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from forecasts.errors import TrackerError, UsageError
from forecasts.forecasting.panel import build_panel, make_folds, month_starts
from forecasts.measures.index_spec import nothing_known
from forecasts.request import BacktestRequest
from forecasts.verification import backtest as bt
from tracker.analysis.backtesting import POOLED, run_backtest
from tracker.analysis.workers import workers
from tracker.workspace import Workspace, create_workspace

FAST = ("persistence", "random-walk-drift")


def stated(months: int, observed: date, factor: float = 1.0) -> pl.DataFrame:
    """Releases of two countries, one a month from January 2022."""
    rng = np.random.default_rng(0)
    rows = []
    for country, level in (("US", 20.0), ("CN", 12.0)):
        for month in range(months):
            level += rng.gamma(1.0, 1.0)
            rows.append(
                {"model": f"{country} {month}", "lab": country, "country": country,
                 "released_on": date(2022, 1, 5) + timedelta(days=30 * month),
                 "index_name": "I", "index_version": "1", "value": level * factor,
                 "observed_on": observed, "source": "s", "open_weights": country == "CN"}
            )  # fmt: skip
    return pl.DataFrame(rows)


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """What was seen in July 2024, and other values of the same and later models in May 2025."""
    workspace = create_workspace(tmp_path_factory.mktemp("backtest") / "w")
    workspace.store.append(stated(30, date(2024, 7, 1)))
    workspace.store.append(stated(40, date(2025, 5, 1), 1.3))
    return workspace


@pytest.fixture(scope="module")
def plan(grown: Workspace) -> bt.Plan:
    members = build_panel(grown.store.current(), nothing_known, date(2025, 4, 10))
    folds = make_folds(members, month_starts(date(2024, 1, 1), date(2025, 3, 1), 3))
    return bt.plan(folds, lambda _: members, FAST, (1, 3), 200, 1)


def same(a: bt.Backtest, b: bt.Backtest) -> bool:
    names = ("quantiles", "outcomes", "p_closed", "p_reached")
    return all(np.array_equal(getattr(a, n), getattr(b, n), equal_nan=True) for n in names)


def test_processes_give_the_same(plan: bt.Plan, tmp_path: Path) -> None:
    with workers(2) as mapper:
        assert same(bt.run(plan), bt.run(plan, mapper=mapper, batch=16, cache=tmp_path))


def test_a_dask_cluster_gives_the_same(plan: bt.Plan) -> None:
    distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster,
        workers(2, cluster.scheduler_address) as mapper,
    ):
        assert same(bt.run(plan), bt.run(plan, mapper=mapper, batch=16))


def test_the_real_vintage_sees_what_had_been_observed(grown: Workspace) -> None:
    first = date(2024, 5, 1)
    real = grown.backtest(models=["persistence"], horizons=[3], first=first, vintage="real")
    final = grown.backtest(models=["persistence"], horizons=[3], first=first)
    assert real.folds["origin"].min() == date(2024, 7, 1)
    assert final.folds["origin"].min() == first
    day = real.folds["origin"].to_list().index(date(2024, 8, 1))
    known = stated(30, date(2024, 7, 1)).filter(country="US")["value"].max()
    assert isinstance(known, float)
    assert real.quantiles[0, day, 0, 0].min() == pytest.approx(known)
    assert real.outcomes[day, 0, 0] > 1.2 * known


def test_the_baselines_are_always_there_and_the_ensemble_with_all_its_members(
    grown: Workspace,
) -> None:
    asked = BacktestRequest(
        models=("linear-trend",), horizons=(6, 3, 3), every="quarter", draws=100
    )
    found = run_backtest(grown.data, asked)
    assert found.models == ("linear-trend", "persistence", "random-walk-drift")
    assert found.horizons == (3, 6)
    assert set(found.folds["origin"].dt.month()) <= {1, 4, 7, 10}
    pooled = BacktestRequest(models=POOLED, horizons=(3,), every="quarter", draws=100)
    assert run_backtest(grown.data, pooled).models[-1] == bt.ENSEMBLE


def test_wrong_calls(grown: Workspace, empty: Workspace) -> None:
    with pytest.raises(UsageError, match="no model 'nosuch'"):
        grown.backtest(models=["nosuch"])
    with pytest.raises(UsageError, match="every week"):
        grown.backtest(every="week")
    with pytest.raises(TrackerError, match="no origin") as caught:
        grown.backtest(first=date(2025, 5, 1))
    assert "`first`" in caught.value.hint
    with pytest.raises(TrackerError, match="no observations"):
        empty.backtest()
