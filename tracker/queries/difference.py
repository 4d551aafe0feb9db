"""What changed between two days, or between two moments of recording."""

from datetime import date, datetime

from forecasts.errors import UsageError
from forecasts.measures.difference import Difference, compare
from forecasts.measures.view import IndexView
from forecasts.request import Pair, Scope
from tracker.index_view import last_observed
from tracker.workspace_data import WorkspaceData


def difference(
    data: WorkspaceData,
    before: date | datetime,
    after: date | datetime,
    scope: Scope,
    pair: Pair,
    tolerance: float | None,
) -> Difference:
    """What changed between two days, as published; or between two moments, as recorded here.

    Two moments (datetimes) compare what this workspace knew, each as of the day of `scope` (the
    last day observed by then).
    """
    if before > after:
        raise UsageError(f"{before} is later than {after}.", "Name the earlier one first.")
    vintage = scope.checked().vintage
    views: list[IndexView] = []
    # What is called the default index does not change from one state to the other.
    now = data.store.snapshot()
    index = data.choose_index(now.indices, scope.index, scope.version)
    for when in (before, after):
        if isinstance(when, datetime):
            then = data.as_recorded_before(when)
            snapshot = then.store.snapshot()
            day = scope.as_of or last_observed(snapshot, index)
            views.append(then.view_on(snapshot, index, day, vintage))
        else:
            views.append(data.view_on(now, index, when, vintage))
    return compare(views[0], views[1], data.pair(pair), tolerance=data.tolerance(tolerance))
