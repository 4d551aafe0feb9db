"""Measure a workspace: records, the gap, its definitions, a period."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from forecasts.measures.blocs import parse_bloc
from forecasts.measures.definitions import definitions_table
from forecasts.measures.frontier import frontier, records_table
from forecasts.measures.gap import Gap, Period, measure_gap
from forecasts.measures.period import Quarter, make_span, measure_quarter, with_versions
from forecasts.request import Pair, PeriodRequest, Scope
from tracker.index_view import refuse_empty, view_of
from tracker.workspace_data import WorkspaceData


def bloc_records(data: WorkspaceData, blocs: Sequence[str], scope: Scope) -> pl.DataFrame:
    """Records of each bloc (leader and follower if none is named) by date."""
    models = data.view(scope).models()
    specs = tuple(blocs) or (data.settings.leader, data.settings.follower)
    return records_table([frontier(models, parse_bloc(data.with_lab_names(s))) for s in specs])


def gap_of(
    data: WorkspaceData, scope: Scope, pair: Pair, tolerance: float | None, by: Period = "month"
) -> Gap:
    """The gap of two blocs."""
    view = data.view(scope)
    return measure_gap(view, data.pair(pair), tolerance=data.tolerance(tolerance), by=by)


def definitions_of(data: WorkspaceData, gap: Gap) -> pl.DataFrame:
    """Every published definition of the gap on the data of `gap`."""
    known = data.catalogue.index_version(gap.index_name, gap.index_version)
    return definitions_table(gap, None if known is None else known.ratio_scale)


def period_of(data: WorkspaceData, request: PeriodRequest) -> Quarter:
    """One quarter, or the days from the first to the last asked for (else the last quarter)."""
    scope = request.scope.checked()
    # Every day of the period is looked at: the latest statements serve them all under `final`,
    # `real` needs what was known on each.
    data = data.as_recorded_before(scope.recorded_before)
    snapshot = data.store.snapshot()
    index = data.choose_index(snapshot.indices, scope.index, scope.version)
    view = view_of(snapshot, index, None, scope.vintage, data.ceilings().get(index))
    if scope.vintage == "final":
        view = refuse_empty(view, snapshot)
    else:
        every = (pl.col("index_name") == index[0], pl.col("index_version") == index[1])
        view = view.with_rows(snapshot.current(*every))
    newest = scope.as_of or view.rows["observed_on"].max()
    assert isinstance(newest, date)
    found = measure_quarter(
        view,
        make_span(request.quarter, first=request.first, last=request.last, newest=newest),
        data.pair(request.pair),
        blocs=[data.with_lab_names(spec) for spec in request.blocs],
        tolerance=data.tolerance(request.tolerance),
        as_of=scope.as_of,
    )
    if not request.all_versions:
        return found
    return with_versions(found, snapshot.current(pl.col("index_name") == index[0]))
