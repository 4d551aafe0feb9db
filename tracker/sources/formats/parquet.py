"""Parquet within bounds: measured before it is read, then read in slices as text."""

import io
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import polars as pl

from forecasts.errors import TrackerError
from tracker.sources.file import SourceFile
from tracker.store.parquet_extent import Extent, NotParquet, measure
from tracker.store.schema import MAX_TEXT
from tracker.text.printable import printable

MAX_BYTES = 200_000_000
MAX_UNPACKED = 400_000_000  # of the columns that are read
MAX_PAGE = 20_000_000  # one page of them: writers make pages of a megabyte or two
MAX_ROWS = 2_000_000
MAX_COLUMNS = 1_000
MAX_CELL = 4 * max(MAX_TEXT.values())  # bytes: four for each character of the longest text
_CHUNK = 200_000
_PLAIN = (pl.String, pl.Boolean, pl.Date, pl.Datetime, pl.Categorical, pl.Enum, pl.Null)


@dataclass(frozen=True)
class ParquetTable:
    """The content of a Parquet file and the names of its columns."""

    file: SourceFile
    content: bytes
    columns: tuple[str, ...]

    def chunks(
        self, wanted: Sequence[str], *, bare: bool = False
    ) -> Iterator[tuple[int, pl.DataFrame]]:
        """The columns `wanted` as text, so many rows at a time after the number of rows before.

        A moment is the day of it in UTC, but midnight of its own zone is the day itself. Numbers
        have no decimal sign if `bare`, for a reader that takes a point for another.

        One chunk at least. Raises TrackerError for more than the limits, for a column of a kind
        that holds no text, number or date, and for pages that cannot be read.
        """
        rows = self._limited(wanted).rows
        for start in range(0, max(rows, 1), _CHUNK):
            chunk = self._slice(wanted, start, min(_CHUNK, rows - start))
            yield (
                start,
                chunk.select(_as_text(name, kind, bare) for name, kind in chunk.schema.items()),
            )

    def _limited(self, wanted: Sequence[str]) -> Extent:
        try:
            extent = measure(self.content, wanted)
        except NotParquet as error:
            raise _unreadable(self.file, str(error)) from error
        _limit(self.file, max(extent.rows, extent.values), MAX_ROWS, "rows")
        _limit(self.file, extent.unpacked, MAX_UNPACKED, "bytes when unpacked")
        _limit(self.file, extent.largest_page, MAX_PAGE, "bytes in one page when unpacked")
        return extent

    def _slice(self, wanted: Sequence[str], start: int, expected: int) -> pl.DataFrame:
        """So many rows from `start`; what the Parquet reader may raise becomes one sentence."""
        try:
            with _quiet():
                if start == 0:
                    schema = pl.read_parquet_schema(io.BytesIO(self.content))
                    _check_kinds(self.file, schema, wanted)
                scan = pl.scan_parquet(io.BytesIO(self.content), use_statistics=False)
                rows = scan.select(wanted).slice(start, expected).collect()
        except TrackerError:
            raise
        except (Exception, pl.exceptions.PanicException) as error:  # a panic is no Exception
            reason = f"a page of it is damaged ({type(error).__name__})"
            raise _unreadable(self.file, reason) from error
        if rows.height != expected:
            raise _unreadable(self.file, "it holds another number of rows than it states")
        for column in rows:
            _limit_cells(self.file, column, start)
        return rows


def open_parquet(file: SourceFile) -> ParquetTable:
    """The table in `file`; raises TrackerError where it is none, or larger than the limits."""
    content = file.read(MAX_BYTES)
    try:
        columns = measure(content, ()).columns
    except NotParquet as error:
        raise _unreadable(file, str(error)) from error
    _limit(file, len(columns), MAX_COLUMNS, "columns")
    return ParquetTable(file, content, columns)


def _check_kinds(
    file: SourceFile, schema: Mapping[str, pl.DataType], wanted: Sequence[str]
) -> None:
    for name in wanted:
        kind = schema[name]
        if not (kind.is_numeric() or isinstance(kind, _PLAIN)):
            raise TrackerError(
                f"{file.name}: the column '{printable(name[:100])}' holds "
                f"{str(kind)[:60]}, not text, numbers or dates.",
                "Write it as text.",
                "bad_file",
            )


def _as_text(name: str, kind: pl.DataType, bare: bool) -> pl.Expr:
    column = pl.col(name)
    if isinstance(kind, pl.Datetime):
        # Many writers know no dates: midnight is one.
        midnight = column.dt.time() == pl.time(0)
        in_utc = column if kind.time_zone is None else column.dt.convert_time_zone("UTC")
        day = pl.when(midnight).then(column.dt.date()).otherwise(in_utc.dt.date())
        return day.cast(pl.String).alias(name)
    text = column.cast(pl.String)
    if isinstance(kind, pl.Decimal):
        text = text.str.replace(r"(\.\d*?)0+$", "$1").str.strip_suffix(".")
    if bare and kind.is_numeric() and not kind.is_integer():
        parts = text.str.extract_groups(r"^(-?\d+)\.(\d+)$")
        digits = parts.struct[1]
        plain = pl.concat_str(
            parts.struct[0], digits, pl.lit("e-"), digits.str.len_chars().cast(pl.String)
        )
        return pl.coalesce(plain, text).alias(name)
    return text.alias(name)


def _limit_cells(file: SourceFile, column: pl.Series, start: int) -> None:
    if column.dtype != pl.String():
        return
    lengths = column.str.len_bytes()
    # A length is stored beside the text: nothing of a long cell is read or copied.
    row = lengths.arg_max()
    longest = lengths.max()
    if row is not None and isinstance(longest, int) and longest > MAX_CELL:
        raise TrackerError(
            f"{file.name}, row {start + row + 1}, {printable(column.name[:100])}: "
            f"the text is longer than {MAX_CELL:,} bytes.",
            "Check that it is the right file, or shorten it.",
            "too_large",
        )


def _limit(file: SourceFile, found: int, allowed: int, what: str) -> None:
    if found > allowed:
        raise TrackerError(
            f"{file.name} has {found:,} {what}; {allowed:,} are allowed.",
            "Check that it is the right file, or split it.",
            "too_large",
        )


def _unreadable(file: SourceFile, reason: str) -> TrackerError:
    return TrackerError(
        f"{file.name} is not usable Parquet: {reason}.",
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
