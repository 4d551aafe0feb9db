"""Observations from a table of comma, semicolon or tab separated values."""

import csv
import io
from pathlib import Path

import polars as pl

from forecasts.errors import TrackerError, UsageError
from tracker.sources.reading import Reading, ReadOptions, batch, check_rows, decode, read_bytes
from tracker.store.schema import STATED

DESCRIPTION = "a table with the columns model, value, lab and, if you have them, the others"


def read(path: Path, options: ReadOptions) -> Reading:
    """Rows of a CSV file with a header.

    Columns have the names of the store or are mapped to them. --index, --index-version and
    --observed go before columns of the file; what neither says takes the defaults (observed:
    today).

    Raises:
        TrackerError: not a table of UTF-8 text, or a required column is missing.
        UsageError: a mapping names an unknown column.
    """
    text = decode(path, read_bytes(path))
    header = text.lstrip().splitlines()[0]
    separator = max(",;\t", key=header.count)
    try:
        lines = [
            line
            for line in csv.reader(io.StringIO(text), delimiter=separator, strict=True)
            if any(cell.strip() for cell in line)
        ]
    except csv.Error as error:
        raise TrackerError(
            f"{path} is not a well-formed table: {error}.", "", "bad_file"
        ) from error
    columns = [name.strip() for name in lines[0]]
    of_ours = _columns(path, columns, options)
    data = lines[1:]
    frame = pl.DataFrame(
        {
            "row": range(2, len(data) + 2),
            **{
                name: pl.Series(
                    [line[at] if at < len(line) else None for line in data], dtype=pl.String
                )
                for name, at in of_ours.items()
            },
        },
        schema_overrides={"row": pl.Int64},
    )
    fixed = {
        "index_name": (options.index_name, options.default_index_name),
        "index_version": (options.index_version, options.default_index_version),
        "observed_on": (options.observed_on, options.today),
        "source": (None, f"csv:{path.name}"[:100]),
    }
    for name, (option, default) in fixed.items():
        if option is not None:
            frame = frame.with_columns(pl.lit(str(option)).alias(name))
        elif name in frame.columns:
            frame = frame.with_columns(
                pl.when(pl.col(name).str.strip_chars() == "")
                .then(pl.lit(str(default)))
                .otherwise(pl.col(name).fill_null(str(default)))
                .alias(name)
            )
        else:
            frame = frame.with_columns(pl.lit(str(default)).alias(name))
    for name in STATED:
        if name not in frame.columns:
            frame = frame.with_columns(pl.lit(None, pl.String).alias(name))
    rows, problems = check_rows(frame.select("row", *STATED), options)
    used = set(of_ours.values())
    ignored = [name for at, name in enumerate(columns) if at not in used]
    notes = [f"Columns not used: {', '.join(ignored)}."] if ignored else []
    undated = rows["released_on"].null_count()
    if undated:
        notes.append(f"{undated} rows have no release date and cannot enter a frontier.")
    return Reading(rows, len(data), problems, [], *batch(rows), notes)


def _columns(path: Path, columns: list[str], options: ReadOptions) -> dict[str, int]:
    """Position of each of our columns in the file."""
    for ours, theirs in options.mapping.items():
        if ours not in STATED:
            raise UsageError(
                f"--map: '{ours}' is not a column of an observation.",
                f"Columns: {', '.join(STATED)}.",
                "bad_mapping",
            )
        if theirs not in columns:
            raise UsageError(
                f"--map: {path} has no column '{theirs}'.",
                f"Its columns: {', '.join(columns[:30])}.",
                "bad_mapping",
            )
    found = {c: columns.index(c) for c in STATED if c in columns}
    found |= {ours: columns.index(theirs) for ours, theirs in options.mapping.items()}
    for name in ("model", "value", "lab"):
        if name not in found:
            raise TrackerError(
                f"{path} has no column '{name}'; its columns are: {', '.join(columns[:30])[:500]}.",
                f"Say which one it is, for example --map {name}=score."
                if name == "value"
                else f"Say which one it is with --map {name}=COLUMN.",
                "missing_column",
            )
    return found
