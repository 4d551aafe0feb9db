"""What a source is given and what it gives back.

A source is a module with `DESCRIPTION`, `read(file, options) -> Reading`, if it has options of its
own, `OPTIONS`, and `WHOLE = True` where a file lists all that its index held on the day; its line
in `tracker.sources.SOURCES` makes it known everywhere. `FITTED_ANEW` names indices whose publisher
gives every model another value each time, on one scale.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

import polars as pl

from forecasts.errors import UsageError
from forecasts.nearest import did_you_mean
from tracker.catalogue import Catalogue
from tracker.sources.file import SourceFile
from tracker.sources.labs import Known

OptionValue = bool | str | Mapping[str, str]


@dataclass(frozen=True)
class SourceOption:
    """An option of a source's own. What it takes follows from its default.

    False: a flag; text: one of `choices`, or any where there are none, shown as `metavar`; a
    mapping: pairs of text.
    """

    name: str
    help: str
    default: OptionValue = False
    choices: tuple[str, ...] = ()
    metavar: str = "TEXT"

    def checked(self, value: OptionValue) -> OptionValue:
        """`value` if this option can have it; raises UsageError."""
        kinds = {
            bool: "true or false",
            str: f"one of {' '.join(self.choices)}" if self.choices else "text",
        }
        kind = bool if isinstance(self.default, bool) else str
        if isinstance(self.default, Mapping):
            good, what = isinstance(value, Mapping), "a mapping"
        else:
            good, what = isinstance(value, kind), kinds[kind]
        if not good or (self.choices and value not in self.choices):
            near = did_you_mean(str(value), self.choices).strip()
            raise UsageError(
                f"`{self.name}` cannot be {value!r}; it is {what}.", near, "bad_option"
            )
        return value


class MissingFact(UsageError):
    """Neither the caller nor the file says something that no row can do without: `field`."""

    def __init__(self, field: str, message: str, hint: str) -> None:
        super().__init__(message, hint, f"missing_{field}", field=field)


@dataclass(frozen=True)
class Inferred:
    """A fact that neither the rows of a file nor the caller state, and what it was taken from."""

    field: str
    value: str
    basis: str

    @property
    def sentence(self) -> str:
        """It in words."""
        what = "Observed on" if self.field == "observed_on" else "Version"
        return f"{what} {self.value}: inferred from {self.basis}."


@dataclass(frozen=True)
class ReadOptions:
    """What the caller knows about a file.

    Attributes:
        default_index_name: of rows of which neither file nor caller say it.
        default_index_version: the same, of an index without a calendar of versions; None: unknown.
        index_name, index_version, observed_on: go before what the file says.
        force_version: `index_version` even against what the file states.
        own: every option that the source declares, by name.
        known: what the workspace knows already.
    """

    catalogue: Catalogue
    today: date
    default_index_name: str
    default_index_version: str | None
    index_name: str | None = None
    index_version: str | None = None
    observed_on: date | None = None
    force_version: bool = False
    own: Mapping[str, OptionValue] = field(default_factory=dict[str, OptionValue])
    known: Known = field(default_factory=Known)

    def text(self, name: str) -> str:
        """The text of an option of the source's own, empty where it is not given."""
        said = self.own.get(name)
        return said if isinstance(said, str) else ""

    def flag(self, name: str) -> bool:
        """Whether a flag of the source's own is on."""
        return self.own.get(name, False) is True

    @property
    def mapping(self) -> Mapping[str, str]:
        """Our columns by those of the file, for a source of tables."""
        pairs = self.own.get("mapping")
        return pairs if isinstance(pairs, Mapping) else {}

    @property
    def decimal(self) -> str | None:
        """The decimal sign; None for a source that lets nobody choose it."""
        sign = self.own.get("decimal")
        return sign if isinstance(sign, str) else None


@dataclass(frozen=True, slots=True)
class Problem:
    """A field of a row that cannot be taken as it is, and why."""

    row: int
    field: str
    reason: str


@dataclass(frozen=True)
class Reading:
    """A file as observations: good `rows` as of `check_rows`, and what was not good.

    `read` counts all rows: good ones, those with problems, and `skipped` ones without a value.
    `inferred` is what neither they nor the caller state; `components` are indices that took their
    version from another one.
    """

    rows: pl.DataFrame
    read: int
    problems: list[Problem]
    skipped: list[Problem]
    index_name: str | None
    index_version: str | None
    observed_on: date | None
    notes: list[str]
    inferred: list[Inferred] = field(default_factory=list[Inferred])
    components: frozenset[str] = frozenset()


class Source(Protocol):
    """A module that reads one kind of file."""

    DESCRIPTION: str

    def read(self, file: SourceFile, options: ReadOptions) -> Reading:
        """Rows and problems of a file; raises TrackerError when it is no such file."""
        ...
