"""Rows of every source: text in the columns of an observation, checked and typed."""

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from forecasts.errors import TrackerError
from forecasts.measures.vintage import PRECISION
from tracker.sources.basis import Basis
from tracker.sources.contract import Problem, Reading, ReadOptions
from tracker.sources.file import SourceFile
from tracker.sources.formats.numbers import (
    as_numbers,
    beside_percentages,
    why_no_number,
    without_marks,
)
from tracker.sources.labs import fill
from tracker.store.schema import (
    EARLIEST,
    FORBIDDEN_TEXT,
    MAX_COUNTRIES,
    MAX_NUMBER,
    MAX_TEXT,
    PRECISIONS,
    REQUIRED,
    SCHEMA,
    STATED,
    text_problem,
)
from tracker.text.printable import printable

MAX_PROBLEMS = 100_000  # of one file: more are not a few slips but another kind of file
_BOOLEANS = {
    "true": True, "yes": True, "1": True, "false": False, "no": False, "0": False,
}  # fmt: skip
_NUMBERS = [name for name in STATED if SCHEMA[name] == pl.Float64()]
# Where a mark may stand for no value: what need not be stated.
_MARKED = [
    name for name in STATED
    if name in {"lab", "country", "source_url", "stderr"}
    or SCHEMA[name] in {pl.Date(), pl.Boolean()}
]  # fmt: skip
_YEAR, _MONTH = r"^\d{4}$", r"^\d{4}-\d{2}$"
_NUMBER, _PERCENT = "NUMBER", "PERCENT"  # reasons that depend on the cell
_TEXT_ROWS = {"row": pl.Int64(), **dict.fromkeys(STATED, pl.String())}


class Records:
    """Observations gathered one by one, for a source that is no table."""

    def __init__(self, file: SourceFile, options: ReadOptions) -> None:
        self.file, self.options = file, options
        self.basis = Basis(file, options)
        self.problems: list[Problem] = []
        self.skipped: list[Problem] = []
        self._records: list[dict[str, str | int | None]] = []

    def __len__(self) -> int:
        return len(self._records)

    def add(self, row: int, facts: Mapping[str, object]) -> None:
        """An observation that row `row` states: columns of STATED, None where it says nothing."""
        self._records.append({"row": row, **{name: as_text(v) for name, v in facts.items()}})

    def reject(self, row: int, field: str, reason: str) -> None:
        """A row that cannot be taken as it is; raises TrackerError for too many of them."""
        self.problems.append(Problem(row, field, reason))
        limit_problems(self.file, self.problems)

    def skip(self, row: int, field: str, reason: str) -> None:
        """A row that states no value."""
        self.skipped.append(Problem(row, field, reason))

    def checked(self) -> pl.DataFrame:
        """The good rows, as of `check_rows`; the problems of the others are kept.

        An index that a record leaves out is the caller's, a source the file; a version and a day
        of observation are found as of `Basis`.
        """
        options = self.options
        others = {
            "index_name": options.index_name or options.default_index_name,
            "source": file_source("file", self.file),
        }
        text = pl.DataFrame(self._records, schema=_TEXT_ROWS).with_columns(
            pl.col(name).fill_null(pl.lit(value)) for name, value in others.items()
        )
        rows, wrong = check_rows(self.basis.fill(text), options)
        self.problems = sorted(self.problems + wrong, key=lambda p: p.row)
        limit_problems(self.file, self.problems)
        return rows

    def reading(self, rows: pl.DataFrame | None = None, notes: Sequence[str] = ()) -> Reading:
        """The file with these good rows, `checked` if none are given."""
        rows = self.checked() if rows is None else rows
        read = rows.height + len(self.skipped) + len({p.row for p in self.problems})
        return Reading(
            rows, read, self.problems, self.skipped, *batch(rows), list(notes), self.basis.inferred
        )


def as_text(value: object) -> str | None:
    """A cell as text, None for None."""
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def one_row(facts: Mapping[str, object]) -> pl.DataFrame:
    """One observation as the text rows that `check_rows` takes; its row is 1."""
    text = {name: as_text(value) for name, value in facts.items()}
    return pl.DataFrame([{"row": 1, **text}], schema=_TEXT_ROWS)


def file_source(kind: str, file: SourceFile) -> str:
    """The `source` of rows that name none: the kind and the name of their file."""
    return f"{kind}:{printable(file.inner.name)}"[:100].rstrip()


def limit_problems(file: SourceFile, problems: Sequence[Problem]) -> None:
    """Raise TrackerError when there are more problems than can be listed."""
    if len(problems) > MAX_PROBLEMS:
        first = problems[0]
        raise TrackerError(
            f"{file.name} has more than {MAX_PROBLEMS:,} problems, the first in row "
            f"{first.row}, {first.field}: {first.reason}.",
            "Check that it is the right file and that its columns are the right ones (`mapping`).",
            "too_many_problems",
        )


def check_rows(rows: pl.DataFrame, options: ReadOptions) -> tuple[pl.DataFrame, list[Problem]]:
    """Text rows (`row` and the columns STATED) as typed ones, and the problems of the others.

    What a row leaves open is filled from what is known (`labs.fill`, which adds `left_open`), and
    what nobody knows stays null. A row with any problem is left out. At most MAX_PROBLEMS + 1
    problems are listed.
    """
    text = rows.with_columns(pl.col(STATED).cast(pl.String).str.strip_chars(" \t"))
    text = text.with_columns(
        pl.when(pl.col(c) == "").then(None).otherwise(pl.col(c)).alias(c) for c in STATED
    )
    text = text.with_columns(
        without_marks(pl.col(c), of_numbers=SCHEMA[c] == pl.Float64()).alias(c) for c in _MARKED
    )
    text = fill(text, options.catalogue, options.known)
    text = text.with_columns(_precision())
    numbers = as_numbers(text, _NUMBERS, options.decimal)
    typed = text.with_columns(numbers).with_columns(
        _typed(name) for name in STATED if name not in _NUMBERS
    )
    typed = typed.with_columns(_last_possible())
    checks = [check for name in STATED for check in _checks(name, options)]
    both = pl.concat(
        [text.select("row", pl.col(STATED).name.prefix("text:")), typed.select(STATED)],
        how="horizontal",
    )
    wrong = both.select(
        "row", *(check.fill_null(False).alias(str(at)) for at, (_, check, _) in enumerate(checks))
    )
    counts = wrong.drop("row").sum().row(0)
    problems: list[Problem] = []
    for at, (name, _, reason) in enumerate(checks):
        if not counts[at]:
            continue
        # Collected up to the limit only: a file of another kind has a problem in every cell.
        failed = both.filter(wrong[str(at)]).head(MAX_PROBLEMS + 1 - len(problems))
        for row, value in failed.select("row", f"text:{name}").iter_rows():
            problems.append(Problem(row, name, _explain(reason, value or "", options.decimal)))
    if not problems:
        return typed, []
    problems.sort(key=lambda p: p.row)
    bad = wrong.filter(pl.any_horizontal(pl.exclude("row")))["row"].unique()
    return typed.filter(~pl.col("row").is_in(bad.implode())), problems


def batch(rows: pl.DataFrame) -> tuple[str | None, str | None, date | None]:
    """Index, version and date of observation of the first row."""
    if rows.is_empty():
        return None, None, None
    return rows["index_name"][0], rows["index_version"][0], rows["observed_on"][0]


def _typed(name: str) -> pl.Expr:
    kind, column = SCHEMA[name], pl.col(name)
    if kind == pl.Date():
        day: pl.Expr = pl.when(column.str.contains(r"^\d{4}-\d{2}-\d{2}$")).then(column)
        if name == "released_on":
            first = column + pl.when(column.str.contains(_YEAR)).then(pl.lit("-01-01")).otherwise(
                pl.lit("-01")
            )
            is_coarse = column.str.contains(f"{_YEAR}|{_MONTH}")
            day = pl.coalesce(day, pl.when(is_coarse).then(first))
        return day.str.to_date("%Y-%m-%d", strict=False).alias(name)
    if kind == pl.Boolean():
        lowered = column.str.to_lowercase()
        return lowered.replace_strict(_BOOLEANS, default=None, return_dtype=pl.Boolean).alias(name)
    return column


def _precision() -> pl.Expr:
    """How well the release date is known, by what is said of it or by its own form."""
    released, said = pl.col("released_on"), pl.col(PRECISION).str.to_lowercase()
    return (
        pl.when(released.is_null()).then(None)
        .when(released.str.contains(_MONTH)).then(pl.lit("month"))
        .when(released.str.contains(_YEAR)).then(pl.lit("year"))
        .when(said != "day").then(said)
        .alias(PRECISION)
    )  # fmt: skip


def _last_possible() -> pl.Expr:
    """The release date; the last possible one where it is known to the month or year only. What
    was observed within them was released by then."""
    day, seen = pl.col("released_on"), pl.col("observed_on")
    ends = {"month": day.dt.month_end(), "year": pl.date(day.dt.year(), 12, 31)}
    starts = {"month": day.dt.month_start(), "year": pl.date(day.dt.year(), 1, 1)}
    found: pl.Expr = day
    for precision, end in ends.items():
        last = pl.when(seen.is_between(starts[precision], end)).then(seen).otherwise(end)
        found = pl.when(pl.col(PRECISION) == precision).then(last).otherwise(found)
    return found.alias("released_on")


# A field, whether it is wrong, and the reason with {} for what was there.
Check = tuple[str, pl.Expr, str]


def _checks(name: str, options: ReadOptions) -> list[Check]:
    kind, text, value = SCHEMA[name], pl.col(f"text:{name}"), pl.col(name)
    found: list[Check] = []
    if name in REQUIRED:
        found.append((name, text.is_null(), "is missing"))
    if kind == pl.Float64():
        found += _number_checks(name, text, value, options)
    elif kind == pl.Date():
        form = "YYYY-MM-DD, YYYY-MM or YYYY" if name == "released_on" else "YYYY-MM-DD"
        found.append((name, text.is_not_null() & value.is_null(), f"{{}} is not a date {form}"))
        found.append((name, value > options.today, "{} is in the future"))
        found.append((name, value < EARLIEST, f"{{}} is before {EARLIEST}"))
    elif kind == pl.Boolean():
        found.append((name, text.is_not_null() & value.is_null(), "{} is not true or false"))
    else:
        if name in MAX_TEXT:
            too_long = text.str.len_chars() > MAX_TEXT[name]
            found.append((name, too_long, f"is longer than {MAX_TEXT[name]} characters"))
        found.append((name, text.str.contains(FORBIDDEN_TEXT), "TEXT"))
    if name == PRECISION:
        found.append((name, ~text.is_in(PRECISIONS), "{} is neither 'month' nor 'year'"))
    if name == "country":
        found += _country_checks(name, text, options)
    return found


def _number_checks(name: str, text: pl.Expr, value: pl.Expr, options: ReadOptions) -> list[Check]:
    wrong = text.is_not_null() & (value.is_null() | ~value.is_finite())
    found: list[Check] = [
        (name, wrong, _NUMBER),
        (name, value.is_finite() & (value.abs() > MAX_NUMBER),
         f"{{}} is beyond {MAX_NUMBER:g} in size"),
    ]  # fmt: skip
    if options.decimal is not None:
        found.append((name, ~wrong & beside_percentages(text), _PERCENT))
    if name == "stderr":
        found.append((name, value < 0, "{} is negative"))
    return found


def _country_checks(name: str, text: pl.Expr, options: ReadOptions) -> list[Check]:
    codes, parts = sorted(options.catalogue.countries), text.str.split(",")
    known = parts.list.eval(pl.element().is_in(codes)).list.all()
    many = known & (parts.list.len() > MAX_COUNTRIES)
    twice = known & ~many & (parts.list.n_unique() < parts.list.len())
    return [
        (name, ~known, "{} is not a country code of ISO 3166-1 (two letters)"),
        (name, many, f"{{}} has more than {MAX_COUNTRIES} countries"),
        (name, twice, "{} names a country twice"),
    ]


def _explain(reason: str, value: str, decimal: str | None) -> str:
    if reason == "TEXT":
        return text_problem(value) or "holds a character that cannot be stored"
    if reason in {_NUMBER, _PERCENT}:
        return why_no_number(value, decimal, percent=reason == _PERCENT)
    return reason.replace("{}", repr(value[:40]))
