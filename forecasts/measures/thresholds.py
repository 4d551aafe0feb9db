"""When each bloc first passed a value, and how much later the follower did.

Håvard Ihle, "How far behind are open models?", 2026-05-28, lesswrong.com/posts/rJcCrXyEsJKmmDpWG
(github.com/htihle/open_closed_gap): thresholds on a grid, the first model of each bloc at or above
each; a pair of models that passes several counts once, at the highest.
"""

from datetime import date

import numpy as np
import polars as pl

from forecasts.measures.frontier import Frontier, to_day
from models.contract import DAYS_PER_MONTH, FloatArray

_STEPS = 20


def thresholds(leader: Frontier, follower: Frontier, *, logarithmic: bool = False) -> FloatArray:
    """Values, about twenty and evenly apart, that neither bloc's first model passed and the
    leader's best did; increasing, maybe none.

    Multiples of 1, 2 or 5 times a power of ten; on a `logarithmic` scale even in the logarithm. The
    date on which a bloc passed what its first model passed is not known.
    """
    low = max(float(leader.values[0]), float(follower.values[0]))
    high = float(leader.values[-1])
    if not high > low:
        return np.empty(0)
    if logarithmic and low > 0:
        found: FloatArray = np.geomspace(low, high, _STEPS + 1)[1:]
        found[-1] = high
        return found
    rough = (high - low) / _STEPS
    power = 10.0 ** np.floor(np.log10(rough))
    step = power * next(f for f in (1, 2, 5, 10) if f * power >= rough * (1 - 1e-9))
    counts = np.arange(np.floor(low / step + 1e-9) + 1, np.floor(high / step + 1e-9) + 1)
    return np.asarray(counts * step, dtype=np.float64)


def threshold_crossings(
    leader: Frontier, follower: Frontier, as_of: date, values: FloatArray
) -> pl.DataFrame:
    """The first release of each bloc at or above each of `values` (increasing) that the leader has
    reached, each pair of models once, at the highest value that both passed.

    Returns:
        threshold, leader_model, leader_released_on, follower_model, follower_released_on, months,
        censored. `months` is negative where the follower was first; where it has not come so far,
        the time until `as_of`, `censored`.
    """
    values = np.asarray(values, dtype=np.float64)
    values = values[values <= leader.values[-1]]
    top = np.searchsorted(leader.values, values, side="left")
    low = np.searchsorted(follower.values, values, side="left")
    # The last of each run of equal pairs.
    last = np.ones(values.size, dtype=bool)
    last[:-1] = (np.diff(top) != 0) | (np.diff(low) != 0)
    values, top, low = values[last], top[last], low[last]
    censored = low >= follower.days.size
    reached = np.minimum(low, follower.days.size - 1)
    until = np.where(censored, to_day(as_of), follower.days[reached])
    first, second = leader.records[top.tolist()], follower.records[reached.tolist()]
    return pl.DataFrame(
        {
            "threshold": values,
            "leader_model": first["model"],
            "leader_released_on": first["released_on"],
            "follower_model": second["model"],
            "follower_released_on": second["released_on"],
            "months": (until - leader.days[top]) / DAYS_PER_MONTH,
            "censored": censored,
        }
    ).with_columns(
        pl.when(~pl.col("censored")).then(pl.col(name)).alias(name)
        for name in ("follower_model", "follower_released_on")
    )
