"""Curves through each bloc's records by nonlinear least squares: log-linear, logistic, Gompertz.

Parameter uncertainty is the large-sample normal one of least squares (Seber and Wild 1989,
Nonlinear Regression, chapter 5); a residual of the fit is added to each draw as a shift.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from scipy.optimize import least_squares

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
from models.helpers.normal import root

Curve = Callable[[FloatArray, FloatArray], FloatArray]


@dataclass(frozen=True)
class CurveFit:
    """Least-squares fit of a curve: parameters (p,), their covariance (p, p), residuals (n,)."""

    parameters: FloatArray
    covariance: FloatArray
    residuals: FloatArray

    @property
    def residual_sd(self) -> float:
        """Square root of the residual sum of squares over its degrees of freedom."""
        dof = max(self.residuals.size - self.parameters.size, 1)
        return float(np.sqrt(self.residuals @ self.residuals / dof))


def fit_curve(curve: Curve, x: FloatArray, y: FloatArray, starts: list[FloatArray]) -> CurveFit:
    """Fit `curve(x, parameters)` to `y` from several starts; the best one is kept.

    Raises:
        NotEnoughHistory: fewer points than parameters and one, or no start converges.
    """
    if x.size <= starts[0].size:
        raise NotEnoughHistory(f"the curve needs more than {starts[0].size} records of each bloc")
    # A quick look from every start, then the best one to the last digit.
    looks = [_solve(curve, x, y, start, 1e-6, 60) for start in starts]
    found = [look for look in looks if look is not None]
    if not found:
        raise NotEnoughHistory("the curve does not converge on these records")
    rough = min(found, key=lambda look: float(look.cost))
    best = _solve(curve, x, y, rough.x, 1e-14, 500) or rough
    dof = max(x.size - best.x.size, 1)
    variance = 2 * best.cost / dof
    # Columns of one length: what can be told of a parameter does not hang on its unit.
    length = np.maximum(np.linalg.norm(best.jac, axis=0), 1e-300)
    inverse = np.linalg.pinv((best.jac / length).T @ (best.jac / length), rcond=1e-10)
    with np.errstate(all="ignore"):
        covariance = variance * inverse / np.outer(length, length)
    if not np.isfinite(covariance).all():
        raise NotEnoughHistory("the parameters of the curve cannot be told apart on these records")
    return CurveFit(best.x, covariance, y - curve(x, best.x))


def _solve(
    curve: Curve, x: FloatArray, y: FloatArray, start: FloatArray, tolerance: float, calls: int
) -> Any:
    def residuals(parameters: FloatArray) -> FloatArray:
        return _finite(curve(x, parameters) - y)

    with np.errstate(all="ignore"):
        try:
            found = least_squares(
                residuals, start, method="lm", x_scale="jac",
                xtol=tolerance, ftol=tolerance, gtol=tolerance,
                max_nfev=calls * (start.size + 1),
            )  # fmt: skip
        except ValueError:
            return None
    return found if np.isfinite(found.cost) else None


def _finite(residuals: FloatArray) -> FloatArray:
    return np.nan_to_num(residuals, nan=1e9, posinf=1e9, neginf=-1e9)


@dataclass(frozen=True)
class FittedCurve:
    """Curves of both blocs over years since each bloc's first record."""

    history: History
    curve: Curve
    names: tuple[str, ...]
    fits: tuple[CurveFit, CurveFit]

    def simulate(self, horizon: Horizon, draws: int, rng: Generator) -> FloatArray:
        """Joint futures in points, shape (draws, 2, times)."""
        out = np.empty((draws, 2, horizon.days.size))
        for i, (series, fit) in enumerate(zip(self.history.blocs, self.fits, strict=True)):
            noise = rng.standard_normal((draws, fit.parameters.size))
            parameters = fit.parameters + noise @ root(fit.covariance).T
            x = _years(series, horizon.days)
            with np.errstate(all="ignore"):
                path = self.curve(x[None, :], parameters.T[:, :, None])
            shift = rng.choice(fit.residuals, draws)[:, None]
            # A parameter drawn where the curve has no value stands for no growth.
            out[:, i] = np.nan_to_num(path, nan=-np.inf, posinf=1e12) + shift
        return as_frontier(out, self.history)

    def summary(self) -> Mapping[str, Estimate]:
        """Parameters of both curves, time in years since the bloc's first record."""
        found: dict[str, Estimate] = {}
        for series, fit in zip(self.history.blocs, self.fits, strict=True):
            errors = np.sqrt(np.diag(fit.covariance))
            for name, value, error in zip(self.names, fit.parameters, errors, strict=True):
                found[f"{series.bloc}.{name}"] = Estimate(float(value), float(error), "")
            found[f"{series.bloc}.residual_sd"] = Estimate(fit.residual_sd, None, "points")
        return found

    def residual_series(self) -> Mapping[str, tuple[FloatArray, int]]:
        """Residuals of each bloc in order of time, and the number of parameters."""
        return {
            s.bloc: (f.residuals, f.parameters.size)
            for s, f in zip(self.history.blocs, self.fits, strict=True)
        }


def _years(series: Series, days: IntArray) -> FloatArray:
    return (days - series.days[0]) / (12 * DAYS_PER_MONTH)


def exponential(x: FloatArray, p: FloatArray) -> FloatArray:
    """exp(a + b x)."""
    return np.exp(p[0] + p[1] * x)


def logistic(x: FloatArray, p: FloatArray) -> FloatArray:
    """K / (1 + exp(-r (x - m)))."""
    return p[0] / (1 + np.exp(-p[1] * (x - p[2])))


def gompertz(x: FloatArray, p: FloatArray) -> FloatArray:
    """K exp(-exp(-r (x - m)))."""
    return p[0] * np.exp(-np.exp(-p[1] * (x - p[2])))


class LogLinear:
    """Exponential growth: a line through the logarithms, fitted to the values themselves."""

    name = "log-linear"
    curve: Curve = staticmethod(exponential)
    names: tuple[str, ...] = ("log_level", "growth_per_year")

    def starts(self, x: FloatArray, y: FloatArray, ceiling: float) -> list[FloatArray]:
        """Where to begin: the line through the logarithms."""
        if np.any(y <= 0):
            raise NotEnoughHistory("exponential growth needs values above zero")
        slope, level = np.polyfit(x, np.log(y), 1)
        return [np.array([level, slope])]

    def fit(self, history: History) -> FittedCurve:
        """Fit both curves; NotEnoughHistory with too few records or no convergence."""
        fits: list[CurveFit] = []
        for series in history.blocs:
            x, y = _years(series, series.days), series.values
            if x.size < 3:
                raise NotEnoughHistory("a curve needs more than three records of each bloc")
            fits.append(fit_curve(type(self).curve, x, y, self.starts(x, y, history.ceiling)))
        return FittedCurve(history, type(self).curve, self.names, (fits[0], fits[1]))


class Logistic(LogLinear):
    """Growth that slows towards an upper asymptote, the same way as it began."""

    name = "logistic"
    curve: Curve = staticmethod(logistic)
    names = ("asymptote", "rate_per_year", "midpoint_years")

    def starts(self, x: FloatArray, y: FloatArray, ceiling: float) -> list[FloatArray]:
        """Several asymptotes above the best value so far."""
        top = float(y.max())
        tops = [1.1 * top, 2 * top]
        if np.isfinite(ceiling) and ceiling > top:
            tops.append(0.5 * (top + ceiling))
        return [np.array([k, r, m]) for k in tops for r in (1.0, 2.0) for m in (x.mean(), x.max())]


class Gompertz(Logistic):
    """Growth that slows towards an upper asymptote more gently than it began."""

    name = "gompertz"
    curve: Curve = staticmethod(gompertz)
