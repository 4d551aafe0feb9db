"""Fewer files: small segments rewritten as one, beside writers and readers.

The new segment is on disk before the old ones go, so that a crash between leaves rows that stand
twice, which reading removes. Whoever reads meanwhile finds the rows in one place or the other.
"""

import os
import time
from contextlib import suppress
from itertools import accumulate
from pathlib import Path

from forecasts.errors import TrackerError
from tracker.store.atomic import sync_folder
from tracker.store.locks import compacting, locked
from tracker.store.sealed_file import LARGE, Damage, SealedFile, sealed_files
from tracker.store.segments import DamagedSegment, open_segment, open_segments, scan, write_segment
from tracker.store.validation import broken_rule_of

# A write that leaves more small segments than this compacts some of them.
MANY = 64
# A temporary file so old (seconds) is left over from a process that was killed.
ABANDONED = 3600.0


def compact(folder: Path) -> tuple[int, int]:
    """Rewrite all small segments as one; returns the number of segments before and after.

    Segments that are large already stay. Raises DamagedSegment when one of them is damaged or a
    row of one to be rewritten breaks a rule: it could take the place of a true one.
    """
    if not folder.exists():
        return 0, 0
    with compacting(folder, wait=True):
        segments, _ = open_segments(folder)
        small = [s for s in segments if s.content is not None]
        for segment in small:
            reason = broken_rule_of(segment)
            if reason is not None:
                raise DamagedSegment(Damage(segment.path.name, reason))
        # As many files at a time as make one large segment: memory stays bounded.
        batch: list[SealedFile] = []
        for segment in small:
            if batch and sum(s.size for s in batch) > LARGE:
                _replace(folder, batch)
                batch = []
            batch.append(segment)
        _replace(folder, batch)
        sweep(folder)
    return len(segments), len(sealed_files(folder))


def tidy(folder: Path) -> None:
    """Compact some of the smallest segments when there are many; for writers, after each write.

    As many as are together at least the size of the next larger one are taken, so that a row is
    rewritten a number of times that grows with the logarithm of the store. A refusal by the disk
    or by another compaction under way is no failure of the write: the next one tries again.
    """
    with suppress(OSError):
        if len(sealed_files(folder)) > MANY:
            _compact_some(folder)


def _compact_some(folder: Path) -> None:
    with compacting(folder, wait=False) as had:
        if had is False:
            return
        sizes = sorted((path.stat().st_size, path) for path in sealed_files(folder))
        small = [(size, path) for size, path in sizes if size <= LARGE]
        if len(small) <= MANY:
            return
        stop = _enough([size for size, _ in small])
        found = [open_segment(path) for _, path in small[:stop]]
        good = [s for s in found if isinstance(s, SealedFile) and broken_rule_of(s) is None]
        _replace(folder, good)
        sweep(folder)


def _enough(sizes: list[int]) -> int:
    """How many of the smallest to take: half of MANY, and more while the next is no larger than
    all before it."""
    totals = list(accumulate(sizes))
    larger = (at for at in range(MANY // 2, len(sizes)) if sizes[at] > totals[at - 1])
    return next(larger, len(sizes))


def sweep(folder: Path) -> None:
    """Remove temporary files that a killed process left."""
    for path in folder.glob(".*.tmp"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > ABANDONED:
                os.unlink(path)


def _replace(folder: Path, segments: list[SealedFile]) -> None:
    if len(segments) < 2:
        return
    rows = (
        scan(segments)
        .collect()
        .sort("recorded_at", "observation_id")
        .unique("observation_id", keep="first", maintain_order=True)
    )
    try:
        kept = write_segment(folder, rows)
    except TrackerError:  # together they are more than one segment may hold: they stay apart
        return
    with locked(folder, exclusive=True) as had:
        # Without the lock a reader could miss both places; the old files then wait.
        for segment in segments if had is not False else []:
            if segment.path != kept:
                with suppress(FileNotFoundError):
                    os.unlink(segment.path)
    sync_folder(folder)
