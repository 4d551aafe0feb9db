"""Segments: the observations as sealed files in a folder, each opened with its checksum."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from forecasts.errors import TrackerError
from tracker.store.schema import FORMAT_VERSION, SCHEMA, columns_of, conform
from tracker.store.sealed_file import (
    LARGE,
    Damage,
    Kind,
    SealedFile,
    open_sealed,
    open_standing,
    schema_of,
    seal,
)

SEGMENT = Kind("a segment", "gap_tracker_format", FORMAT_VERSION)
# What a segment of before formats were numbered has as well.
_NEEDED = {
    "observation_id", "model", "model_key", "lab", "country", "index_name", "index_version",
    "value", "observed_on", "recorded_at", "source",
}  # fmt: skip
_ORDER = ("index_name", "index_version", "model_key", "observed_on", "recorded_at",
          "observation_id")  # fmt: skip


class DamagedSegment(TrackerError):
    """A segment is not what was written."""

    def __init__(self, damage: Damage) -> None:
        super().__init__(
            f"The file {damage.file} among the observations cannot be used: {damage.reason}.",
            f"{damage.remedy}, or read the rest with `skip_damaged`; `tracker validate` lists "
            "every such file.",
            code=damage.code,
        )


def scan(segments: Iterable[SealedFile]) -> pl.LazyFrame:
    """All rows of `segments`, exactly the columns of SCHEMA, in no promised order."""
    older: list[pl.LazyFrame] = []
    held: dict[int, list[bytes]] = {}
    lying: dict[int, list[Path]] = {}
    for segment in segments:
        if not segment.format:
            # Before formats were numbered a column could be missing.
            older.append(conform(pl.scan_parquet(segment.source, glob=False)))
        elif isinstance(segment.source, Path):
            lying.setdefault(segment.format, []).append(segment.source)
        else:
            held.setdefault(segment.format, []).append(segment.source)
    frames = [conform(pl.scan_parquet(contents)) for contents in held.values()]
    frames += [conform(pl.scan_parquet(paths, glob=False)) for paths in lying.values()]
    frames += older
    return pl.concat(frames) if frames else pl.LazyFrame(schema=SCHEMA)


def write_segment(folder: Path, rows: pl.DataFrame) -> Path:
    """Write `rows` as one new segment and return its path.

    Rows are put in the order of index, version, model and date, so that a reader can pass over
    what it does not look for. Raises OSError when the disk refuses.
    """
    return seal(folder, _ordered(rows), SEGMENT, datetime.now(UTC))


def _ordered(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows by _ORDER; those of one moment by one number each, where that tells them apart."""
    key = pl.Series([0] * rows.height, dtype=pl.Int64)
    size = 1
    for name in _ORDER[:-1]:
        codes, count = _codes(rows[name])
        key = key * count + codes
        size *= count
    if size >= 2**62 or key.n_unique() < rows.height:
        return rows.sort(_ORDER)
    return rows[key.arg_sort()]


def _codes(column: pl.Series) -> tuple[pl.Series, int]:
    """The place of each value among all of them in order, and their number."""
    values = column.unique().sort()
    if column.dtype == pl.String():
        return column.cast(pl.Enum(values)).to_physical().cast(pl.Int64), values.len()
    return values.search_sorted(column).cast(pl.Int64), values.len()


def open_segments(
    folder: Path, skip_damaged: bool = False
) -> tuple[list[SealedFile], list[Damage]]:
    """Every segment, checked, and the damaged files.

    Raises DamagedSegment at the first damaged file unless `skip_damaged`.
    """
    segments, damaged = open_standing(folder, _open_all)
    if damaged and not skip_damaged:
        raise DamagedSegment(damaged[0])
    return segments, damaged


def _open_all(files: list[Path]) -> list[SealedFile | Damage]:
    if len(files) > 1 and any(_size(file) > LARGE for file in files):
        # Hashing lets other threads run: large files are checked side by side.
        with ThreadPoolExecutor() as pool:
            return list(pool.map(open_segment, files))
    return [open_segment(file) for file in files]


def open_segment(path: Path) -> SealedFile | Damage:
    """The segment in one file, its seal and columns checked, or what is wrong."""
    segment = open_sealed(path, SEGMENT)
    if isinstance(segment, Damage):
        return segment
    schema = schema_of(segment)
    if isinstance(schema, Damage):
        return schema
    known = {k: v for k, v in SCHEMA.items() if k in schema}
    if segment.format:
        known = columns_of(segment.format)
    if dict(schema) != known or not set(schema) >= _NEEDED:
        return Damage(path.name, "its columns are not those of an observation")
    return segment


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
