"""The bytes that were fetched, as they were published: the folder `raw` of a workspace.

A file is named by the SHA-256 of its content, so that the same bytes are kept once and any changed
byte is noticed. `fetches.jsonl` has a line for each time that an address had other bytes than
before: which, from where and when. A line is written after what it speaks of is recorded, whole at
once; one that was cut off is passed over.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from tracker.store.atomic import make_folder, write_atomically

FOLDER = "raw"
INDEX = "fetches.jsonl"
# Every other name may lead out of the folder.
_NAME = re.compile(r"[0-9a-f]{64}(\.[a-z0-9]{1,10})?")


@dataclass(frozen=True)
class Fetched:
    """That an address had these bytes at a moment, and what its server called that state.

    `file` is the name in the folder, `fetched_at` ISO text in UTC.
    """

    url: str
    fetched_at: str
    file: str
    sha256: str
    bytes: int
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True)
class RawFiles:
    """The fetched files of one workspace (`folder` is its `raw`)."""

    folder: Path

    def fetches(self) -> list[Fetched]:
        """Every line of the index that is whole, oldest first."""
        try:
            content = (self.folder / INDEX).read_bytes()
        except FileNotFoundError:
            return []
        return list(_lines(content))

    def latest(self, url: str) -> Fetched | None:
        """What an address had when it was last asked."""
        of = [line for line in self.fetches() if line.url == url]
        # Of two in one second the later line.
        return max(reversed(of), key=lambda line: line.fetched_at, default=None)

    def content(self, fetched: Fetched) -> bytes | None:
        """The bytes of a line; None where they are not there, or not as they were."""
        try:
            content = (self.folder / fetched.file).read_bytes()
        except OSError:
            return None
        return content if sha256(content) == fetched.sha256 else None

    def keep(self, content: bytes, suffix: str) -> str:
        """Have the bytes in the folder; returns the name of their file."""
        name = f"{sha256(content)}{suffix}"
        path = self.folder / name
        with suppress(OSError):
            if path.read_bytes() == content:
                return name
        make_folder(self.folder)
        write_atomically(path, content)
        return name

    def note(self, fetched: Fetched) -> None:
        """Add a line to the index, unless the last of that address says the same bytes."""
        latest = self.latest(fetched.url)
        if latest is not None and latest.sha256 == fetched.sha256:
            return
        self._add(fetched)

    def merge(self, other: "RawFiles", *, dry_run: bool = False) -> int:
        """Take over the files of another copy that its index speaks of, those that are as they
        were; returns how many lines were not known here."""
        known = set(self.fetches())
        new = [line for line in dict.fromkeys(other.fetches()) if line not in known]
        taken = 0
        for line in new:
            content = other.content(line)
            if content is None:
                continue
            taken += 1
            if not dry_run:
                self.keep(content, Path(line.file).suffix)
                self._add(line)
        return taken

    def _add(self, fetched: Fetched) -> None:
        line = json.dumps(asdict(fetched), ensure_ascii=False).encode() + b"\n"
        make_folder(self.folder)
        descriptor = os.open(self.folder / INDEX, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        try:
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                line = b"\n" + line
            os.write(descriptor, line)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sha256(content: bytes) -> str:
    """The name of some bytes: 64 hex digits."""
    return hashlib.sha256(content).hexdigest()


def _lines(content: bytes) -> Iterator[Fetched]:
    known = {f.name for f in fields(Fetched)}
    for line in content.splitlines():
        with suppress(ValueError, TypeError, AttributeError):
            found = Fetched(**{k: v for k, v in json.loads(line).items() if k in known})
            if _NAME.fullmatch(found.file):
                yield found
