"""How many observations each index version has, each counted once.

A row that several segments hold comes once from each. To tell rows apart by their ids is slow for
millions; but a large segment holds a row once, and two segments share rows only on days that both
hold. Ids are compared on those days alone.
"""

from collections.abc import Callable

import polars as pl

from tracker.store.sealed_file import SealedFile
from tracker.store.segments import scan

_INDEX = ["index_name", "index_version"]
_DAY = pl.col("observed_on")
_ONCE = pl.col("observation_id").n_unique()


def count_by_index(
    segments: list[SealedFile], wanted: Callable[[pl.LazyFrame], pl.LazyFrame]
) -> pl.DataFrame:
    """index_name, index_version, observations (distinct), first_observed_on and last_observed_on of
    the `wanted` rows of all segments; in no order."""
    small = [s for s in segments if s.content is not None]
    # What is small is compared as a whole.
    units = [[s] for s in segments if s.content is None] + ([small] if small else [])
    rows = [wanted(scan(unit)) for unit in units] or [wanted(scan([]))]
    if len(rows) == 1:
        one = _ONCE if small else pl.len()
        found = (
            rows[0]
            .group_by(_INDEX)
            .agg(observations=one, first_observed_on=_DAY.min(), last_observed_on=_DAY.max())
        )
        return found.collect(engine="streaming")
    days = pl.concat(
        [
            unit.group_by(_INDEX).agg(
                first=_DAY.min(), last=_DAY.max(), rows=pl.len(), large=pl.lit(units[at] != small)
            )
            for at, unit in enumerate(rows)
        ]
    ).collect(engine="streaming")
    windows = _shared_days(days)
    everything = pl.concat(rows).join(windows.lazy(), on=_INDEX, how="left")
    shared = _DAY.is_between("from", "to").fill_null(False)
    return (
        everything.group_by(_INDEX)
        .agg(
            observations=pl.col("observation_id").filter(shared).n_unique() + (~shared).sum(),
            first_observed_on=_DAY.min(),
            last_observed_on=_DAY.max(),
        )
        .collect(engine="streaming")
    )


def _shared_days(days: pl.DataFrame) -> pl.DataFrame:
    """The first and last day of each index version that two units may both hold (`from`, `to`);
    all days of small segments, which may share rows among themselves."""
    pairs = days.with_row_index("at")
    both = pairs.join(pairs, on=_INDEX, suffix="_other").filter(
        (pl.col("at") != pl.col("at_other")) | ~pl.col("large")
    )
    return (
        both.select(
            *_INDEX,
            **{
                "from": pl.max_horizontal("first", "first_other"),
                "to": pl.min_horizontal("last", "last_other"),
            },
        )
        .filter(pl.col("from") <= pl.col("to"))
        .group_by(_INDEX)
        .agg(pl.col("from").min(), pl.col("to").max())
    )
