"""Which index is meant, and the view of it as of a day."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

import polars as pl

from forecasts.errors import TrackerError, UsageError
from forecasts.measures.index_spec import IndexSpec
from forecasts.measures.prices import IS_SCORE
from forecasts.measures.view import IndexView
from forecasts.measures.vintage import latest_statements
from forecasts.nearest import did_you_mean
from forecasts.request import Vintage
from tracker.settings import Settings
from tracker.store.observations import Snapshot

MIN_OBSERVATIONS = 10


def choose_index(
    indices: pl.DataFrame,
    settings: Settings,
    index: str | None,
    version: str | None,
    recorded_before: datetime | None = None,
    *,
    seen_by: date | None = None,
    seen_since: date | None = None,
) -> tuple[str, str]:
    """Name and version of the index meant: what is named, else the settings', else the index with
    most observations and its version seen last.

    Versions of fewer than MIN_OBSERVATIONS count only where there are no others. Of versions that
    are not named: `seen_by` prefers those observed by that day already, and one
    not observed since the day `seen_since` gives way to one that was.

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
        raise unknown_index(name, names.to_list())
    setting = settings.version if name == settings.index or not settings.index else ""
    if version or (setting and setting in of_index["index_version"]):
        chosen = version or setting
    else:
        by = pl.lit(True) if seen_by is None else pl.col("first_observed_on") <= seen_by
        seen = of_index.filter(by)
        pool = of_index if seen.is_empty() else seen
        # A few rows on a later version are no view of it: one of them must not move every number.
        enough = pool.filter(pl.col("observations") >= MIN_OBSERVATIONS)
        pool = pool if enough.is_empty() else enough
        chosen = pool.sort("last_observed_on", "index_version")["index_version"][-1]
    if seen_since is not None and not version:
        since = of_index.filter(pl.col("last_observed_on") >= seen_since)
        if since.height and chosen not in since["index_version"]:
            chosen = since.sort("last_observed_on", "index_version")["index_version"][-1]
    if chosen not in of_index["index_version"]:
        raise unknown_version(name, chosen, of_index["index_version"].sort().to_list())
    return name, chosen


def unknown_index(name: str, known: Sequence[str]) -> UsageError:
    """The error of an index that is none of those observed, `known`."""
    return UsageError(
        f"There is no observation of the index '{name}'.",
        f"{did_you_mean(name, known)}Known here: {'; '.join(known[:20])}.",
        code="unknown_index",
    )


def unknown_version(name: str | None, version: str, known: Sequence[str]) -> UsageError:
    """The error of a version that is none of those observed, `known`: of an index, or of any."""
    return UsageError(
        f"There is no observation of version '{version}'" + (f" of '{name}'." if name else "."),
        f"{did_you_mean(version, known)}Known here: {', '.join(known)}.",
        code="unknown_version",
    )


def rows_of(snapshot: Snapshot, index: tuple[str, str]) -> pl.LazyFrame:
    """The rows that stand of one index version."""
    return snapshot.standing.filter(index_name=index[0], index_version=index[1])


def last_observed(snapshot: Snapshot, index: tuple[str, str]) -> date:
    """The day of the last observation of one index version, the first of all days if none."""
    last = rows_of(snapshot, index).select(pl.col("observed_on").max())
    found = last.collect(engine="streaming").item()
    return found if isinstance(found, date) else date.min


def view_of(
    snapshot: Snapshot,
    index: tuple[str, str],
    as_of: date,
    vintage: Vintage,
    spec: IndexSpec,
    swept: date | None = None,
    seats: Mapping[str, str] | None = None,
) -> IndexView:
    """The view of one index version (its name and version) as of a day; maybe without rows.

    `spec`, `swept` and `seats` are those of `IndexView`.
    """
    kept = latest_statements(rows_of(snapshot, index), as_of, vintage)
    return IndexView(*index, as_of, vintage, kept, spec, swept, seats or {})


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
    of_index = rows_of(snapshot, (view.index_name, view.index_version))
    first = of_index.select(pl.col("observed_on").min()).collect(engine="streaming").item()
    how = "observed by then" if view.vintage == "real" else "released by then"
    raise TrackerError(
        f"No model had a value and a release date on {view.as_of} (vintage {view.vintage}: {how}).",
        f"The first observation of {view.index_name} {view.index_version} is of {first}.",
        code="empty_bloc",
    )
