"""Which single release moves the forecast most: forecast again without each record."""

from collections.abc import Callable
from typing import Any

import polars as pl

from forecasts.forecast import Forecast, forecast_gap
from forecasts.variants import base_model

RECORDS = 6


def leave_one_out(
    observations: pl.DataFrame,
    forecast: Forecast,
    progress: Callable[[str], None] = lambda _: None,
    **options: Any,
) -> pl.DataFrame:
    """The newest records of both blocs, each left out with all its variants.

    Args:
        observations: the rows that `forecast` was made from.
        options: those of `forecasts.forecast.forecast_gap` beside blocs, date and models.

    Returns:
        bloc, model, released_on, probability_within_horizon and median_date without it, and
        change (of the probability, with it minus without it), the strongest first.
    """
    rows: list[dict[str, object]] = []
    for front in (forecast.leader, forecast.follower):
        for record in front.records.tail(RECORDS).iter_rows(named=True):
            progress(f"without {record['base']}")
            kept = observations.filter(
                (base_model(pl.col("model")) != record["base"]) | (pl.col("lab") != record["lab"])
            )
            other = forecast_gap(
                kept,
                leader=forecast.leader.bloc,
                follower=forecast.follower.bloc,
                as_of=forecast.as_of,
                vintage=forecast.vintage,
                tolerance=forecast.tolerance,
                models=forecast.models,
                horizon_months=forecast.horizon_months,
                draws=forecast.draws,
                seed=forecast.seed,
                definition=forecast.definition,
                hold_days=forecast.hold_days,
                **options,
            )
            rows.append(
                {
                    "bloc": front.bloc,
                    "model": record["base"],
                    "released_on": record["released_on"],
                    "probability_within_horizon": other.closure.probability_within_horizon,
                    "median_date": other.closure.median_date,
                    "change": forecast.closure.probability_within_horizon
                    - other.closure.probability_within_horizon,
                }
            )
    schema = {"bloc": pl.String, "model": pl.String, "released_on": pl.Date,
              "probability_within_horizon": pl.Float64, "median_date": pl.Date,
              "change": pl.Float64}  # fmt: skip
    return pl.DataFrame(rows, schema=schema).sort(pl.col("change").abs(), descending=True)
