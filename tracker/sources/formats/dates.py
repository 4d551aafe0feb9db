"""Dates as people write them, as ISO text: a day 2025-02-01, or a month 2025-06.

Year first, with a month's name, and times of a day are read in one way only. 01/02/2025 has two
readings: `order` says which, else a cell of the same column that has one (25/02/2025) decides for
all of it, and what it leaves open is refused, both readings named.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import polars as pl

from tracker.sources.formats.unknown import says_unknown
from tracker.text.printable import printable

AUTO = "auto"
ORDERS = (AUTO, "dmy", "mdy")
_FIRST = {"dmy": "day first", "mdy": "month first"}
# A year of two digits is one of these: older models are few, and 25-Feb-01 may be of 2025.
_SHORT_YEARS = range(2010, 2100)
_SERIALS = range(36526, 55153)  # days of a spreadsheet from 2000 to 2050
_SERIAL_ZERO = date(1899, 12, 30).toordinal()

_ISO = r"^\d{4}-\d{2}-\d{2}$"
# A moment in UTC, or without a zone.
_MOMENT = r"^(\d{4}-\d{2}-\d{2})[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?(?:Z|UTC|\+00:?00))?$"
_TIME = re.compile(
    r"[T ,]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[ap]\.?m\.?)?(?: ?(?:Z|UTC|GMT))?$", re.I | re.A
)
_WEEKDAY = re.compile(
    r"^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?[.,]* ", re.I
)
_SLASHED = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})", re.A)
_NAME = r"(?P<name>[a-z]{3,9})\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4})"
_GAP = r"[ ,./-]*"
_WRITTEN = tuple(
    re.compile(pattern, re.I | re.A)
    for pattern in (
        rf"{_YEAR}([/. -])(?P<month>\d{{1,2}})\2{_DAY}",
        rf"{_YEAR}(?P<month>\d\d)(?P<day>\d\d)",
        rf"{_DAY}{_GAP}(?:of )?{_NAME}{_GAP}(?P<year>\d{{4}}|'?\d\d)",
        rf"{_NAME}{_GAP}{_DAY}[ ,./-]+{_YEAR}",
        rf"{_YEAR}{_GAP}{_NAME}{_GAP}{_DAY}",
        rf"{_YEAR} ?[年년] ?(?P<month>\d{{1,2}}) ?[月월](?: ?{_DAY} ?[日일])?",
        rf"{_NAME}{_GAP}{_YEAR}",
        rf"{_YEAR}{_GAP}{_NAME}",
        rf"{_YEAR}[/.-](?P<month>\d{{1,2}})",
        rf"(?P<month>\d{{1,2}})[/.-]{_YEAR}",
    )
)
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september",
           "october", "november", "december")  # fmt: skip


@dataclass(frozen=True)
class Slashed:
    """Two numbers and a year: a day and a month in one order or the other."""

    first: int
    second: int
    year: str

    def by(self, order: str) -> str | None:
        """The day in that order, None where there is none."""
        month, day = (self.second, self.first) if order == "dmy" else (self.first, self.second)
        year = int(self.year) if len(self.year) == 4 else 2000 + int(self.year)
        return _iso(year, month, day)

    @property
    def readings(self) -> dict[str, str]:
        """Each order that gives a day, with the day."""
        return {order: day for order in _FIRST if (day := self.by(order)) is not None}


@dataclass(frozen=True)
class Refused:
    """What cannot be taken for a date, and why."""

    reason: str


def read_date(cell: str) -> str | Slashed | Refused | None:
    """A cell as an ISO day or month, or what it is instead; None where it is nothing like a date.

    A moment with a zone is the day of it in UTC, but midnight there is the day itself.
    """
    day = _moment(cell)
    if day is not None:
        return day
    bare = _WEEKDAY.sub("", _TIME.sub("", " ".join(cell.split())))
    slashed = _SLASHED.fullmatch(bare)
    if slashed:
        return Slashed(int(slashed[1]), int(slashed[3]), slashed[4])
    for pattern in _WRITTEN:
        found = pattern.fullmatch(bare)
        if found is not None and (read := _written(found)) is not None:
            return read
    return _no_date(bare)


class TwoOrders(Exception):
    """A column has dates that are day first only and others that are month first only."""

    def __init__(self, name: str, shown: dict[str, str]) -> None:
        super().__init__(
            f"{name} has dates that are day first ({shown['dmy']}) beside dates that are month "
            f"first ({shown['mdy']})"
        )


class Dates:
    """The dates of one column `name`, taken piece by piece; `order` is of ORDERS."""

    def __init__(self, name: str, order: str = AUTO) -> None:
        self.name, self.order = name, order
        # An order that some cell has alone, and the first such cell with its row.
        self._shown: dict[str, str] = {}
        self._read_by_it = 0

    def read(
        self, cells: pl.Series, rows: pl.Series, *, last: bool = False
    ) -> tuple[pl.Series, dict[str, str], list[str]]:
        """The cells as ISO text, why some cannot be read, and those that later cells may decide.

        `rows` are the numbers of their rows. What is nothing like a date stays as it is; nothing
        is open in the `last` piece.

        Raises:
            TwoOrders: some cells can be read day first only, others month first only.
        """
        plain = cells.str.replace(_MOMENT, "$1")
        others = plain.filter(plain.is_not_null() & ~plain.str.contains(_ISO)).unique().sort()
        if others.is_empty():
            return plain, {}, []
        read = {cell: read_date(cell.strip()) for cell in others}
        slashed = {cell: is_ for cell, is_ in read.items() if isinstance(is_, Slashed)}
        order = self._order(slashed, lambda cell: rows.filter(plain == cell)[0])
        days: dict[str, str | None] = {c: None for c in others if says_unknown(c)}
        days |= {cell: is_ for cell, is_ in read.items() if isinstance(is_, str)}
        wrong = {cell: is_.reason for cell, is_ in read.items() if isinstance(is_, Refused)}
        waiting: list[str] = []
        for cell, is_ in slashed.items():
            day, reason = self._slashed(cell, is_, order)
            if day is not None:
                days[cell] = day
            elif order is None and not last and len(is_.readings) > 1 and len(is_.year) == 4:
                waiting.append(cell)
            else:
                wrong[cell] = reason
        if self.name != "released_on":
            months = [cell for cell, day in days.items() if day is not None and len(day) < 10]
            wrong |= {c: f"{_shown(c)} is a month: give the day" for c in months}
        read_as = pl.Series(list(days.values()), dtype=pl.String)
        return plain.replace(list(days), read_as), wrong, waiting

    @property
    def note(self) -> str | None:
        """How cells of two readings were read, where the column itself decided it."""
        if self.order != AUTO or not self._read_by_it:
            return None
        order, cell = next(iter(self._shown.items()))
        return f"Dates of {self.name} are read {_FIRST[order]}, as {cell} can only be read."

    def _order(self, slashed: dict[str, Slashed], row_of: Callable[[str], int]) -> str | None:
        """The order that was said, or that the cells so far show."""
        if self.order != AUTO:
            return self.order
        for cell, is_ in slashed.items():
            if len(is_.readings) == 1 and len(is_.year) == 4:
                order = next(iter(is_.readings))
                if order not in self._shown:
                    self._shown[order] = f"{_shown(cell)} in row {row_of(cell)}"
        if len(self._shown) > 1:
            raise TwoOrders(self.name, self._shown)
        return next(iter(self._shown), None)

    def _slashed(self, cell: str, is_: Slashed, order: str | None) -> tuple[str | None, str]:
        """The day of a cell in `order`, or the reason against it."""
        readings = is_.readings
        if not readings:
            return None, f"{_shown(cell)} is no day of any month"
        if len(is_.year) == 2 and self.order == AUTO:
            return None, (
                f"{_shown(cell)} has a year of two digits: write four, or say `dates` dmy or mdy"
            )
        if len(set(readings.values())) == 1 and len(readings) == 2:
            return readings["dmy"], ""
        if order is None:
            return None, (
                f"{_shown(cell)} is {readings['dmy']} (day first) or {readings['mdy']} (month "
                "first): say `dates` dmy or mdy"
            )
        self._read_by_it += len(readings) == 2
        return readings.get(order), f"{_shown(cell)} is no date {_FIRST[order]}"


def _moment(cell: str) -> str | None:
    if len(cell) < 16 or cell[4:5] != "-":
        return None
    try:
        moment = datetime.fromisoformat(cell)
        in_utc = moment if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return str((moment if moment.time() == time() else in_utc).date())


def _written(found: re.Match[str]) -> str | Refused | None:
    parts = found.groupdict()
    month = _month(parts["name"]) if parts.get("name") else int(parts["month"])
    if month is None:
        return None
    year = parts["year"].removeprefix("'")
    if len(year) == 2:
        if 2000 + int(year) not in _SHORT_YEARS:
            return Refused(f"{_shown(found[0])} has a year of two digits: write four")
        year = f"20{year}"
    if parts.get("day") is None:
        return f"{year}-{month:02}" if 1 <= month <= 12 else None
    return _iso(int(year), month, int(parts["day"])) or Refused(
        f"{_shown(found[0])} is no day of any month"
    )


def _no_date(bare: str) -> Refused | None:
    if re.fullmatch(r"(?:\d{4}[ -]?Q[1-4]|Q[1-4][ -]?\d{4})", bare, re.I | re.A):
        return Refused(f"{_shown(bare)} is a quarter: give the month or the day")
    if re.fullmatch(r"[A-Za-z]{3,9}[ .'-]*\d\d", bare, re.A) and _month(bare[:3]):
        return Refused(f"{_shown(bare)} has a year of two digits or none: write four")
    if re.fullmatch(r"\d{5}(?:\.\d+)?", bare, re.A) and int(bare[:5]) in _SERIALS:
        day = date.fromordinal(_SERIAL_ZERO + int(bare[:5]))
        return Refused(f"{_shown(bare)} looks like a spreadsheet's number of {day}: write it so")
    return None


def _month(name: str) -> int | None:
    low = name.lower()
    fits = [at for at, month in enumerate(_MONTHS, start=1) if month.startswith(low)]
    return 9 if low == "sept" else fits[0] if len(fits) == 1 else None


def _iso(year: int, month: int, day: int) -> str | None:
    try:
        return str(date(year, month, day))
    except ValueError:
        return None


def _shown(cell: str) -> str:
    return repr(printable(cell[:40]))
