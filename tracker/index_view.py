"""Which index is meant, and what counts of it as of a day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import polars as pl

from forecasts.errors import TrackerError, UsageError
from forecasts.measures.prices import IS_SCORE
from forecasts.measures.vintage import VINTAGES, Vintage, latest_statements
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
    indices: pl.DataFrame,
    settings: Settings,
    index: str | None,
    version: str | None,
    recorded_before: datetime | None = None,
) -> tuple[str, str]:
    """Name and version of the index meant: what is named, else the settings', else the index with
    most observations and its version seen last.

    Raises TrackerError when `indices` is empty, UsageError when it has no such name or version.
    """
    if indices.is_empty() and recorded_before is not None:
        moment = recorded_before.astimezone(UTC).isoformat().replace("+00:00", "Z")
        raise TrackerError(
            f"Nothing was recorded before {moment}.",
            "Name a later moment with --recorded-before, or leave it out.",
            code="empty_workspace",
        )
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


def refuse_empty(known: Known, snapshot: Snapshot) -> Known:
    """`known` if it has any row, else TrackerError naming its day and the first observation."""
    if known.rows.height:
        return known
    of_index = snapshot.standing.filter(
        index_name=known.index_name, index_version=known.index_version
    )
    first = of_index.select(pl.col("observed_on").min()).collect(engine="streaming").item()
    how = "observed by then" if known.vintage == "real" else "released by then"
    raise TrackerError(
        f"No model had a value and a release date on {known.as_of} (vintage {known.vintage}: "
        f"{how}).",
        f"The first observation of {known.index_name} {known.index_version} is of {first}.",
        code="empty_bloc",
    )
