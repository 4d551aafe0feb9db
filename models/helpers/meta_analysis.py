"""Estimates of one quantity from several studies, pooled by a random-effects model."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from models.contract import FloatArray


@dataclass(frozen=True)
class RandomEffects:
    """The mean of what studies estimate, when each has a true value of its own.

    Attributes:
        mean, stderr: of the mean over studies.
        low, high: its interval.
        tau: standard deviation of the true values between studies, zero where the estimates differ
            no more than their errors let them.
        prediction: the interval in which the true value of one more study lies; None with fewer
            than three.
        q: Cochran's statistic of homogeneity; chi-squared with n - 1 degrees of freedom if tau = 0.
    """

    mean: float
    stderr: float
    low: float
    high: float
    tau: float
    prediction: tuple[float, float] | None
    q: float


def random_effects(
    estimates: ArrayLike, stderrs: ArrayLike, level: float = 0.90
) -> RandomEffects | None:
    """Pool `estimates` (n,) with standard errors `stderrs` (n,), all above zero; None if n < 2.

    tau by moments: DerSimonian and Laird (1986), "Meta-analysis in clinical trials", Controlled
    Clinical Trials 7. The interval of the mean is Hartung and Knapp's (2001, Statistics in Medicine
    20), t with n - 1 degrees of freedom, its factor never below one (Röver, Knapp and Friede 2015,
    BMC Medical Research Methodology 15): with few studies the normal interval is too narrow. The
    prediction interval is that of Higgins, Thompson and Spiegelhalter (2009, JRSS A 172), t with
    n - 2 degrees of freedom.

    Raises:
        ValueError: a standard error is not a number above zero.
    """
    from scipy.special import stdtrit

    y = np.asarray(estimates, dtype=np.float64)
    variance = np.asarray(stderrs, dtype=np.float64) ** 2
    n = y.size
    if n < 2:
        return None
    if not (np.isfinite(y).all() and np.isfinite(variance).all() and (variance > 0).all()):
        raise ValueError("estimates are finite and their standard errors above zero")
    fixed = 1 / variance
    q = float(fixed @ (y - _mean(y, fixed)) ** 2)
    share = float(fixed.sum() - fixed @ fixed / fixed.sum())
    tau2 = max((q - (n - 1)) / share, 0.0)
    weights = 1 / (variance + tau2)
    mean = _mean(y, weights)
    spread = float(weights @ (y - mean) ** 2) / (n - 1)
    stderr = float(np.sqrt(max(spread, 1.0) / weights.sum()))
    tail = (1 + level) / 2
    half = float(stdtrit(n - 1, tail)) * stderr
    prediction = None
    if n > 2:
        wide = float(stdtrit(n - 2, tail) * np.sqrt(tau2 + 1 / weights.sum()))
        prediction = (mean - wide, mean + wide)
    return RandomEffects(
        mean, stderr, mean - half, mean + half, float(np.sqrt(tau2)), prediction, q
    )


def _mean(values: FloatArray, weights: FloatArray) -> float:
    return float(weights @ values / weights.sum())
