"""When the gap closes, and how long the lag is then, over joint draws of both frontiers."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from forecasts.measures.frontier import Frontier, to_date, to_day
from forecasts.measures.gap import period_ends
from models.contract import DAYS_PER_MONTH, FloatArray, Horizon, IntArray


@dataclass(frozen=True)
class Closure:
    """When the gap closes, by one definition of closed.

    Dates are to a week; one that lies past the horizon is None: its share of the draws is the mass
    beyond the horizon. `by_quarter` has quarter, date (its last day, or the end of the horizon),
    complete, probability_closed (by that date) and probability_ahead (follower at or above the
    leader on that date).
    """

    probability_within_horizon: float
    median_date: date | None
    q10_date: date | None
    q90_date: date | None
    by_quarter: pl.DataFrame


@dataclass(frozen=True)
class Grid:
    """Days of simulation: weeks, month steps and quarter ends, and which of them are which."""

    horizon: Horizon
    months: IntArray  # positions of the month steps
    quarters: IntArray  # positions of the quarter ends and of the end of the horizon


def make_grid(as_of: date, months: int) -> Grid:
    """Grid of `months` calendar months after `as_of`; first passage is seen to a week."""
    steps = (
        pl.Series([as_of] * months)
        .dt.offset_by(pl.Series([f"{k}mo" for k in range(1, months + 1)]))
        .to_list()
    )
    end = to_day(steps[-1])
    origin = to_day(as_of)
    month_days = np.array([to_day(d) for d in steps])
    quarter_days = np.array([to_day(d) for d in period_ends(as_of, steps[-1], "quarter")])
    quarter_days = np.unique(
        np.append(quarter_days[(quarter_days > origin) & (quarter_days <= end)], end)
    )
    days = np.unique(
        np.concatenate([np.arange(origin + 7, end + 1, 7), month_days, quarter_days])
    ).astype(np.int64)
    return Grid(
        Horizon(origin, days),
        np.searchsorted(days, month_days),
        np.searchsorted(days, quarter_days),
    )


def first_passage(
    paths: FloatArray,
    days: IntArray,
    tolerance: float,
    hold_days: int = 0,
    level: float | None = None,
) -> FloatArray:
    """First of `days` on which the follower is within `tolerance` of the leader, per draw.

    With `hold_days` the first from which it stays so for that long, seen before the last of
    `days`; with `level` the leader's frontier is taken to be that number for ever.

    Returns:
        Shape (draws,) for `paths` (draws, 2, times); infinity where it does not happen.
    """
    leader = paths[:, 0] if level is None else level
    closed = paths[:, 1] >= leader - tolerance
    if hold_days:
        # Day of the next opening at or after each day; the end of the horizon cuts the view.
        opening = np.where(closed, np.inf, days.astype(np.float64))
        following = np.minimum.accumulate(opening[:, ::-1], axis=1)[:, ::-1]
        seen = days[-1] - days >= hold_days
        closed = closed & (following - days > hold_days) & seen
    first = days[closed.argmax(axis=1)].astype(np.float64)
    return np.where(closed.any(axis=1), first, np.inf)


def lags(paths: FloatArray, leader: Frontier, grid: Grid, tolerance: float) -> FloatArray:
    """Lag in months at each month step of each draw, shape (draws, months).

    The definition of `lag_days`, along the leader's past records and drawn path;
    where the leader was never so low, the time since its first record.
    """
    days = grid.horizon.days
    out = np.empty((paths.shape[0], grid.months.size))
    for column, at in enumerate(grid.months.tolist()):
        level = paths[:, 1, at] - tolerance
        past = np.searchsorted(leader.values, level, side="left")
        first = leader.days[np.minimum(past, leader.days.size - 1)]
        drawn = days[(paths[:, 0, : at + 1] >= level[:, None]).argmax(axis=1)]
        since = np.where(past < leader.days.size, first, drawn)
        ahead = paths[:, 1, at] >= paths[:, 0, at]
        out[:, column] = np.where(ahead, 0.0, (days[at] - since) / DAYS_PER_MONTH)
    return out


def closure(
    paths: FloatArray,
    grid: Grid,
    tolerance: float,
    hold_days: int = 0,
    level: float | None = None,
) -> Closure:
    """Distribution of the closing date over joint draws (draws, 2, times); see `first_passage`."""
    days = grid.horizon.days
    when = first_passage(paths, days, tolerance, hold_days, level)
    ends = days[grid.quarters]
    dates = pl.Series("date", [to_date(d) for d in ends])
    ahead = (paths[:, 1] >= paths[:, 0])[:, grid.quarters].mean(axis=0)
    by_quarter = pl.DataFrame({"date": dates}).select(
        quarter=pl.format("{}Q{}", pl.col("date").dt.year(), pl.col("date").dt.quarter()),
        date="date",
        complete=pl.col("date")
        == pl.col("date").dt.offset_by("1d").dt.truncate("1q").dt.offset_by("-1d"),
        probability_closed=pl.Series((when[:, None] <= ends).mean(axis=0)),
        probability_ahead=pl.Series(ahead),
    )
    return Closure(
        float(np.isfinite(when).mean()),
        median_date=_passage_quantile(when, 0.5),
        q10_date=_passage_quantile(when, 0.1),
        q90_date=_passage_quantile(when, 0.9),
        by_quarter=by_quarter,
    )


def _passage_quantile(when: FloatArray, level: float) -> date | None:
    # The inverse of the empirical distribution: an average with infinity has no meaning.
    day = float(np.quantile(when, level, method="inverted_cdf"))
    return to_date(int(day)) if np.isfinite(day) else None
