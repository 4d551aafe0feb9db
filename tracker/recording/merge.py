"""Take over the rows of another copy of a workspace."""

from dataclasses import dataclass
from pathlib import Path

from forecasts.errors import TrackerError
from tracker.store import ledger
from tracker.store.observations import Merged, Store
from tracker.store.sealed_file import holds_sealed_files
from tracker.workspace_data import WorkspaceData


@dataclass(frozen=True)
class MergeResult(Merged):
    """What a merge of workspaces did: that of their rows, and the `forecasts` taken over."""

    forecasts: int


def merge(data: WorkspaceData, folder: Path, *, dry_run: bool = False) -> MergeResult:
    """Take over every row and issued forecast of another copy of a workspace.

    `folder` is that of the workspace, or of its segments: then there are rows alone.
    """
    inner = folder / "observations"
    if not inner.is_dir() and not holds_sealed_files(folder):
        raise TrackerError(
            f"{folder} is neither a workspace nor a folder of segments.",
            "Name the folder of the other workspace.",
            "no_workspace",
        )
    other = Store(inner if inner.is_dir() else folder, data.store.skip_damaged)
    # The forecasts first: if one of them is not to be trusted, nothing is taken over.
    theirs, ours = folder / ledger.FOLDER, data.folder / ledger.FOLDER
    issued = ledger.take_over(ours, theirs, dry_run=True) if theirs.is_dir() else 0
    merged = data.store.merge(other, dry_run=dry_run)
    if issued and not dry_run:
        ledger.take_over(ours, theirs)
    return MergeResult(**vars(merged), forecasts=issued)
