"""Write observations to a file by its suffix."""

import io
import json
from pathlib import Path

import polars as pl

from forecasts.errors import UsageError
from tracker.store.outputs import write_output
from tracker.text.spreadsheet import guard


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
    write_output(file, buffer.getvalue())
    return guarded
