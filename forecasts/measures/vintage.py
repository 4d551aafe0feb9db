"""What was known at a date: one value per model from all its observations."""

from datetime import date
from typing import Literal

import polars as pl

Vintage = Literal["real", "final"]
VINTAGES: tuple[Vintage, ...] = ("real", "final")

# Columns that describe the model rather than the measurement: its latest statement counts, and a
# source that leaves one empty does not erase what an earlier one said.
_DESCRIPTION = ("model", "lab", "country", "released_on", "open_weights", "reasoning")
_MEASUREMENT = ("observation_id", "value", "stderr", "estimated", "observed_on", "source")


def known_models(observations: pl.DataFrame, as_of: date, vintage: Vintage) -> pl.DataFrame:
    """Every model known at `as_of`, one row each, by release date.

    `real` takes observations with `observed_on <= as_of`, `final` takes them all; both keep only
    models released by `as_of`. The latest observation gives the value; on one day a measured value
    goes before an estimated one, and the higher before the lower, so that the result depends on
    the set of observations alone and never on the order in which they came.

    Args:
        observations: current rows of one version of one index, in the store's columns.
    """
    rows = observations.filter(pl.col("value").is_not_null())
    if vintage == "real":
        rows = rows.filter(pl.col("observed_on") <= as_of)
    rows = rows.sort(
        pl.col("observed_on"),
        ~pl.col("estimated").fill_null(False),
        pl.col("value"),
        pl.col("observation_id"),
    )
    return (
        rows.group_by("model_key")
        .agg(
            *(pl.col(c).drop_nulls().last() for c in _DESCRIPTION),
            *(pl.col(c).last() for c in _MEASUREMENT),
        )
        .filter(pl.col("released_on") <= as_of)
        .sort("released_on", "value", "model_key")
    )


def latest_statements(observations: pl.LazyFrame, as_of: date, vintage: Vintage) -> pl.DataFrame:
    """The observations that `known_models` can depend on, of any number of index versions.

    For each way in which a model is described, the rows of its last day: `known_models` gives the
    same on them as on all, for the same `as_of` and `vintage` (`final`: for any `as_of`). All that
    is read at once are these; the store is passed over in pieces.
    """
    rows = observations.filter(pl.col("value").is_not_null())
    if vintage == "real":
        rows = rows.filter(pl.col("observed_on") <= as_of)
    keys = ["index_name", "index_version", "model_key", *_DESCRIPTION]
    last = rows.group_by(keys).agg(pl.col("observed_on").max()).collect(engine="streaming")
    oldest = last["observed_on"].min()
    if oldest is None:
        return rows.head(0).collect()
    return (
        rows.filter(pl.col("observed_on") >= oldest)
        .join(last.lazy(), on=[*keys, "observed_on"], how="semi", nulls_equal=True)
        .collect(engine="streaming")
        .sort("index_name", "index_version", "observed_on", "observation_id")
    )


def contradictions(observations: pl.DataFrame) -> pl.DataFrame:
    """Models given different values on one day: model, observed_on, lowest, highest."""
    return (
        observations.filter(pl.col("value").is_not_null())
        .group_by("index_name", "index_version", "model_key", "observed_on")
        .agg(
            pl.col("model").first(),
            pl.col("value").min().alias("lowest"),
            pl.col("value").max().alias("highest"),
        )
        .filter(pl.col("highest") > pl.col("lowest"))
        .sort("observed_on", "model")
        .select("model", "observed_on", "lowest", "highest")
    )
