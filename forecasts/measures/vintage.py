"""What was known at a date: one value per model from all its observations."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from forecasts.measures.facts import DESCRIBED, as_known
from forecasts.request import Vintage

# Columns that describe the model rather than the measurement: its latest statement counts, and a
# source that leaves one empty does not erase what an earlier one said.
_DESCRIPTION = ("model", "lab", "country", "released_on", "open_weights", "reasoning")
# Column that `latest_statements` adds: the first day on which the model was observed so.
FIRST = "first_observed_on"
# A column that observations may have: how well the release date is known, "month" or "year"; null
# for a day. The date is then the last possible one.
PRECISION = "released_precision"
# A column that observations may have: the rank of their source, lower ones first.
PRECEDENCE = "precedence"
_IS_ESTIMATED = "_is_estimated"
_UNDER_OLD_NAME = "_under_old_name"
_BEHIND = 1_000_000  # more than any rank of a source
# Columns that observations may have: what a re-named model counts as, a list of from, key and name
# by day, and the first day on which a model's record does not stand any more.
ALIASES, DELISTED = "aliases", "delisted_on"
_MEASUREMENT = ("observation_id", "value", "stderr", "estimated", "observed_on", "source")


def known_models(observations: pl.DataFrame, as_of: date, vintage: Vintage) -> pl.DataFrame:
    """Every model known at `as_of`, one row each, by release date.

    `real` takes observations with `observed_on <= as_of`, `final` takes them all; both keep only
    models released by `as_of`. `first_observed_on` is the first day on which any value of the
    model was. The latest observation gives the value; on one day a measured value goes before an
    estimated one, then a source before others by `precedence` (`forecasts.measures.precedence`),
    and of what is left the median counts, beside the other facts of the lower middle row. The
    result depends on the set of observations alone and never on the order in which they came.
    The columns of `facts.DESCRIBED` are what was known of the model on that day.

    Args:
        observations: current rows of one version of one index, in the store's columns.
    """
    return released(valued_models(observations, as_of, vintage), as_of)


def released(models: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Those of `valued_models` that were released by `as_of`, by release date."""
    found = models.filter(pl.col("released_on") <= as_of)
    return found.sort("released_on", "value", "model_key")


def undated(models: pl.DataFrame) -> pl.DataFrame:
    """Those of `valued_models` of which nobody knows when they were released, the best first: they
    are in no frontier."""
    found = models.filter(pl.col("released_on").is_null())
    return found.sort("value", "model_key", descending=[True, False])


def valued_models(observations: pl.DataFrame, as_of: date, vintage: Vintage) -> pl.DataFrame:
    """Every model with a value at `as_of`, whenever it was released; as of `known_models`."""
    rows = observations.filter(pl.col("value").is_not_null())
    if vintage == "real":
        rows = rows.filter(pl.col("observed_on") <= as_of)
    if PRECISION not in rows.columns:
        rows = rows.with_columns(pl.lit(None, pl.String).alias(PRECISION))
    rows = _renamed(as_known(rows, as_of, vintage), as_of)
    # What `latest_statements` left out was observed earlier than what it kept.
    first = pl.col("observed_on")
    if FIRST in rows.columns:
        first = pl.coalesce(FIRST, first)
    rank = pl.col(PRECEDENCE) if PRECEDENCE in rows.columns else pl.lit(0, pl.Int32)
    # On one day what is stated under the name that counts goes before an earlier name's value.
    rank = rank.cast(pl.Int64) + _BEHIND * pl.col(_UNDER_OLD_NAME).cast(pl.Int64)
    rows = rows.with_columns(
        rank.alias(PRECEDENCE), pl.col("estimated").fill_null(False).alias(_IS_ESTIMATED)
    ).sort("observed_on", ~pl.col(_IS_ESTIMATED), -pl.col(PRECEDENCE), "value", "observation_id")
    models = rows.group_by("model_key").agg(
        *last_stated(_DESCRIPTION),
        *(pl.col(c).drop_nulls().last() for c in DESCRIBED),
        *(pl.col(c).last() for c in (*_MEASUREMENT, PRECEDENCE, _IS_ESTIMATED)),
        first_observed_on=first.min(),
    )
    chosen = models.select("model_key", *_DESCRIPTION, PRECISION, *_MEASUREMENT, FIRST, *DESCRIBED)
    return chosen.update(_medians(rows, models), on="model_key", include_nulls=True)


def last_stated(names: Sequence[str]) -> list[pl.Expr]:
    """What is said of a group of rows in the order of their statement, to be aggregated.

    Of each of `names` the last that is not null. Of release dates one that is known to the day goes
    before one known to the month, that before one known to the year; PRECISION comes with it.
    """
    day, precision = pl.col("released_on"), pl.col(PRECISION)
    exact, *coarse = (
        day.filter(known).drop_nulls().last()
        for known in (precision.is_null(), precision == "month", precision == "year")
    )
    released = pl.coalesce(exact, *coarse).alias("released_on")
    month, year = (found.is_not_null() for found in coarse)
    how = pl.when(exact.is_not_null()).then(None).when(month).then(pl.lit("month")).when(year)
    return [
        *(released if c == "released_on" else pl.col(c).drop_nulls().last() for c in names),
        how.then(pl.lit("year")).alias(PRECISION),
    ]


def _renamed(rows: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Rows under the names that they count as on a day, without models that are gone by then."""
    if DELISTED in rows.columns:
        rows = rows.filter((pl.col(DELISTED) > as_of).fill_null(True))
    if ALIASES not in rows.columns:
        return rows.with_columns(pl.lit(False).alias(_UNDER_OLD_NAME))
    begun = pl.col(ALIASES).list.eval(
        pl.element().filter(pl.element().struct.field("from") <= as_of)
    )
    stage = begun.list.last()
    return rows.with_columns(
        stage.is_not_null().alias(_UNDER_OLD_NAME),
        model_key=pl.coalesce(stage.struct.field("key"), "model_key"),
        model=pl.coalesce(stage.struct.field("name"), "model"),
    )


def _medians(rows: pl.DataFrame, models: pl.DataFrame) -> pl.DataFrame:
    """The measurement of models of which several rows count: the median, beside the other facts
    of the lower middle row. `rows` by value, `models` with what tells the rows that count."""
    on = ["model_key", "observed_on", _IS_ESTIMATED, PRECEDENCE]
    counting = rows.join(models.select(on), on=on, how="semi", maintain_order="left")
    several = counting.filter(pl.len().over("model_key") > 1)
    middle = (pl.len().cast(pl.Int64) - 1) // 2
    return several.group_by("model_key").agg(
        *(pl.col(c).get(middle) for c in _MEASUREMENT if c != "value"),
        value=pl.col("value").median(),
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
    keys += [PRECISION] if PRECISION in rows.collect_schema() else []
    last = (
        rows.group_by(keys)
        .agg(pl.col("observed_on").max(), pl.col("observed_on").min().alias(FIRST))
        .collect(engine="streaming")
    )
    oldest = last["observed_on"].min()
    if oldest is None:
        return rows.head(0).with_columns(pl.col("observed_on").alias(FIRST)).collect()
    return (
        rows.filter(pl.col("observed_on") >= oldest)
        .join(last.lazy(), on=[*keys, "observed_on"], nulls_equal=True)
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
