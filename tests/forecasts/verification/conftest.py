"""One backtest, and one issued forecast, for all tests of this folder."""

import sys
from datetime import date
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from backtests import FAST, releases
from issuing import make_forecast, make_issued

from forecasts.forecasting.forecast import Forecast
from forecasts.forecasting.panel import build_panel, make_folds, month_starts
from forecasts.measures.index_spec import nothing_known
from forecasts.verification import backtest as bt
from forecasts.verification.issued import Issued


@pytest.fixture(scope="session")
def plan() -> bt.Plan:
    members = build_panel(releases(), nothing_known, date(2025, 4, 10))
    folds = make_folds(members, month_starts(date(2024, 1, 1), date(2025, 3, 1), 3))
    return bt.plan(folds, lambda _: members, (*FAST, "segmented-line"), (1, 3, 6), 200, 1)


@pytest.fixture(scope="session")
def result(plan: bt.Plan) -> bt.Backtest:
    return bt.run(plan)


@pytest.fixture(scope="module")
def forecast() -> Forecast:
    return make_forecast()


@pytest.fixture(scope="module")
def issued(forecast: Forecast) -> Issued:
    return make_issued(forecast)
