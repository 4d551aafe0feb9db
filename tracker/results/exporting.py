"""Write observations to a file by its suffix."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl

from forecasts.errors import UsageError
from tracker.results.workbook import write_workbook
from tracker.store.outputs import write_output
from tracker.text.spreadsheet import guard

LINKS = ("retracts", "supersedes")


def export(rows: pl.DataFrame, file: Path) -> int:
    """Write `rows` as .csv, .json, .parquet or .xlsx, whole or not at all; numbers are not rounded.

    Returns the number of CSV cells that `guard` changed; the others hold the text as it is.
    """
    writers: dict[str, Callable[[pl.DataFrame, io.BytesIO], int]] = {
        ".csv": _csv,
        ".json": _json,
        ".parquet": _parquet,
        ".xlsx": write_workbook,
    }
    if file.suffix not in writers:
        *most, last = writers
        raise UsageError(
            f"'{file}' does not end in {', '.join(most)} or {last}.",
            "Choose one.",
            "unknown_suffix",
        )
    buffer = io.BytesIO()
    guarded = writers[file.suffix](rows, buffer)
    write_output(file, buffer.getvalue())
    return guarded


def standing(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows that stand, each by itself: what a row corrects is not among them."""
    return rows.with_columns(pl.lit(None, pl.String).alias(name) for name in LINKS)


def _csv(rows: pl.DataFrame, buffer: io.BytesIO) -> int:
    safe, guarded = guard(rows)
    safe.write_csv(buffer)
    return guarded


def _json(rows: pl.DataFrame, buffer: io.BytesIO) -> int:
    plain = rows.with_columns(pl.col(pl.Date, pl.Datetime).dt.to_string("iso:strict"))
    buffer.write(json.dumps(plain.to_dicts(), ensure_ascii=False, indent=1).encode())
    return 0


def _parquet(rows: pl.DataFrame, buffer: io.BytesIO) -> int:
    rows.write_parquet(buffer)
    return 0
