"""Sheets of an Excel workbook (.xlsx) within bounds, as text.

A formula counts by its stored result. A date is ISO text, with as many parts as its format shows; a
number shown in percent is the number shown. Nothing is unpacked before its size is known.
"""

import io
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from forecasts.errors import TrackerError, UsageError
from tracker.sources.file import SourceFile
from tracker.text.printable import printable

MAX_BYTES = 100_000_000
MAX_UNPACKED = 400_000_000
MAX_PARTS = 10_000
MAX_ROWS = 1_048_576  # of a sheet, by the standard
MAX_COLUMNS = 1_000
MAX_CELLS = 20_000_000
_LOOKED_AT = 30  # rows among which the head of a table is looked for
_BLOCK, _OVERLAP = 1 << 22, 1 << 16
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*?\bref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"')
# A cell with a formula and no stored result; a result of text may be empty.
_UNSTORED = re.compile(
    rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f\b[^>]*(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_HINT = "Save it as .xlsx again, or as csv."


@dataclass(frozen=True)
class Sheet:
    """The rows of a sheet that are not blank, each with its number; cells without text are ''.

    `unstored` are rows and columns (from 0) of formulas without a result, `merged` ranges of the
    same as (first row, last row, first column, last column).
    """

    name: str
    rows: list[tuple[int, list[str]]]
    merged: list[tuple[int, int, int, int]] = field(default_factory=list[tuple[int, int, int, int]])
    unstored: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])


@dataclass(frozen=True)
class Chosen:
    """A sheet that was read, and why it was this one."""

    sheet: Sheet
    notes: list[str]


def read_sheet(file: SourceFile, name: str, has_head: Callable[[Sequence[Sequence[str]]], bool]) \
        -> Chosen:  # fmt: skip
    """The sheet `name`, or the only one that is visible and of which the first rows `has_head`.

    Raises:
        TrackerError: no workbook, larger than the limits, or protected.
        UsageError: there is no such sheet, or several could be meant.
    """
    content = file.read(MAX_BYTES)
    archive = _archive(file, content)
    with _as_one_sentence(file):
        import openpyxl

        book = openpyxl.load_workbook(
            io.BytesIO(content), read_only=True, data_only=True, keep_links=False
        )
        sheets = {sheet.title: sheet for sheet in book.worksheets}
    hidden = [title for title, sheet in sheets.items() if sheet.sheet_state != "visible"]
    if name:
        same = [title for title in sheets if title.strip().casefold() == name.strip().casefold()]
        title = name if name in sheets else same[0] if len(same) == 1 else None
        if title is None:
            raise UsageError(
                f"`sheet`: {file.name} has no sheet '{printable(name[:60])}'.",
                f"Its sheets: {_listed(sheets)}.",
                "bad_sheet",
            )
        return Chosen(_read(file, archive, sheets[title]), [])
    visible = [title for title in sheets if title not in hidden]
    candidates = visible
    if len(visible) > 1:
        with _as_one_sentence(file):
            candidates = [t for t in visible if has_head(_first_rows(sheets[t]))]
    if len(candidates) != 1:
        which = (
            "several sheets that could be meant" if candidates or visible else "no visible sheet"
        )
        raise UsageError(
            f"{file.name} has {which}: {_listed(candidates or visible or sheets)}.",
            "Say which one with `sheet` NAME.",
            "missing_sheet",
        )
    notes: list[str] = []
    if len(sheets) > 1:
        others = _listed([t for t in sheets if t != candidates[0]], hidden)
        notes.append(f"Read is the sheet '{printable(candidates[0])}'; others: {others}.")
    return Chosen(_read(file, archive, sheets[candidates[0]]), notes)


def _archive(file: SourceFile, content: bytes) -> zipfile.ZipFile:
    """The parts of a workbook, all within the limits and none with entities of its own."""
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise _bad(file, "an old .xls file or protected by a password")
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise _bad(file, "no .xlsx workbook") from error
    if "xl/workbook.xml" not in {part.filename.lower() for part in parts}:
        raise _bad(file, "no .xlsx workbook")
    for found, allowed, what in (
        (len(parts), MAX_PARTS, "parts"),
        (sum(part.file_size for part in parts), MAX_UNPACKED, "bytes when unpacked"),
    ):
        if found > allowed:
            raise TrackerError(
                f"{file.name} has {found:,} {what}; {allowed:,} are allowed.",
                "Check that it is the right file, or save the table alone as csv.",
                "too_large",
            )
    with _as_one_sentence(file):
        for part in parts:
            if part.filename.lower().endswith((".xml", ".rels")):
                _refuse_entities(file, archive, part.filename)
    return archive


def _refuse_entities(file: SourceFile, archive: zipfile.ZipFile, part: str) -> None:
    for block in _blocks(archive, part):
        if b"<!DOCTYPE" in block or b"<!ENTITY" in block or b"<\x00!\x00" in block:
            raise _bad(file, "a workbook that declares a document type, as none does")


def _blocks(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """A part piece by piece, each with the end of the one before."""
    with archive.open(part) as stream:
        before = b""
        while block := stream.read(_BLOCK):
            yield before + block
            before = (before + block)[-_OVERLAP:]


def _first_rows(sheet: Any) -> list[list[str]]:
    sheet.reset_dimensions()
    rows = sheet.iter_rows(max_row=_LOOKED_AT)
    return [[_text(cell) for cell in row[:MAX_COLUMNS]] for row in rows]


def _read(file: SourceFile, archive: zipfile.ZipFile, sheet: Any) -> Sheet:
    rows: list[tuple[int, list[str]]] = []
    cells = 0
    with _as_one_sentence(file):
        sheet.reset_dimensions()  # what a file says of them makes rows of nothing
        for number, row in enumerate(sheet.iter_rows(), start=1):
            if number > MAX_ROWS:
                raise _too_many(file, sheet, f"more than {MAX_ROWS:,} rows")
            if not row:
                continue
            cells += len(row)
            if cells > MAX_CELLS:
                raise _too_many(file, sheet, f"more than {MAX_CELLS:,} cells")
            texts = [_text(cell) for cell in row]
            while texts and not texts[-1]:
                texts.pop()
            if len(texts) > MAX_COLUMNS:
                raise _too_many(file, sheet, f"more than {MAX_COLUMNS:,} columns")
            if texts:
                rows.append((number, texts))
        merged, unstored = _marks(archive, sheet._worksheet_path)
    return Sheet(sheet.title, rows, merged, unstored)


def _marks(
    archive: zipfile.ZipFile, part: str
) -> tuple[list[tuple[int, int, int, int]], set[tuple[int, int]]]:
    merged: set[bytes] = set()
    unstored: set[bytes] = set()
    for block in _blocks(archive, part):
        merged.update(_MERGED.findall(block))
        for attributes in _UNSTORED.findall(block):
            address = re.search(rb'\br="([A-Z]{1,3}\d{1,7})"', attributes)
            if address and b't="str"' not in attributes:
                unstored.add(address[1])
    ranges = (tuple(map(_place, ref.decode().split(":"))) for ref in sorted(merged))
    return (
        [(first[0], last[0], first[1], last[1]) for first, last in ranges],
        {_place(address.decode()) for address in unstored},
    )


def _place(address: str) -> tuple[int, int]:
    """Row and column (from 0) of an address such as B7."""
    letters = address.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = 26 * column + ord(letter) - ord("A") + 1
    return int(address[len(letters) :]), column - 1


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value).strip()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return _day(value, str(cell.number_format))
    if isinstance(value, int | float):
        shown = _bare_format(str(cell.number_format))
        return f"{(Decimal(repr(value)) * 100).normalize():f}%" if "%" in shown else repr(value)
    return str(value)[:1000]


def _day(moment: datetime, number_format: str) -> str:
    if moment.time() != time():
        return moment.isoformat(sep=" ", timespec="seconds")
    shown = _bare_format(number_format)
    if "y" in shown and "d" not in shown:
        return moment.strftime("%Y-%m" if "m" in shown else "%Y")
    return str(moment.date())


def _bare_format(number_format: str) -> str:
    """A format without what it shows as it is, and what it says of colour and language."""
    return re.sub(r'"[^"]*"|\\.|\[[^\]]*\]|_.', "", number_format).casefold()


@contextmanager
def _as_one_sentence(file: SourceFile) -> Iterator[None]:
    """What the reader may raise at a damaged workbook, as one sentence; without its warnings."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except TrackerError:
        raise
    except Exception as error:  # it raises whatever its parts do
        raise _bad(file, f"a workbook that cannot be read ({type(error).__name__})") from error


def _too_many(file: SourceFile, sheet: Any, what: str) -> TrackerError:
    return TrackerError(
        f"{file.name}, sheet '{printable(sheet.title)}' has {what}.",
        "Check that it is the right file, or split it.",
        "too_large",
    )


def _bad(file: SourceFile, what: str) -> TrackerError:
    return TrackerError(f"{file.name} is {what}.", _HINT, "bad_file")


def _listed(titles: Sequence[str] | dict[str, Any], hidden: Sequence[str] = ()) -> str:
    shown = [f"'{t[:60]}'" + (" (hidden)" if t in hidden else "") for t in titles]
    return printable(", ".join(shown[:20]) + (" ..." if len(shown) > 20 else ""))
