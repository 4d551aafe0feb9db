"""What changed between two days, or between two moments of recording."""

from datetime import date, datetime

from forecasts.errors import UsageError
from forecasts.measures.difference import Difference, compare
from forecasts.measures.view import IndexView
from forecasts.request import Pair, Scope
from tracker.index_view import view_of
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
            snapshot = data.as_recorded_before(when).store.snapshot()
            views.append(view_of(snapshot, index, scope.as_of, vintage))
        else:
            views.append(view_of(now, index, when, vintage))
    return compare(views[0], views[1], data.pair(pair), tolerance=data.tolerance(tolerance))
