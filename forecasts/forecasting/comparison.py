"""Models side by side: each alone, the row of a headline model from the headline's own draws."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from forecasts.forecasting.forecast import Forecast
from forecasts.measures.value_scale import at_ceiling
from models.contract import FloatArray

# Of each model that is shown beside the headline; modest, so that all of them take seconds.
DRAWS_EACH = 1000
GAPS = ("gap_q05", "gap_q10", "gap_q50", "gap_q90", "gap_q95")


def with_headline(compared: Forecast, headline: Forecast) -> Forecast:
    """`compared` with the draws and rows of `headline` for the models of both.

    Two sets of draws of one model differ by chance; one report is to give one number for it.
    Both are of one day, horizon and definition. The pooled quantiles stay those of `compared`.
    """
    order = list(dict.fromkeys([*compared.by_model["model"], *headline.by_model["model"]]))
    own = headline.by_model.select(compared.by_model.columns)
    other = compared.by_model.filter(~pl.col("model").is_in(headline.models))
    rank = {name: place for place, name in enumerate(order)}
    rows = pl.concat([own, other]).sort(pl.col("model").replace_strict(rank))
    return replace(compared, by_model=rows, paths={**compared.paths, **headline.paths})


def side_by_side(forecast: Forecast) -> pl.DataFrame:
    """The gap at the horizon by each model alone, and the chance of closing, by median gap.

    model, gap_q05, gap_q10, gap_q50, gap_q90, gap_q95, probability_closed, probability_exhausted
    (the leader at the ceiling of the index, and not closed before). Of a gap that is closed on the
    day of the forecast the chance is probability_ahead, the follower level or ahead at the horizon
    and the leader below the ceiling: there is no closing to come. On a logarithmic scale gaps are
    in doublings: doublings_q05 ... doublings_q95 take the places of gap_q05 ... gap_q95.
    """
    by_model = forecast.by_model
    gaps = [c.replace("gap", "doublings") for c in GAPS]
    gaps = gaps if gaps[0] in by_model.columns else list(GAPS)
    chance = pl.col("probability_within_horizon").alias("probability_closed")
    if forecast.follower_is_ahead:
        ahead = {
            name: _ahead(paths, forecast.history.ceiling) for name, paths in forecast.paths.items()
        }
        chance = pl.col("model").replace_strict(ahead).alias("probability_ahead")
    return by_model.sort(gaps[2], "model").select("model", *gaps, chance, "probability_exhausted")


def _ahead(paths: FloatArray, ceiling: float) -> float:
    below = ~at_ceiling(paths[:, 0, -1], ceiling)
    return float((below & (paths[:, 1, -1] >= paths[:, 0, -1])).mean())


def at_the_ceiling(forecast: Forecast) -> list[str]:
    """Models without an interval because every draw of both blocs ends at the upper bound."""
    rows = side_by_side(forecast)
    narrow = rows.filter(pl.col(rows.columns[5]) - pl.col(rows.columns[1]) < 1e-9)
    top = forecast.history.ceiling
    return [
        name for name in narrow["model"]
        if at_ceiling(np.quantile(forecast.paths[name][:, :, -1], 0.05, axis=0), top).all()
    ]  # fmt: skip


def draws_told(forecast: Forecast) -> str:
    """How many draws each model of `by_model` has, as a phrase."""
    counts: Mapping[str, int] = {m: forecast.paths[m].shape[0] for m in forecast.by_model["model"]}
    usual = min(counts.values())
    more = [f"{name} {n:,}" for name, n in counts.items() if n != usual]
    return f"{usual:,} draws each" + (f", {', '.join(more)}" if more else "")
