"""Lag line: the lag goes on along its line of best fit, and the gap closes where that meets zero.

The forecast behind published catch-up dates (Doubleword, June 2026, blog.doubleword.ai/frontier-os-
llm), as draws: the leader walks on in its past monthly steps, the follower is where the leader was
one lag before.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from models.contract import Estimate, FloatArray, History
from models.lagged_follower import FittedLaggedFollower, lagged_parts
from models.linear_trend import Line, fit_line


@dataclass(frozen=True)
class FittedLagLine(FittedLaggedFollower):
    """As a lagged follower whose lag follows a line over months, its origin today."""

    line: Line

    def lag_paths(self, draws: int, months: int, rng: Generator) -> FloatArray:
        """The lag today and after each month, in months and not negative: (draws, months + 1).

        Level, slope and distance from the line as in the linear trend, one of each per draw.
        """
        line = self.line
        sigma = line.residual_sd * np.sqrt(line.dof / rng.chisquare(line.dof, draws))
        noise = rng.multivariate_normal(np.zeros(2), line.covariance, size=draws)
        level = line.level + sigma * (noise[:, 0] + rng.standard_normal(draws))
        slope = line.slope + sigma * noise[:, 1]
        return np.maximum(level[:, None] + slope[:, None] * np.arange(months + 1), 0.0)

    def summary(self) -> Mapping[str, Estimate]:
        """The line today, its slope, and where it meets zero, if it falls."""
        line = self.line
        level_se, slope_se = line.residual_sd * np.sqrt(np.diag(line.covariance))
        found = {
            "lag": Estimate(line.level, float(level_se), "months"),
            "velocity": Estimate(12 * line.slope, 12 * float(slope_se), "months/year"),
        }
        if line.slope < 0:
            until = max(line.level, 0.0) / -line.slope
            found["catch_up"] = Estimate(until, None, "months from now")
        return found


class LagLine:
    """The lag keeps to the line through its past."""

    name = "lag-line"

    def fit(self, history: History) -> FittedLagLine:
        """Needs six months of lags, and a follower that is behind; else NotEnoughHistory."""
        lags, steps, path = lagged_parts(history)
        months = np.arange(1 - lags.size, 1, dtype=np.float64)
        return FittedLagLine(history, lags, steps, path, fit_line(months, lags, 0.0))
