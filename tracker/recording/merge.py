"""Take over the rows and the records of imports of another copy of a workspace."""

from dataclasses import replace
from pathlib import Path

from forecasts.errors import TrackerError
from tracker.store.imports import FOLDER, Imports
from tracker.store.observations import Merged, Store
from tracker.store.sealed_file import holds_sealed_files
from tracker.workspace_data import WorkspaceData


def merge(data: WorkspaceData, folder: Path, *, dry_run: bool = False) -> Merged:
    """Take over every row of another copy of a workspace (its folder, or its segments').

    Of a workspace the records of imports come as well, after the rows that they speak of.
    """
    inner = folder / "observations"
    if not inner.is_dir() and not holds_sealed_files(folder):
        raise TrackerError(
            f"{folder} is neither a workspace nor a folder of segments.",
            "Name the folder of the other workspace.",
            "no_workspace",
        )
    other = Store(inner if inner.is_dir() else folder, data.store.skip_damaged)
    theirs = Imports(folder / FOLDER, data.store.skip_damaged)
    if inner.is_dir():
        theirs.facts()  # a damaged record refuses the merge before any row is taken over
    merged = data.store.merge(other, dry_run=dry_run)
    if not inner.is_dir():
        return merged
    return replace(merged, imports=data.imports.merge(theirs, dry_run=dry_run))
