"""Take over what another copy of a workspace holds."""

from dataclasses import dataclass
from pathlib import Path

from forecasts.errors import TrackerError
from tracker.aliases import Aliases
from tracker.own_catalogue import OwnCatalogue
from tracker.store import ledger
from tracker.store.facts import FOLDER as FACTS
from tracker.store.facts import Facts
from tracker.store.imports import FOLDER, Imports
from tracker.store.observations import Merged, Store
from tracker.store.raw import FOLDER as RAW
from tracker.store.raw import RawFiles
from tracker.store.sealed_file import holds_sealed_files
from tracker.workspace_data import WorkspaceData


@dataclass(frozen=True)
class MergeResult(Merged):
    """What a merge of workspaces did: that of their rows, and what else was taken over:
    `forecasts`, rows of `facts`, `fetched` files, and `names`, those of aliases, labs and
    families."""

    forecasts: int = 0
    facts: int = 0
    fetched: int = 0
    names: int = 0


def merge(data: WorkspaceData, folder: Path, *, dry_run: bool = False) -> MergeResult:
    """Take over every row, fact, issued forecast, record of an import and name of another copy.

    `folder` is that of a workspace, or of its segments: then there are rows alone. The records of
    imports come after the rows that they speak of, fetched files before what names them. Names are
    what was said of re-named models, of labs and of families.
    """
    inner = folder / "observations"
    if not inner.is_dir() and not holds_sealed_files(folder):
        raise TrackerError(
            f"{folder} is neither a workspace nor a folder of segments.",
            "Name the folder of the other workspace.",
            "no_workspace",
        )
    other = Store(inner if inner.is_dir() else folder, data.store.skip_damaged)
    if not inner.is_dir():
        return MergeResult(**vars(data.store.merge(other, dry_run=dry_run)))
    # A forecast or a record that is not to be trusted refuses the merge before any row is taken.
    issued, ours = folder / ledger.FOLDER, data.folder / ledger.FOLDER
    forecasts = ledger.take_over(ours, issued, dry_run=True) if issued.is_dir() else 0
    theirs = Imports(folder / FOLDER, data.store.skip_damaged)
    theirs.facts()
    names = _merge_names(data.folder, folder, dry_run=True)
    described = Facts(folder / FACTS, data.store.skip_damaged)
    facts = data.facts.merge(described, dry_run=True)
    fetched = RawFiles(data.folder / RAW).merge(RawFiles(folder / RAW), dry_run=dry_run)
    merged = data.store.merge(other, dry_run=dry_run)
    if not dry_run:
        data.facts.merge(described)
    if forecasts and not dry_run:
        ledger.take_over(ours, issued)
    imports = data.imports.merge(theirs, dry_run=dry_run)
    if names and not dry_run:
        _merge_names(data.folder, folder, dry_run=False)
    taken = {**vars(merged), "imports": imports}
    return MergeResult(**taken, forecasts=forecasts, facts=facts, fetched=fetched, names=names)


def _merge_names(ours: Path, theirs: Path, *, dry_run: bool) -> int:
    mine = (Aliases(ours).file, *OwnCatalogue(ours).files)
    others = (Aliases(theirs).file, *OwnCatalogue(theirs).files)
    both = zip(mine, others, strict=True)
    return sum(own.merge(other, dry_run=dry_run) for own, other in both)
