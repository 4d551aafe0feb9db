"""Cells as people write them, in the words of the store: dates, countries, true and false, blanks
that mean the cell above, and the ends of an interval.

What is not understood is told by row, column and what to do, or left for `check_rows` to refuse.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import polars as pl

from forecasts.errors import TrackerError, UsageError
from tracker.sources.contract import Problem, ReadOptions, SourceOption
from tracker.sources.countries import country_codes
from tracker.sources.file import SourceFile
from tracker.sources.formats.dates import AUTO, ORDERS, Dates, TwoOrders
from tracker.sources.formats.flags import read_flag
from tracker.sources.formats.numbers import without_marks
from tracker.sources.formats.unknown import says_unknown
from tracker.sources.intervals import Interval, StandardErrors
from tracker.store.schema import STATED
from tracker.text.counting import counted
from tracker.text.printable import printable

DATES = SourceOption("dates", "Order of 01/02/2025, where the columns leave it open.", AUTO, ORDERS)
FILL_DOWN = SourceOption(
    "fill_down", "Columns whose blanks mean the cell above, as of merged cells.", "",
    metavar="COLUMN,...",
)  # fmt: skip
_DATES = ("released_on", "observed_on")
_FLAGS = ("open_weights", "reasoning", "estimated")
# Where a blank below a lab usually means that lab.
_MERGED = ("lab", "country")

# What each cell of a column means, None where nothing, and why others cannot be read.
Meanings = tuple[Mapping[str, str | None], dict[str, str]]


class Cells:
    """The cells of one table, taken piece by piece.

    Dates that only later cells can decide wait with their rows: `rest` gives these at the end.
    """

    def __init__(
        self, file: SourceFile, options: ReadOptions, interval: Interval | None = None
    ) -> None:
        self.file, self.options = file, options
        self._filled = dict.fromkeys(_fill_down(options), 0)
        self._blank = dict.fromkeys(_MERGED, 0)
        self._above: dict[str, str | None] = {}
        self._dates = {name: Dates(name, options.text("dates") or AUTO) for name in _DATES}
        self._errors = None if interval is None else StandardErrors(interval, options.decimal)
        self._waiting: list[pl.DataFrame] = []
        self.skipped: list[Problem] = []

    def read(self, text: pl.DataFrame) -> tuple[pl.DataFrame, list[Problem]]:
        """Text rows (`row` and columns of STATED, LOW and HIGH) as far as they can be read now,
        and what is wrong with others. Those without a value are `skipped`."""
        text = self._without_value(self._fill_down(text))
        problems: list[Problem] = []
        if self._errors is not None:
            text, problems = self._errors.read(text)
        readers: dict[str, Callable[[Iterable[str]], Meanings]] = {
            "country": lambda cells: country_codes(cells, self.options.catalogue),
            **{name: _flag_reader(name) for name in _FLAGS},
        }
        for name, reader in readers.items():
            if name in text.columns:
                cells = _meant(text[name]).drop_nulls().unique().sort()
                nothing = dict.fromkeys(filter(says_unknown, cells))
                said, wrong = reader(cell for cell in cells if cell not in nothing)
                meanings = {**nothing, **said}
                text, told = _replaced(text, name, meanings, wrong)
                problems += told
        text, told = self._read_dates(text, last=False)
        return text, [*problems, *told]

    def rest(self) -> tuple[pl.DataFrame, list[Problem]] | None:
        """The rows that waited, None where none did."""
        if not self._waiting:
            return None
        waiting = pl.concat(self._waiting)
        self._waiting.clear()
        return self._read_dates(waiting, last=True)

    @property
    def notes(self) -> list[str]:
        """How cells were read where the table left it open."""
        notes = [dates.note for dates in self._dates.values() if dates.note]
        notes += [] if self._errors is None else self._errors.notes
        if self.skipped:
            rows = ", ".join(str(p.row) for p in self.skipped[:5])
            more = ", ..." if len(self.skipped) > 5 else ""
            notes.append(
                f"{counted(len(self.skipped), 'row has', 'rows have')} no value and "
                f"{'was' if len(self.skipped) == 1 else 'were'} skipped: {rows}{more}."
            )
        for name, count in self._filled.items():
            if count:
                notes.append(
                    f"The {name} of {counted(count, 'row', 'rows')} is that of the row above."
                )
        for name, count in self._blank.items():
            if count and name not in self._filled:
                notes.append(
                    f"The {name} is blank in {counted(count, 'row', 'rows')} below one that has "
                    f"it; where that one is meant, say `fill_down` {name}."
                )
        return notes

    def _without_value(self, text: pl.DataFrame) -> pl.DataFrame:
        value = text["value"].str.strip_chars().replace("", None).to_frame("c")
        blank = value.select(without_marks(pl.col("c"), of_numbers=True))["c"].is_null()
        if not blank.any():
            return text
        self.skipped += [
            Problem(row, "value", f"{printable((model or 'the row')[:200])} has no value")
            for row, model in text.filter(blank).select("row", "model").iter_rows()
        ]
        return text.filter(~blank)

    def _fill_down(self, text: pl.DataFrame) -> pl.DataFrame:
        for name in (*_MERGED, *(n for n in self._filled if n not in _MERGED)):
            if name not in text.columns or not text.height:
                continue
            cells = text[name].str.strip_chars().replace("", None)
            below = cells.fill_null(strategy="forward")
            above = self._above.get(name)
            below = below if above is None else below.fill_null(above)
            gained = below.count() - cells.count()
            self._above[name] = below[-1]
            if name in self._filled:
                self._filled[name] += gained
                text = text.with_columns(below.alias(name))
            else:
                self._blank[name] += gained
        return text

    def _read_dates(self, text: pl.DataFrame, last: bool) -> tuple[pl.DataFrame, list[Problem]]:
        problems: list[Problem] = []
        open_ = pl.repeat(False, text.height, eager=True)
        for name, dates in self._dates.items():
            said = name == "observed_on" and self.options.observed_on is not None
            if name not in text.columns or said:
                continue
            cells = _meant(text[name])
            try:
                read, wrong, waiting = dates.read(cells, text["row"], last=last)
            except TwoOrders as two:
                raise TrackerError(
                    f"{self.file.name}: {two}.",
                    "Write them in one way; with `dates` dmy or mdy the others are told by row.",
                    "bad_dates",
                ) from two
            text = _put(text, name, cells, read)
            problems += _problems(text, cells, name, wrong)
            open_ = open_ | cells.is_in(waiting).fill_null(False)
        if problems:
            good = ~pl.col("row").is_in(
                pl.Series([p.row for p in problems], dtype=pl.Int64).implode()
            )
            kept = text.select(good.alias("good"))["good"]
            text, open_ = text.filter(kept), open_.filter(kept)
        if open_.any():
            self._waiting.append(text.filter(open_))
            text = text.filter(~open_)
        return text, problems


def _fill_down(options: ReadOptions) -> list[str]:
    names = [name.strip() for name in options.text("fill_down").split(",") if name.strip()]
    for name in names:
        if name not in STATED:
            raise UsageError(
                f"`fill_down`: '{printable(name[:60])}' is not a column of an observation.",
                f"Columns: {', '.join(STATED)}.",
                "bad_fill_down",
            )
    return names


def _flag_reader(column: str) -> Callable[[Iterable[str]], Meanings]:
    def read(cells: Iterable[str]) -> Meanings:
        said = {cell: read_flag(column, cell) for cell in cells}
        wrong: dict[str, str] = {}
        if column == "open_weights":
            wrong = {
                cell: f"{printable(cell[:40])!r} does not say whether the weights are open: "
                "write yes or no"
                for cell, flag in said.items()
                if flag is None
            }
        return {c: str(f).lower() for c, f in said.items() if f is not None}, wrong

    return read


def _meant(cells: pl.Series) -> pl.Series:
    """Cells without the space around them, null where nothing or a mark for nothing is left."""
    stripped = cells.to_frame("c").select(pl.col("c").str.strip_chars().replace("", None))
    return stripped.select(without_marks(pl.col("c"))).to_series()


def _replaced(
    text: pl.DataFrame, name: str, meanings: Mapping[str, str | None], wrong: dict[str, str]
) -> tuple[pl.DataFrame, list[Problem]]:
    """`text` with the cells of a column by their meanings and without rows of wrong ones."""
    if not meanings and not wrong:
        return text, []
    cells = _meant(text[name])
    meant = pl.Series(list(meanings.values()), dtype=pl.String)
    text = _put(text, name, cells, cells.replace(list(meanings), meant))
    problems = _problems(text, cells, name, wrong)
    if problems:
        text = text.filter(~cells.is_in(list(wrong)).fill_null(False))
    return text, problems


def _put(text: pl.DataFrame, name: str, cells: pl.Series, read: pl.Series) -> pl.DataFrame:
    """`text` with what was read of the cells that mean something; marks for nothing stay."""
    marks = cells.is_null()
    return text.with_columns(
        pl.select(pl.when(marks).then(text[name]).otherwise(read)).to_series().alias(name)
    )


def _problems(
    text: pl.DataFrame, cells: pl.Series, name: str, wrong: dict[str, str]
) -> list[Problem]:
    if not wrong:
        return []
    bad = cells.is_in(list(wrong)).fill_null(False)
    rows: Sequence[int] = text["row"].filter(bad).to_list()
    return [
        Problem(row, name, wrong[cell]) for row, cell in zip(rows, cells.filter(bad), strict=True)
    ]
