"""Advisory locks on a folder of segments: for an instant, and freed when their process dies.

Writers need none. A listing must not be torn by files that are removed meanwhile, and two
compactions at once would do the same work twice. Where a system has no such locks nobody waits;
who lists then lists until two listings agree.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

try:
    import fcntl
except ImportError:  # not a POSIX system
    fcntl = None  # type: ignore[assignment]

_PATIENCE = 2.0


@contextmanager
def locked(folder: Path, *, exclusive: bool) -> Iterator[bool | None]:
    """Hold the folder for a listing, or (`exclusive`) for removing files from it.

    Gives False where others held it for two seconds, None where there are no locks.
    """
    with _held(folder, os.O_RDONLY, exclusive, _PATIENCE) as had:
        yield had


@contextmanager
def compacting(folder: Path, *, wait: bool) -> Iterator[bool | None]:
    """Keep other compactions of the folder out.

    Gives False where one is under way, None where there are no locks.
    """
    patience = float("inf") if wait else 0.0
    with _held(folder / ".compaction", os.O_RDWR | os.O_CREAT, True, patience) as had:
        yield had


@contextmanager
def _held(path: Path, flags: int, exclusive: bool, patience: float) -> Iterator[bool | None]:
    descriptor = os.open(path, flags, 0o666)
    try:
        yield _acquire(descriptor, exclusive, patience)
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, exclusive: bool, patience: float) -> bool | None:
    if fcntl is None:
        return None
    kind = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
    end = monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic() >= end:
                return False
            sleep(0.001)
        except OSError:  # this file system has none
            return None
        else:
            return True
