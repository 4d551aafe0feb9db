"""Models side by side: each alone, the row of a headline model from the headline's own draws."""

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from forecasts.forecasting.forecast import Forecast

# Of each model that is shown beside the headline; modest, so that all of them take seconds.
DRAWS_EACH = 1000


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


def draws_told(forecast: Forecast) -> str:
    """How many draws each model of `by_model` has, as a phrase."""
    counts: Mapping[str, int] = {m: forecast.paths[m].shape[0] for m in forecast.by_model["model"]}
    usual = min(counts.values())
    more = [f"{name} {n:,}" for name, n in counts.items() if n != usual]
    return f"{usual:,} draws each" + (f", {', '.join(more)}" if more else "")
