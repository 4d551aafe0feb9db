"""What a table says of its observations: which column is which, and what its absence means."""

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from forecasts.errors import TrackerError, UsageError
from tracker.sources.rows import ReadOptions
from tracker.store.schema import STATED
from tracker.text.printable import printable

# What points at another row means nothing outside of its workspace.
LINKS = ("retracts", "supersedes")
LINKED = "points at another row of its workspace; use `tracker merge`"


def our_columns(
    path: Path, columns: Sequence[str], options: ReadOptions, position: Callable[[str], int]
) -> dict[str, int]:
    """Position of each of our columns in the file, by name or by `options.mapping`.

    Raises:
        UsageError: the mapping names an unknown column.
        TrackerError: model, value or lab is missing; and what `position` raises.
    """
    name = printable(str(path))
    theirs_listed = printable(", ".join(columns[:30])[:500])
    for ours, theirs in options.mapping.items():
        if ours not in STATED:
            raise UsageError(
                f"--map: '{ours}' is not a column of an observation.",
                f"Columns: {', '.join(STATED)}.",
                "bad_mapping",
            )
        if theirs not in columns:
            raise UsageError(
                f"--map: {name} has no column '{theirs}'.",
                f"Its columns: {theirs_listed}.",
                "bad_mapping",
            )
    names = {c: options.mapping.get(c, c) for c in STATED}
    found = {ours: position(theirs) for ours, theirs in names.items() if theirs in columns}
    for required in ("model", "value", "lab"):
        if required not in found:
            raise TrackerError(
                f"{name} has no column '{required}'; its columns are: {theirs_listed}.",
                f"Say which one it is, for example --map {required}=score."
                if required == "value"
                else f"Say which one it is with --map {required}=COLUMN.",
                "missing_column",
            )
    return found


def complete(frame: pl.DataFrame, options: ReadOptions, source: str) -> pl.DataFrame:
    """Text rows with `row` and every column of STATED.

    Options go before columns of the file; what neither says takes the defaults (observed: today).
    """
    fixed = {
        "index_name": (options.index_name, options.default_index_name),
        "index_version": (options.index_version, options.default_index_version),
        "observed_on": (options.observed_on, options.today),
        "source": (None, source),
    }
    for name, (option, default) in fixed.items():
        if option is not None or name not in frame.columns:
            value = pl.lit(str(default if option is None else option))
        else:
            blank = pl.col(name).str.strip_chars() == ""
            value = pl.when(blank.fill_null(True)).then(pl.lit(str(default))).otherwise(name)
        frame = frame.with_columns(value.alias(name))
    absent = [pl.lit(None, pl.String).alias(c) for c in STATED if c not in frame.columns]
    return frame.with_columns(absent).select("row", *STATED)


def defaulted(frame: pl.DataFrame, options: ReadOptions) -> set[str]:
    """Those of index_name and index_version that some row of `frame` leaves to the default."""
    options_say = {"index_name": options.index_name, "index_version": options.index_version}
    return {
        name
        for name, option in options_say.items()
        if option is None
        and frame.height
        and (
            name not in frame.columns or frame[name].str.strip_chars().eq("").fill_null(True).any()
        )
    }


def default_notes(taken: set[str], rows: pl.DataFrame, options: ReadOptions) -> list[str]:
    """A note on the index version that took its name from defaults (`taken`) and is new."""
    name = options.index_name or options.default_index_name
    version = options.index_version or options.default_index_version
    if not taken or (name, version) in options.known_indices:
        return []
    if rows.filter(index_name=name, index_version=version).is_empty():
        return []
    says = {"index_name": "--index", "index_version": "--index-version"}
    given = " and ".join(says[c] for c in says if c in taken)
    return [
        f"The file and the options do not say all: taken as index '{name}', version '{version}', "
        f"which is new here; {given} can name another."
    ]


def country_notes(rows: pl.DataFrame, options: ReadOptions) -> list[str]:
    """A note on rows whose country is not the catalogue's for their lab."""
    labs = rows.select("lab").unique()["lab"].to_list()
    known = {name: lab.countries for name in labs if (lab := options.catalogue.lab(name))}
    expected = pl.col("lab").replace_strict(known, default=None, return_dtype=pl.String)
    other = pl.col("country").str.split(",").list.sort() != expected.str.split(",").list.sort()
    found = rows.filter(other.fill_null(False)) if known else rows.clear()
    if found.is_empty():
        return []
    first = found.row(0, named=True)
    return [
        f"{counted(found.height, 'row has', 'rows have')} another country than the catalogue has "
        f"for the lab, first '{first['model']}': {first['lab']} with {first['country']}, not "
        f"{known[first['lab']]}."
    ]


def counted(number: int, one: str, many: str) -> str:
    """A number with the word that goes with it."""
    return f"{number} {one if number == 1 else many}"


def file_source(kind: str, path: Path) -> str:
    """The `source` of rows that name none: the kind and the name of their file."""
    return f"{kind}:{printable(path.name)}"[:100].rstrip()


def notes_of(path: Path, rows: pl.DataFrame, ignored: Sequence[str], good: bool) -> list[str]:
    """What a reader should know of a table that was read; `good`: no row had a problem."""
    notes = []
    if ignored:
        shown = ", ".join(ignored[:30])[:500] + (" ..." if len(ignored) > 30 else "")
        notes.append(f"Columns not used: {printable(shown)}.")
    undated = rows["released_on"].null_count()
    if undated:
        notes.append(
            f"{counted(undated, 'row has', 'rows have')} no release date and "
            "cannot enter a frontier."
        )
    if rows.is_empty() and good:
        notes.append(f"{printable(str(path))} holds no rows.")
    return notes
