"""Theil-Sen line: the median of all pairwise slopes, which a few odd records cannot bend.

Theil (1950), Proceedings of the Royal Netherlands Academy of Sciences 53; Sen (1968), JASA 63.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from models.history import (
    DAYS_PER_MONTH,
    Estimate,
    FloatArray,
    History,
    Horizon,
    NotEnoughHistory,
    as_frontier,
)

_RESAMPLES = 200


@dataclass(frozen=True)
class FittedTheilSen:
    """Bootstrap lines of both blocs: level at the origin and slope per day, (2, resamples)."""

    history: History
    levels: FloatArray
    slopes: FloatArray
    residuals: tuple[FloatArray, FloatArray]

    def simulate(self, horizon: Horizon, draws: int, rng: Generator) -> FloatArray:
        """Joint futures in points, shape (draws, 2, times): a resampled line, a past residual."""
        ahead = horizon.days - horizon.origin
        out = np.empty((draws, 2, ahead.size))
        for i, residual in enumerate(self.residuals):
            line = rng.integers(0, self.levels.shape[1], draws)
            level = self.levels[i, line] + rng.choice(residual, draws)
            out[:, i] = level[:, None] + self.slopes[i, line][:, None] * ahead
        return as_frontier(out, self.history)

    def summary(self) -> Mapping[str, Estimate]:
        """Level and slope with bootstrap standard errors."""
        found: dict[str, Estimate] = {}
        for i, series in enumerate(self.history.blocs):
            for name, rows, unit, scale in (
                ("level", self.levels, "points", 1.0),
                ("slope", self.slopes, "points/month", DAYS_PER_MONTH),
            ):
                values = rows[i] * scale
                found[f"{series.bloc}.{name}"] = Estimate(
                    float(np.median(values)), float(np.std(values)), unit
                )
        return found


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

    def fit(self, history: History) -> FittedTheilSen:
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
        return FittedTheilSen(
            history, np.array(levels), np.array(slopes), (residuals[0], residuals[1])
        )
