"""Observations from a table of comma, semicolon or tab separated values."""

from operator import itemgetter
from pathlib import Path

import polars as pl

from tracker.results.exporting import GUARDED
from tracker.sources.columns import (
    LINKED,
    LINKS,
    complete,
    counted,
    country_notes,
    default_notes,
    defaulted,
    file_source,
    notes_of,
    our_columns,
)
from tracker.sources.formats.delimited import open_table
from tracker.sources.rows import (
    Problem,
    Reading,
    ReadOptions,
    batch,
    check_rows,
    limit_problems,
)
from tracker.store.schema import SCHEMA, STATED

DESCRIPTION = "a table with the columns model, value, lab and, if you have them, the others"
MAX_BYTES = 500_000_000
MAX_ROWS = 2_000_000
# Rows and bytes of text that are held at once before they are typed.
_CHUNK_ROWS = 50_000
_CHUNK_BYTES = 16_000_000


def read(path: Path, options: ReadOptions) -> Reading:
    """Rows of a CSV file with a header.

    Columns have the names of the store or are mapped to them. --index, --index-version and
    --observed go before columns of the file; what neither says takes the defaults (observed:
    today). The apostrophe that keeps a spreadsheet from taking a cell for a formula is taken off.

    Raises:
        TrackerError: not a table of UTF-8 text, larger than the limits, or a required column is
            missing.
        UsageError: a mapping names an unknown column.
    """
    problems: list[Problem] = []
    typed: list[pl.DataFrame] = []
    taken: set[str] = set()
    source = file_source("csv", path)
    read = unguarded = 0
    with open_table(path, max_bytes=MAX_BYTES, max_rows=MAX_ROWS, separators=",;\t") as table:
        ours = our_columns(path, table.columns, options, table.position)
        wanted = itemgetter(*ours.values())
        links = {c: table.columns.index(c) for c in LINKS if c in table.columns}
        chunk: list[tuple[str, ...]] = []
        numbers: list[int] = []
        size = 0

        def flush() -> None:
            nonlocal size, unguarded
            columns = zip(*chunk, strict=True) if chunk else [()] * len(ours)
            text = pl.DataFrame(
                {
                    "row": pl.Series(numbers, dtype=pl.Int64),
                    **{
                        name: pl.Series(cells, dtype=pl.String)
                        for name, cells in zip(ours, columns, strict=True)
                    },
                }
            )
            text, count = _unguard(text)
            unguarded += count
            taken.update(defaulted(text, options))
            rows, wrong = check_rows(complete(text, options, source), options)
            typed.append(rows)
            problems.extend(wrong)
            limit_problems(path, problems)
            chunk.clear()
            numbers.clear()
            size = 0

        for row, cells in table.records:
            read += 1
            reason = table.wrong_length(cells)
            if reason is not None:
                problems.append(Problem(row, "row", reason))
                limit_problems(path, problems)
                continue
            link = next((c for c, at in links.items() if cells[at].strip()), None)
            if link is not None:
                problems.append(Problem(row, link, LINKED))
                limit_problems(path, problems)
                continue
            picked = wanted(cells)
            chunk.append(picked)
            numbers.append(row)
            size += sum(map(len, picked))
            if len(chunk) == _CHUNK_ROWS or size > _CHUNK_BYTES:
                flush()
        flush()
    rows = pl.concat(typed)
    problems.sort(key=lambda p: p.row)
    used = set(ours.values())
    ignored = [name for at, name in enumerate(table.columns) if at not in used]
    notes = notes_of(path, rows, ignored, not problems)
    notes += default_notes(taken, rows, options)
    notes += country_notes(rows, options)
    if unguarded:
        notes.append(
            f"The apostrophe before a formula sign was taken off "
            f"{counted(unguarded, 'cell', 'cells')}, as "
            "`tracker export` puts it there."
        )
    return Reading(rows, read, problems, [], *batch(rows), notes)


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
