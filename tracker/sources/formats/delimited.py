"""Tables of delimited text, read a record at a time: no file makes this take more than a few
megabytes, whatever is in it."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from forecasts.errors import TrackerError
from tracker.sources.rows import open_bytes, too_large
from tracker.text.printable import printable

MAX_RECORD = 1_000_000  # bytes of one line, and of one record of several lines
MAX_COLUMNS = 1_000
# One cell: what Python's csv module allows unless told otherwise (131,072 characters).


@dataclass(frozen=True)
class Table:
    """An open table: the names of its columns, and its records with their row numbers.

    Row 2 is the first record after the header; lines without any text are not counted.
    """

    path: Path
    columns: list[str]
    records: Iterator[tuple[int, list[str]]]

    def position(self, column: str) -> int:
        """Where `column` stands; raises TrackerError when the header names it twice."""
        if self.columns.count(column) > 1:
            raise TrackerError(
                f"{printable(str(self.path))} has the column '{column}' more than once.",
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
def open_table(path: Path, *, max_bytes: int, max_rows: int, separators: str) -> Iterator[Table]:
    """The table in `path`, of UTF-8 text with a header, separated by the most frequent of
    `separators` in its first line.

    Opening and reading raise TrackerError, naming the line or row, for text of another kind and
    for more than `max_bytes`, `max_rows`, MAX_RECORD or MAX_COLUMNS.
    """
    name = printable(str(path))
    with open_bytes(path) as file:
        lines = _Lines(path, iter(lambda: file.readline(MAX_RECORD + 1), b""), max_bytes)
        first = next((line for line in lines if line.strip()), None)
        if first is None:
            raise TrackerError(f"{name} is empty.", "Check the path.", "bad_file")
        lines.push(first)
        # Tabs are cut off with the spaces: none of our tables begins with an unnamed column.
        separator = max(separators, key=first.strip().count)
        records = _records(path, lines, separator, max_rows)
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
        yield Table(path, columns, records)


class _Lines:
    """Lines of text; counts the bytes of the record that is being read."""

    def __init__(self, path: Path, raw: Iterator[bytes], max_bytes: int) -> None:
        self.path, self.raw, self.max_bytes = path, raw, max_bytes
        self.number = self.total = self.of_record = 0
        self.pushed: str | None = None

    def __iter__(self) -> "_Lines":
        return self

    def push(self, line: str) -> None:
        self.pushed = line

    def __next__(self) -> str:
        if self.pushed is not None:
            line, self.pushed = self.pushed, None
            return line
        try:
            content = next(self.raw)
        except OSError as error:
            raise self._error(f"cannot be read: {error.strerror}", "Check the path.") from error
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
            raise too_large(self.path, self.max_bytes)
        if b"\x00" in content:
            raise self._error(
                f"is not text: line {self.number} holds a zero byte",
                "Save it as UTF-8 text and import it again.",
            )
        try:
            return content.decode("utf-8-sig" if self.number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise self._error(
                f"is not UTF-8 text (line {self.number}, byte {error.start + 1})",
                "Save it as UTF-8 and import it again.",
            ) from error

    def _error(self, what: str, hint: str, code: str = "bad_file") -> TrackerError:
        return TrackerError(f"{printable(str(self.path))} {what}.", hint, code)


def _records(
    path: Path, lines: _Lines, separator: str, max_rows: int
) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines, delimiter=separator, strict=True)
    row = 0
    name = printable(str(path))
    while True:
        lines.of_record = 0
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            where = "the header" if row == 0 else f"row {row + 1}"
            raise TrackerError(
                f"{name} is not a well-formed table: {error} ({where}, line {lines.number}).",
                "Look for a quotation mark that is not closed or stands inside a cell.",
                "bad_file",
            ) from error
        if not any(cell and not cell.isspace() for cell in cells):
            continue
        row += 1
        if row > max_rows + 1:
            raise TrackerError(f"{name} has more than {max_rows:,} rows.", "Split it.", "too_large")
        yield row, cells
