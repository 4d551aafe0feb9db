"""Error correction: each month both frontiers move with a share of the gap between them.

The two-variable vector error correction model with the gap as its cointegrating relation (Engle
and Granger 1987, Econometrica 55): step_i = a_i + b_i gap + e_i, by least squares on months.
"""

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
from models.helpers.normal import root


@dataclass(frozen=True)
class FittedErrorCorrection:
    """Coefficients (2 blocs, constant and gap), (X'X)^-1 (2, 2), residuals (months, 2)."""

    history: History
    coefficients: FloatArray
    inverse: FloatArray
    residuals: FloatArray

    def simulate(self, horizon: Horizon, draws: int, rng: Generator) -> FloatArray:
        """Joint futures in points, shape (draws, 2, times).

        Coefficients are drawn around their estimates, errors from the joint past residuals; a
        month's step is not negative.
        """
        months = month_count(horizon)
        n = len(self.residuals)
        covariance = self.residuals.T @ self.residuals / max(n - 2, 1)
        noise = rng.standard_normal((draws, 2, 2))  # bloc, coefficient
        noise = np.einsum("ij,djk->dik", root(covariance), noise) @ root(self.inverse).T
        beta = self.coefficients + noise
        scale = np.sqrt(n / max(n - 2, 1))
        levels = np.empty((draws, 2, months + 1))
        levels[:, :, 0] = self.history.today
        for month in range(1, months + 1):
            last = levels[:, :, month - 1]
            gap = (last[:, 0] - last[:, 1])[:, None]
            error = self.residuals[rng.integers(0, n, draws)] * scale
            step = beta[:, :, 0] + beta[:, :, 1] * gap + error
            levels[:, :, month] = last + np.clip(step, 0.0, 1e9)
        return as_frontier(to_days(levels, horizon, rng), self.history)

    def summary(self) -> Mapping[str, Estimate]:
        """Constant and response to the gap of each bloc, per month."""
        found: dict[str, Estimate] = {}
        dof = max(len(self.residuals) - 2, 1)
        for i, series in enumerate(self.history.blocs):
            sd = np.sqrt(self.residuals[:, i] @ self.residuals[:, i] / dof)
            errors = sd * np.sqrt(np.diag(self.inverse))
            for at, (name, unit) in enumerate((("constant", "points/month"), ("gap", "1/month"))):
                found[f"{series.bloc}.{name}"] = Estimate(
                    float(self.coefficients[i, at]), float(errors[at]), unit
                )
        return found

    def residual_series(self) -> Mapping[str, tuple[FloatArray, int]]:
        """Residuals of each bloc and the number of its coefficients."""
        return {s.bloc: (self.residuals[:, i], 2) for i, s in enumerate(self.history.blocs)}


class ErrorCorrection:
    """The follower is pulled up by the gap, or the leader held back."""

    name = "error-correction"

    def fit(self, history: History) -> FittedErrorCorrection:
        """Needs eight months in which both blocs had a frontier; else NotEnoughHistory."""
        levels = past_levels(history)
        steps = np.diff(levels, axis=0)
        if len(steps) < 8:
            raise NotEnoughHistory("error correction needs eight months of both frontiers")
        gap = levels[:-1, 0] - levels[:-1, 1]
        design = np.stack([np.ones_like(gap), gap], axis=1)
        inverse = np.asarray(np.linalg.pinv(design.T @ design), dtype=np.float64)
        beta = inverse @ design.T @ steps
        return FittedErrorCorrection(history, beta.T, inverse, steps - design @ beta)
