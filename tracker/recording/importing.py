"""Import files of one source: read, check, refuse a re-based index, record as one segment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cache

import polars as pl

from forecasts.errors import TrackerError
from forecasts.measures.difference import FACTS, changed_facts
from forecasts.measures.vintage import latest_statements
from forecasts.request import Pair
from tracker import sources
from tracker.disagreement import notes_on
from tracker.recording.calendar import calendar_note
from tracker.recording.components import keep_component_versions
from tracker.recording.holding import Judged, judge, within_bounds
from tracker.recording.link_notes import link_notes
from tracker.recording.rebase import (
    ACCEPTED,
    KEYS,
    Change,
    Comparison,
    ScaleInDoubt,
    change_note,
    changes_of,
    compare,
)
from tracker.recording.statements import new_rows, stated_rows, too_few
from tracker.sources.contract import Inferred, OptionValue, Problem, Reading, ReadOptions
from tracker.sources.file import SourceFile
from tracker.sources.labs import MEASURED, Known, commonly_named, facts_of
from tracker.store.imports import import_id
from tracker.store.observations import Snapshot
from tracker.store.schema import STATED, with_model_keys
from tracker.text.counting import counted
from tracker.workspace_data import WorkspaceData

_NAMED = 10  # models of which something is not known: so many are named
MAIN_INDEX = "Artificial Analysis Intelligence Index"


@dataclass(frozen=True)
class ImportResult:
    """What one import did: read = added + unchanged + rejected + skipped + held["count"].

    `import_id` names the record of what it stated, the same for the same facts.
    `indices` has index_name, index_version and added of each index version that gained rows.
    `inferred` are the day and the versions that neither the files nor the caller state, each with
    what it was taken from.
    `judgements` says of each index version whether the values are on the scale of those held, and
    `changes` which known values are others now.
    `changed_facts` has index_name, index_version, model, field, before and after of what is said
    otherwise of models known already: name, lab, countries, release date, weights.
    `unknown` has, for each of lab, country, released_on and open_weights, the `count` of good rows
    of which nobody knows it, and the first of their `models`.
    `problems` are bad rows by file, row and field; `skipped` rows state no value at all.
    `warnings` and `held` are as of `holding.Judged`: rows warned of, and those of them held back.
    `observed_on` is the first day of the files that go in together, `observed_until` the last.
    `facts` counts what was said of models beside their values and was not known (`store.facts`).
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
    inferred: list[Inferred]
    dry_run: bool
    indices: list[dict[str, object]]
    unknown: dict[str, dict[str, object]] = field(default_factory=dict[str, dict[str, object]])
    judgements: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    changes: list[Change] = field(default_factory=list[Change])
    changed_facts: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    warnings: dict[str, object] = field(default_factory=dict[str, object])
    held: dict[str, object] = field(default_factory=dict[str, object])
    facts: int = 0
    observed_until: date | None = None


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


@dataclass(frozen=True)
class ImportRequest:
    """Files of one source, and how to read and record them.

    Attributes:
        index, version, observed_on: go before what the files say; None leaves it to them.
        options: those of the source's own, by name (`tracker.sources.options_of`).
        keep_good: import the good rows beside bad ones.
        same_version: the values were estimated anew, on the same scale.
        accept: other cases of values in doubt that go in all the same: `re-based`, `other-scores`,
            `unjudged` (see `ScaleInDoubt`); each is for that case alone.
        force_version: `version` even against what the files state.
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
    accept: tuple[str, ...] = ()
    force_version: bool = False
    whole: bool = False
    dry_run: bool = False
    outside_bounds: bool = False
    yes: bool = False


@dataclass(frozen=True)
class ImportPlan:
    """What an import would do: its result, and what is to be recorded for it.

    `new` are the rows that it adds, `stated` all that it states, both as of `Store.write`; `facts`
    is what it says of models beside their values. `whole`, `partial` and `identity`
    are as of `Imports.record`.
    """

    result: ImportResult
    new: pl.DataFrame
    stated: pl.DataFrame
    facts: pl.DataFrame
    source: str
    files: list[str]
    whole: bool
    partial: frozenset[tuple[str, str]]
    identity: str


def import_files(data: WorkspaceData, request: ImportRequest) -> ImportResult:
    """Import files together: all of them or none. Raises as `plan_import`."""
    plan = plan_import(data, request)
    if not request.dry_run:
        carry_out(data, plan)
    return plan.result


def carry_out(data: WorkspaceData, plan: ImportPlan) -> None:
    """Record what was planned: the rows, then the import that speaks of them."""
    data.store.write(plan.new)
    data.facts.record(plan.facts)
    data.imports.record(
        plan.stated, plan.source, plan.files, whole=plan.whole, partial=plan.partial,
        identity=plan.identity,
    )  # fmt: skip


def plan_import(data: WorkspaceData, request: ImportRequest) -> ImportPlan:
    """Read and check files together.

    Raises:
        RejectedRows: a row is bad and `keep_good` is off.
        ScaleInDoubt: values of a version do not seem to be on the scale of those held, or that
            cannot be judged, and the case is not accepted.
        MissingFact: the day or the version of some row is said by nobody.
        UsageError: there is no such source, or it has no such option, or the version asked for is
            not the one that a file states and `force_version` is off.
        TrackerError: a file cannot be read.
    """
    snapshot = data.store.snapshot()
    options = read_options(data, request, snapshot)
    reader = sources.load(request.source)
    readings = [reader.read(file, options) for file in request.files]
    readings = keep_component_versions(snapshot, readings)
    if not request.outside_bounds:
        readings = within_bounds(data, readings)
    rows, places = stated_rows(request.files, readings)
    new, identified = new_rows(data, rows)
    compared = _compared(snapshot, readings, new)
    judged = _judged(data, snapshot, request, places, new, compared)
    out = pl.col("observation_id").is_in(judged.held.implode())
    compared = _without(compared, new.filter(out))
    new, identified = new.filter(~out), identified.filter(~out)
    # Of a board that is taken without some rows nobody knows what it did not list.
    listed = sources.sees_whole(request.source) and all(r.whole for r in readings)
    whole = (request.whole or listed) and judged.held.is_empty()
    whole = whole and not any(reading.problems for reading in readings)
    few = [] if request.whole or not whole else too_few(data, snapshot, identified)
    whole = whole and not few
    identity = import_id(identified, request.source, whole=whole)
    pair = data.pair(Pair())
    changes = [changes_of(c, (pair.leader, pair.follower)) for c in compared]
    notes = [change_note(c, of.judgement) for c, of in zip(changes, compared, strict=True) if c]
    notes += [*_off_calendar(data, new), *notes_on(data, judged.peers, new)]
    notes += [*few, *link_notes(data, snapshot, new)]
    result = replace(
        _with_held(_result(request, readings, new, identity, notes), judged),
        judgements=[c.document() for c in compared],
        changes=[change for of in changes for change in of],
    )
    if result.rejected and not request.keep_good:
        raise RejectedRows(result)
    _refuse_doubt(request, compared)
    result = replace(result, changed_facts=_changed_facts(snapshot, new))
    facts = data.facts.unknown(pl.concat([r.facts for r in readings]), result.import_id)
    result = replace(result, facts=data.facts.unheard(facts))
    if data.imports.was_withdrawn(result.import_id):
        note = "This very import was taken back; what it alone stated does not stand again."
        result = replace(result, notes=[*result.notes, note])
    partial = frozenset[tuple[str, str]]().union(*(r.partial for r in readings))
    return ImportPlan(
        result, new, identified, facts, request.source,
        [file.path.name for file in request.files], whole,
        frozenset() if request.whole else partial, identity,
    )  # fmt: skip


def _judged(
    data: WorkspaceData,
    snapshot: Snapshot,
    request: ImportRequest,
    places: pl.DataFrame,
    new: pl.DataFrame,
    compared: Sequence[Comparison],
) -> Judged:
    # Where values were estimated anew, on this scale or on another, a changed one is no slip.
    fitted = sources.fitted_anew(request.source)
    anew = any(c.judgement.case == "re-estimated" or c.index_name in fitted for c in compared)
    rescored = request.same_version or bool(request.accept) or anew
    return judge(data, snapshot, places, new, accepted=request.yes, rescored=rescored)


def _without(compared: Sequence[Comparison], held: pl.DataFrame) -> list[Comparison]:
    """The comparisons without models of rows that are held back: these change nothing."""
    return [
        replace(c, both=c.both.join(held, on=KEYS, how="anti", maintain_order="left"))
        for c in compared
    ]


def _with_held(result: ImportResult, judged: Judged) -> ImportResult:
    return replace(
        result,
        unchanged=result.unchanged - len(judged.held),
        warnings=judged.warnings,
        held=judged.kept,
    )


def read_options(data: WorkspaceData, request: ImportRequest, snapshot: Snapshot) -> ReadOptions:
    """What a source is told of the files of a request."""
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
        force_version=request.force_version,
        own=sources.own_options(request.source, request.options),
        known=Known(
            labs=data.known_labs(),
            indices=frozenset(snapshot.indices.select("index_name", "index_version").iter_rows()),
            models=cache(lambda: commonly_named(facts_of(snapshot.standing), data.catalogue)),
        ),
    )


def _result(
    request: ImportRequest,
    readings: Sequence[Reading],
    new: pl.DataFrame,
    identity: str,
    more: Sequence[str],
) -> ImportResult:
    rejected = sum(len({p.row for p in r.problems}) for r in readings)
    read = sum(r.read for r in readings)
    skipped = sum(len(r.skipped) for r in readings)
    first = readings[0]
    days = [day for r in readings for day in r.rows["observed_on"].unique()]
    inferred = list(dict.fromkeys(i for r in readings for i in r.inferred))
    told = (note for r in readings for note in r.notes)
    notes = [*(i.sentence for i in inferred), *told, *more]
    return ImportResult(
        import_id=identity,
        read=read,
        added=new.height,
        unchanged=read - new.height - rejected - skipped,
        rejected=rejected,
        skipped=skipped,
        index_name=first.index_name,
        index_version=first.index_version,
        observed_on=min(days, default=first.observed_on),
        observed_until=max(days, default=first.observed_on),
        problems=[
            _row(file, p)
            for file, r in zip(request.files, readings, strict=True)
            for p in r.problems
        ],
        notes=list(dict.fromkeys(notes)),
        inferred=inferred,
        dry_run=request.dry_run,
        indices=new.group_by("index_name", "index_version")
        .agg(added=pl.len())
        .sort("added", "index_name", "index_version", descending=[True, False, False])
        .to_dicts(),
        unknown=_unknown(pl.concat([r.rows.select("model", *MEASURED) for r in readings])),
    )


def _unknown(rows: pl.DataFrame) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for name in MEASURED:
        models = rows.filter(pl.col(name).is_null())["model"]
        first = models.unique(maintain_order=True).head(_NAMED).to_list()
        found[name] = {"count": models.len(), "models": first}
    return found


def _changed_facts(snapshot: Snapshot, new: pl.DataFrame) -> list[dict[str, object]]:
    """What models of `new` are said to be in an index version with these rows and without."""
    if not snapshot.segments:
        return []
    index = ["index_name", "index_version"]
    keys = new.lazy().select(*index, "model_key").unique()
    of = snapshot.standing.join(keys, on=[*index, "model_key"], how="semi")
    held = latest_statements(of, date.max, "final")
    if held.is_empty():
        return []
    with_new = latest_statements(pl.concat([of, new.lazy()]), date.max, "final")
    found: list[dict[str, object]] = []
    for (name, version), after in with_new.group_by(index, maintain_order=True):
        before = held.filter(index_name=name, index_version=version)
        changed = changed_facts(*(_described(rows) for rows in (before, after)))
        found += [
            {"index_name": name, "index_version": version, **row} for row in changed.to_dicts()
        ]
    return found


def _described(rows: pl.DataFrame) -> pl.DataFrame:
    """What `known_models` says of each model, also of those without a release date."""
    ordered = rows.sort("observed_on", "value", "observation_id")
    return ordered.group_by("model_key").agg(pl.col(FACTS).drop_nulls().last())


def _compared(
    snapshot: Snapshot, readings: Sequence[Reading], new: pl.DataFrame
) -> list[Comparison]:
    """Each reading beside what is held and the files before it, where `new` adds to a version."""
    names = pl.concat([reading.rows["index_name"].unique() for reading in readings]).unique()
    of_index = snapshot.standing.filter(pl.col("index_name").is_in(names.implode()))
    held = latest_statements(of_index, date.max, "final")
    if held.is_empty() and len(readings) == 1:
        return []
    found: list[Comparison] = []
    for reading in readings:
        rows = reading.rows.select(STATED)
        if rows.is_empty():
            continue
        rows = with_model_keys(rows)
        found += compare(held, rows)
        held = pl.concat([held, rows], how="diagonal_relaxed")
    gaining = set(new.select("index_name", "index_version").unique().rows())
    return [c for c in found if (c.index_name, c.index_version) in gaining]


def _off_calendar(data: WorkspaceData, rows: pl.DataFrame) -> list[str]:
    """Notes on rows of a version that the calendar does not have on their day."""
    days = rows.lazy().select("index_name", "index_version", "observed_on").unique()
    of = days.collect(engine="streaming").sort(pl.all())
    notes = [calendar_note(data.catalogue, *row) for row in of.iter_rows()]
    return [note for note in notes if note is not None][:5]


def _refuse_doubt(request: ImportRequest, compared: Sequence[Comparison]) -> None:
    accepted = {*request.accept, *(["re-estimated"] if request.same_version else [])}
    fitted = sources.fitted_anew(request.source)
    for comparison in compared:
        case = comparison.judgement.case
        if comparison.index_name in fitted and case != "other scores":
            continue
        if comparison.refused and ACCEPTED[case] not in accepted:
            raise ScaleInDoubt(comparison)


def _default_version(data: WorkspaceData, indices: pl.DataFrame, index: str) -> str | None:
    """The version of an index without a calendar: the settings', the only one held, or 1."""
    of_index = indices.filter(index_name=index)
    if data.settings.version and index == (data.settings.index or index):
        return data.settings.version
    if of_index.height > 1:
        return None
    return str(of_index["index_version"][0]) if of_index.height else "1"


def _row(file: SourceFile, problem: Problem) -> dict[str, object]:
    return {
        "file": file.path.name, "row": problem.row,
        "field": problem.field, "reason": problem.reason,
    }  # fmt: skip
