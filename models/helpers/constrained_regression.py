"""Linear regression with a Gaussian prior and non-negative coefficients, and draws of both.

The model is y = A theta + e with Student-t errors of scale sigma, prior rows P theta ~ N(p, tau^2)
and known rows K theta ~ N(k, s^2) of stated error; some theta are not negative. sigma and tau are
averaged over a grid by their marginal likelihood (without the signs, in closed form), so that what
the data cannot tell stays in the draws. A draw is a perturbed problem solved under the signs
(randomise then optimise: Bardsley, Solonen, Haario and Laine 2014, SIAM J. Sci. Comput. 36; with
non-negativity Bardsley and Fox 2012, Inverse Problems in Science and Engineering 20).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

DEGREES = 5.0  # of the Student-t errors that `robust_fit` assumes
_SIGMAS = 7  # of the grid of sigma, about its estimate
# Precision of the coefficients relative to that of least squares with the weights and sigma: the
# M-estimator's (Huber and Ronchetti 2009, Robust Statistics, section 7.6) for normal errors.
_INFORMATION = 0.724
_TAIL = 0.25  # of the largest weight: what a residual of 4.4 sigmas has in the tail
_NEGLIGIBLE = 0.01  # cells of the grid below this share of the best are left out


@dataclass(frozen=True)
class Prior:
    """What is held about theta before the data.

    rows, values: (m, k) and (m,), with error tau times `scales` (m,).
    taus: the grid of tau, ascending, all equally probable beforehand.
    rank: dimension of what the prior rows alone determine (k - 1 where a known row takes one).
    known, known_values, known_errors: (r, k), (r,), (r,): rows with a stated error.
    nonnegative: (k,), which theta may not be negative.
    usual: the sigma expected, as much as `usual_rows` observations would say it.
    """

    rows: FloatArray
    values: FloatArray
    scales: FloatArray
    taus: FloatArray
    rank: int
    known: FloatArray
    known_values: FloatArray
    known_errors: FloatArray
    nonnegative: BoolArray
    usual: float = 1.0
    usual_rows: float = 0.0


@dataclass(frozen=True)
class Posterior:
    """A fitted regression: a grid of (sigma, tau) cells, each a constrained Gaussian.

    upper (c, k, k), right (c, k): theta given a cell minimises |upper theta - right|.
    probability, sigma (c,). weights (n,): of the observations, below one where they fit badly.
    """

    upper: FloatArray
    right: FloatArray
    probability: FloatArray
    sigma: FloatArray
    nonnegative: BoolArray
    weights: FloatArray
    theta: FloatArray

    @property
    def scale(self) -> float:
        """Posterior mean of sigma, the scale of the Student-t errors."""
        return float(self.probability @ self.sigma)

    @property
    def scatter(self) -> float:
        """Standard deviation of an observation about the fit."""
        return self.scale * float(np.sqrt(DEGREES / (DEGREES - 2.0)))

    def draw(self, n: int, rng: Generator) -> tuple[FloatArray, FloatArray]:
        """n draws: theta (n, k) and sigma (n,)."""
        cell = rng.choice(self.probability.size, n, p=self.probability)
        right = self.right[cell] + rng.standard_normal((n, self.right.shape[1]))
        return _solve(self.upper[cell], right, self.nonnegative), self.sigma[cell]


def robust_fit(
    design: FloatArray, target: FloatArray, prior: Prior, base: FloatArray | None = None
) -> Posterior:
    """Fit with Student-t errors, by iterated weights (Lange, Little and Taylor 1989, JASA 84).

    Args:
        design: (n, k); target: (n,), in one unit.
        base: (n,), weights beforehand, such as inverse variances relative to their usual.

    Raises:
        ValueError: fewer than three observations.
    """
    if target.size < 3:
        raise ValueError("a regression needs three observations")
    base = np.ones(target.size) if base is None else base
    first = _first_sigma(design, target, prior, base)
    fitted = _fit(design, target, prior, base, first * np.geomspace(0.4, 2.5, 2 * _SIGMAS))
    fitted = _iterate(design, target, prior, base, fitted, _tail_weight)
    # Then without those far outside: what was measured otherwise is no error of this scale.
    return _iterate(design, target, prior, base, fitted, _cut_weight)


def _tail_weight(size: FloatArray) -> FloatArray:
    """Weight of a residual of `size` sigmas under Student-t errors.

    Capped at one: sigma is then 0.85 of the deviation where errors are normal, and the 90% interval
    of a Student-t of that scale covers 91%.
    """
    return np.minimum(1.0, (DEGREES + 1.0) / (DEGREES + size**2))


def _cut_weight(size: FloatArray) -> FloatArray:
    """The same, down to nothing between 3.5 and 7 sigmas."""
    return _tail_weight(size) * np.clip(2.0 - size / 3.5, 0.0, 1.0)


def _iterate(
    design: FloatArray,
    target: FloatArray,
    prior: Prior,
    base: FloatArray,
    fitted: Posterior,
    weigh: Callable[[FloatArray], FloatArray],
) -> Posterior:
    # Two and a half standard errors of the logarithm of sigma either way.
    reach = 2.5 / np.sqrt(2.0 * (target.size + prior.usual_rows))
    around = np.exp(np.linspace(-reach, reach, _SIGMAS))
    least = max(1e-3 * float(np.std(target)), 1e-9)  # where the fit is exact
    for _ in range(30):
        size = np.abs(target - design @ fitted.theta) / fitted.scale
        weights = base * weigh(size * np.sqrt(base))
        sigmas = np.maximum(fitted.scale * around, least)
        before, fitted = fitted, _fit(design, target, prior, weights, sigmas)
        still = np.abs(weights - before.weights).max() < 0.005
        if still and abs(np.log(fitted.scale / before.scale)) < 0.01:
            break
    return fitted


def _fit(
    design: FloatArray, target: FloatArray, prior: Prior, weights: FloatArray, sigmas: FloatArray
) -> Posterior:
    # An observation cut off says nothing of sigma; one in the tail does.
    n = np.minimum(1.0, weights / (_TAIL * np.maximum(weights.max(), 1e-12))).sum()
    scaled = prior.rows / prior.scales[:, None]
    values = prior.values / prior.scales
    known = prior.known / prior.known_errors[:, None]
    known_values = prior.known_values / prior.known_errors
    data = design.T @ (weights[:, None] * design), design.T @ (weights * target)
    sigma, tau = (g.ravel() for g in np.meshgrid(sigmas, prior.taus, indexing="ij"))
    precision = (
        data[0] / sigma[:, None, None] ** 2
        + scaled.T @ scaled / tau[:, None, None] ** 2
        + known.T @ known
    )
    gradient = (
        data[1] / sigma[:, None] ** 2
        + scaled.T @ values / tau[:, None] ** 2
        + known.T @ known_values
    )
    lower = np.linalg.cholesky(precision)
    right = np.linalg.solve(lower, gradient[..., None])[..., 0]
    loss = (
        weights @ target**2 / sigma**2
        + values @ values / tau**2
        + known_values @ known_values
        - (right**2).sum(axis=1)
    )
    # The prior of sigma is 1 / sigma, which the logarithmic grid already is.
    evidence = (
        -n * np.log(sigma)
        - prior.rank * np.log(tau)
        - np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(axis=1)
        - loss / 2.0
        - prior.usual_rows * (np.log(sigma) + (prior.usual / sigma) ** 2 / 2.0)
    )
    probability = np.exp(evidence - evidence.max())
    keep = probability >= _NEGLIGIBLE
    probability = probability[keep] / probability[keep].sum()
    upper, right = lower[keep].transpose(0, 2, 1), right[keep]
    modes = _solve(upper, right, prior.nonnegative)
    # For the draws, the same centre with what an M-estimator errs by.
    centre = np.linalg.solve(upper, right[..., None])
    lost = (1.0 - _INFORMATION) / sigma[keep, None, None] ** 2
    upper = np.linalg.cholesky(precision[keep] - lost * data[0]).transpose(0, 2, 1)
    right = (upper @ centre)[..., 0]
    return Posterior(
        upper, right, probability, sigma[keep], prior.nonnegative, weights, probability @ modes
    )


def _first_sigma(
    design: FloatArray, target: FloatArray, prior: Prior, weights: FloatArray
) -> float:
    """A first sigma: the residuals of a fit with the prior's middle tau, robustly."""
    tau = prior.taus[prior.taus.size // 2]
    spread = max(float(np.std(target)), 1e-6)
    rows = [
        np.sqrt(weights)[:, None] * design / (0.1 * spread),
        prior.rows / (prior.scales[:, None] * tau),
        prior.known / prior.known_errors[:, None],
    ]
    values = [
        np.sqrt(weights) * target / (0.1 * spread),
        prior.values / (prior.scales * tau),
        prior.known_values / prior.known_errors,
    ]
    theta = np.linalg.lstsq(np.vstack(rows), np.concatenate(values), rcond=None)[0]
    residual = target - design @ theta
    size = max(1.4826 * float(np.median(np.abs(residual))), 0.01 * spread, 1e-6)
    share = prior.usual_rows / (prior.usual_rows + target.size)
    return size ** (1.0 - share) * prior.usual**share


def _solve(upper: FloatArray, right: FloatArray, nonnegative: BoolArray) -> FloatArray:
    """argmin |upper theta - right| of each (c, k), with theta >= 0 where said."""
    from scipy.optimize import nnls

    theta = np.asarray(np.linalg.solve(upper, right[..., None])[..., 0], dtype=np.float64)
    free = ~nonnegative
    for i in np.flatnonzero((theta[:, nonnegative] < 0).any(axis=1)):
        # What may be negative is a difference of two that may not.
        split, _ = nnls(np.hstack([upper[i], -upper[i][:, free]]), right[i], maxiter=2000)
        theta[i] = split[: right.shape[1]]
        theta[i, free] -= split[right.shape[1] :]
    return theta
