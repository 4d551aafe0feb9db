"""A file that a source reads: on the disk, or bytes that are held already; packed or not."""

import io
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from forecasts.errors import TrackerError
from tracker.sources.formats.packed import GZIP, SUFFIXES, ZSTD, Damaged, unpacked
from tracker.text.printable import printable

_HINT = "Check the path."
STDIN = "-"
MAX_STDIN = 500_000_000  # as much as the largest file of any source


@dataclass(frozen=True)
class SourceFile:
    """A file by its path; `content` stands for what is not on the disk, such as an answer of a
    server, and its path is then only its name. What is packed as gzip or zstd is read as what it
    holds."""

    path: Path
    content: bytes | None = None

    @property
    def name(self) -> str:
        """The path as errors and notes show it."""
        return "standard input" if str(self.path) == STDIN else printable(str(self.path))

    @property
    def inner(self) -> Path:
        """The name of what is read: the path, without the suffix of what packs it."""
        return self.path.with_suffix("") if self.path.suffix.lower() in SUFFIXES else self.path

    @property
    def is_packed(self) -> bool:
        """Whether it begins as gzip or zstd does."""
        with self._open() as file:
            return file.read(4).startswith((GZIP, ZSTD))

    def open(self) -> BinaryIO:
        """What the file holds, opened for reading; each way of failing is one sentence."""
        file = self._open()
        try:
            return unpacked(file)
        except OSError as error:
            file.close()
            raise self.unreadable(error) from error

    def _open(self) -> BinaryIO:
        if self.content is not None:
            return io.BytesIO(self.content)
        try:
            if self.path.is_dir():
                raise TrackerError(
                    f"{self.name} is a folder, not a file.", "Name a file in it.", "bad_file"
                )
            return self.path.open("rb")
        except FileNotFoundError as error:
            raise TrackerError(f"There is no file {self.name}.", _HINT, "missing_file") from error
        except PermissionError as error:
            hint = "Check who may read it."
            raise TrackerError(f"{self.name} may not be read.", hint, "bad_file") from error
        except (OSError, ValueError) as error:  # a loop of links, a zero byte in the name, ...
            raise self.unreadable(error) from error

    def read(self, limit: int) -> bytes:
        """The content of a file of at most `limit` bytes; never more than that is read.

        Raises TrackerError, in one sentence, for every other file and for an empty one.
        """
        with self.open() as file:
            try:
                content = file.read(limit + 1)
            except (OSError, ValueError) as error:
                raise self.unreadable(error) from error
        if len(content) > limit:
            raise self.too_large(limit)
        if not content.strip():
            raise TrackerError(f"{self.name} is empty.", _HINT, "bad_file")
        return content

    def beside(self, name: str) -> "SourceFile":
        """The file of that name in the same folder."""
        return SourceFile(self.path.parent / name)

    def too_large(self, limit: int) -> TrackerError:
        """The error of a file of more than `limit` bytes."""
        size = f"{limit / 1e9:g} GB" if limit >= 1_000_000_000 else f"{limit / 1e6:g} MB"
        return TrackerError(
            f"{self.name} is larger than {size}.",
            "Check that it is the right file, or split it.",
            "too_large",
        )

    def unreadable(self, error: OSError | ValueError) -> TrackerError:
        """The error of a file of which reading fails."""
        if isinstance(error, Damaged):
            return TrackerError(
                f"{self.name} cannot be read: {error}.", "Fetch the file again.", "bad_file"
            )
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return TrackerError(f"{self.name} cannot be read: {why}.", _HINT, "bad_file")


def standard_input() -> SourceFile:
    """What comes from standard input, read whole, for it comes once.

    Raises TrackerError for more than MAX_STDIN.
    """
    file = SourceFile(Path(STDIN))
    try:
        content = sys.stdin.buffer.read(MAX_STDIN + 1)
    except (OSError, ValueError) as error:
        raise file.unreadable(error) from error
    if len(content) > MAX_STDIN:
        raise file.too_large(MAX_STDIN)
    return SourceFile(file.path, content)
