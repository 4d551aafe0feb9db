"""A later version of the index that is looked at: an old one must not be used without a word."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from forecasts.measures.period import parse_quarter
from forecasts.request import Scope
from tracker.workspace_data import WorkspaceData


@dataclass(frozen=True)
class NewerVersion:
    """`index_version` of an index was first seen on `first_observed_on`, and `than` is older."""

    index_name: str
    index_version: str
    first_observed_on: date
    than: str
    than_last_observed_on: date

    @property
    def sentence(self) -> str:
        """It in words."""
        return (
            f"This is version {self.than} of {self.index_name}, last seen on "
            f"{self.than_last_observed_on}; version {self.index_version} is here as well, first "
            f"seen on {self.first_observed_on}: `version` {self.index_version}."
        )


def newer_version(
    data: WorkspaceData, index: str, version: str, by: date | None = None
) -> NewerVersion | None:
    """The version of an index that was seen last, if that is after `version` was.

    `by` leaves out versions that nobody had seen on that day.
    """
    of_index = data.store.snapshot().indices.filter(index_name=index)
    own = of_index.filter(index_version=version)
    if own.is_empty():
        return None
    last = own["last_observed_on"][0]
    later = of_index.filter(pl.col("last_observed_on") > last)
    if by is not None:
        later = later.filter(pl.col("first_observed_on") <= by)
    if later.is_empty():
        return None
    newest = later.sort("last_observed_on", "index_version").row(-1, named=True)
    return NewerVersion(index, newest["index_version"], newest["first_observed_on"], version, last)


def newer_in(data: WorkspaceData, scope: Scope, quarter: str | None = None) -> NewerVersion | None:
    """The later version beside the one that `scope` means, of a `quarter` if one is named."""
    data = data.as_recorded_before(scope.recorded_before)
    if quarter is None:
        return newer_version(data, *data.index_of(scope), scope.as_of)
    first, last = parse_quarter(quarter)
    indices = data.store.snapshot().indices
    index = data.choose_index(indices, scope.index, scope.version, seen_since=first)
    return newer_version(data, *index, scope.as_of or last)
