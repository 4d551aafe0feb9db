"""Which single release moves the forecast most: forecast again without each record."""

from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl

from forecasts.errors import TrackerError
from forecasts.forecasting.forecast import Forecast, forecast_gap
from forecasts.measures.variants import base_model

RECORDS = 6
LARGEST = 8
SCHEMA = {
    "bloc": pl.String,
    "model": pl.String,
    "released_on": pl.Date,
    "together": pl.Boolean,
    "records": pl.Int64,
    "probability_within_horizon": pl.Float64,
    "median_date": pl.Date,
    "change": pl.Float64,
    "median_days": pl.Int64,
}


def leave_one_out(
    observations: pl.DataFrame,
    forecast: Forecast,
    progress: Callable[[str], None] = lambda _: None,
    *,
    since: date | None = None,
    **options: Any,
) -> pl.DataFrame:
    """Records of both blocs, each left out with all its variants.

    Every forecast takes the same seed, so that the differences are those of the release.

    Args:
        observations: the rows that `forecast` was made from.
        since: the records released on that day or later: the LARGEST rises of each bloc, and all of
            a bloc's left out together. Left out: the RECORDS newest of each bloc.
        options: those of `forecast_gap` beside blocs, date and models.

    Returns:
        bloc, model, released_on, together (all of the bloc's at once; model and released_on are
        those of the first), records (how many are left out), probability_within_horizon and
        median_date without it, change (of the probability) and median_days (of the median date),
        both with it minus without it: the strongest first. Null where no forecast can be made
        without it, or a date lies past the horizon.
    """
    rows: list[dict[str, object]] = []
    for front in (forecast.leader, forecast.follower):
        records = _records(front.records, since)
        groups = [records[i : i + 1] for i in range(records.height)]
        shown = groups if since is None else _largest(groups)
        if since is not None and len(groups) > 1:
            shown = [*shown, records]
        for left_out in shown:
            together = left_out.height > 1
            name = str(left_out["base"][0])
            progress(f"without {front.bloc}'s {left_out.height} records" if together
                     else f"without {name}")  # fmt: skip
            row: dict[str, object] = {
                "bloc": front.bloc,
                "model": name,
                "released_on": left_out["released_on"][0],
                "together": together,
                "records": left_out.height,
            }
            rows.append(row | _without(observations, forecast, left_out, options))
    return pl.DataFrame(rows, schema=SCHEMA).sort(
        pl.col("change").abs(), descending=True, nulls_last=True, maintain_order=True
    )


def _records(records: pl.DataFrame, since: date | None) -> pl.DataFrame:
    """One row per model, with its rise: the newest, or all since a day."""
    risen = records.with_columns(rise=pl.col("value") - pl.col("value").shift(1))
    if since is None:
        return risen.tail(RECORDS)
    return risen.filter(pl.col("released_on") >= since).unique(
        ["lab", "base"], keep="first", maintain_order=True
    )


def _largest(groups: list[pl.DataFrame]) -> list[pl.DataFrame]:
    # A bloc's first record has no rise and stands above all.
    return sorted(groups, key=lambda g: -(g["rise"][0] or float("inf")))[:LARGEST]


def _without(
    observations: pl.DataFrame, forecast: Forecast, left_out: pl.DataFrame, options: dict[str, Any]
) -> dict[str, object]:
    named = left_out.select("lab", "base")
    kept = observations.with_columns(base=base_model(pl.col("model"))).join(
        named, on=["lab", "base"], how="anti"
    )
    try:
        other = forecast_gap(
            kept.drop("base"),
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
        ).closure
    except TrackerError:
        return dict.fromkeys(("probability_within_horizon", "median_date", "change", "median_days"))
    now = forecast.closure
    dated = now.median_date is not None and other.median_date is not None
    return {
        "probability_within_horizon": other.probability_within_horizon,
        "median_date": other.median_date,
        "change": now.probability_within_horizon - other.probability_within_horizon,
        "median_days": (now.median_date - other.median_date).days if dated else None,  # type: ignore[operator]
    }
