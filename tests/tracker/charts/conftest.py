"""A workspace that every chart can be drawn from, and the subject of each chart on it."""

from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
import pytest

from forecasts.measures.prices import PRICE_INDEX, PRICE_VERSION
from tests.conftest import june_workspace
from tracker.charts.figures import subject_for
from tracker.charts.request import ChartRequest
from tracker.store.schema import identify
from tracker.workspace import Workspace

FAST: dict[str, dict[str, Any]] = {
    "forecast-frontier": {"draws": 300, "horizon_months": 12},
    "forecast-gap": {"draws": 300, "horizon_months": 12},
    "closure": {"draws": 300, "horizon_months": 12},
    "forecast-models": {"draws": 400, "models": ("random-walk-drift", "persistence")},
    "skill": {"draws": 100, "horizon_months": 6},
}


@pytest.fixture(scope="session")
def priced(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = june_workspace(tmp_path_factory.mktemp("priced") / "w")
    rows = workspace.observations().with_columns(
        index_name=pl.lit(PRICE_INDEX), index_version=pl.lit(PRICE_VERSION),
        value=0.1 * (1 + pl.int_range(pl.len()) % 50), source=pl.lit("made for the test"),
    )  # fmt: skip
    workspace.store.append(identify(rows))
    workspace.issue(draws=300, horizon_months=6, as_of=date(2026, 3, 1), vintage="final")
    return workspace


@pytest.fixture(scope="session")
def made(priced: Workspace) -> Callable[[str], Any]:
    known: dict[str, Any] = {}

    def get(name: str) -> Any:
        if name not in known:
            known[name] = subject_for(priced.data, name, ChartRequest(**FAST.get(name, {})))
        return known[name]

    return get
