"""Files that a person asks for, which may not take the place of what a workspace is made of."""

import os
from collections.abc import Iterator
from pathlib import Path

from forecasts.errors import UsageError
from tracker.store.atomic import write_atomically
from tracker.store.sealed_file import holds_sealed_files

SETTINGS = "tracker.toml"
FOLDERS = ("observations", "facts", "ledger", "imports", "raw", ".links")


def write_output(path: Path, content: bytes) -> None:
    """Put `content` at `path`, whole or not at all; raises UsageError as `refuse_store`."""
    refuse_store(path)
    write_atomically(path, content)


def refuse_store(path: Path) -> None:
    """Raise UsageError when a file at `path` would lie among the observations, the ledger, the
    imports or the fetched files of a workspace, or replace its settings; links are followed."""
    what = _what_it_is(path)
    if what is not None:
        raise UsageError(
            f"'{path}' would be written into {what}.",
            "Name a file elsewhere, such as beside the folder of the workspace.",
            code="store_target",
        )


def _what_it_is(path: Path) -> str | None:
    for target in {Path(os.path.abspath(path)), Path(os.path.realpath(path))}:
        if any(_same(target, target.parent / name) for name in (SETTINGS, "indices.toml")) and (
            (target.parent / SETTINGS).is_file()
        ):
            return "the settings of a workspace"
        if holds_sealed_files(target.parent):
            return "a folder of a workspace's own files"
        for folder in _stores_above(target):
            return f"the {folder.name} of a workspace"
    return None


def _stores_above(target: Path) -> Iterator[Path]:
    """Folders of a workspace's own files that `target` is or lies in."""
    for at, above in enumerate(target.parents):
        if (above / SETTINGS).is_file():
            # What lies there, on the way down to the target; the names of a file system may not
            # differ by case.
            inside = [target, *target.parents][at]
            yield from (above / name for name in FOLDERS if _same(inside, above / name))


def _same(one: Path, other: Path) -> bool:
    return one == other or (one.exists() and other.exists() and one.samefile(other))
