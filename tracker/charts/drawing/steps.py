"""Frontiers as points of step lines, over each stretch on which they are looked at."""

from datetime import date

import polars as pl

from forecasts.measures.frontier import Frontier
from forecasts.measures.period import Quarter

SCHEMA = {
    "bloc": pl.String, "index_version": pl.String, "date": pl.Date, "value": pl.Float64,
    "model": pl.String, "lab": pl.String, "record": pl.Boolean, "unobserved": pl.Boolean,
}  # fmt: skip


def steps(quarter: Quarter) -> pl.DataFrame:
    """Every point of the lines: bloc, index_version, date, value, model, lab, record, unobserved.

    `record` is false where a line begins or ends between two records: it holds the last one.
    `unobserved` points lie after the last sweep of the index: what was released there is known
    in part only, and the line to them is dotted.
    """
    frames = [
        stretch_steps(line, stretch.first, stretch.last).select(
            pl.lit(line.bloc).alias("bloc"),
            pl.lit(stretch.index_version).alias("index_version"),
            "date", "value", "model", "lab", "record",
            unobserved=pl.col("date") > (line.swept_until or stretch.last),
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
    ends = [day for day in (line.swept_until, last) if day is not None and day <= last]
    for day in sorted(set(ends)):
        before = line_on.filter(pl.col("date") <= day).tail(1)
        if before.height and before["date"][0] < day:
            line_on = pl.concat([line_on, before.with_columns(pl.lit(day).alias("date"), held)])
            line_on = line_on.sort("date", maintain_order=True)
    return line_on


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
