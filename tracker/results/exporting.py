"""Write observations to a file by its suffix."""

import io
import json
from pathlib import Path

import polars as pl

from forecasts.errors import UsageError
from tracker.store.segments import write_atomically

# Signs, full width ones too, at which a spreadsheet takes a cell for a formula.
_SIGNS = "[=+\\-@\t\r\n＝＋－＠]"
GUARDED = f"^'+{_SIGNS}"


def guard(rows: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Rows whose text is safe in a spreadsheet, and the number of cells that were changed.

    A text cell that begins with a formula sign, or with apostrophes and then one, gets one
    apostrophe before it. Taking one off each cell that matches GUARDED restores the text.
    """
    names = [c for c, kind in rows.schema.items() if kind == pl.String()]
    if not names or rows.is_empty():
        return rows, 0
    risky = pl.col(names).str.contains(f"^'*{_SIGNS}").fill_null(False)
    count = int(rows.select(risky.sum()).sum_horizontal().item())
    if not count:
        return rows, 0
    return rows.with_columns(
        pl.when(risky).then(pl.lit("'") + pl.col(names)).otherwise(pl.col(names)).name.keep()
    ), count


def guard_note(count: int) -> str:
    """What to tell a person of `count` cells that `guard` changed."""
    cells = "cell begins" if count == 1 else "cells begin"
    return (
        f"{count} text {cells} like a formula: the CSV has an apostrophe before it, which "
        "`tracker import csv` takes off again."
    )


def export(rows: pl.DataFrame, file: Path) -> int:
    """Write `rows` as .csv, .json or .parquet, whole or not at all; numbers are not rounded.

    Returns the number of CSV cells that `guard` changed; JSON and Parquet hold the text as it is.
    """
    buffer = io.BytesIO()
    guarded = 0
    if file.suffix == ".csv":
        safe, guarded = guard(rows)
        safe.write_csv(buffer)
    elif file.suffix == ".json":
        plain = rows.with_columns(pl.col(pl.Date, pl.Datetime).dt.to_string("iso:strict"))
        buffer.write(json.dumps(plain.to_dicts(), ensure_ascii=False, indent=1).encode())
    elif file.suffix == ".parquet":
        rows.write_parquet(buffer)
    else:
        raise UsageError(
            f"'{file}' does not end in .csv, .json or .parquet.", "Choose one.", "unknown_suffix"
        )
    write_atomically(file, buffer.getvalue())
    return guarded
