"""What a table says of its observations: which column is which, and what its absence means."""

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from forecasts.errors import TrackerError, UsageError
from tracker.sources.basis import MADE_AT, Basis
from tracker.sources.cells import DATES, FILL_DOWN, Cells
from tracker.sources.contract import Problem, Reading, ReadOptions, SourceOption
from tracker.sources.file import SourceFile
from tracker.sources.formats.numbers import AUTO
from tracker.sources.intervals import HIGH, LOW, Interval, interval_of
from tracker.sources.intervals import OPTION as INTERVAL
from tracker.sources.names import our_names, suggestions
from tracker.sources.rows import batch, check_rows, file_source, limit_problems
from tracker.store.schema import STATED
from tracker.text.counting import counted
from tracker.text.printable import printable

MAPPING = SourceOption("mapping", "Name of a column.", {})
DECIMAL = SourceOption(
    "decimal", "The decimal sign, where the columns leave it open.", AUTO, (AUTO, ".", ",")
)
TABLE_OPTIONS = (MAPPING, DECIMAL, DATES, INTERVAL, FILL_DOWN)
# What points at another row means nothing outside of its workspace.
LINKS = ("retracts", "supersedes")
LINKED = "points at another row of its workspace; use `tracker merge`, or an export of what stands"
# What `tracker export` writes and an import makes anew.
_DERIVED = ("observation_id", "model_key", "recorded_at")


class TableRows:
    """Rows of a table with the columns `ours`, taken piece by piece: completed, checked, typed."""

    def __init__(
        self, file: SourceFile, options: ReadOptions, kind: str, names: Sequence[str],
        ours: dict[str, int],
    ) -> None:  # fmt: skip
        self.file, self.options, self.names, self.ours = file, options, names, ours
        self.source = file_source(kind, file)
        self.basis = Basis(file, options)
        self.cells = Cells(file, options, interval_of(file, names, options))
        self.read = 0
        self.problems: list[Problem] = []
        self._typed: list[pl.DataFrame] = []

    def take(self, text: pl.DataFrame, problems: Sequence[Problem] = ()) -> None:
        """More rows: `row` and the columns found, as text; `problems` are those of other rows."""
        self.read += text.height + len({p.row for p in problems})
        text, unread = self.cells.read(text)
        self._check(text, [*problems, *unread])

    def _check(self, text: pl.DataFrame, problems: Sequence[Problem]) -> None:
        whole = self.basis.fill(complete(text, self.options, self.source))
        good, wrong = check_rows(whole, self.options)
        self._typed.append(good)
        self.problems += sorted([*problems, *wrong], key=lambda p: p.row)
        limit_problems(self.file, self.problems)

    def rows(self) -> pl.DataFrame:
        """The good rows, in the order of the file, once all are taken."""
        rest = self.cells.rest()
        if rest is not None:
            self._check(*rest)
            self.problems.sort(key=lambda p: p.row)
            self._typed = [pl.concat(self._typed).sort("row")]
        return pl.concat(self._typed)

    def unused(self) -> list[str]:
        """The columns of the file that are not used, without what an export adds."""
        used = set(self.ours.values())
        names = (name for at, name in enumerate(self.names) if at not in used)
        return [name for name in names if name not in {*_DERIVED, *LINKS, ""}]

    def reading(self, ignored: Sequence[str], notes: Sequence[str] = ()) -> Reading:
        """What was read; `ignored` are the columns not used."""
        rows = self.rows()
        first = notes_of(self.file, rows, ignored, not self.problems)
        told = [*first, *notes, *self.cells.notes]
        inferred = self.basis.inferred
        return Reading(
            rows, self.read, self.problems, self.cells.skipped, *batch(rows), told, inferred
        )


def our_columns(
    file: SourceFile, columns: Sequence[str], options: ReadOptions, position: Callable[[str], int]
) -> dict[str, int]:
    """Position of each of our columns in the file, by name or by `options.mapping`.

    Raises:
        UsageError: the mapping names an unknown column.
        TrackerError: model or value is missing; and what `position` raises.
    """
    names = our_names(file, columns, options)
    made_at = next((c for c in MADE_AT if c in columns), None)
    if made_at is not None:
        names.setdefault("observed_on", made_at)
    for required in ("model", "value"):
        if required not in names:
            raise missing_column(file, columns, required)
    interval = interval_of(file, columns, options)
    if interval is not None:
        names |= _ends(names, interval)
    return {ours: position(theirs) for ours, theirs in names.items()}


def _ends(names: Mapping[str, str], interval: Interval) -> dict[str, str]:
    """The columns of an interval; raises UsageError beside a column of standard errors."""
    if "stderr" in names:
        raise UsageError(
            f"`interval` and the column '{printable(names['stderr'][:100])}' both say the standard "
            "error.",
            "Leave the option out, or rename the column.",
            "bad_interval",
        )
    return {LOW: interval.low, HIGH: interval.high}


def missing_column(file: SourceFile, columns: Sequence[str], required: str) -> TrackerError:
    """The error of a table without a column that it needs."""
    near = suggestions(columns).get(required)
    example = near or ("score" if required == "value" else "COLUMN")
    pair = f"{required}={printable(example[:100])}"
    if " " in pair:
        pair = f"'{pair}'"
    return TrackerError(
        f"{file.name} has no column '{required}'; its columns are: {_listed(columns)}.",
        f"Say which one it is, for example `mapping` {pair}; `explain` shows them all.",
        "missing_column",
    )


def complete(frame: pl.DataFrame, options: ReadOptions, source: str) -> pl.DataFrame:
    """Text rows with `row` and every column of STATED.

    An index of the options goes before the file's. Day and version may be open (`Basis.fill`).
    """
    fixed = {
        "index_name": (options.index_name, options.default_index_name),
        "source": (None, source),
    }
    for name, (option, default) in fixed.items():
        if option is not None or name not in frame.columns:
            value = pl.lit(str(default if option is None else option))
        else:
            blank = pl.col(name).str.strip_chars() == ""
            value = pl.when(blank.fill_null(True)).then(pl.lit(str(default))).otherwise(name)
        frame = frame.with_columns(value.alias(name))
    absent = [pl.lit(None, pl.String).alias(c) for c in STATED if c not in frame.columns]
    return frame.with_columns(absent).select("row", *STATED)


def defaulted(frame: pl.DataFrame, options: ReadOptions) -> set[str]:
    """Those of index_name and index_version that some row of `frame` leaves to the default."""
    options_say = {"index_name": options.index_name, "index_version": options.index_version}
    return {
        name
        for name, option in options_say.items()
        if option is None
        and frame.height
        and (
            name not in frame.columns or frame[name].str.strip_chars().eq("").fill_null(True).any()
        )
    }


def default_notes(taken: set[str], rows: pl.DataFrame, options: ReadOptions) -> list[str]:
    """A note on the index version that took its name from defaults (`taken`) and is new."""
    name = options.index_name or options.default_index_name
    version = options.index_version or options.default_index_version or ""
    if not taken or (name, version) in options.known.indices:
        return []
    if rows.filter(index_name=name, index_version=version).is_empty():
        return []
    says = {"index_name": "`index`", "index_version": "`version`"}
    given = " and ".join(says[c] for c in says if c in taken)
    return [
        f"The file and the options do not say all: taken as index '{name}', version '{version}', "
        f"which is new here; {given} can name another."
    ]


def country_notes(rows: pl.DataFrame, options: ReadOptions) -> list[str]:
    """A note on rows whose country is not the catalogue's for their lab."""
    labs = rows["lab"].drop_nulls().unique().to_list()
    known = {name: lab.countries for name in labs if (lab := options.catalogue.lab(name))}
    expected = pl.col("lab").replace_strict(known, default=None, return_dtype=pl.String)
    other = pl.col("country").str.split(",").list.sort() != expected.str.split(",").list.sort()
    found = rows.filter(other.fill_null(False)) if known else rows.clear()
    if found.is_empty():
        return []
    first = found.row(0, named=True)
    return [
        f"{counted(found.height, 'row has', 'rows have')} another country than the catalogue has "
        f"for the lab, first '{first['model']}': {first['lab']} with {first['country']}, not "
        f"{known[first['lab']]}."
    ]


def notes_of(file: SourceFile, rows: pl.DataFrame, ignored: Sequence[str], good: bool) -> list[str]:
    """What a reader should know of a table that was read; `good`: no row had a problem."""
    notes = []
    if ignored:
        more = " ..." if len(ignored) > 30 else ""
        notes.append(f"Columns not used: {_listed(ignored, more)}.")
    undated = rows["released_on"].null_count()
    if undated:
        notes.append(
            f"{counted(undated, 'row has', 'rows have')} no release date and "
            "cannot enter a frontier."
        )
    if rows.is_empty() and good:
        notes.append(f"{file.name} holds no rows.")
    return notes


def _listed(columns: Sequence[str], more: str = "") -> str:
    return printable(", ".join(columns[:30])[:500] + more)
