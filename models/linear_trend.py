"""A straight line through each bloc's records, with the uncertainty of its parameters."""

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
    IntArray,
    NotEnoughHistory,
    Series,
    as_frontier,
)


@dataclass(frozen=True)
class Line:
    """Least-squares line: `level` at day `origin` and `slope` per day.

    `covariance` (2, 2) is that of (level, slope) per unit of residual variance; `residual_sd` has
    `dof` degrees of freedom.
    """

    origin: float
    level: float
    slope: float
    covariance: FloatArray
    residual_sd: float
    dof: int

    def at(self, days: FloatArray | IntArray) -> FloatArray:
        """The line on each of `days`, same shape."""
        return np.asarray(self.level + self.slope * (days - self.origin), dtype=np.float64)


def fit_line(days: FloatArray | IntArray, values: FloatArray, origin: float) -> Line:
    """Ordinary least squares of `values` (n,) on `days` (n,).

    Raises:
        NotEnoughHistory: fewer than three points, or all on one day.
    """
    if len(days) < 3 or np.ptp(days) == 0:
        raise NotEnoughHistory("a line needs three records on different days")
    centre = float(np.mean(days))
    x = np.asarray(days, dtype=np.float64) - centre
    mean = float(np.mean(values))
    slope = float(x @ (values - mean) / (x @ x))
    residuals = values - mean - slope * x
    dof = len(x) - 2
    shift = origin - centre
    ss = 1.0 / float(x @ x)
    covariance = np.array([[1 / len(x) + shift**2 * ss, shift * ss], [shift * ss, ss]])
    sd = float(np.sqrt(residuals @ residuals / dof))
    return Line(origin, mean + slope * shift, slope, covariance, sd, dof)


def resampled_slopes(series: Series, resamples: int, rng: Generator) -> FloatArray:
    """Slopes per day of the line through the records when releases are drawn anew, (resamples,).

    After the pairs bootstrap (Efron 1979, Annals of Statistics 7): each time other models are
    missing, and others stand as records. Resamples with one record day have no slope and are
    left out.
    """
    x = (series.release_days - series.release_days[0]).astype(np.float64)
    y = series.release_values
    powers = np.stack([np.ones(x.size), x, y, x * x, x * y], axis=1)
    # A few rows at a time stay in the processor's cache.
    sums = np.concatenate(
        [_record_sums(y, powers, min(256, resamples - done), rng)
         for done in range(0, resamples, 256)]
    )  # fmt: skip
    count, sx, sy, sxx, sxy = sums.T
    across = count * sxx - sx * sx
    some = across > 1e-9 * np.maximum(sxx, 1.0)
    return (count * sxy - sx * sy)[some] / across[some]


def _record_sums(values: FloatArray, powers: FloatArray, rows: int, rng: Generator) -> FloatArray:
    """Sums of `powers` (n, 5) over the records of resampled releases, (rows, 5)."""
    n = values.size
    # How often a release is drawn does not matter to a frontier, only whether: each is there with
    # the probability that it has in a bootstrap.
    there = rng.random((rows, n), dtype=np.float32) < 1 - (1 - 1 / n) ** n
    level = np.where(there, values, -np.inf)
    best = np.maximum.accumulate(level, axis=1)
    record = np.empty((rows, n), dtype=np.bool_)
    record[:, 0] = level[:, 0] > -np.inf
    np.greater(best[:, 1:], best[:, :-1], out=record[:, 1:])
    return record.astype(np.float64) @ powers


@dataclass(frozen=True)
class FittedLinearTrend:
    """Lines of both blocs and the correlation of their residuals."""

    history: History
    lines: tuple[Line, Line]
    correlation: float

    def predictive(self, horizon: Horizon, draws: int, rng: Generator) -> FloatArray:
        """Draws before they are made frontiers, shape (draws, 2, times).

        With the prior 1/sigma^2 each bloc's draws on one day have the classical t prediction
        interval of a new observation (Gelman et al., Bayesian Data Analysis, section 14.2). The
        residual is one per draw: it says where the frontier stands relative to its line.
        """
        shared = rng.multivariate_normal(
            np.zeros(2), [[1.0, self.correlation], [self.correlation, 1.0]], size=draws
        )
        out = np.empty((draws, 2, horizon.days.size))
        for i, line in enumerate(self.lines):
            sigma = line.residual_sd * np.sqrt(line.dof / rng.chisquare(line.dof, draws))
            noise = rng.multivariate_normal(np.zeros(2), line.covariance, size=draws)
            level = line.level + sigma * (noise[:, 0] + shared[:, i])
            slope = line.slope + sigma * noise[:, 1]
            out[:, i] = level[:, None] + slope[:, None] * (horizon.days - line.origin)
        return out

    def simulate(self, horizon: Horizon, draws: int, rng: Generator) -> FloatArray:
        """Joint futures in points, shape (draws, 2, times)."""
        return as_frontier(self.predictive(horizon, draws, rng), self.history)

    def summary(self) -> Mapping[str, Estimate]:
        """Level at the origin, slope and residual spread of each line."""
        found: dict[str, Estimate] = {}
        for series, line in zip(self.history.blocs, self.lines, strict=True):
            level_se, slope_se = line.residual_sd * np.sqrt(np.diag(line.covariance))
            found[f"{series.bloc}.level"] = Estimate(line.level, float(level_se), "points")
            found[f"{series.bloc}.slope"] = Estimate(
                line.slope * DAYS_PER_MONTH, float(slope_se) * DAYS_PER_MONTH, "points/month"
            )
            found[f"{series.bloc}.residual_sd"] = Estimate(line.residual_sd, None, "points")
            again = resampled_slopes(series, 1000, np.random.default_rng(0)) * DAYS_PER_MONTH
            if again.size > 1:
                found[f"{series.bloc}.slope_resampled"] = Estimate(
                    float(np.mean(again)), float(np.std(again)), "points/month"
                )
        found["residual_correlation"] = Estimate(self.correlation, None, "")
        return found

    def residual_series(self) -> Mapping[str, tuple[FloatArray, int]]:
        """Residuals of each bloc in order of time, and the number of parameters."""
        return {
            s.bloc: (s.values - line.at(s.days), 2)
            for s, line in zip(self.history.blocs, self.lines, strict=True)
        }


class LinearTrend:
    """Each frontier keeps to the line through its records."""

    name = "linear-trend"

    def fit(self, history: History) -> FittedLinearTrend:
        """Fit both lines; raises NotEnoughHistory with fewer than three records of a bloc."""
        lines = [fit_line(s.days, s.values, history.origin) for s in history.blocs]
        days = np.arange(history.origin, history.common_start - 1, -round(DAYS_PER_MONTH))
        off = [s.at(days) - line.at(days) for s, line in zip(history.blocs, lines, strict=True)]
        correlation = 0.0
        if days.size > 2 and min(np.std(o) for o in off) > 1e-9:
            # Monthly residuals are few and depend on each other: shrink towards none.
            raw = float(np.corrcoef(off[0], off[1])[0, 1])
            correlation = raw * days.size / (days.size + 10)
        return FittedLinearTrend(history, (lines[0], lines[1]), correlation)
