"""Frames as text for a page: every cell of a column with the same number of decimals."""

import unicodedata
from dataclasses import dataclass
from typing import Any

import polars as pl

from forecasts.measures.value_scale import ValueScale
from tracker.text.dates import with_shown_dates
from tracker.text.numbers import column_text

MAX_ROWS = 1000
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


def make_table(frame: pl.DataFrame, scale: ValueScale | None = None, most: int = MAX_ROWS) -> Table:
    """The last `most` rows of a frame, values of the index with the digits of its `scale`.

    Nested columns are left out, those without a value, and means of draws: a median is what can be
    said of a quantity that grows by factors.
    """
    frame = with_shown_dates(frame)
    flat = frame.select(
        c for c, kind in frame.schema.items()
        if not kind.is_nested() and c != "mean"
        and (frame.is_empty() or frame[c].null_count() < frame.height)
    )  # fmt: skip
    shown = flat.tail(most)
    columns = [Column(name, _heading(name), _kind(kind)) for name, kind in flat.schema.items()]
    cells = [column_text(shown[column.name], scale) for column in columns]
    rows = [list(row) for row in zip(*cells, strict=True)]
    return Table(columns, rows, flat.height - shown.height)


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
