"""How well a lag is known: what it would be with other models released and other errors measured.

A lag hangs on two extremes, the best of the follower and the first of the leader that was as good.
The ordinary bootstrap of an extreme is inconsistent: the best model itself is in 63% of the
resamples (Bickel and Freedman 1981, Annals of Statistics 9), and its intervals are too short.
Fewer models are drawn than there are (the m out of n bootstrap: Bickel, Götze and van Zwet 1997,
Statistica Sinica 7), with m = n^0.9, on which 90% intervals cover some 90% of known truth
(`benchmarks/lag_coverage.py`; the numbers stand in docs/methods.md). The draws are not rescaled.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.random import Generator

from forecasts.measures.frontier import Frontier, to_day
from models.contract import DAYS_PER_MONTH, FloatArray, IntArray

DRAWS = 2000
LEVEL = 0.90
# With fewer models of a bloc than these, other models than those known cannot be told of.
FEWEST = 5
# Of n models n to this power are drawn.
POWER = 0.9
# So many numbers of one bloc are held at once.
_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Releases:
    """The models of a bloc, their variants of one day taken together, by day: each shape (n,).

    Attributes:
        days: since 1970-01-01.
        values: of the best variant, in points.
        stderrs: of that variant, zero where none is known.
    """

    days: IntArray
    values: FloatArray
    stderrs: FloatArray


def releases_of(line: Frontier) -> Releases:
    """The releases of a bloc that are drawn again: a model with its variants is one."""
    rows = (
        line.releases.sort("released_on", "value", "model_key", descending=[False, True, False])
        .unique(["lab", "base", "released_on"], keep="first", maintain_order=True)
        .with_columns(pl.col("stderr").cast(pl.Float64).fill_null(0.0))
    )
    return Releases(
        rows["released_on"].cast(pl.Int32).to_numpy().astype(np.int64),
        rows["value"].to_numpy().astype(np.float64),
        rows["stderr"].to_numpy(),
    )


def draw_lags(
    leader: Frontier,
    follower: Frontier,
    days: IntArray,
    tolerance: float,
    *,
    draws: int = DRAWS,
    seed: int = 0,
    exact: bool = False,
) -> FloatArray | None:
    """Lags in days on each of `days` (increasing), shape (draws, days), of drawn releases.

    In each draw n^0.9 of the n models of either bloc are drawn with replacement, each with a normal
    error of its standard error, independent of the others; the lag is that of `lag_days`. It is nan
    before a draw has a model of both blocs, and if `exact` where the leader's first model was above
    the follower, so that the lag is only known to be so long at least. None with fewer than FEWEST
    models of a bloc.
    """
    top, low = releases_of(leader), releases_of(follower)
    if min(top.days.size, low.days.size) < FEWEST:
        return None
    rng = np.random.default_rng(seed)
    block = max(_AT_ONCE // max(top.days.size, low.days.size), 1)
    parts = [
        _lags(_drawn(top, min(block, draws - at), rng), _drawn(low, min(block, draws - at), rng),
              days, tolerance, exact)
        for at in range(0, draws, block)
    ]  # fmt: skip
    return np.concatenate(parts)


Drawn = tuple[IntArray, FloatArray]


def _drawn(releases: Releases, draws: int, rng: Generator) -> Drawn:
    """Days of drawn releases in order, and the frontier at each; both (draws, m)."""
    n = releases.days.size
    errors = releases.stderrs * rng.standard_normal((draws, n))
    values = releases.values + errors
    pick = np.sort(rng.integers(0, n, (draws, max(round(n**POWER), 1))), axis=1)
    best = np.maximum.accumulate(np.take_along_axis(values, pick, axis=1), axis=1)
    return releases.days[pick], best


def _lags(top: Drawn, low: Drawn, days: IntArray, tolerance: float, exact: bool) -> FloatArray:
    out = np.empty((len(top[0]), days.size))
    for at, day in enumerate(days):
        level, ahead_of = _held(low, day), _held(top, day)
        reached = np.argmax(top[1] >= (level - tolerance)[:, None], axis=1)
        since = day - np.take_along_axis(top[0], reached[:, None], axis=1)[:, 0]
        lag = np.where(level >= ahead_of, 0.0, since)
        unknown = np.isnan(level) | np.isnan(ahead_of)
        if exact:
            unknown |= level - tolerance < np.minimum(top[1][:, 0], ahead_of)
        out[:, at] = np.where(unknown, np.nan, lag)
    return out


def _held(drawn: Drawn, day: int) -> FloatArray:
    """The frontier of each draw on a day, nan before its first model; shape (draws,)."""
    count = (drawn[0] <= day).sum(axis=1)
    best = np.take_along_axis(drawn[1], np.maximum(count - 1, 0)[:, None], axis=1)[:, 0]
    return np.where(count > 0, best, np.nan)


def lag_interval(
    leader: Frontier, follower: Frontier, as_of: date, tolerance: float, *, seed: int = 0
) -> tuple[float, float] | None:
    """90% interval of the lag in months: quantiles of `draw_lags` on a day.

    None with fewer than FEWEST models of a bloc.
    """
    drawn = draw_lags(leader, follower, np.array([to_day(as_of)]), tolerance, seed=seed)
    if drawn is None:
        return None
    low, high = np.quantile(drawn[:, 0] / DAYS_PER_MONTH, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
