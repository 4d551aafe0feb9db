"""Immutable Parquet segments in a folder: written whole or not at all, read with their checksum.

A name is the moment of writing and a checksum of the content
(`20260410T120000.000000Z-<32 hex digits>.parquet`), so that names sort by time, writers need no
lock, two copies of a folder merge by copying files, and any changed byte is noticed.
"""

import hashlib
import io
import os
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from forecasts.errors import TrackerError
from tracker.store.schema import FORMAT_VERSION, SCHEMA

FORMAT_KEY = "gap_tracker_format"
_NAME = re.compile(r"\d{8}T\d{6}\.\d{6}Z-([0-9a-f]{32})\.parquet")


@dataclass(frozen=True)
class Damage:
    """A file among the segments that cannot be trusted, and why."""

    file: str
    reason: str


class DamagedSegment(TrackerError):
    """A segment is not what was written."""

    def __init__(self, damage: Damage) -> None:
        super().__init__(
            f"The segment {damage.file} is damaged: {damage.reason}.",
            "Restore that file from a backup or another copy of the workspace, or read the rest "
            "with --skip-damaged; `tracker validate` lists every damaged file.",
            code="damaged_segment",
        )


def segment_files(folder: Path) -> list[Path]:
    """Every file that stands among the segments, oldest first; temporary ones are left out."""
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if not p.name.startswith("."))


def write_segment(folder: Path, rows: pl.DataFrame) -> Path:
    """Write `rows` as one new segment and return its path.

    Temporary file, fsync, rename, fsync of the folder: after a crash the segment is there whole
    or not at all. Raises OSError when the disk refuses, with nothing left behind.
    """
    buffer = io.BytesIO()
    rows.write_parquet(buffer, compression="zstd", metadata={FORMAT_KEY: str(FORMAT_VERSION)})
    content = buffer.getvalue()
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    path = folder / f"{stamp}-{_checksum(content)}.parquet"
    write_atomically(path, content)
    return path


def write_atomically(path: Path, content: bytes) -> None:
    """Put `content` at `path` whole or not at all, and on the disk before returning."""
    temporary = path.parent / f".{uuid.uuid4().hex}.tmp"
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        error.filename = str(path)  # what the user asked for, not the name of the moment
        raise
    finally:
        temporary.unlink(missing_ok=True)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_segments(
    folder: Path, skip_damaged: bool = False
) -> tuple[list[pl.DataFrame], list[Damage]]:
    """Rows of every segment, and the damaged files.

    Raises DamagedSegment at the first damaged file unless `skip_damaged`.
    """
    frames: list[pl.DataFrame] = []
    damaged: list[Damage] = []
    for path in segment_files(folder):
        rows = _inspect(path)
        if isinstance(rows, Damage):
            if not skip_damaged:
                # A compaction that finished meanwhile has put the same rows elsewhere.
                if not path.exists():
                    return read_segments(folder, skip_damaged)
                raise DamagedSegment(rows)
            damaged.append(rows)
        else:
            frames.append(rows)
    return frames, damaged


def _inspect(path: Path) -> pl.DataFrame | Damage:
    name = _NAME.fullmatch(path.name)
    if name is None:
        return Damage(path.name, "it is not a segment of this program")
    try:
        content = path.read_bytes()
    except OSError as error:
        return Damage(path.name, f"it cannot be read ({error.strerror})")
    if _checksum(content) != name.group(1):
        return Damage(path.name, "its content does not match the checksum in its name")
    try:
        version = int(pl.read_parquet_metadata(io.BytesIO(content)).get(FORMAT_KEY, "0"))
        if version > FORMAT_VERSION:
            return Damage(
                path.name, f"it has format {version}, written by a later version of this program"
            )
        rows = pl.read_parquet(io.BytesIO(content))
    except Exception as error:  # whatever a Parquet reader can raise on foreign bytes
        return Damage(path.name, f"it is not readable Parquet ({type(error).__name__})")
    if rows.schema != pl.Schema(SCHEMA):
        return Damage(path.name, "its columns are not those of an observation")
    return rows


def _checksum(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
