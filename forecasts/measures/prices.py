"""What models cost beside what they score. A price is no score: it enters no panel."""

from datetime import date

import polars as pl

from forecasts.measures.frontier import Frontier

PRICE_INDEX = "AA price blended 3:1, USD per million tokens"
PRICE_VERSION = "USD"
IS_SCORE = pl.col("index_name") != PRICE_INDEX


def latest_prices(observations: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Latest known price of each model: model_key, price (USD per million tokens), priced_on.

    Prices change without a release, so a price observed after `as_of` is taken only where none was
    seen before; free models are left out, since a logarithm has no place for them.

    Args:
        observations: current rows of any indices.
    """
    rows = observations.filter(
        pl.col("index_name") == PRICE_INDEX, pl.col("index_version") == PRICE_VERSION,
        pl.col("value") > 0,
    ).with_columns(late=pl.col("observed_on") > as_of)  # fmt: skip
    # Of early ones the last, of late ones the first.
    day = pl.col("observed_on").cast(pl.Int32)
    return (
        rows.sort("late", pl.when("late").then(day).otherwise(-day), "value", "observation_id")
        .unique("model_key", keep="first", maintain_order=True)
        .select("model_key", price="value", priced_on="observed_on")
    )


def price_points(
    frontiers: tuple[Frontier, ...], prices: pl.DataFrame, first: date, last: date
) -> pl.DataFrame:
    """Models released from `first` to `last` with a price, cheapest first.

    bloc (the first that a model belongs to), model, base, lab, date, price, value, front. `front`
    marks the Pareto front: no other of these models is at least as good for at most its price.
    """
    rows = pl.concat(
        [
            f.releases.filter(pl.col("released_on").is_between(first, last)).select(
                pl.lit(f.bloc).alias("bloc"), "model_key", "model", "base", "lab",
                pl.col("released_on").alias("date"), "value",
            )
            for f in frontiers
        ]
    ).unique("model_key", keep="first", maintain_order=True)  # fmt: skip
    return (
        rows.join(prices, on="model_key", how="inner")
        .sort("price", "value", "model_key", descending=[False, True, False])
        .with_columns(
            front=pl.col("value") > pl.col("value").cum_max().shift(1).fill_null(float("-inf"))
        )
        .select("bloc", "model", "base", "lab", "date", "price", "value", "front")
    )
