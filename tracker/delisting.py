"""Models that have left a board that lists everything.

A model is no longer listed from the first sweep of a source that does not have it after one that
had, unless another board or a later observation still has it. A model that comes back was never
gone.
"""

import polars as pl

from forecasts.measures.vintage import DELISTED

_INDEX = ["index_name", "index_version"]
_BOARD = [*_INDEX, "board"]


def delisted(standing: pl.LazyFrame, facts: pl.DataFrame, sweeps: pl.DataFrame) -> pl.DataFrame:
    """index_name, index_version, model_key, model, DELISTED: the first day without each model.

    Args:
        standing: the rows that stand.
        facts: what imports stated, `Imports.facts`.
        sweeps: the days on which indices were seen whole, `tracker.sweeps.sweeps_of`.
    """
    # Files of one kind are one board, whatever they are called.
    board = pl.col("source").str.split(":").list.first().alias("board")
    rows = (
        standing.filter(pl.col("value").is_not_null())
        .select("observation_id", *_INDEX, "model_key", "model", "observed_on", board)
        .collect(engine="streaming")
    )
    recorded = rows.join(
        facts.filter("whole").select("observation_id").unique(), on="observation_id"
    )
    inferred = sweeps.filter("inferred").select(*_INDEX, "observed_on", board)
    listed = pl.concat([recorded, rows.join(inferred, on=[*_BOARD, "observed_on"], how="semi")])
    days = listed.select(*_BOARD, day="observed_on").unique().sort("day")
    last = listed.group_by(*_BOARD, "model_key").agg(day=pl.col("observed_on").max()).sort("day")
    later = last.with_columns(pl.col("day").dt.offset_by("1d").alias("after")).sort("after")
    gone = later.join_asof(
        days.rename({"day": DELISTED}), left_on="after", right_on=DELISTED, by=_BOARD,
        strategy="forward", check_sortedness=False,
    )  # fmt: skip
    seen = rows.group_by(*_INDEX, "model_key").agg(
        pl.col("model").sort_by("observed_on").last(), seen=pl.col("observed_on").max()
    )
    return (
        gone.group_by(*_INDEX, "model_key")
        .agg(pl.col(DELISTED).max(), still=pl.col(DELISTED).is_null().any())
        .filter(~pl.col("still"))
        .join(seen, on=[*_INDEX, "model_key"])
        .filter(pl.col("seen") < pl.col(DELISTED))
        .select(*_INDEX, "model_key", "model", DELISTED)
        .sort(DELISTED, "model")
    )
