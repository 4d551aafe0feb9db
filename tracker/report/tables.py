"""Frames as text for a page: every cell of a column with the same number of decimals."""

import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

MAX_ROWS = 1000
_SHARES = ("probability", "share", "coverage")
_CODES = {"n": "number", "q05": "5%", "q10": "10%", "q25": "25%", "q50": "50%", "q75": "75%",
          "q90": "90%", "q95": "95%"}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """A column: its name in the frame, its heading, and `number`, `date` or `text`."""

    name: str
    heading: str
    kind: str


@dataclass(frozen=True)
class Table:
    """Cells as text, row by row; `left_out` counts the oldest rows that are not shown."""

    columns: list[Column]
    rows: list[list[str]]
    left_out: int


def make_table(frame: pl.DataFrame, most: int = MAX_ROWS) -> Table:
    """The last `most` rows of a frame; nested columns are left out, and those without a value."""
    flat = frame.select(
        c for c, kind in frame.schema.items()
        if not kind.is_nested() and (frame.is_empty() or frame[c].null_count() < frame.height)
    )  # fmt: skip
    shown = flat.tail(most)
    columns = [Column(name, _heading(name), _kind(kind)) for name, kind in flat.schema.items()]
    cells = [column_text(shown[column.name]) for column in columns]
    rows = [list(row) for row in zip(*cells, strict=True)]
    return Table(columns, rows, flat.height - shown.height)


def column_text(column: pl.Series) -> list[str]:
    """Every value as text: shares in percent with one decimal, other numbers by `decimals`."""
    if column.name.startswith(_SHARES) and column.dtype.is_float():
        return ["" if v is None else f"{100 * v:.1f}%" for v in column]
    places = decimals(column) if column.dtype.is_float() else 0
    return [cell(value, places) for value in column]


def decimals(values: pl.Series) -> int:
    """Four where all values lie within one of zero, as on an index of fractions; else two."""
    largest = values.abs().max()
    return 4 if isinstance(largest, float) and 0 < largest <= 1 else 2


def cell(value: object, places: int = 2) -> str:
    """One value as text; nothing for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.{places}f}"
    return value.isoformat() if isinstance(value, date) else str(value)


def isolated(name: Any) -> str:
    """A name for the middle of a sentence: one with right-to-left letters keeps its neighbours
    in place.
    """
    text = str(name)
    if any(unicodedata.bidirectional(letter) in {"R", "AL"} for letter in text):
        return f"\u2068{text}\u2069"
    return text


def _heading(name: str) -> str:
    return _CODES.get(name, name.replace("_", " "))


def _kind(kind: pl.DataType) -> str:
    return "number" if kind.is_numeric() else "date" if kind == pl.Date else "text"
