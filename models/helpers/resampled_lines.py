"""Lines refitted to resampled data: what Theil-Sen and quantile regression draw from."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from models.contract import (
    DAYS_PER_MONTH,
    Estimate,
    FloatArray,
    History,
    Horizon,
    as_frontier,
)


@dataclass(frozen=True)
class FittedLines:
    """Lines of both blocs, one per resample: level at the origin and slope per day.

    `levels` and `slopes` are (2, resamples), the first that of the data themselves; `distances` are
    those of each bloc's records from that first line, (records,).
    """

    history: History
    levels: FloatArray
    slopes: FloatArray
    distances: tuple[FloatArray, FloatArray]

    def simulate(self, horizon: Horizon, draws: int, rng: Generator) -> FloatArray:
        """Joint futures in points, shape (draws, 2, times): a resampled line, a past distance."""
        ahead = horizon.days - horizon.origin
        out = np.empty((draws, 2, ahead.size))
        for i, distance in enumerate(self.distances):
            line = rng.integers(0, self.levels.shape[1], draws)
            level = self.levels[i, line] + rng.choice(distance, draws)
            out[:, i] = level[:, None] + self.slopes[i, line][:, None] * ahead
        return as_frontier(out, self.history)

    def summary(self) -> Mapping[str, Estimate]:
        """Level at the origin and slope, with the spread over resamples as standard error."""
        found: dict[str, Estimate] = {}
        for i, series in enumerate(self.history.blocs):
            for name, rows, unit, scale in (
                ("level", self.levels, "points", 1.0),
                ("slope", self.slopes, "points/month", DAYS_PER_MONTH),
            ):
                found[f"{series.bloc}.{name}"] = Estimate(
                    float(rows[i, 0] * scale), float(rows[i].std() * scale), unit
                )
        return found
