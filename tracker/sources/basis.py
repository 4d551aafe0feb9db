"""Day and index version of the rows of a file: what is said, what the file tells, never a guess.

The day: the caller's, else one in the file, else the one in its name. The version: the caller's,
else what the file states, else the catalogue's calendar for the day of observation, between two
known days of one version. What none of them tells is asked for (MissingFact).
"""

import re
from contextlib import suppress
from datetime import date

import polars as pl

from forecasts.errors import TrackerError, UsageError
from tracker.sources.contract import Inferred, MissingFact, ReadOptions
from tracker.sources.file import SourceFile
from tracker.text.printable import printable

# Members and columns in which a file says when it was made, in the order in which they are tried.
MADE_AT = ("fetched_at", "generated_at", "retrieved_at", "scraped_at", "snapshot_date")
_DAY = re.compile(r"(?<!\d)(20\d\d)([-_.]?)(\d\d)\2(\d\d)(?!\d)")
# A moment of a day in UTC, or without a zone.
_MOMENT = r"^(\d{4}-\d{2}-\d{2})[T ]\d{2}:\d{2}[\d:.]*(?:Z|\+00:?00)?$"


class Basis:
    """Finds the day and the version of one file's rows; `inferred` keeps what was not said."""

    def __init__(self, file: SourceFile, options: ReadOptions) -> None:
        self.file, self.options = file, options
        self.inferred: list[Inferred] = []

    def day(self, in_file: date | None = None, where: str = "observed_on") -> date:
        """The day of observation of rows that state none; the file has `in_file` in `where`.

        Raises MissingFact when nobody says it.
        """
        if self.options.observed_on is not None:
            return self.options.observed_on
        if in_file is not None:
            self._infer("observed_on", str(in_file), where)
            return in_file
        day = day_in_name(self.file)
        if day is None or day > self.options.today:
            raise MissingFact(
                "observed_on",
                f"{self.file.name} does not say when its values were seen ({where}), nor does its "
                "name.",
                "Say it with `observed_on` DATE.",
            )
        self._infer("observed_on", str(day), "the name of the file")
        return day

    def version(self, index: str, day: date | None) -> str:
        """The version of an index for rows that state none.

        Raises MissingFact when nobody says it.
        """
        if self.options.index_version is not None:
            return self.options.index_version
        catalogue = self.options.catalogue
        known = [] if day is None else catalogue.versions_on(index, day)
        if len(known) == 1:
            self._infer("index_version", known[0], f"the calendar of versions of {index} on {day}")
            return known[0]
        if not catalogue.has_calendar(index) and self.options.default_index_version is not None:
            return self.options.default_index_version
        seen = f" on {day}" if day else ""
        several = f" ({' or '.join(known)} by the calendar)" if known else ""
        raise MissingFact(
            "version",
            f"{self.file.name} does not say which version of '{index}' its values are on, and "
            f"that is not known{seen}{several}.",
            "Say it with `version` NAME.",
        )

    def accept(self, stated: set[str]) -> None:
        """Refuse a version of the caller's that the file contradicts, unless it is forced."""
        asked = self.options.index_version
        if asked is None or self.options.force_version or not stated - {asked}:
            return
        other = printable(min(stated - {asked})[:100])
        raise UsageError(
            f"`version` is {asked}, but {self.file.name} states {other}.",
            "Leave it out, or insist with `force_version`.",
            "other_version",
            field="version",
        )

    def stated_version(self, stated: set[str]) -> str | None:
        """The one version that a file states of all that it holds, None where it states none.

        Raises TrackerError when it states several.
        """
        self.accept(stated)
        if self.options.index_version is not None or not stated:
            return self.options.index_version
        if len(stated) > 1:
            names = ", ".join(printable(s[:100]) for s in sorted(stated)[:5])
            raise TrackerError(
                f"{self.file.name} states several index versions: {names}.",
                "Import each of them by itself, or say one with `version` and `force_version`.",
                "other_version",
            )
        return min(stated)

    def fill(self, text: pl.DataFrame) -> pl.DataFrame:
        """Text rows with the day and the version that they leave open.

        Raises MissingFact when a row leaves one open that nobody says.
        """
        options = self.options
        day, version = _content("observed_on"), _content("index_version")
        if options.observed_on is not None:
            text = text.with_columns(observed_on=pl.lit(str(options.observed_on)))
        else:
            text = text.with_columns(observed_on=day.str.replace(_MOMENT, "$1"))
            if text["observed_on"].null_count():
                found = str(self.day())
                text = text.with_columns(pl.col("observed_on").fill_null(pl.lit(found)))
        stated = text.select(version.alias("v"))["v"].drop_nulls().unique()
        self.accept(set(stated.to_list()))
        if options.index_version is not None:
            return text.with_columns(index_version=pl.lit(options.index_version))
        text = text.with_columns(index_version=version)
        keys = ["index_name", "observed_on"]
        open_ = text.filter(pl.col("index_version").is_null()).select(keys).unique()
        if open_.is_empty():
            return text
        said = open_.sort(keys).with_columns(
            told=pl.Series(
                [self.version(name, _date(day)) for name, day in open_.sort(keys).iter_rows()],
                dtype=pl.String,
            )
        )
        joined = text.join(said, on=keys, how="left", nulls_equal=True, maintain_order="left")
        filled = pl.coalesce("index_version", "told")
        return joined.with_columns(index_version=filled).drop("told")

    def _infer(self, field: str, value: str, basis: str) -> None:
        found = Inferred(field, value, basis)
        if found not in self.inferred:
            self.inferred.append(found)


def day_in_name(file: SourceFile) -> date | None:
    """The day in the name of a file, None where there is none or several."""
    found: set[date] = set()
    for year, _, month, day in _DAY.findall(file.inner.name):
        with suppress(ValueError):
            found.add(date(int(year), int(month), int(day)))
    return found.pop() if len(found) == 1 else None


def _content(name: str) -> pl.Expr:
    stripped = pl.col(name).cast(pl.String).str.strip_chars(" \t")
    return pl.when(stripped != "").then(stripped)


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
