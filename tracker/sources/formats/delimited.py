"""Tables of delimited text, read a record at a time: no file makes this take more than a few
megabytes, whatever is in it."""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO

import polars as pl

from forecasts.errors import TrackerError
from tracker.sources.file import SourceFile
from tracker.sources.formats.head import find_head
from tracker.sources.formats.packed import Damaged
from tracker.sources.formats.plain import plain_rows
from tracker.sources.formats.text_lines import TextLines

MAX_RECORD = 1_000_000  # bytes of one line, and of one record of several lines
MAX_COLUMNS = 1_000
_BLOCK = 8_000_000  # bytes of lines that are read in columns at once
_LOOKED_AT = 30  # lines among which the head of a table is looked for
# The line in which a spreadsheet is told the separator.
_DIRECTIVE = re.compile(r'^"?sep=(.)"?\s*$', re.IGNORECASE)
# One cell: what Python's csv module allows unless told otherwise (131,072 characters).


@dataclass(frozen=True)
class Table:
    """An open table: the names of its columns, and its records with their row numbers.

    Row 2 is the first record after a header in row 1; lines without any text are not counted.
    `blocks` gives rows in columns (`row`, then "0", "1", ... by position) as long as they are plain
    (`formats.plain`) and is read first; `records` gives what is left.
    `notes` grows with what is found while records are read.
    """

    file: SourceFile
    columns: list[str]
    blocks: Iterator[pl.DataFrame]
    records: Iterator[tuple[int, list[str]]]
    notes: list[str] = field(default_factory=list[str])

    def position(self, column: str) -> int:
        """Where `column` stands; raises TrackerError when the header names it twice."""
        if self.columns.count(column) > 1:
            raise TrackerError(
                f"{self.file.name} has the column '{column}' more than once.",
                "Rename or delete the one that is not meant.",
                "bad_header",
            )
        return self.columns.index(column)

    def wrong_length(self, cells: list[str]) -> str | None:
        """Why a record does not fit the header, or None; empty cells at its end do no harm."""
        expected = len(self.columns)
        if len(cells) == expected or (len(cells) > expected and not any(cells[expected:])):
            return None
        return f"has {len(cells)} cells where the header has {expected}"


@contextmanager
def open_table(
    file: SourceFile,
    *,
    max_bytes: int,
    max_rows: int,
    separators: str,
    is_head: Callable[[Sequence[str]], bool] = lambda cells: True,
) -> Iterator[Table]:
    """The table in `file`, of text with a header: the first record that `is_head`, separated by
    that of `separators` which makes it one or, where a line `sep=;` says it, by that.

    Opening and reading raise TrackerError, naming the line or row, for text of another kind and
    for more than `max_bytes`, `max_rows`, MAX_RECORD or MAX_COLUMNS.
    """
    name = file.name
    with file.open() as raw:
        lines = _Lines(file, _opened(file, raw), max_bytes)
        first = next((line for line in lines if line.strip()), None)
        if first is None:
            raise TrackerError(f"{name} is empty.", "Check the path.", "bad_file")
        told = _DIRECTIVE.match(first)
        if told:
            separators = told[1]
        ahead = lines.ahead([] if told else [first])
        separator, above = find_head(ahead, separators, is_head)
        above_it = sum(1 for line in ahead[:above] if line.strip())
        lines.pushed = ahead[above:]
        notes = lines.notes
        if above_it:
            notes.append(f"Lines above the head that were passed over: {above_it}.")
        records = _Records(file, lines, separator, (above_it, max_rows))
        header = next(records, None)
        if header is None:  # quotation marks and separators, and nothing between them
            raise TrackerError(f"{name} names no columns.", "Check the path.", "bad_file")
        columns = [cell.strip() for cell in header[1]]
        if len(columns) > MAX_COLUMNS:
            raise TrackerError(
                f"{name} has {len(columns):,} columns; {MAX_COLUMNS:,} are allowed.",
                "Check that it is the right file, or delete columns.",
                "too_large",
            )
        yield Table(file, columns, records.blocks(len(columns)), records, notes)


def _opened(file: SourceFile, raw: BinaryIO) -> TextLines:
    try:
        return TextLines(raw, MAX_RECORD)
    except UnicodeDecodeError as error:
        raise _not_utf_16(file) from error
    except (OSError, Damaged) as error:
        raise file.unreadable(error) from error


def _not_utf_16(file: SourceFile) -> TrackerError:
    return TrackerError(
        f"{file.name} begins as UTF-16 text and is none.",
        "Save it as UTF-8 and import it again.",
        "bad_file",
    )


class _Lines:
    """Lines of text; counts the bytes of the record that is being read."""

    def __init__(self, file: SourceFile, raw: TextLines, max_bytes: int) -> None:
        self.file, self.raw, self.max_bytes = file, raw, max_bytes
        self.notes = raw.notes
        self.number = self.total = self.of_record = 0
        self.pushed: list[str] = []

    def __iter__(self) -> "_Lines":
        return self

    def ahead(self, read: list[str]) -> list[str]:
        """`read` and the lines after it, so many as the head of a table is looked for in."""
        while len(read) < _LOOKED_AT and (line := next(self, None)) is not None:
            self.of_record = 0
            read.append(line)
        return read

    def block(self) -> bytes:
        """The next whole lines, or nothing where there are none of UTF-8; they count as read."""
        if not self.raw.may_be_utf_8:
            return b""
        ahead = "".join(self.pushed).encode()
        self.pushed = []
        try:
            more = self.raw.block(_BLOCK)
        except UnicodeDecodeError as error:
            raise _not_utf_16(self.file) from error
        except (OSError, Damaged) as error:
            raise self.file.unreadable(error) from error
        self.number += _lines_of(more)
        self.total += len(more)
        if self.total > self.max_bytes:
            raise self.file.too_large(self.max_bytes)
        return ahead + more

    def put_back(self, block: bytes) -> None:
        """Lines of a block that are to be read one by one after all."""
        self.number -= _lines_of(block)
        self.total -= len(block)
        self.raw.put_back(block)

    def __next__(self) -> str:
        if self.pushed:
            line = self.pushed.pop(0)
            self.of_record += len(line)
            return line
        try:
            content = next(self.raw)
        except UnicodeDecodeError as error:
            raise _not_utf_16(self.file) from error
        except (OSError, Damaged) as error:
            raise self.file.unreadable(error) from error
        self.number += 1
        size = len(content)
        self.total += size
        self.of_record += size
        if size > MAX_RECORD:
            raise self._error(
                f"is no table: line {self.number} is longer than {MAX_RECORD:,} bytes",
                "Check that it is the right file.", "too_large",
            )  # fmt: skip
        if self.of_record > MAX_RECORD:
            raise self._error(
                f"has a record of more than {MAX_RECORD:,} bytes that ends in line {self.number} "
                "or later",
                "Look for a quotation mark that is not closed.", "too_large",
            )  # fmt: skip
        if self.total > self.max_bytes:
            raise self.file.too_large(self.max_bytes)
        if b"\x00" in content:
            raise self._error(
                f"is not text: line {self.number} holds a zero byte",
                "Save it as UTF-8 text and import it again.",
            )
        try:
            text = self.raw.decode(content)
        except UnicodeDecodeError as error:
            raise self._error(
                f"is UTF-8 text in some lines and none in others (line {self.number}, "
                f"byte {error.start + 1})"
                if error.encoding == "utf-8"
                else f"is neither UTF-8 nor Windows-1252 text (line {self.number}, "
                f"byte {error.start + 1})",
                "Save it as UTF-8 and import it again.",
            ) from error
        return text.removeprefix("\ufeff") if self.number == 1 else text

    def _error(self, what: str, hint: str, code: str = "bad_file") -> TrackerError:
        return TrackerError(f"{self.file.name} {what}.", hint, code)


def _lines_of(block: bytes) -> int:
    """How many lines there are, of which the last may have no end."""
    return block.count(b"\n") + (block[-1:] not in {b"", b"\n"})


class _Records:
    """Records after so many rows above them, up to so many, each with its row."""

    def __init__(
        self, file: SourceFile, lines: _Lines, separator: str, rows: tuple[int, int]
    ) -> None:
        self.file, self.lines, self.separator = file, lines, separator
        self.first, self.max_rows = rows
        self.row = self.first
        self.reader = csv.reader(lines, delimiter=separator, strict=True)

    def __iter__(self) -> "_Records":
        return self

    def __next__(self) -> tuple[int, list[str]]:
        while True:
            self.lines.of_record = 0
            try:
                cells = next(self.reader)
            except csv.Error as error:
                where = "the header" if self.row == self.first else f"row {self.row + 1}"
                raise TrackerError(
                    f"{self.file.name} is not a well-formed table: {error} ({where}, line "
                    f"{self.lines.number}).",
                    "Look for a quotation mark that is not closed or stands inside a cell.",
                    "bad_file",
                ) from error
            if any(cell and not cell.isspace() for cell in cells):
                self._count(1)
                return self.row, cells

    def blocks(self, width: int) -> Iterator[pl.DataFrame]:
        """The next records in columns, as long as they are plain."""
        while block := self.lines.block():
            # What ends the last line, and blank lines after it, are no records.
            rows = plain_rows(block.rstrip(b"\r\n") + b"\n", width, self.separator)
            if rows is None:
                self.lines.put_back(block)
                return
            if not block.isascii():
                self.lines.raw.decode(block)  # as UTF-8, which it then has to stay
            start = self.row + 1
            self._count(rows.height)
            numbers = pl.int_range(start, start + rows.height, dtype=pl.Int64).alias("row")
            yield rows.select(numbers, pl.all())

    def _count(self, rows: int) -> None:
        self.row += rows
        if self.row > self.first + self.max_rows + 1:
            raise TrackerError(
                f"{self.file.name} has more than {self.max_rows:,} rows.", "Split it.", "too_large"
            )
