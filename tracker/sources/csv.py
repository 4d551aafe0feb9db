"""Observations from a table of values separated by comma, semicolon, tab or bar."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from operator import itemgetter

import polars as pl

from tracker.sources.columns import (
    LINKED,
    LINKS,
    TABLE_OPTIONS,
    TableRows,
    country_notes,
    default_notes,
    defaulted,
    our_columns,
)
from tracker.sources.contract import Problem, Reading, ReadOptions
from tracker.sources.file import SourceFile
from tracker.sources.formats.delimited import Table, open_table
from tracker.sources.names import is_head
from tracker.store.schema import SCHEMA, STATED
from tracker.text.counting import counted
from tracker.text.spreadsheet import GUARDED

DESCRIPTION = "a table of text with the columns model, value and, if you have them, the others"
OPTIONS = TABLE_OPTIONS
SEPARATORS = ",;\t|"
MAX_BYTES = 500_000_000
MAX_ROWS = 2_000_000
# Rows and bytes of text that are held at once before they are typed.
_CHUNK_ROWS = 50_000
_CHUNK_BYTES = 16_000_000


def read(file: SourceFile, options: ReadOptions) -> Reading:
    """Rows of a CSV file with a header.

    Columns have the names of the store or are mapped to them. Index and date of the options go
    before columns of the file; what neither says of date and version is found as of `Basis`.
    The apostrophe that keeps a spreadsheet from taking a cell for a formula is taken off. A file
    without labs is read when its models are known.

    Raises:
        TrackerError: not a table of text, larger than the limits, or a required column is
            missing.
        UsageError: a mapping names an unknown column.
    """
    taken: set[str] = set()
    unguarded = 0
    with _opened(file, options) as table:
        ours = our_columns(file, table.columns, options, table.position)
        found = TableRows(file, options, "csv", table.columns, ours)
        for guarded, problems in _chunks(table, ours):
            text, count = _unguard(guarded)
            unguarded += count
            taken |= defaulted(text, options)
            found.take(text, problems)
    rows = found.rows()
    notes = [*table.notes, *default_notes(taken, rows, options), *country_notes(rows, options)]
    if unguarded:
        notes.append(
            f"The apostrophe before a formula sign was taken off "
            f"{counted(unguarded, 'cell', 'cells')}, as "
            "`tracker export` puts it there."
        )
    return found.reading(found.unused(), notes)


def columns(file: SourceFile, options: ReadOptions) -> list[str]:
    """The names of the columns of a file that `read` reads."""
    with _opened(file, options) as table:
        return table.columns


def _opened(file: SourceFile, options: ReadOptions) -> AbstractContextManager[Table]:
    return open_table(
        file, max_bytes=MAX_BYTES, max_rows=MAX_ROWS, separators=SEPARATORS,
        is_head=is_head(options),
    )  # fmt: skip


def _chunks(table: Table, ours: dict[str, int]) -> Iterator[tuple[pl.DataFrame, list[Problem]]]:
    """Rows of the columns `ours`, so many at a time, and the problems of rows between them."""
    links = {c: table.columns.index(c) for c in LINKS if c in table.columns}
    for block in table.blocks:
        linked = [
            Problem(row, name, LINKED)
            for name, at in links.items()
            for row in block.filter(pl.col(str(at)).str.strip_chars() != "")["row"]
        ]
        whole = block.filter(~pl.col("row").is_in({p.row for p in linked})) if linked else block
        yield whole.select("row", *(pl.col(str(at)).alias(c) for c, at in ours.items())), linked
    wanted = itemgetter(*ours.values())
    numbers: list[int] = []
    cells_of: list[tuple[str, ...]] = []
    problems: list[Problem] = []
    size = 0
    for row, cells in table.records:
        problem = _problem(table, links, row, cells)
        if problem is None:
            picked = wanted(cells)
            cells_of.append(picked)
            numbers.append(row)
            size += sum(map(len, picked))
        else:
            problems.append(problem)
        if len(numbers) + len(problems) == _CHUNK_ROWS or size > _CHUNK_BYTES:
            yield _frame(list(ours), numbers, cells_of), problems
            numbers, cells_of, problems, size = [], [], [], 0
    yield _frame(list(ours), numbers, cells_of), problems


def _problem(table: Table, links: dict[str, int], row: int, cells: list[str]) -> Problem | None:
    reason = table.wrong_length(cells)
    if reason is not None:
        return Problem(row, "row", reason)
    link = next((c for c, at in links.items() if cells[at].strip()), None)
    return None if link is None else Problem(row, link, LINKED)


def _frame(names: list[str], numbers: list[int], cells: list[tuple[str, ...]]) -> pl.DataFrame:
    columns = zip(*cells, strict=True) if cells else [()] * len(names)
    return pl.DataFrame(
        {
            "row": pl.Series(numbers, dtype=pl.Int64),
            **{
                name: pl.Series(column, dtype=pl.String)
                for name, column in zip(names, columns, strict=True)
            },
        }
    )


def _unguard(text: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Take back what `exporting.guard` did to text columns; the number of cells changed."""
    names = [c for c in text.columns if c in STATED and SCHEMA[c] == pl.String()]
    guarded = pl.col(names).str.contains(GUARDED)
    count = int(text.select(guarded.sum()).sum_horizontal().item())
    if not count:
        return text, 0
    return text.with_columns(
        pl.when(guarded).then(pl.col(names).str.slice(1)).otherwise(pl.col(names))
    ), count
