"""An issued forecast of two blocs of steady growth, and observations to score it by."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from frames import SCHEMA, view

from forecasts.forecasting.forecast import Forecast, forecast_gap
from forecasts.measures.view import IndexView
from forecasts.request import ForecastRequest, Pair
from forecasts.verification import issued as ledger
from forecasts.verification.issued import Issued

AS_OF = date(2026, 1, 10)
NOW = datetime(2026, 1, 11, tzinfo=UTC)
ASKED = ForecastRequest(
    pair=Pair("US", "CN"), models=("random-walk-drift", "linear-trend"), horizon_months=12,
    draws=2000, seed=3,
)  # fmt: skip
HISTORY = [
    (country, date(2024, 1, 1) + timedelta(days=30 * k + shift), 20.0 + rise * k + (k * 7 % 5))
    for country, shift, rise in (("US", 0, 1.1), ("CN", 11, 1.0))
    for k in range(24)
]


def seen(
    *rows: tuple[str, date, float], until: date, observed: date = date(2026, 12, 31)
) -> IndexView:
    """Country, release date and value of models, looked at from a day with the latest values."""
    facts = [
        {"observation_id": f"{i:04}", "model": f"M{i}", "model_key": f"m{i}", "lab": country,
         "country": country, "released_on": released, "value": value, "observed_on": observed,
         "index_name": "I", "index_version": "1", "estimated": False}
        for i, (country, released, value) in enumerate(rows)
    ]  # fmt: skip
    return view(pl.DataFrame(facts, schema=SCHEMA), until, "final")


def make_forecast() -> Forecast:
    return forecast_gap(seen(*HISTORY, until=AS_OF), ASKED)


def make_issued(forecast: Forecast) -> Issued:
    return ledger.issue(forecast, issued_at=NOW, data_until=AS_OF, program_version="0")


def pooled(forecast: Forecast) -> dict[str, Any]:
    """Draws of each model and of their pool."""
    return dict(forecast.paths) | {"pool": np.concatenate(list(forecast.paths.values()))}


def targets(both: Any) -> dict[str, Any]:
    """Draws of leader, follower and gap from those of both frontiers."""
    return {"leader": both[:, 0], "follower": both[:, 1], "gap": both[:, 0] - both[:, 1]}


def rows_of(issued: Issued, model: str, target: str, role: str | None = None) -> pl.DataFrame:
    """What a model said of a target."""
    rows = issued.said.filter(model=model, target=target)
    return rows if role is None else rows.filter(role=role)
