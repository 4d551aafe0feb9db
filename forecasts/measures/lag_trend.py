"""How fast the lag changes, and when it would be gone if that went on.

The line of best fit through the lag over time, and where it meets zero: Jamie Dborin, Doubleword,
June 2026, blog.doubleword.ai/frontier-os-llm ("3rd December 2026" on one index). A forecast, scored
as the model `lag-line` of the backtest. IAPS (Open-Source-Gap, 2026) gives the velocity from two
fitted lines instead: `forecasts.measures.definitions.line_velocity`.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from forecasts.measures.frontier import Frontier, to_date, to_day
from forecasts.measures.gap import lag_days, period_ends
from forecasts.measures.lag_interval import LEVEL, draw_lags
from forecasts.request import MAX_MONTHS
from models.contract import DAYS_PER_MONTH, FloatArray, IntArray

# A slope through fewer months says nothing.
_FEWEST_MONTHS = 6
_DRAWS = 1000
_ENDS = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)


@dataclass(frozen=True)
class LagTrend:
    """The least-squares line through the lag at the ends of months.

    Months in which the lag is only known to be so long at least (the leader's first model stood
    above the follower) are left out.

    Attributes:
        velocity: months per year; negative when the follower gains.
        velocity_interval: 90%, None with few models of a bloc.
        fitted: the line today, in months.
        catch_up: months from today until the line is at zero; None where it does not fall, or is
            not there within MAX_MONTHS.
        catch_up_interval: 90%, an end that lies later than that or never is None; None altogether
            with few models of a bloc.
        never: share of the draws in which it is not there within MAX_MONTHS.
    """

    velocity: float
    velocity_interval: tuple[float, float] | None
    fitted: float
    catch_up: float | None
    catch_up_interval: tuple[float | None, float | None] | None
    never: float | None


def lag_trend(
    leader: Frontier, follower: Frontier, as_of: date, tolerance: float, *, seed: int = 0
) -> LagTrend | None:
    """The trend of the lag since both blocs have a model; None with fewer than six months in which
    it is known.

    Intervals are those of the lines through each draw of `draw_lags`: models and errors drawn anew.
    That the lag wanders for other reasons is not in them.
    """
    start = to_date(int(max(leader.days[0], follower.days[0])))
    ends = [day for day in period_ends(start, as_of, "month") if day < as_of] + [as_of]
    days = np.array([to_day(day) for day in ends], dtype=np.int64)
    level, first = follower.at(days), leader.values[0]
    known = (level - tolerance >= first) | (level >= leader.at(days))
    if known.sum() < _FEWEST_MONTHS:
        return None
    days = days[known]
    fitted, slope = _lines(days, lag_days(leader, follower, days, tolerance)[None, :])
    until = _until_zero(fitted, slope)
    drawn = draw_lags(leader, follower, days, tolerance, draws=_DRAWS, seed=seed, exact=True)
    velocity_interval, catch_up_interval, never = None, None, None
    if drawn is not None:
        levels, slopes = _lines(days, drawn)
        some = np.isfinite(slopes)
        low, high = np.quantile(12 * slopes[some], _ENDS)
        velocity_interval = float(low), float(high)
        times = _until_zero(levels[some], slopes[some])
        soon, late = np.quantile(times, _ENDS, method="inverted_cdf")
        catch_up_interval = _within(soon), _within(late)
        never = float(np.mean(times > MAX_MONTHS))
    return LagTrend(
        float(12 * slope[0]), velocity_interval, float(fitted[0]), _within(until[0]),
        catch_up_interval, never,
    )  # fmt: skip


def _lines(days: IntArray, lags: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Least-squares lines through each row of `lags` (n, days), in days; nan is left out.

    Returns:
        The line on the last day in months, and its slope in months per month, each (n,); nan where
        fewer than half of the months have a lag.
    """
    months = (days - days[-1]) / DAYS_PER_MONTH
    known = np.isfinite(lags)
    count = known.sum(axis=1)
    enough = 2 * count >= days.size
    with np.errstate(invalid="ignore", divide="ignore"):
        y = np.where(known, lags, 0.0) / DAYS_PER_MONTH
        centre, mean = known @ months / count, y.sum(axis=1) / count
        off = np.where(known, months - centre[:, None], 0.0)
        slope = (off * y).sum(axis=1) / (off * off).sum(axis=1)
        level = mean - slope * centre
    return np.where(enough, level, np.nan), np.where(enough, slope, np.nan)


def _until_zero(level: FloatArray, slope: FloatArray) -> FloatArray:
    """Months until a line that falls is at zero, infinite where it does not fall."""
    falls = slope < 0
    until = np.maximum(level, 0.0) / np.where(falls, -slope, 1.0)
    return np.where(falls, until, np.inf)


def _within(months: float) -> float | None:
    return float(months) if months <= MAX_MONTHS else None
