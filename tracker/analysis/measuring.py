"""Measure a workspace: records, the gap, its definitions, a period."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from forecasts.errors import UsageError
from forecasts.measures.blocs import parse_bloc
from forecasts.measures.definitions import definitions_table
from forecasts.measures.frontier import Frontier, frontier, records_table, unknown_note
from forecasts.measures.gap import Gap, Period, measure_gap
from forecasts.measures.pair import frontier_pair
from forecasts.measures.period import (
    Quarter,
    make_span,
    measure_quarter,
    parse_quarter,
    with_versions,
)
from forecasts.measures.smallest import Size, Smallest, smallest_models
from forecasts.measures.view import IndexView
from forecasts.request import Pair, PeriodRequest, Scope, Shared
from tracker.workspace_data import WorkspaceData


def bloc_records(
    data: WorkspaceData, blocs: Sequence[str], scope: Scope, shared: Shared | None = None
) -> tuple[pl.DataFrame, IndexView, list[str]]:
    """Records of each bloc (leader and follower if none is named) by date, their view, and a
    sentence on each bloc of which some models may or may not be.

    The first two are a pair: `shared` says what models of both count for.
    """
    pair = (data.settings.leader, data.settings.follower)
    specs = [data.with_lab_names(s) for s in blocs or pair]
    view = data.view(scope, specs)
    models = view.models()
    lines: list[Frontier] = []
    if len(specs) > 1:
        lines += frontier_pair(view, data.pair(Pair(specs[0], specs[1], shared))).lines
    others = [frontier(models, parse_bloc(s)) for s in specs[len(lines) :]]
    notes = [note for front in (*lines, *others) if (note := unknown_note(front))]
    return records_table([*lines, *others]), view, notes


def smallest_of(
    data: WorkspaceData, blocs: Sequence[str], scope: Scope, levels: Sequence[float], of: Size
) -> tuple[Smallest, IndexView]:
    """The smallest models of each bloc (leader and follower if none is named) that reach each
    level, and their view. A model of two blocs counts for both.

    Raises UsageError when no level is named.
    """
    if not levels:
        raise UsageError(
            "No level is named that the smallest model is to reach.",
            "Name one with `levels`, in the unit of the index; repeat.",
            field="levels",
        )
    asked = blocs or (data.settings.leader, data.settings.follower)
    specs = [data.with_lab_names(spec) for spec in asked]
    view = data.view(scope, specs)
    return smallest_models(view.models(), [parse_bloc(s) for s in specs], levels, of), view


def gap_of(
    data: WorkspaceData, scope: Scope, pair: Pair, tolerance: float | None, by: Period = "month"
) -> Gap:
    """The gap of two blocs."""
    blocs = data.pair(pair)
    view = data.view(scope, (blocs.leader, blocs.follower))
    return measure_gap(
        view, blocs, tolerance=data.tolerance(tolerance), by=by, seed=data.seed(None)
    )


def definitions_of(data: WorkspaceData, gap: Gap) -> pl.DataFrame:
    """Every published definition of the gap on the data of `gap`."""
    zero = data.index_spec(gap.index_name, gap.index_version).true_zero
    return definitions_table(gap, zero, seed=data.seed(None))


def period_of(data: WorkspaceData, request: PeriodRequest) -> Quarter:
    """One quarter, or the days from the first to the last asked for (else the last quarter)."""
    scope = request.scope.checked()
    # Every day of the period is looked at: the latest statements serve them all under `final`,
    # `real` needs what was known on each.
    data = data.as_recorded_before(scope.recorded_before)
    snapshot = data.store.snapshot()
    since = parse_quarter(request.quarter)[0] if request.quarter else None
    index = data.choose_index(snapshot.indices, scope.index, scope.version, seen_since=since)
    pair = data.pair(request.pair)
    asked = Scope(*index, None, scope.vintage, no_link=scope.no_link)
    view = data.view(asked, (pair.leader, pair.follower))
    if scope.vintage == "real":
        every = (pl.col("index_name") == index[0], pl.col("index_version") == index[1])
        own = data.as_counted(snapshot.current(*every), date.min)
        moved = view.rows.join(own, on="observation_id", how="anti")
        view = view.with_rows(pl.concat([own, moved], how="diagonal"))
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
    return with_versions(found, data.as_counted(rows), data.catalogue.seats)
