"""A standard error from the two ends of an interval that a table has beside its values."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import NormalDist

import polars as pl

from forecasts.errors import UsageError
from tracker.sources.contract import Problem, ReadOptions, SourceOption
from tracker.sources.file import SourceFile
from tracker.sources.formats.numbers import as_numbers, why_no_number, without_marks
from tracker.text.counting import counted
from tracker.text.printable import printable

OPTION = SourceOption(
    "interval", "Columns of an interval and its level: its standard error.", "",
    metavar="LOW,HIGH,LEVEL",
)  # fmt: skip
LOW, HIGH = "interval_low", "interval_high"
_HINT = "Write it as `interval` LOW,HIGH,90: two columns and the percent that lie between them."
# An end this many times as far from the value as the other is told.
_SKEWED = 1.5


@dataclass(frozen=True)
class Interval:
    """The columns of an interval by the file's names, and its level in percent."""

    low: str
    high: str
    level: float


def interval_of(file: SourceFile, columns: Sequence[str], options: ReadOptions) -> Interval | None:
    """What the option `interval` says of a file, None where it says nothing.

    Raises UsageError where it names no two columns of the table and a level between 0 and 100.
    """
    said = options.text("interval")
    if not said:
        return None
    *names, level = said.split(",")
    # A name may hold a comma itself.
    ends = [(",".join(names[:at]).strip(), ",".join(names[at:]).strip())
            for at in range(1, len(names))]  # fmt: skip
    fits = [pair for pair in ends if pair[0] in columns and pair[1] in columns]
    try:
        percent = float(level.strip().removesuffix("%"))
    except ValueError:
        percent = 0.0
    if not 0 < percent < 100:
        raise UsageError(f"`interval` {said} ends in no level in percent.", _HINT, "bad_interval")
    if not fits or fits[0][0] == fits[0][1]:
        listed = printable(", ".join(columns[:30])[:500])
        raise UsageError(
            f"`interval` {said} names no two columns of {file.name}; these are: {listed}.",
            _HINT,
            "bad_interval",
        )
    return Interval(*fits[0], percent)


class StandardErrors:
    """The standard errors of a table's rows, taken piece by piece, of a normal distribution with
    the same interval: (high - low) / (2 z)."""

    def __init__(self, interval: Interval, decimal: str | None) -> None:
        self.interval, self.decimal = interval, decimal
        self.z = NormalDist().inv_cdf(0.5 + interval.level / 200)
        self.done = self.skewed = 0

    def read(self, text: pl.DataFrame) -> tuple[pl.DataFrame, list[Problem]]:
        """Text rows with `stderr` for LOW and HIGH, without those of which an end is no number,
        is missing beside the other, or is beyond the other."""
        ends = text.with_columns(
            without_marks(pl.col(c).str.strip_chars().replace("", None), of_numbers=True).alias(c)
            for c in ("value", LOW, HIGH)
        )
        numbers = as_numbers(ends, ["value", LOW, HIGH], self.decimal)
        theirs = {LOW: self.interval.low, HIGH: self.interval.high}
        low, high, value = numbers[LOW], numbers[HIGH], numbers["value"]
        problems = [
            Problem(row, theirs[name], reason)
            for name, other in ((LOW, HIGH), (HIGH, LOW))
            for row, reason in self._bad(ends, numbers, name, other)
        ]
        crossed = (low > high).fill_null(False)
        problems += [
            Problem(row, self.interval.low, f"{first} is above {self.interval.high}, {second}")
            for row, first, second in ends.filter(crossed).select("row", LOW, HIGH).iter_rows()
        ]
        below, above = value - low, high - value
        bad = pl.Series([p.row for p in problems], dtype=pl.Int64)
        good = ~text["row"].is_in(bad.implode())
        stderr = ((high - low) / (2 * self.z)).rename("stderr")
        self.done += stderr.filter(good).count()
        skewed = (below > _SKEWED * above) | (above > _SKEWED * below)
        self.skewed += int((skewed & good).sum())
        return text.drop(LOW, HIGH).with_columns(_exact(stderr)).filter(good), problems

    @property
    def notes(self) -> list[str]:
        """How many intervals there were, and how many are not symmetric."""
        if not self.done:
            return []
        of = self.interval
        told = (
            f"Standard errors of {counted(self.done, 'row', 'rows')} are the {of.level:g}% "
            f"interval {of.low} to {of.high} divided by {2 * self.z:.4g}."
        )
        skewed = (
            f"{counted(self.skewed, 'interval reaches', 'intervals reach')} more than half as far "
            "again to one side of the value: a standard error says less of these."
        )
        return [told, skewed] if self.skewed else [told]

    def _bad(
        self, text: pl.DataFrame, numbers: pl.DataFrame, name: str, other: str
    ) -> list[tuple[int, str]]:
        cells = text.select("row", name, other).with_columns(number=numbers[name])
        lone = cells.filter(pl.col(name).is_null() & pl.col(other).is_not_null())
        wrong = cells.filter(pl.col(name).is_not_null() & pl.col("number").is_null())
        return [
            *((row, "is missing, and the other end of the interval is there")
              for row in lone["row"]),
            *((row, why_no_number(cell, self.decimal))
              for row, cell in wrong.select("row", name).iter_rows()),
        ]  # fmt: skip


def _exact(numbers: pl.Series) -> pl.Series:
    """Numbers as text that is the same number with either decimal sign: 1234e-3."""
    text = [None if x is None else machine_number(x) for x in numbers]
    return pl.Series(numbers.name, text, pl.String)


def machine_number(number: float) -> str:
    """A number as text without any decimal sign, which people's rules of reading leave alone."""
    if not isfinite(number):
        return repr(number)
    mantissa, _, exponent = repr(float(number)).partition("e")
    whole, _, part = mantissa.partition(".")
    part = part.rstrip("0")
    power = int(exponent or 0) - len(part)
    return f"{whole}{part}" + (f"e{power}" if power else "")
