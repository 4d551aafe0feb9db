"""Sealed files: Parquet written once, its name the moment of writing and a checksum of its bytes.

A name is `20260410T120000.000000Z-<32 hex digits>.parquet`, so that names sort by time, writers
need no lock, two copies of a folder merge by copying files, and any changed byte is noticed. The
number of the format stands in the file's metadata: a file of a later format is refused by name.
"""

import hashlib
import io
import os
import re
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from mmap import ACCESS_READ, mmap
from pathlib import Path

import polars as pl

from forecasts.errors import TrackerError
from tracker.store.atomic import write_atomically
from tracker.store.locks import locked
from tracker.store.parquet_extent import Content, measure

# A file up to this size is read once, checked and used from memory. A larger one is checked in
# pieces, then scanned where it lies, and no compaction ever rewrites it.
LARGE = 16 * 2**20
_NAME = re.compile(r"\d{8}T\d{6}\.\d{6}Z-([0-9a-f]{32})\.parquet")
_PIECE = 2**20
# What a file may become when it is read: so many bytes, and so many values of a column, or more in
# proportion to its size. A row has an id of random digits, which no writer makes smaller than half.
_MAX_UNPACKED, _UNPACKED_PER_BYTE = 600_000_000, 25
_MAX_VALUES, _BYTES_PER_VALUE = 2_000_000, 8


@dataclass(frozen=True)
class Kind:
    """What is sealed: its name in a sentence, the metadata's key of the format, the latest format
    known, and the rows of a group."""

    name: str
    format_key: str
    version: int
    rows_per_group: int = 100_000


@dataclass(frozen=True)
class Damage:
    """A file among sealed ones that cannot be trusted, and why."""

    file: str
    reason: str
    remedy: str = "Restore that file from a backup or another copy of the workspace"
    code: str = "damaged_segment"


class DamagedFile(TrackerError):
    """A sealed file is not what was written; `where` and `fault` are its folder's."""

    where, fault = "file {}", "damaged_file"

    def __init__(self, damage: Damage) -> None:
        super().__init__(
            f"The {self.where.format(damage.file)} cannot be used: {damage.reason}.",
            f"{damage.remedy}, or read the rest with `skip_damaged`.",
            code=damage.code if damage.code == "later_format" else self.fault,
        )


@dataclass(frozen=True)
class SealedFile:
    """A file whose checksum and format were right; `content` is held where it is small."""

    path: Path
    size: int
    format: int
    content: bytes | None

    @property
    def source(self) -> Path | bytes:
        """What a reader of Parquet takes; a path is absolute, as a reader may take the beginning
        of another for a home (~) or an address, and has to be told that it is no pattern."""
        return _absolute(self.path) if self.content is None else self.content


def seal(folder: Path, rows: pl.DataFrame, kind: Kind, moment: datetime) -> Path:
    """Write `rows` as one new file named by `moment` (aware, UTC) and return its path.

    Temporary file, fsync, rename, fsync of the folder: after a crash the file is there whole or
    not at all. Raises OSError when the disk refuses, TrackerError for more than may be read again.
    """
    buffer = io.BytesIO()
    rows.write_parquet(
        buffer,
        compression="zstd",
        row_group_size=kind.rows_per_group,
        metadata={kind.format_key: str(kind.version)},
    )
    content = buffer.getvalue()
    excess = _excess(content)
    if excess is not None:
        raise TrackerError(
            f"What is to be recorded at once is too much: {excess}.",
            "Record it in several parts, such as one file at a time.",
            code="too_large",
        )
    path = folder / f"{moment.strftime('%Y%m%dT%H%M%S.%fZ')}-{_checksum(content)}.parquet"
    write_atomically(path, content)
    return path


def sealed_files(folder: Path) -> list[Path]:
    """Every file that stands in `folder`, oldest first; temporary ones are left out.

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


def holds_sealed_files(folder: Path) -> bool:
    """Whether some file there has the name of a sealed one."""
    return folder.is_dir() and any(_NAME.fullmatch(path.name) for path in folder.iterdir())


def open_sealed(path: Path, kind: Kind) -> SealedFile | Damage:
    """One file, its name, checksum and format checked, or what is wrong with it."""
    name = _NAME.fullmatch(path.name)
    if name is None:
        reason = f"it is not {kind.name} of this program"
        return Damage(path.name, reason, "Move it out of the folder", "foreign_file")
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            return Damage(path.name, "it is not a regular file", "Move it out of the folder")
        content = path.read_bytes() if found.st_size <= LARGE else None
        checksum = _checksum_of(path) if content is None else _checksum(content)
    except OSError as error:
        reason = f"it cannot be read ({error.strerror})"
        return Damage(path.name, reason, "See to it that it can be read", "unreadable_segment")
    if checksum != name.group(1):
        return Damage(path.name, "its content does not match the checksum in its name")
    try:
        excess = _excess(content) if content is not None else _excess_of(path)
        if excess is not None:
            return Damage(path.name, f"it is too large: {excess}")
        source = _absolute(path) if content is None else io.BytesIO(content)
        version = int(pl.read_parquet_metadata(source).get(kind.format_key, "0"))
    except (Exception, pl.exceptions.PanicException) as error:
        return unreadable(path, error)
    if version > kind.version:
        reason = f"it has format {version}, written by a later version of this program"
        return Damage(path.name, reason, "Update gap-tracker", "later_format")
    return SealedFile(path, found.st_size, version, content)


def open_standing(
    folder: Path, open_all: Callable[[list[Path]], Sequence[SealedFile | Damage]]
) -> tuple[list[SealedFile], list[Damage]]:
    """Every file of a folder as `open_all` opens them, and the damaged ones.

    Where files were put together meanwhile the rows of a vanished one are elsewhere: then it is
    done again.
    """
    while True:
        found = open_all(sealed_files(folder))
        damaged = [file for file in found if isinstance(file, Damage)]
        if all(os.path.lexists(folder / damage.file) for damage in damaged):
            return [file for file in found if isinstance(file, SealedFile)], damaged


def schema_of(file: SealedFile) -> pl.Schema | Damage:
    """The columns of a file, or what is wrong with it."""
    try:
        return pl.scan_parquet(file.source, glob=False).collect_schema()
    except (Exception, pl.exceptions.PanicException) as error:
        return unreadable(file.path, error)


def unreadable(path: Path, error: BaseException) -> Damage:
    """The damage of a file at which the Parquet reader stopped: foreign bytes can raise anything,
    a PanicException (no Exception) among them."""
    return Damage(path.name, f"it is not readable Parquet ({type(error).__name__})")


def _excess(content: Content) -> str | None:
    """How the content goes beyond what may be read, found before it is unpacked, or None."""
    extent, size = measure(content), len(content)
    unpacked = max(_MAX_UNPACKED, _UNPACKED_PER_BYTE * size)
    if extent.unpacked > unpacked:
        return f"{extent.unpacked:,} bytes when unpacked, where {unpacked:,} are allowed"
    values = max(_MAX_VALUES, size // _BYTES_PER_VALUE)
    if max(extent.rows, extent.values) > values:
        return f"{max(extent.rows, extent.values):,} rows, where {values:,} are allowed"
    return None


def _excess_of(path: Path) -> str | None:
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        return _excess(content)


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))


def _names(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if not entry.name.startswith("."))


def _checksum(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _checksum_of(path: Path) -> str:
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb", buffering=0) as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
