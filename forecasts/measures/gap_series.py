"""The gap over time on one stretch: points with their interval, and the lag, at period ends."""

from datetime import date

import numpy as np
import polars as pl

from forecasts.measures.frontier import Frontier, to_date, to_day
from forecasts.measures.gap import Z90, Period, lag_days, period_ends
from models.contract import DAYS_PER_MONTH, FloatArray, IntArray


def gap_series(
    leader: Frontier,
    follower: Frontier,
    first: date | None,
    last: date,
    by: Period,
    tolerance: float,
) -> pl.DataFrame:
    """Gap and lag at the end of each month or quarter from `first` to `last`, both included.

    Returns:
        date, leader_value, follower_value, gap_points, gap_low, gap_high (90% interval from the
        standard errors of the two models that hold the frontiers on the day, null where either is
        not known), lag_months. No rows where the two never both have a model.
    """
    begin = int(max(leader.days[0], follower.days[0]))
    if first is not None:
        begin = max(begin, to_day(first))
    if begin > to_day(last):
        return gap_series(leader, follower, None, last, by, tolerance).clear()
    start = to_date(begin)
    ends = [when for when in period_ends(start, last, by) if when < last] + [last]
    if first is not None and ends[0] != start:
        ends = [start, *ends]
    days = np.array([to_day(when) for when in ends], dtype=np.int64)
    top, low = leader.at(days), follower.at(days)
    spread = Z90 * np.hypot(_stderr_at(leader, days), _stderr_at(follower, days))
    return pl.DataFrame(
        {
            "date": ends,
            "leader_value": top,
            "follower_value": low,
            "gap_points": top - low,
            "gap_low": top - low - spread,
            "gap_high": top - low + spread,
            "lag_months": lag_days(leader, follower, days, tolerance) / DAYS_PER_MONTH,
        }
    ).with_columns(pl.col(pl.Float64).fill_nan(None))


def _stderr_at(line: Frontier, days: IntArray) -> FloatArray:
    """Standard error of the model that holds the frontier on each day, nan where not known."""
    at = np.searchsorted(line.days, days, side="right") - 1
    errors = line.records["stderr"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    return np.where(at >= 0, errors[np.maximum(at, 0)], np.nan)
