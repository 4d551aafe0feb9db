"""Import files of one source: read, check, refuse a re-based index, record as one segment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cache

import polars as pl

from forecasts.errors import TrackerError
from forecasts.measures.vintage import latest_statements
from tracker import sources
from tracker.disagreement import notes_on
from tracker.recording.holding import Judged, judge, within_bounds
from tracker.recording.rebase import Shift, find_shifts
from tracker.sources.columns import counted
from tracker.sources.contract import OptionValue, Problem, Reading, ReadOptions
from tracker.sources.file import SourceFile
from tracker.sources.labs import Known, facts_of, filled_facts
from tracker.store.imports import import_id
from tracker.store.observations import Snapshot, Store
from tracker.store.schema import SCHEMA, STATED, identify
from tracker.workspace_data import WorkspaceData

MAIN_INDEX = "Artificial Analysis Intelligence Index"
MAIN_VERSION = "4.0"


@dataclass(frozen=True)
class ImportResult:
    """What one import did: read = added + unchanged + rejected + skipped + held["count"].

    `import_id` names the record of what it stated, the same for the same facts.
    `indices` has index_name, index_version and added of each index version that gained rows.
    `problems` are bad rows by file, row and field; `skipped` rows state no value at all.
    `warnings` and `held` are as of `holding.Judged`: rows warned of, and those of them held back.
    """

    import_id: str
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
    warnings: dict[str, object] = field(default_factory=dict[str, object])
    held: dict[str, object] = field(default_factory=dict[str, object])


class RejectedRows(TrackerError):
    """Nothing was imported because some rows are bad; `result` has them."""

    def __init__(self, result: ImportResult) -> None:
        first = result.problems[0]
        others = result.rejected - 1
        more = f" and {counted(others, 'more row', 'more rows')}" if others else ""
        super().__init__(
            f"{first['file']}, row {first['row']}, {first['field']}: {first['reason']}{more}; "
            "nothing was imported.",
            "Correct the file, or import its good rows with `keep_good`.",
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
            "Import it as a version of its own with `version` NAME, or with `same_version` "
            "if these really are new values on the same scale.",
            code="rebased",
        )
        self.shift = shift


@dataclass(frozen=True)
class ImportRequest:
    """Files of one source, and how to read and record them.

    Attributes:
        index, version, observed_on: go before what the files say; None leaves it to them.
        options: those of the source's own, by name (`tracker.sources.options_of`).
        keep_good: import the good rows beside bad ones.
        same_version: most values changed, but not the scale.
        outside_bounds: values outside the bounds of their index go in.
        yes: rows that are warned of go in, also those that would be held back.
        whole: the files hold all that their index lists on that day, as those of a leaderboard do.
        dry_run: check and count, record nothing.
    """

    source: str
    files: tuple[SourceFile, ...]
    index: str | None = None
    version: str | None = None
    observed_on: date | None = None
    options: Mapping[str, OptionValue] = field(default_factory=dict[str, OptionValue])
    keep_good: bool = False
    same_version: bool = False
    whole: bool = False
    dry_run: bool = False
    outside_bounds: bool = False
    yes: bool = False


def import_files(data: WorkspaceData, request: ImportRequest) -> ImportResult:
    """Import files together: all of them or none.

    Raises:
        RejectedRows: a row is bad and `keep_good` is off.
        Rebased: most values of a version would change and `same_version` is off.
        UsageError: there is no such source, or it has no such option.
        TrackerError: a file cannot be read.
    """
    snapshot = data.store.snapshot()
    options = _options(data, request, snapshot)
    reader = sources.load(request.source)
    readings = [reader.read(file, options) for file in request.files]
    if not request.outside_bounds:
        readings = within_bounds(data, readings)
    stated = pl.concat([r.rows.select(*STATED, "filled") for r in readings])
    identified = identify(stated.select(STATED))
    new = _new_rows(data.store, stated)
    judged = _judged(data, snapshot, request, readings, new)
    out = pl.col("observation_id").is_in(judged.held.implode())
    new, identified = new.filter(~out), identified.filter(~out)
    # Of a board that is taken without some rows nobody knows what it did not list.
    whole = (request.whole or sources.sees_whole(request.source)) and judged.held.is_empty()
    result = _result(request, readings, new, import_id(identified, request.source, whole=whole))
    result = _with_held(result, judged, notes_on(data, judged.peers, new))
    if result.rejected and not request.keep_good:
        raise RejectedRows(result)
    if not request.same_version:
        _refuse_rebase(snapshot, readings)
    if not request.dry_run:
        data.store.write(new)
        names = [file.path.name for file in request.files]
        data.imports.record(identified, request.source, names, whole=whole)
    return result


def _judged(
    data: WorkspaceData,
    snapshot: Snapshot,
    request: ImportRequest,
    readings: Sequence[Reading],
    new: pl.DataFrame,
) -> Judged:
    named = list(zip((file.path.name for file in request.files), readings, strict=True))
    rescored = request.same_version
    return judge(data, snapshot, named, new, accepted=request.yes, rescored=rescored)


def _with_held(result: ImportResult, judged: Judged, notes: list[str]) -> ImportResult:
    return replace(
        result,
        notes=[*result.notes, *notes],
        unchanged=result.unchanged - len(judged.held),
        warnings=judged.warnings,
        held=judged.kept,
    )


def _options(data: WorkspaceData, request: ImportRequest, snapshot: Snapshot) -> ReadOptions:
    default_index = data.settings.index or MAIN_INDEX
    index = request.index or default_index
    return ReadOptions(
        catalogue=data.catalogue,
        today=datetime.now(UTC).date(),
        default_index_name=default_index,
        default_index_version=_default_version(data, snapshot.indices, index),
        index_name=request.index,
        index_version=request.version,
        observed_on=request.observed_on,
        own=sources.own_options(request.source, request.options),
        known=Known(
            labs=data.known_labs(),
            indices=frozenset(snapshot.indices.select("index_name", "index_version").iter_rows()),
            models=cache(lambda: facts_of(snapshot.standing)),
        ),
    )


def _new_rows(store: Store, rows: pl.DataFrame) -> pl.DataFrame:
    """Those of `rows` that the store does not hold, complete.

    What a row left open may be known otherwise by now: a row that the store holds with other
    facts in its open cells is the same statement.
    """
    if rows.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    identified = identify(rows)
    held = store.held(identified)["observation_id"]
    for (bits,), part in rows.filter(pl.col("filled") > 0).group_by("filled"):
        new = identify(part).filter(~pl.col("observation_id").is_in(held.implode()))
        if new.height:
            held = pl.concat([held, store.held_but_for(new, filled_facts(int(str(bits))))])
    return identified.filter(~pl.col("observation_id").is_in(held.implode()))


def _result(
    request: ImportRequest, readings: Sequence[Reading], new: pl.DataFrame, identity: str
) -> ImportResult:
    rejected = sum(len({p.row for p in r.problems}) for r in readings)
    read = sum(r.read for r in readings)
    skipped = sum(len(r.skipped) for r in readings)
    first = readings[0]
    return ImportResult(
        import_id=identity,
        read=read,
        added=new.height,
        unchanged=read - new.height - rejected - skipped,
        rejected=rejected,
        skipped=skipped,
        index_name=first.index_name,
        index_version=first.index_version,
        observed_on=first.observed_on,
        problems=[
            _row(file, p)
            for file, r in zip(request.files, readings, strict=True)
            for p in r.problems
        ],
        notes=[note for r in readings for note in r.notes],
        dry_run=request.dry_run,
        indices=new.group_by("index_name", "index_version")
        .agg(added=pl.len())
        .sort("added", "index_name", "index_version", descending=[True, False, False])
        .to_dicts(),
    )


def _refuse_rebase(snapshot: Snapshot, readings: Sequence[Reading]) -> None:
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
        held = pl.concat([held, identify(rows)], how="diagonal_relaxed")


def _default_version(data: WorkspaceData, indices: pl.DataFrame, index: str) -> str:
    of_index = indices.filter(index_name=index)
    if data.settings.version and index == (data.settings.index or index):
        return data.settings.version
    if of_index.height:
        return data.choose_index(of_index, index)[1]
    return MAIN_VERSION if index == MAIN_INDEX else "1"


def _row(file: SourceFile, problem: Problem) -> dict[str, object]:
    return {
        "file": file.path.name, "row": problem.row,
        "field": problem.field, "reason": problem.reason,
    }  # fmt: skip
