"""Which index is meant, and the view of it as of a day."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import polars as pl

from forecasts.errors import TrackerError, UsageError
from forecasts.measures.prices import IS_SCORE
from forecasts.measures.view import IndexView
from forecasts.measures.vintage import latest_statements
from forecasts.request import Vintage
from tracker.settings import Settings
from tracker.store.observations import Snapshot


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
            "Name a later moment with `recorded_before`, or leave it out.",
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


def view_of(
    snapshot: Snapshot,
    index: tuple[str, str],
    as_of: date | None,
    vintage: Vintage,
    ceiling: float | None = None,
) -> IndexView:
    """The view of one index version (its name and version) as of a day; maybe without rows.

    `as_of` None is the day last observed.
    """
    rows = snapshot.standing.filter(index_name=index[0], index_version=index[1])
    last = rows.select(pl.col("observed_on").max()).collect(engine="streaming").item()
    day = as_of or last or date.min
    kept = latest_statements(rows, day, vintage)
    return IndexView(*index, day, vintage, kept, ceiling)


def latest_of_index(snapshot: Snapshot, row: Mapping[str, object], *where: pl.Expr) -> pl.DataFrame:
    """The latest statements of the index version of `row`, of those for which all `where` hold."""
    of_index = snapshot.standing.filter(
        *where, index_name=row["index_name"], index_version=row["index_version"]
    )
    return latest_statements(of_index, date.max, "final")


def refuse_empty(view: IndexView, snapshot: Snapshot) -> IndexView:
    """`view` if it has any row, else TrackerError naming its day and the first observation."""
    if view.rows.height:
        return view
    of_index = snapshot.standing.filter(
        index_name=view.index_name, index_version=view.index_version
    )
    first = of_index.select(pl.col("observed_on").min()).collect(engine="streaming").item()
    how = "observed by then" if view.vintage == "real" else "released by then"
    raise TrackerError(
        f"No model had a value and a release date on {view.as_of} (vintage {view.vintage}: {how}).",
        f"The first observation of {view.index_name} {view.index_version} is of {first}.",
        code="empty_bloc",
    )
