"""Immutable Parquet segments in a folder: written whole or not at all, read with their checksum.

A name is the moment of writing and a checksum of the content
(`20260410T120000.000000Z-<32 hex digits>.parquet`), so that names sort by time, writers need no
lock, two copies of a folder merge by copying files, and any changed byte is noticed.
"""

import hashlib
import io
import os
import re
import stat
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from forecasts.errors import TrackerError
from tracker.store.locks import locked
from tracker.store.schema import FORMAT_VERSION, SCHEMA, conform

FORMAT_KEY = "gap_tracker_format"
# A file up to this size is read once, checked and used from memory. A larger one is checked in
# pieces, then scanned where it lies, and no compaction ever rewrites it.
LARGE = 16 * 2**20
_NAME = re.compile(r"\d{8}T\d{6}\.\d{6}Z-([0-9a-f]{32})\.parquet")
_ROWS_PER_GROUP = 100_000
_PIECE = 2**20


@dataclass(frozen=True)
class Damage:
    """A file among the segments that cannot be trusted, and why."""

    file: str
    reason: str
    remedy: str = "Restore that file from a backup or another copy of the workspace"
    code: str = "damaged_segment"


class DamagedSegment(TrackerError):
    """A segment is not what was written."""

    def __init__(self, damage: Damage) -> None:
        super().__init__(
            f"The file {damage.file} among the observations cannot be used: {damage.reason}.",
            f"{damage.remedy}, or read the rest with --skip-damaged; `tracker validate` lists "
            "every such file.",
            code=damage.code,
        )


@dataclass(frozen=True)
class Segment:
    """A segment whose checksum and columns were found right; `content` is held where small."""

    path: Path
    size: int
    format: int
    content: bytes | None

    def scan(self) -> pl.LazyFrame:
        """Its rows, exactly the columns of SCHEMA."""
        return scan([self])


def scan(segments: list[Segment]) -> pl.LazyFrame:
    """All rows of `segments`, exactly the columns of SCHEMA, in no promised order."""
    held = [s.content for s in segments if s.content is not None and s.format]
    lying = [s.path for s in segments if s.content is None and s.format]
    frames: list[pl.LazyFrame] = []
    if held:
        frames.append(pl.scan_parquet(held))
    if lying:
        frames.append(pl.scan_parquet(lying))
    for early in (s for s in segments if not s.format):
        frames.append(
            conform(pl.scan_parquet(early.path if early.content is None else early.content))
        )
    return pl.concat(frames) if frames else pl.LazyFrame(schema=SCHEMA)


def segment_files(folder: Path) -> list[Path]:
    """Every file that stands among the segments, oldest first; temporary ones are left out.

    A file that takes the place of others is there before they go, but a listing may pass the
    place of the new file too early and that of an old one too late: so no file is removed while a
    listing is made. Where that cannot be had, listings are made until two agree.
    """
    try:
        with locked(folder, exclusive=False) as had:
            names = _names(folder)
            before = names if had else None
            while names != before:
                before, names = names, _names(folder)
    except FileNotFoundError:
        return []
    return [folder / name for name in names]


def write_segment(folder: Path, rows: pl.DataFrame) -> Path:
    """Write `rows` as one new segment and return its path.

    Rows are put in the order of index, version, model and date, so that a reader can pass over
    what it does not look for. Temporary file, fsync, rename, fsync of the folder: after a crash
    the segment is there whole or not at all. Raises OSError when the disk refuses.
    """
    order = ("index_name", "index_version", "model_key", "observed_on", "recorded_at")
    buffer = io.BytesIO()
    rows.sort(*order, "observation_id").write_parquet(
        buffer,
        compression="zstd",
        row_group_size=_ROWS_PER_GROUP,
        metadata={FORMAT_KEY: str(FORMAT_VERSION)},
    )
    content = buffer.getvalue()
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    path = folder / f"{stamp}-{_checksum(content)}.parquet"
    write_atomically(path, content)
    return path


def write_atomically(path: Path, content: bytes) -> None:
    """Put `content` at `path` whole or not at all, and on the disk before returning.

    A link keeps pointing where it does. A device or a pipe takes the content as it comes: nothing
    may take its place.
    """
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file() and not path.is_dir():
        path.write_bytes(content)
        return
    temporary = path.parent / f".{uuid.uuid4().hex}.tmp"
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            left = memoryview(content)
            while left:
                left = left[os.write(descriptor, left) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(temporary, path)
    except OSError as error:
        error.filename = str(path)  # what the user asked for, not the name of the moment
        raise
    finally:
        with suppress(OSError):
            os.unlink(temporary)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in `folder` on the disk before returning."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make `folder` and those above it; what was made is on the disk before returning."""
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in made:
        sync_folder(path.absolute().parent)


def open_segments(folder: Path, skip_damaged: bool = False) -> tuple[list[Segment], list[Damage]]:
    """Every segment, checked, and the damaged files.

    Raises DamagedSegment at the first damaged file unless `skip_damaged`.
    """
    while True:
        files = segment_files(folder)
        if len(files) > 1 and any(_size(file) > LARGE for file in files):
            # Hashing lets other threads run: large files are checked side by side.
            with ThreadPoolExecutor() as pool:
                found = list(pool.map(open_segment, files))
        else:
            found = [open_segment(file) for file in files]
        damaged = [d for d in found if isinstance(d, Damage)]
        # A compaction that finished meanwhile has put the rows of a vanished file elsewhere.
        if any(not os.path.lexists(folder / d.file) for d in damaged):
            continue
        if damaged and not skip_damaged:
            raise DamagedSegment(damaged[0])
        return [s for s in found if isinstance(s, Segment)], damaged


def is_folder_of_segments(folder: Path) -> bool:
    """Whether some file there has the name of a segment."""
    return folder.is_dir() and any(_NAME.fullmatch(path.name) for path in folder.iterdir())


def open_segment(path: Path) -> Segment | Damage:
    """The segment in one file, its checksum, format and columns checked, or what is wrong."""
    name = _NAME.fullmatch(path.name)
    if name is None:
        reason = "it is not a segment of this program"
        return Damage(path.name, reason, "Move it out of the folder", "foreign_file")
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            return Damage(path.name, "it is not a regular file", "Move it out of the folder")
        size = found.st_size
        content = path.read_bytes() if size <= LARGE else None
        checksum = _checksum(content) if content is not None else _checksum_of(path)
    except OSError as error:
        reason = f"it cannot be read ({error.strerror})"
        return Damage(path.name, reason, "See to it that it can be read", "unreadable_segment")
    if checksum != name.group(1):
        return Damage(path.name, "its content does not match the checksum in its name")
    try:
        source = path if content is None else io.BytesIO(content)
        version = int(pl.read_parquet_metadata(source).get(FORMAT_KEY, "0"))
        if version > FORMAT_VERSION:
            reason = f"it has format {version}, written by a later version of this program"
            return Damage(path.name, reason, "Update gap-tracker", "later_format")
        schema = pl.read_parquet_schema(path if content is None else io.BytesIO(content))
    except (Exception, pl.exceptions.PanicException) as error:  # whatever foreign bytes can raise
        return Damage(path.name, f"it is not readable Parquet ({type(error).__name__})")
    # Before formats were numbered a column could be missing; it is read as empty.
    known = {k: v for k, v in SCHEMA.items() if version or k in schema}
    if dict(schema) != known or "observation_id" not in schema:
        return Damage(path.name, "its columns are not those of an observation")
    return Segment(path, size, version, content)


def _names(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if not entry.name.startswith("."))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _checksum(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _checksum_of(path: Path) -> str:
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb", buffering=0) as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
