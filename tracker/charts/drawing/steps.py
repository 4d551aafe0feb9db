"""Frontiers as points of step lines, over each stretch on which they are looked at."""

from datetime import date

import polars as pl

from forecasts.measures.frontier import Frontier
from forecasts.measures.period import Quarter

SCHEMA = {
    "bloc": pl.String, "index_version": pl.String, "date": pl.Date, "value": pl.Float64,
    "model": pl.String, "lab": pl.String, "record": pl.Boolean,
}  # fmt: skip


def steps(quarter: Quarter) -> pl.DataFrame:
    """Every point of the lines: bloc, index_version, date, value, model, lab, record.

    `record` is false where a line begins or ends between two records: it holds the last one.
    """
    frames = [
        stretch_steps(line, stretch.first, stretch.last).select(
            pl.lit(line.bloc).alias("bloc"),
            pl.lit(stretch.index_version).alias("index_version"),
            "date", "value", "model", "lab", "record",
        )
        for stretch in quarter.stretches
        for line in stretch.frontiers
    ]  # fmt: skip
    return pl.concat(frames) if frames else pl.DataFrame(schema=SCHEMA)


def stretch_steps(line: Frontier, first: date | None, last: date) -> pl.DataFrame:
    """A frontier from `first` (its first record) to `last`: date, value, model, lab, record."""
    records = line.records.filter(pl.col("released_on") <= last).select(
        date="released_on", value="value", model="base", lab="lab", record=pl.lit(True)
    )
    held = pl.lit(False).alias("record")
    start = records.clear()
    if first is not None:
        start = (
            records.filter(pl.col("date") < first)
            .tail(1)
            .with_columns(pl.lit(first).alias("date"), held)
        )
        records = records.filter(pl.col("date") >= first)
    line_on = pl.concat([start, records])
    end = line_on.tail(1).with_columns(pl.lit(last).alias("date"), held)
    if line_on.height and line_on["date"][-1] == last:
        end = end.clear()
    return pl.concat([line_on, end])


def break_marks(quarter: Quarter) -> pl.DataFrame:
    """Where versions of the index begin: date, version. Empty where one version is drawn."""
    if not quarter.versions:
        return pl.DataFrame(schema={"date": pl.Date, "version": pl.String})
    return pl.DataFrame(
        {
            "date": [s.first for s in quarter.versions],
            "version": [s.index_version for s in quarter.versions],
        }
    )
