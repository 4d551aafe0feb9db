"""Rows as an Excel workbook of one sheet."""

import io
import re
from datetime import date, datetime
from typing import Any

import polars as pl

from forecasts.errors import TrackerError

MOST_ROWS = 1_048_575  # of a sheet, below its head
# Text that a spreadsheet would take for an escaped character.
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


def write_workbook(rows: pl.DataFrame, buffer: io.BytesIO) -> int:
    """Write `rows` to a sheet: numbers in full, dates as dates, moments as ISO text, and all text
    as text, also where it begins like a formula. Returns 0, as no cell is changed.

    Raises TrackerError for more rows than a sheet has.
    """
    if rows.height > MOST_ROWS:
        raise TrackerError(
            f"A sheet holds {MOST_ROWS:,} rows, and these are {rows.height:,}.",
            "Write .parquet or .csv instead.",
            "too_large",
        )
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet("observations")
    sheet.freeze_panes = "A2"

    def cell(value: Any) -> Any:
        made = WriteOnlyCell(sheet)
        if isinstance(value, bool):
            made.value = value
        elif isinstance(value, datetime):
            made.value = value.isoformat()
        elif isinstance(value, date):
            made.value = value
            made.number_format = "yyyy-mm-dd"
        elif isinstance(value, int | float):
            # The library rounds numbers to 16 digits, but not their text.
            made._value, made.data_type = repr(value), "n"
        else:
            made._value, made.data_type = _ESCAPE.sub("_x005F_", str(value)), "s"
        return made

    sheet.append([cell(name) for name in rows.columns])
    for row in rows.iter_rows():
        sheet.append([None if value is None else cell(value) for value in row])
    book.save(buffer)
    return 0
