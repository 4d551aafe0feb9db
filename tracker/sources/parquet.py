"""Observations from a Parquet file, such as `tracker export FILE.parquet` writes."""

import polars as pl

from tracker.sources.columns import LINKED, LINKS, TABLE_OPTIONS, TableRows, our_columns
from tracker.sources.contract import Problem, Reading, ReadOptions
from tracker.sources.file import SourceFile
from tracker.sources.formats.parquet import open_parquet

DESCRIPTION = "a Parquet file with the columns of the store, as `tracker export` writes it"
OPTIONS = TABLE_OPTIONS


def read(file: SourceFile, options: ReadOptions) -> Reading:
    """Rows of a Parquet file; its first row is row 1. What `tracker export` derives is ignored.

    Mapping, index, version and date of the options work as they do for csv.

    Raises:
        TrackerError: not readable Parquet, larger than the limits, a required column is missing,
            or a column is of a kind that holds no text, number or date.
        UsageError: a mapping names an unknown column.
    """
    table = open_parquet(file)
    names = table.columns
    ours = our_columns(file, names, options, names.index)
    links = [c for c in LINKS if c in names]
    found = TableRows(file, options, "parquet", names, ours)
    wanted = dict.fromkeys([*(names[at] for at in ours.values()), *links])
    for start, chunk in table.chunks(list(wanted), bare=options.decimal == ","):
        text = chunk.select(
            pl.int_range(start + 1, start + 1 + chunk.height, dtype=pl.Int64).alias("row"),
            *(pl.col(names[at]).alias(name) for name, at in ours.items()),
        )
        linked = _linked(text["row"], chunk.select(links))
        found.take(text.filter(~pl.col("row").is_in({p.row for p in linked})), linked)
    return found.reading(found.unused())


def columns(file: SourceFile, options: ReadOptions) -> list[str]:
    """The names of the columns of a file that `read` reads."""
    return list(open_parquet(file).columns)


def _linked(rows: pl.Series, links: pl.DataFrame) -> list[Problem]:
    return [
        Problem(row, column.name, LINKED)
        for column in links
        for row in rows.filter(column.is_not_null()).head(100_001)
    ]
