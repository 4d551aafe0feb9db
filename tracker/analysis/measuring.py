"""Measure a workspace: records, the gap, its definitions, a period."""

from collections.abc import Sequence

import polars as pl

from forecasts.measures.blocs import parse_bloc
from forecasts.measures.definitions import definitions_table
from forecasts.measures.frontier import frontier, records_table
from forecasts.measures.gap import Gap, Period, measure_gap
from forecasts.measures.period import Quarter, make_span, measure_quarter, with_versions
from forecasts.measures.view import IndexView
from forecasts.request import Pair, PeriodRequest, Scope
from tracker.workspace_data import WorkspaceData


def bloc_records(
    data: WorkspaceData, blocs: Sequence[str], scope: Scope
) -> tuple[pl.DataFrame, IndexView]:
    """Records of each bloc (leader and follower if none is named) by date, and their view."""
    specs = tuple(blocs) or (data.settings.leader, data.settings.follower)
    view = data.view(scope, specs)
    models = view.models()
    lines = [frontier(models, parse_bloc(data.with_lab_names(spec))) for spec in specs]
    return records_table(lines), view


def gap_of(
    data: WorkspaceData, scope: Scope, pair: Pair, tolerance: float | None, by: Period = "month"
) -> Gap:
    """The gap of two blocs."""
    blocs = data.pair(pair)
    view = data.view(scope, (blocs.leader, blocs.follower))
    return measure_gap(view, blocs, tolerance=data.tolerance(tolerance), by=by)


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
    pair = data.pair(request.pair)
    view = data.view(Scope(*index, None, scope.vintage), (pair.leader, pair.follower))
    if scope.vintage == "real":
        every = (pl.col("index_name") == index[0], pl.col("index_version") == index[1])
        view = view.with_rows(data.as_counted(snapshot.current(*every)))
    newest = scope.as_of or view.as_of
    found = measure_quarter(
        view,
        make_span(request.quarter, first=request.first, last=request.last, newest=newest),
        pair,
        blocs=[data.with_lab_names(spec) for spec in request.blocs],
        tolerance=data.tolerance(request.tolerance),
        as_of=scope.as_of,
    )
    if not request.all_versions:
        return found
    rows = snapshot.current(pl.col("index_name") == index[0])
    return with_versions(found, data.as_counted(rows))
