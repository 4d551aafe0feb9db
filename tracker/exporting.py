"""Write observations to a file by its suffix."""

import io
import json
from pathlib import Path

import polars as pl

from forecasts.errors import UsageError
from tracker.store.segments import write_atomically


def export(rows: pl.DataFrame, file: Path) -> None:
    """Write `rows` as .csv, .json or .parquet, whole or not at all; numbers are not rounded."""
    buffer = io.BytesIO()
    if file.suffix == ".csv":
        rows.write_csv(buffer)
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
