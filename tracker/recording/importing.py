"""Import files of one source: read, check, refuse a re-based index, record as one segment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from forecasts.errors import TrackerError
from forecasts.measures.vintage import latest_statements
from tracker import sources
from tracker.recording.rebase import Shift, find_shifts
from tracker.sources.columns import counted
from tracker.sources.rows import Problem, ReadOptions
from tracker.store.observations import Snapshot
from tracker.store.schema import SCHEMA, STATED, identify

if TYPE_CHECKING:
    from tracker.workspace import Workspace

MAIN_INDEX = "Artificial Analysis Intelligence Index"
MAIN_VERSION = "4.0"


@dataclass(frozen=True)
class ImportResult:
    """What one import did: read = added + unchanged + rejected + skipped.

    `indices` has index_name, index_version and added of each index version that gained rows.
    `problems` are bad rows by file, row and field; `skipped` rows state no value at all.
    """

    read: int
    added: int
    unchanged: int
    rejected: int
    skipped: int
    index_name: str | None
    index_version: str | None
    observed_on: date | None
    problems: list[dict[str, object]]
    notes: list[str]
    dry_run: bool
    indices: list[dict[str, object]]


class RejectedRows(TrackerError):
    """Nothing was imported because some rows are bad; `result` has them."""

    def __init__(self, result: ImportResult) -> None:
        first = result.problems[0]
        others = result.rejected - 1
        more = f" and {counted(others, 'more row', 'more rows')}" if others else ""
        super().__init__(
            f"{first['file']}, row {first['row']}, {first['field']}: {first['reason']}{more}; "
            "nothing was imported.",
            "Correct the file, or import its good rows with --keep-good.",
            code="rejected_rows",
        )
        self.result = result


class Rebased(TrackerError):
    """An import would change most values of an index version: it is another version."""

    def __init__(self, shift: Shift) -> None:
        examples = "; ".join(
            f"{row['model']} {row['held']:.2f} -> {row['new']:.2f}"
            for row in shift.examples.iter_rows(named=True)
        )
        super().__init__(
            f"'{shift.index_name}' {shift.index_version} seems to have been re-based: of "
            f"{counted(shift.compared, 'model', 'models')} compared "
            f"{counted(shift.changed, 'has', 'have')} another value, with a median "
            f"change of {shift.median_change:+.2f} points ({examples}); nothing was imported.",
            "Import it as a version of its own with --index-version NAME, or with --same-version "
            "if these really are new values on the same scale.",
            code="rebased",
        )
        self.shift = shift


def import_files(
    workspace: "Workspace",
    source: str,
    files: Sequence[Path],
    *,
    index: str | None = None,
    version: str | None = None,
    observed_on: date | None = None,
    mapping: Mapping[str, str] | None = None,
    decimal: str = ".",
    components: bool = False,
    prices: bool = False,
    keep_good: bool = False,
    same_version: bool = False,
    dry_run: bool = False,
) -> ImportResult:
    """Import `files` together: all of them or none.

    Raises:
        RejectedRows: a row is bad and `keep_good` is off.
        Rebased: most values of a version would change and `same_version` is off.
        TrackerError: a file cannot be read.
    """
    snapshot = workspace.store.snapshot()
    default_index = workspace.settings.index or MAIN_INDEX
    options = ReadOptions(
        catalogue=workspace.catalogue,
        today=datetime.now(UTC).date(),
        index_name=index,
        index_version=version,
        observed_on=observed_on,
        default_index_name=default_index,
        default_index_version=_default_version(workspace, snapshot.indices, index or default_index),
        mapping=dict(mapping or {}),
        decimal=decimal,
        components=components,
        prices=prices,
        known_labs=workspace.known_labs(),
        known_indices=frozenset(snapshot.indices.select("index_name", "index_version").iter_rows()),
    )
    reader = sources.load(source)
    readings = [reader.read(path, options) for path in files]
    rows = pl.concat([r.rows.select(STATED) for r in readings])
    identified = identify(rows) if rows.height else pl.DataFrame(schema=SCHEMA)
    held = workspace.store.held(identified)
    new = identified.join(held, on="observation_id", how="anti", maintain_order="left")
    rejected = sum(len({p.row for p in r.problems}) for r in readings)
    first = readings[0]
    read = sum(r.read for r in readings)
    skipped = sum(len(r.skipped) for r in readings)
    result = ImportResult(
        read=read,
        added=new.height,
        unchanged=read - new.height - rejected - skipped,
        rejected=rejected,
        skipped=skipped,
        index_name=first.index_name,
        index_version=first.index_version,
        observed_on=first.observed_on,
        problems=[
            _row(path, p) for path, r in zip(files, readings, strict=True) for p in r.problems
        ],
        notes=[note for r in readings for note in r.notes],
        dry_run=dry_run,
        indices=new.group_by("index_name", "index_version")
        .agg(added=pl.len())
        .sort("added", "index_name", "index_version", descending=[True, False, False])
        .to_dicts(),
    )
    if rejected and not keep_good:
        raise RejectedRows(result)
    if not same_version:
        _refuse_rebase(snapshot, readings)
    if not dry_run:
        workspace.store.write(new)
    return result


def _refuse_rebase(snapshot: Snapshot, readings: Sequence[sources.Reading]) -> None:
    # File by file: each is compared with what is held and with the files before it.
    names = pl.concat([reading.rows["index_name"] for reading in readings]).unique().to_list()
    of_index = snapshot.standing.filter(pl.col("index_name").is_in(names))
    held = latest_statements(of_index, date.max, "final")
    for reading in readings:
        rows = reading.rows.select(STATED)
        if rows.is_empty():
            continue
        shifts = find_shifts(held, rows)
        if shifts:
            raise Rebased(shifts[0])
        held = pl.concat([held, identify(rows)])


def _default_version(workspace: "Workspace", indices: pl.DataFrame, index: str) -> str:
    of_index = indices.filter(index_name=index)
    if workspace.settings.version and index == (workspace.settings.index or index):
        return workspace.settings.version
    if of_index.height:
        return workspace.choose_index(of_index, index)[1]
    return MAIN_VERSION if index == MAIN_INDEX else "1"


def _row(path: Path, problem: Problem) -> dict[str, object]:
    return {
        "file": path.name, "row": problem.row, "field": problem.field, "reason": problem.reason,
    }  # fmt: skip
