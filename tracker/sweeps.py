"""Sweeps: the days on which an index was seen whole.

A logged value says what is known of one model; that nothing else was released is known only up to
the last sweep. Sweeps are the imports that list everything (`tracker.store.imports`, `whole`). For
rows that no import record speaks of, as a store written before there were any holds them, a day
counts on which one act recorded at least half of the models known by then: it is inferred.
"""

from datetime import date

import polars as pl

from forecasts.measures.blocs import Bloc
from forecasts.measures.facts import as_known
from forecasts.measures.vintage import known_models, latest_statements

SCHEMA: dict[str, pl.DataType] = {
    "index_name": pl.String(),
    "index_version": pl.String(),
    "observed_on": pl.Date(),
    "source": pl.String(),
    "inferred": pl.Boolean(),
}
_INDEX = ["index_name", "index_version"]
# One act of recording that states fewer than these is no board, however few models are known.
_MIN_ROWS = 2


def sweeps_of(
    standing: pl.LazyFrame, facts: pl.DataFrame, *, complete_log: bool = False
) -> pl.DataFrame:
    """Every sweep of every index version: SCHEMA, by index and day.

    Args:
        standing: the rows that stand.
        facts: what imports stated, `Imports.facts`.
        complete_log: whether every day of logging is a sweep, as the settings may say.
    """
    # What was taken back whole was no sweep; what was corrected stands for what it corrects.
    left = standing.select(*_INDEX, "observed_on").unique().collect(engine="streaming")
    recorded = (
        facts.filter("whole")
        .select(*_INDEX, "observed_on", "source")
        .unique()
        .join(left, on=[*_INDEX, "observed_on"], how="semi")
    )
    loose = standing.filter(pl.col("value").is_not_null()).join(
        facts.lazy().select("observation_id").unique(), on="observation_id", how="anti"
    )
    acts = (
        loose.group_by(*_INDEX, "observed_on", "recorded_at")
        .agg(seen=pl.col("model_key").n_unique(), source=pl.col("source").min())
        .collect(engine="streaming")
    )
    if acts.height and not complete_log:
        acts = acts.filter(pl.col("seen") >= _MIN_ROWS)
        known = (
            standing.filter(pl.col("value").is_not_null())
            .group_by(*_INDEX, "model_key")
            .agg(first=pl.col("observed_on").min())
            .collect(engine="streaming")
        )
        by_day = (
            acts.select(*_INDEX, "observed_on")
            .unique()
            .join(known, on=_INDEX)
            .filter(pl.col("first") <= pl.col("observed_on"))
            .group_by(*_INDEX, "observed_on")
            .agg(models=pl.len())
        )
        acts = acts.join(by_day, on=[*_INDEX, "observed_on"]).filter(
            2 * pl.col("seen") >= pl.col("models")
        )
    inferred = acts.select(*_INDEX, "observed_on", "source").unique([*_INDEX, "observed_on"])
    return (
        pl.concat(
            [
                recorded.with_columns(inferred=pl.lit(False)),
                inferred.join(recorded, on=[*_INDEX, "observed_on"], how="anti").with_columns(
                    inferred=pl.lit(not complete_log)
                ),
            ]
        )
        .select(list(SCHEMA))
        .sort(*_INDEX, "observed_on", "source")
    )


def swept_until(sweeps: pl.DataFrame, as_of: date | None = None) -> dict[tuple[str, str], date]:
    """The last sweep of each index version that has one, by `as_of` where it is given."""
    rows = sweeps if as_of is None else sweeps.filter(pl.col("observed_on") <= as_of)
    last = rows.group_by(_INDEX).agg(pl.col("observed_on").max())
    return {(name, version): day for name, version, day in last.iter_rows()}


def day_of_now(rows: pl.LazyFrame, swept: date | None, blocs: list[Bloc]) -> date | None:
    """The day that answers about now look from: the last sweep, or that on which a later change
    of one of the frontiers was observed.

    `rows` are those that stand of one index version; None where there are none.
    """
    valued = rows.filter(pl.col("value").is_not_null(), pl.col("released_on").is_not_null())
    late = valued if swept is None else valued.filter(pl.col("observed_on") > swept)
    after = late.collect(engine="streaming").sort("observed_on", "value")
    known = None
    if swept is not None:
        known = known_models(latest_statements(rows, swept, "real"), swept, "real")
    days = [swept]
    for bloc in blocs:
        own = as_known(after, date.max, "final").filter(bloc.member)
        best, holder = float("-inf"), ""
        if known is not None:
            inside = known.filter(bloc.member).sort("value")
            if inside.height:
                best, holder = float(inside["value"][-1]), str(inside["model_key"][-1])
        before = pl.max_horizontal(pl.col("value").cum_max().shift(1), pl.lit(best))
        moved = own.filter(
            (pl.col("value") > before)
            | ((pl.col("model_key") == holder) & (pl.col("value") != best))
        )
        days.append(moved["observed_on"].max())  # type: ignore[arg-type]
    found = [day for day in days if day is not None]
    if found:
        return max(found)
    last = rows.select(pl.col("observed_on").max()).collect(engine="streaming").item()
    return last if isinstance(last, date) else None
