"""A table that is held whole as text: its columns, its rows, and what is wrong with some."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from forecasts.errors import TrackerError
from tracker.sources.columns import LINKED, LINKS, TableRows, our_columns
from tracker.sources.contract import Problem, Reading, ReadOptions
from tracker.sources.file import SourceFile


@dataclass(frozen=True)
class Grid:
    """A table of text: `rows` has `row` and then, by position, one column for each of `columns`.

    `problems` are those of rows that `rows` does not have.
    """

    columns: list[str]
    rows: pl.DataFrame
    problems: list[Problem] = field(default_factory=list[Problem])
    notes: list[str] = field(default_factory=list[str])


def grid(
    columns: list[str], numbers: Sequence[int], cells: Sequence[Sequence[str | None]]
) -> pl.DataFrame:
    """Rows of as many cells as there are columns, as the `rows` of a Grid."""
    by_column = zip(*cells, strict=True) if cells else [()] * len(columns)
    return pl.DataFrame(
        {
            "row": pl.Series(numbers, dtype=pl.Int64),
            **{str(at): pl.Series(texts, dtype=pl.String) for at, texts in enumerate(by_column)},
        }
    )


def read_grid(kind: str, file: SourceFile, options: ReadOptions, table: Grid) -> Reading:
    """The rows of a table as observations, as those of a csv.

    Raises:
        TrackerError: a required column is missing.
        UsageError: an option names an unknown column.
    """

    def position(column: str) -> int:
        if table.columns.count(column) > 1:
            raise TrackerError(
                f"{file.name} has the column '{column}' more than once.",
                "Rename or delete the one that is not meant.",
                "bad_header",
            )
        return table.columns.index(column)

    ours = our_columns(file, table.columns, options, position)
    found = TableRows(file, options, kind, table.columns, ours)
    links = {c: str(table.columns.index(c)) for c in LINKS if c in table.columns}
    points = {c: pl.col(at).str.strip_chars().replace("", None).is_not_null()
              for c, at in links.items()}  # fmt: skip
    linked = [
        Problem(row, name, LINKED)
        for name, check in points.items()
        for row in table.rows.filter(check)["row"]
    ]
    bad = pl.Series([p.row for p in linked], dtype=pl.Int64).implode()
    text = table.rows.filter(~pl.col("row").is_in(bad))
    picked = text.select("row", *(pl.col(str(at)).alias(name) for name, at in ours.items()))
    found.take(picked, [*table.problems, *linked])
    return found.reading(found.unused(), table.notes)
