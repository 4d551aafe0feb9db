"""A file read as its source reads it, without a workspace."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from tracker import sources
from tracker.catalogue import Catalogue
from tracker.sources.contract import Reading, ReadOptions
from tracker.sources.file import SourceFile

OPTIONS = ReadOptions(Catalogue(), date.today(), "I", "1")
SEEN = replace(OPTIONS, observed_on=date(2026, 1, 1))  # of a table that does not say it


def read(kind: str, path: Path, content: bytes | str = b"", **options: Any) -> Reading:
    """What a source makes of `content`, put at `path` first (empty: what lies there)."""
    if content:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    given = OPTIONS if kind == "aa" else SEEN
    given = replace(given, own=sources.own_options(kind, options))
    return sources.load(kind).read(SourceFile(path), given)
