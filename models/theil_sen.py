"""Theil-Sen line: the median of all pairwise slopes, which a few odd records cannot bend.

Theil (1950), Proceedings of the Royal Netherlands Academy of Sciences 53; Sen (1968), JASA 63.
"""

import numpy as np

from models.contract import FloatArray, History, NotEnoughHistory
from models.helpers.resampled_lines import FittedLines

_RESAMPLES = 200


def theil_sen(days: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Slope and intercept of each row of `days` and `values` (resamples, n), each (resamples,)."""
    i, j = np.triu_indices(days.shape[1], 1)
    run = days[:, j] - days[:, i]
    rise = values[:, j] - values[:, i]
    slope = np.nanmedian(np.where(run != 0, rise / np.where(run != 0, run, 1.0), np.nan), axis=1)
    return slope, np.median(values - slope[:, None] * days, axis=1)


class TheilSen:
    """A robust line through each bloc's records."""

    name = "theil-sen"

    def fit(self, history: History) -> FittedLines:
        """Needs four records of each bloc; else NotEnoughHistory."""
        rng = np.random.default_rng(0)  # the resamples are part of the fit, the same every time
        levels, slopes, residuals = [], [], []
        for series in history.blocs:
            n = series.days.size
            if n < 4:
                raise NotEnoughHistory("a Theil-Sen line needs four records of each bloc")
            x = (series.days - history.origin).astype(np.float64)
            pick = np.sort(rng.integers(0, n, (_RESAMPLES, n)), axis=1)
            pick[:, [0, -1]] = np.where(
                (pick[:, [0]] == pick[:, [-1]]), np.array([0, n - 1]), pick[:, [0, -1]]
            )
            pick[0] = np.arange(n)
            slope, level = theil_sen(x[pick], series.values[pick])
            levels.append(level)
            slopes.append(slope)
            residuals.append(series.values - level[0] - slope[0] * x)
        return FittedLines(
            history, np.array(levels), np.array(slopes), (residuals[0], residuals[1])
        )
