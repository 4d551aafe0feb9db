"""Local linear trend: level and slope of each frontier are random walks of their own.

Harvey (1989), Forecasting, Structural Time Series Models and the Kalman Filter, chapter 2;
statsmodels `UnobservedComponents`. The state at the origin is drawn with its covariance, the
future with the estimated variances; these themselves are taken as known.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from models.contract import (
    Estimate,
    FloatArray,
    History,
    Horizon,
    NotEnoughHistory,
    as_frontier,
)
from models.helpers.monthly import month_count, past_levels, to_days


@dataclass(frozen=True)
class State:
    """Level and slope of one bloc at the origin, their covariance, and variances per month."""

    mean: FloatArray
    covariance: FloatArray
    variances: FloatArray  # irregular, level, slope


@dataclass(frozen=True)
class FittedLocalLinearTrend:
    """States of both blocs, and the correlation of their past monthly steps."""

    history: History
    states: tuple[State, State]
    correlation: float

    def simulate(self, horizon: Horizon, draws: int, rng: Generator) -> FloatArray:
        """Joint futures in points, shape (draws, 2, times); a month's change is not negative."""
        months = month_count(horizon)
        levels = np.empty((draws, 2, months + 1))
        levels[:, :, 0] = self.history.today
        common = rng.standard_normal((draws, 2, months))
        for i, state in enumerate(self.states):
            values, vectors = np.linalg.eigh(state.covariance)
            start = rng.standard_normal((draws, 2)) * np.sqrt(np.maximum(values, 0)) @ vectors.T
            slope = state.mean[1] + start[:, 1]
            own = common[:, 0] if i == 0 else (
                self.correlation * common[:, 0]
                + np.sqrt(1 - self.correlation**2) * common[:, 1]
            )  # fmt: skip
            slopes = slope[:, None] + np.cumsum(
                np.sqrt(state.variances[2]) * rng.standard_normal((draws, months)), axis=1
            )
            steps = slopes + np.sqrt(state.variances[1] + state.variances[0]) * own
            levels[:, i, 1:] = self.history.today[i] + np.cumsum(np.maximum(steps, 0.0), axis=1)
        return as_frontier(to_days(levels, horizon, rng), self.history)

    def summary(self) -> Mapping[str, Estimate]:
        """Slope at the origin and the variances, per month."""
        found: dict[str, Estimate] = {}
        for series, state in zip(self.history.blocs, self.states, strict=True):
            found[f"{series.bloc}.slope"] = Estimate(
                float(state.mean[1]), float(np.sqrt(state.covariance[1, 1])), "points/month"
            )
            for name, value in zip(("irregular", "level", "slope"), state.variances, strict=True):
                found[f"{series.bloc}.{name}_variance"] = Estimate(float(value), None, "points^2")
        return found


def _state(levels: FloatArray) -> State:
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    scale = max(float(np.std(np.diff(levels))), 1e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of convergence: the variances may lie at their bound
        model = UnobservedComponents((levels - levels[-1]) / scale, level="local linear trend")
        found = model.fit(disp=0, maxiter=50, cov_type="none")
    return State(
        np.asarray(found.filtered_state[:, -1]) * scale + np.array([levels[-1], 0.0]),
        np.asarray(found.filtered_state_cov[:, :, -1]) * scale**2,
        np.asarray(found.params, dtype=np.float64) * scale**2,
    )


class LocalLinearTrend:
    """Level and slope of each frontier wander."""

    name = "local-linear-trend"

    def fit(self, history: History) -> FittedLocalLinearTrend:
        """Needs ten months in which both blocs had a frontier; else NotEnoughHistory."""
        levels = past_levels(history)
        if len(levels) < 11:
            raise NotEnoughHistory("a local linear trend needs ten months of both frontiers")
        steps = np.diff(levels, axis=0)
        correlation = 0.0
        if np.all(np.ptp(steps, axis=0) > 0):
            correlation = float(np.corrcoef(steps[:, 0], steps[:, 1])[0, 1])
        return FittedLocalLinearTrend(
            history, (_state(levels[:, 0]), _state(levels[:, 1])), correlation
        )
