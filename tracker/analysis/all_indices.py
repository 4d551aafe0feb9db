"""Measure the lag on every index of a workspace at once."""

from dataclasses import replace
from datetime import date

import polars as pl

from forecasts.errors import TrackerError
from forecasts.measures.blocs import parse_bloc
from forecasts.measures.gap import measure_gap
from forecasts.measures.pooled_lag import AllIndices, IndexLag
from forecasts.measures.prices import PRICE_INDEX
from forecasts.request import Pair, Scope, Vintage
from tracker.index_view import choose_index, rows_of
from tracker.store.observations import Snapshot
from tracker.sweeps import day_of_now, swept_until
from tracker.workspace_data import WorkspaceData

Index = tuple[str, str]


def lags_of_all(
    data: WorkspaceData,
    scope: Scope | None = None,
    pair: Pair | None = None,
    tolerance: float | None = None,
) -> AllIndices:
    """The gap and the lag of two blocs on every version of every index.

    `scope` names no index. An index is measured on the last day, by that of the scope, to which it
    is known: that of its last sweep, or on which a later record was observed. Without a day of the
    scope it is the latest of these days.

    Raises:
        UsageError: a bloc is not one, both are one set, or the tolerance or vintage is none.
        TrackerError: the workspace holds no observations.
    """
    asked = (scope or Scope()).checked()
    data = data.as_recorded_before(asked.recorded_before)
    snapshot, blocs = data.store.snapshot(), data.pair(pair or Pair())
    data.choose_index(snapshot.indices)  # raises where there are none
    sweeps = data.sweeps()
    indices: list[Index] = [*snapshot.indices.select("index_name", "index_version").iter_rows()]
    days = {i: _day(data, snapshot, sweeps, i, asked, blocs) for i in indices}
    scores = [day for i, day in days.items() if day is not None and i[0] != PRICE_INDEX]
    on = asked.as_of or max(scores, default=date.min)
    newest = {
        name: choose_index(
            snapshot.indices, replace(data.settings, version=""), name, None, seen_by=on
        )
        for name in dict.fromkeys(name for name, _ in indices)
    }
    lags = tuple(
        _measured(
            data, snapshot, blocs, data.tolerance(tolerance), asked.vintage,
            IndexLag(*i, days[i], _swept(sweeps, i, asked), newest[i[0]] == i, None),
        )
        for i in indices
    )  # fmt: skip
    return AllIndices(
        on, asked.vintage, blocs.leader, blocs.follower, data.tolerance(tolerance), lags
    )


def _day(
    data: WorkspaceData, snapshot: Snapshot, sweeps: pl.DataFrame, index: Index, scope: Scope,
    blocs: Pair,
) -> date | None:  # fmt: skip
    """The last day by that of the scope to which an index is known; None if nothing is."""
    rows, last = data.as_counted(rows_of(snapshot, index)), _swept(sweeps, index, scope)
    if scope.as_of is not None and scope.vintage == "real":
        rows = rows.filter(pl.col("observed_on") <= scope.as_of)
    day = day_of_now(rows, last, [parse_bloc(bloc) for bloc in (blocs.leader, blocs.follower)])
    return day if day is None or scope.as_of is None else min(day, scope.as_of)


def _swept(sweeps: pl.DataFrame, index: Index, scope: Scope) -> date | None:
    """The last sweep of an index that counts: by the day of the scope, or at all."""
    by = scope.as_of if scope.vintage == "real" else None
    return swept_until(sweeps, by).get(index)


def _measured(
    data: WorkspaceData, snapshot: Snapshot, blocs: Pair, tolerance: float, vintage: Vintage,
    lag: IndexLag,
) -> IndexLag:  # fmt: skip
    if lag.index_name == PRICE_INDEX:
        return lag
    if lag.as_of is None:
        return replace(lag, why="nothing was observed by then")
    index = (lag.index_name, lag.index_version)
    swept = None if lag.last_sweep is None else min(lag.last_sweep, lag.as_of)
    view = data.view_on(snapshot, index, lag.as_of, vintage, swept, no_link=True)
    try:
        gap = measure_gap(view, blocs, tolerance=tolerance, seed=data.seed(None))
    except TrackerError as error:
        if error.code != "empty_bloc":
            raise
        return replace(lag, why=error.message.rstrip("."))
    return replace(lag, gap=gap)
