"""Observations from a Parquet file, such as `tracker export FILE.parquet` writes."""

import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from forecasts.errors import TrackerError
from tracker.sources.columns import (
    LINKED,
    LINKS,
    complete,
    file_source,
    notes_of,
    our_columns,
)
from tracker.sources.formats.parquet_extent import NotParquet, measure
from tracker.sources.rows import (
    Problem,
    Reading,
    ReadOptions,
    batch,
    check_rows,
    limit_problems,
    read_bytes,
)
from tracker.store.schema import MAX_TEXT
from tracker.text.printable import printable

DESCRIPTION = "a Parquet file with the columns of the store, as `tracker export` writes it"
MAX_BYTES = 200_000_000
MAX_UNPACKED = 400_000_000  # of the columns that are read
MAX_PAGE = 20_000_000  # one page of them: writers make pages of a megabyte or two
MAX_ROWS = 2_000_000
MAX_COLUMNS = 1_000
MAX_CELL = 4 * max(MAX_TEXT.values())  # bytes: four for each character of the longest text
_CHUNK = 200_000
_DERIVED = ("observation_id", "model_key", "recorded_at")
_PLAIN = (pl.String(), pl.Boolean(), pl.Date(), pl.Datetime("ns"), pl.Datetime("us"),
          pl.Datetime("ms"), pl.Null())  # fmt: skip


def read(path: Path, options: ReadOptions) -> Reading:
    """Rows of a Parquet file; its first row is row 1. What `tracker export` derives is ignored.

    --map, --index, --index-version and --observed work as they do for csv.

    Raises:
        TrackerError: not readable Parquet, larger than the limits, a required column is missing,
            or a column is of a kind that holds no text, number or date.
        UsageError: a mapping names an unknown column.
    """
    content = read_bytes(path, MAX_BYTES)
    try:
        columns = measure(content, ()).columns
        _limit(path, len(columns), MAX_COLUMNS, "columns")
        ours = our_columns(path, columns, options, columns.index)
        links = [c for c in LINKS if c in columns]
        wanted = list(dict.fromkeys([*(columns[at] for at in ours.values()), *links]))
        extent = measure(content, wanted)
    except NotParquet as error:
        raise _unreadable(path, str(error)) from error
    _limit(path, max(extent.rows, extent.values), MAX_ROWS, "rows")
    _limit(path, extent.unpacked, MAX_UNPACKED, "bytes when unpacked")
    _limit(path, extent.largest_page, MAX_PAGE, "bytes in one page when unpacked")
    source = file_source("parquet", path)
    typed: list[pl.DataFrame] = []
    problems: list[Problem] = []
    for start in range(0, max(extent.rows, 1), _CHUNK):
        chunk = _rows(path, content, wanted, start, min(_CHUNK, extent.rows - start))
        text = chunk.select(
            pl.int_range(start + 1, start + 1 + chunk.height, dtype=pl.Int64).alias("row"),
            *(_as_text(chunk, columns[at]).alias(name) for name, at in ours.items()),
        )
        linked = [
            Problem(row, name, LINKED)
            for name in links
            for row in text["row"].filter(chunk[name].is_not_null()).head(100_001)
        ]
        rows = {p.row for p in linked}
        if rows:
            text = text.filter(~pl.col("row").is_in(rows))
        good, wrong = check_rows(complete(text, options, source), options)
        typed.append(good)
        problems += sorted(linked + wrong, key=lambda p: p.row)
        limit_problems(path, problems)
    good = pl.concat(typed)
    used = {columns[at] for at in ours.values()} | {*_DERIVED, *LINKS}
    ignored = [name for name in columns if name not in used]
    notes = notes_of(path, good, ignored, not problems)
    return Reading(good, extent.rows, problems, [], *batch(good), notes)


def _rows(path: Path, content: bytes, wanted: list[str], start: int, expected: int) -> pl.DataFrame:
    """So many rows from `start`; what the Parquet reader may raise becomes one sentence."""
    try:
        with _quiet():
            if start == 0:
                _check_kinds(path, pl.read_parquet_schema(io.BytesIO(content)), wanted)
            scan = pl.scan_parquet(io.BytesIO(content), use_statistics=False)
            rows = scan.select(wanted).slice(start, expected).collect()
    except TrackerError:
        raise
    except (Exception, pl.exceptions.PanicException) as error:  # a panic is no Exception
        raise _unreadable(path, f"a page of it is damaged ({type(error).__name__})") from error
    if rows.height != expected:
        raise _unreadable(path, "it holds another number of rows than it states")
    _limit_cells(path, rows, start)
    return rows


def _check_kinds(path: Path, schema: Mapping[str, pl.DataType], wanted: list[str]) -> None:
    for name in wanted:
        kind = schema[name]
        if not (kind.is_integer() or kind.is_float() or kind in _PLAIN):
            raise TrackerError(
                f"{printable(str(path))}: the column '{printable(name[:100])}' holds "
                f"{str(kind)[:60]}, not text, numbers or dates.",
                "Write it as text.",
                "bad_file",
            )


def _as_text(table: pl.DataFrame, name: str) -> pl.Expr:
    column = pl.col(name)
    if isinstance(table.schema[name], pl.Datetime):
        # Many writers know no dates: midnight is one. Another time is no date and will be told.
        midnight = column.dt.truncate("1d") == column
        return (
            pl.when(midnight)
            .then(column.cast(pl.Date).cast(pl.String))
            .otherwise(column.cast(pl.String))
        )
    return column.cast(pl.String)


def _limit_cells(path: Path, table: pl.DataFrame, start: int) -> None:
    for name, kind in table.schema.items():
        if kind == pl.String():
            lengths = table[name].str.len_bytes()
            # A length is stored beside the text: nothing of a long cell is read or copied.
            row = lengths.arg_max()
            longest = lengths.max()
            if row is not None and isinstance(longest, int) and longest > MAX_CELL:
                raise TrackerError(
                    f"{printable(str(path))}, row {start + row + 1}, {printable(name[:100])}: "
                    f"the text is longer than {MAX_CELL:,} bytes.",
                    "Check that it is the right file, or shorten it.",
                    "too_large",
                )


def _limit(path: Path, found: int, allowed: int, what: str) -> None:
    if found > allowed:
        raise TrackerError(
            f"{printable(str(path))} has {found:,} {what}; {allowed:,} are allowed.",
            "Check that it is the right file, or split it.",
            "too_large",
        )


def _unreadable(path: Path, reason: str) -> TrackerError:
    return TrackerError(
        f"{printable(str(path))} is not usable Parquet: {reason}.",
        "Write the file again, or export it as csv.",
        "bad_file",
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what the Parquet reader itself writes to stderr when a damaged page stops it."""
    try:
        held = os.dup(2)
    except OSError:  # there is no stderr
        yield
        return
    try:
        void = os.open(os.devnull, os.O_WRONLY)
        os.dup2(void, 2)
        os.close(void)
        yield
    finally:
        os.dup2(held, 2)
        os.close(held)
