"""Which index is meant, and what counts of it as of a day."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from forecasts.errors import TrackerError, UsageError
from forecasts.prices import IS_SCORE
from forecasts.vintage import VINTAGES, Vintage, latest_statements
from tracker.settings import Settings
from tracker.store.observations import Snapshot


@dataclass(frozen=True)
class Known:
    """What counts of one version of one index as of a day: `rows` suffice for `known_models`."""

    index_name: str
    index_version: str
    as_of: date
    vintage: Vintage
    rows: pl.DataFrame


def choose_index(
    indices: pl.DataFrame, settings: Settings, index: str | None, version: str | None
) -> tuple[str, str]:
    """Name and version of the index meant: what is named, else the settings', else the index with
    most observations and its version seen last.

    Raises TrackerError when `indices` is empty, UsageError when it has no such name or version.
    """
    if indices.is_empty():
        raise TrackerError(
            "The workspace holds no observations.",
            "Record one with `tracker log`, or many with `tracker import`.",
            code="empty_workspace",
        )
    names = (
        indices.group_by("index_name")
        .agg(pl.col("observations").sum())
        .sort(IS_SCORE, "observations", "index_name", descending=True)["index_name"]
    )
    name = index or settings.index or str(names[0])
    of_index = indices.filter(index_name=name)
    if of_index.is_empty():
        raise UsageError(
            f"There is no observation of the index '{name}'.",
            f"Known here: {'; '.join(names.head(20))}.",
            code="unknown_index",
        )
    setting = settings.version if name == settings.index or not settings.index else ""
    if version or (setting and setting in of_index["index_version"]):
        chosen = version or setting
    else:
        chosen = of_index.sort("last_observed_on", "index_version")["index_version"][-1]
    if chosen not in of_index["index_version"]:
        known = of_index["index_version"].sort()
        raise UsageError(
            f"There is no observation of version '{chosen}' of '{name}'.",
            f"Known here: {', '.join(known)}.",
            code="unknown_version",
        )
    return name, chosen


def known_of(
    snapshot: Snapshot, name: str, version: str, as_of: date | None, vintage: str
) -> Known:
    """What counts of one index version as of a day (the last observed); maybe no rows."""
    rows = snapshot.standing.filter(index_name=name, index_version=version)
    last = rows.select(pl.col("observed_on").max()).collect(engine="streaming").item()
    day = as_of or last or date.min
    kept = latest_statements(rows, day, checked_vintage(vintage))
    return Known(name, version, day, checked_vintage(vintage), kept)


def checked_vintage(vintage: str) -> Vintage:
    """`vintage` as one of VINTAGES; raises UsageError when it is none."""
    if vintage not in VINTAGES:
        raise UsageError(f"The vintage is '{vintage}'; it is real or final.")
    return vintage
