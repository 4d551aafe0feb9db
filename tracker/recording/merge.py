"""Take over the rows of another copy of a workspace."""

from pathlib import Path

from forecasts.errors import TrackerError
from tracker.store.observations import Merged, Store
from tracker.store.sealed_file import holds_sealed_files
from tracker.workspace_data import WorkspaceData


def merge(data: WorkspaceData, folder: Path, *, dry_run: bool = False) -> Merged:
    """Take over every row of another copy of a workspace (its folder, or its segments')."""
    inner = folder / "observations"
    if not inner.is_dir() and not holds_sealed_files(folder):
        raise TrackerError(
            f"{folder} is neither a workspace nor a folder of segments.",
            "Name the folder of the other workspace.",
            "no_workspace",
        )
    other = Store(inner if inner.is_dir() else folder, data.store.skip_damaged)
    return data.store.merge(other, dry_run=dry_run)
