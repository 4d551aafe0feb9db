"""Whether every file in the folder is a segment, and every row of it obeys the rules."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from tracker.store.schema import (
    EARLIEST,
    MAX_TEXT,
    PRECISIONS,
    REQUIRED,
    SCHEMA,
    UNSTORABLE_TEXT,
    content_ids,
    with_model_keys,
)
from tracker.store.sealed_file import Damage, SealedFile, sealed_files
from tracker.store.segments import open_segment, scan

_ID = r"^[0-9a-f]{32}$"
_SLICE = 500_000


@dataclass(frozen=True)
class Validation:
    """Number of files, rows in the good ones, and what is wrong with the others."""

    segments: int
    rows: int
    damaged: list[Damage]


def validate(folder: Path, progress: Callable[[str], None] = lambda _: None) -> Validation:
    """Check every file: name, checksum, format, columns, and the rules that rows obey."""
    files = sealed_files(folder)
    rows = 0
    damaged: list[Damage] = []
    for at, path in enumerate(files, start=1):
        if at % 100 == 0:
            progress(f"{at} of {len(files)} segments ...")
        found = open_segment(path)
        if isinstance(found, SealedFile):
            reason = broken_rule_of(found)
            if reason is None:
                rows += int(scan([found]).select(pl.len()).collect().item())
                continue
            found = Damage(path.name, reason)
        # A compaction that finished meanwhile has put the rows elsewhere.
        if os.path.lexists(path):
            damaged.append(found)
    return Validation(len(files), rows, damaged)


def broken_rule(rows: pl.DataFrame) -> str | None:
    """The first rule that a row of a segment breaks, naming the row, or None."""
    keyed = with_model_keys(rows.select("model")).rename({"model_key": "right_key"})
    checked = pl.concat(
        [rows, keyed.select("right_key"), content_ids(rows).alias("right_id").to_frame()],
        how="horizontal",
    )
    for name, wrong, reason in _RULES:
        broken = checked.filter(wrong)
        if broken.height:
            return f"its row {broken['observation_id'][0]}: {name} {reason}"
    return None


def broken_rule_of(segment: SealedFile) -> str | None:
    """The first rule that a segment breaks, or None."""
    rows = scan([segment])
    try:
        total = int(rows.select(pl.len()).collect().item())
        # In slices, so that a large segment does not have to fit in memory.
        for start in range(0, total, _SLICE):
            reason = broken_rule(rows.slice(start, _SLICE).collect())
            if reason is not None:
                return reason
    except (Exception, pl.exceptions.PanicException) as error:
        return f"it is not readable Parquet ({type(error).__name__})"
    return None


def _rules() -> list[tuple[str, pl.Expr, str]]:
    found: list[tuple[str, pl.Expr, str]] = []
    acts = pl.col("retracts").is_not_null()
    for name, kind in SCHEMA.items():
        column = pl.col(name)
        if name in (*REQUIRED, "observation_id", "model_key", "recorded_at"):
            missing = column.is_null() & ~acts if name == "value" else column.is_null()
            found.append((name, missing, "is missing"))
        if name in MAX_TEXT:
            found.append((name, column.str.len_chars() > MAX_TEXT[name], "is too long"))
        if kind == pl.String():
            bad = column.str.contains(UNSTORABLE_TEXT)
            found.append((name, bad, "holds a character that cannot be stored"))
        if kind == pl.Float64():
            found.append((name, ~column.is_finite(), "is not a finite number"))
        if kind == pl.Date():
            found.append((name, column < EARLIEST, f"is before {EARLIEST}"))
            # A day of tolerance: clocks differ, and so do time zones.
            late = column > pl.col("recorded_at").dt.date().dt.offset_by("1d")
            found.append((name, late, "is later than its recording"))
    for name in ("supersedes", "retracts"):
        found.append((name, ~pl.col(name).str.contains(_ID), "is not an id"))
    both = acts & pl.col("supersedes").is_not_null()
    return [
        *found,
        ("stderr", pl.col("stderr") < 0, "is negative"),
        ("released_precision", ~pl.col("released_precision").is_in(PRECISIONS),
         "is neither month nor year"),
        ("released_precision",
         pl.col("released_precision").is_not_null() & pl.col("released_on").is_null(),
         "stands without a date"),
        ("value", acts & pl.col("value").is_not_null(), "is given by a retraction"),
        ("retracts", both, "stands beside supersedes"),
        ("model_key", pl.col("model_key") != pl.col("right_key"), "is not that of its model"),
        ("observation_id", pl.col("observation_id") != pl.col("right_id"),
         "is not the hash of its content"),
    ]  # fmt: skip


_RULES = _rules()
