"""What an import would make of a table: its columns, its first rows, what is still to be said."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, cast

import polars as pl

from forecasts.errors import TrackerError, UsageError
from tracker import sources
from tracker.recording.importing import ImportRequest, read_options
from tracker.sources.contract import MissingFact, Reading, ReadOptions, Source
from tracker.sources.file import SourceFile
from tracker.sources.names import interval_columns, our_names, suggestions
from tracker.store.schema import STATED, identify
from tracker.workspace_data import WorkspaceData

ROWS = 3
_REQUIRED = ("model", "value")
_UNSAID = "?"


class TableSource(Source, Protocol):
    """A source of tables: it can say which columns a file has."""

    def columns(self, file: SourceFile, options: ReadOptions) -> list[str]:
        """The names of the columns of a file."""
        ...


@dataclass(frozen=True)
class Explanation:
    """What an import would make of one file; nothing was recorded.

    Attributes:
        columns: `column` of the file, what it is `taken_for`, and else what it could be, as
            `map`, a pair for `mapping`.
        mappable: every column of ours that no column of the file is taken for: `column`, whether
            it is `required`, as `map` a pair for `mapping`, and of the standard error what to say
            as `interval`, where two columns look like the ends of one.
        rows: the first rows as they would be stored; null is what is still to be said.
        read, good, rejected: how many rows the file has, and can be taken or not.
        problems: the first problems by row and field.
        to_say: what an import would stop at, and what to do.
        notes: what an import would tell.
    """

    file: str
    columns: list[dict[str, str | None]]
    mappable: list[dict[str, object]]
    rows: pl.DataFrame
    read: int
    good: int
    rejected: int
    problems: list[dict[str, object]]
    to_say: list[str]
    notes: list[str]


def explain(data: WorkspaceData, request: ImportRequest) -> Explanation:
    """What `import_files` would make of the one table of `request`.

    Raises:
        UsageError: the source is none of tables, or there are several files, or an option names an
            unknown column.
        TrackerError: the file is no table.
    """
    source = cast(TableSource, sources.load(request.source))
    if not hasattr(source, "columns"):
        tables = [name for name in sources.SOURCES if hasattr(sources.load(name), "columns")]
        raise UsageError(
            f"`explain` is for tables, and '{request.source}' is none.",
            f"Tables: {', '.join(tables)}.",
            "no_table",
        )
    if len(request.files) != 1:
        raise UsageError("`explain` takes one file.", "Name one of them.", "several_files")
    file = request.files[0]
    options = read_options(data, request, data.store.snapshot())
    names = source.columns(file, options)
    taken = our_names(file, names, options)
    reading, to_say, open_ = _attempt(source, file, options)
    inferred = [] if reading is None else reading.inferred
    if "observed_on" in open_ and any(i.field == "index_version" for i in inferred):
        # From a day that stands for nothing.
        open_.append("index_version")
        inferred = [i for i in inferred if i.field != "index_version"]
    told = [] if reading is None else [n for n in reading.notes if f"'{_UNSAID}'" not in n]
    rows = _stored(reading, open_)
    return Explanation(
        file=file.name,
        columns=_columns(names, taken),
        mappable=_mappable(names, taken),
        rows=rows,
        read=0 if reading is None else reading.read,
        good=0 if reading is None else reading.rows.height,
        rejected=0 if reading is None else len({p.row for p in reading.problems}),
        problems=[
            {"row": p.row, "field": p.field, "reason": p.reason}
            for p in ([] if reading is None else reading.problems[:20])
        ],
        to_say=to_say,
        notes=[*(i.sentence for i in inferred), *told],
    )


def _attempt(
    source: Source, file: SourceFile, options: ReadOptions
) -> tuple[Reading | None, list[str], list[str]]:
    """The file as it would be read, what is still to be said, and the columns that this leaves
    open: these have values that stand for nothing in what was read."""
    to_say: list[str] = []
    open_: list[str] = []
    while True:
        try:
            return source.read(file, options), to_say, open_
        except MissingFact as fact:
            to_say.append(f"{fact.message} {fact.hint}")
            if fact.field == "observed_on" and "observed_on" not in open_:
                open_.append("observed_on")
                options = replace(options, observed_on=options.today)
            elif fact.field == "version" and "index_version" not in open_:
                if open_:  # known by the day, perhaps
                    to_say.pop()
                open_.append("index_version")
                options = replace(options, index_version=_UNSAID)
            else:
                return None, to_say, open_
        except TrackerError as error:
            return None, [*to_say, f"{error.message} {error.hint or ''}".strip()], open_


def _stored(reading: Reading | None, open_: Sequence[str]) -> pl.DataFrame:
    stated = pl.DataFrame(schema=dict.fromkeys(STATED, pl.String))
    if reading is not None:
        stated = reading.rows.head(ROWS).select(STATED)
    rows = identify(stated).drop("recorded_at", "retracts", "supersedes")
    made = [*open_, *(["observation_id"] if open_ else [])]
    return rows.with_columns(pl.lit(None, rows.schema[c]).alias(c) for c in made)


def _columns(names: Sequence[str], taken: dict[str, str]) -> list[dict[str, str | None]]:
    ours = {theirs: name for name, theirs in taken.items()}
    could = {theirs: name for name, theirs in suggestions(names).items() if name not in taken}
    return [
        {
            "column": name,
            "taken_for": ours.get(name),
            "map": f"{could[name]}={name}" if name in could and name not in ours else None,
        }
        for name in names
    ]


def _mappable(names: Sequence[str], taken: dict[str, str]) -> list[dict[str, object]]:
    used = set(taken.values())
    near = {name: theirs for name, theirs in suggestions(names).items() if theirs not in used}
    ends = interval_columns([name for name in names if name not in used])
    return [
        {
            "column": name,
            "required": name in _REQUIRED,
            "map": f"{name}={near.get(name, 'COLUMN')}",
            "interval": f"{ends[0]},{ends[1]},LEVEL" if ends and name == "stderr" else None,
        }
        for name in STATED
        if name not in taken
    ]
