"""The response curve of a score, its derivatives and its penalised sum of squares.

A benchmark stands in the place of an item and its mean score in the place of a right answer: with
ability a_m, difficulty d_b, slope k_b and lower bound l_b (the score of a guess),

    score_mb = l_b + (1 - l_b) logistic(k_b (a_m - d_b)) + e_mb,   e_mb ~ N(0, sigma^2 / w_mb).

The curve is the three-parameter logistic of Birnbaum (1968), "Some latent trait models and their
use in inferring an examinee's ability", in Lord and Novick, Statistical Theories of Mental Test
Scores. Slopes enter as logarithms, which keeps them positive.

The data fix abilities up to an affine map a -> e + c a. Here the mean log slope is held at 0 and
abilities are shrunk to 0, which fixes it.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from models.contract import FloatArray, IntArray

MEAN_LOG_SLOPE_PENALTY = 100.0  # holds the mean log slope at 0, the unit of ability


class NotEnoughScores(ValueError):
    """The scores cannot say what was asked; the message says what is missing."""


@dataclass(frozen=True)
class Scores:
    """Observed scores: `score[i]` of model `model[i]` on benchmark `benchmark[i]`, each (n,).

    `lower` (benchmarks,) is the score of a guess, `weight` (n,) the relative precision, of mean 1.
    """

    model: IntArray
    benchmark: IntArray
    score: FloatArray
    lower: FloatArray
    weight: FloatArray
    n_models: int

    @property
    def n_benchmarks(self) -> int:
        return self.lower.size

    def only(self, keep: ArrayLike) -> "Scores":
        """The observations at `keep` (mask or positions), indices of models and benchmarks kept."""
        at = np.asarray(keep)
        return replace(
            self,
            model=self.model[at],
            benchmark=self.benchmark[at],
            score=self.score[at],
            weight=self.weight[at],
        )


def make_scores(
    model: ArrayLike,
    benchmark: ArrayLike,
    score: ArrayLike,
    lower: ArrayLike,
    weight: ArrayLike | None = None,
    n_models: int | None = None,
) -> Scores:
    """Checked scores.

    Args:
        model, benchmark: shape (n,), from 0.
        score: shape (n,), finite; fractions of the attainable, 0 to 1.
        lower: shape (benchmarks,), in [0, 1).
        weight: shape (n,), positive; scaled to mean 1. Equal where None.
        n_models: how many models there are; the highest index + 1 where None.

    Raises:
        ValueError: shapes differ, or a number is out of its range.
    """
    m, b = np.asarray(model, dtype=np.int64), np.asarray(benchmark, dtype=np.int64)
    y, low = np.asarray(score, dtype=np.float64), np.asarray(lower, dtype=np.float64)
    w = np.ones_like(y) if weight is None else np.asarray(weight, dtype=np.float64)
    if not y.size or not (m.shape == b.shape == y.shape == w.shape == (y.size,)):
        raise ValueError("model, benchmark, score and weight must have one equal, positive length")
    models = int(m.max()) + 1 if n_models is None else n_models
    if m.min() < 0 or m.max() >= models or b.min() < 0 or b.max() >= low.size:
        raise ValueError("a model or benchmark index is out of range")
    if not np.isfinite(y).all() or (y < 0).any() or (y > 1).any():
        raise ValueError("scores must be fractions between 0 and 1")
    if not ((low >= 0) & (low < 1)).all():
        raise ValueError("lower bounds must be in [0, 1)")
    if not (np.isfinite(w) & (w > 0)).all():
        raise ValueError("weights must be positive and finite")
    return Scores(m, b, y, low, w / w.mean(), models)


@dataclass(frozen=True)
class Penalty:
    """Strength of the normal priors, as noise variance over prior variance.

    `location` shrinks abilities to 0 and difficulties to their own mean, `slope` log slopes to
    their own mean; in units of squared score over squared ability, and over squared log slope.
    """

    location: float
    slope: float

    def __post_init__(self) -> None:
        if not (self.location > 0 and self.slope > 0):
            raise ValueError("penalties must be positive")


@dataclass(frozen=True)
class Parameters:
    """Abilities (models,), difficulties and log slopes (benchmarks,) on the scale of the fit."""

    ability: FloatArray
    difficulty: FloatArray
    log_slope: FloatArray

    def moved(self, step: FloatArray) -> "Parameters":
        """These plus `step`, whose parts stand in the order of the fields."""
        a, d, s = np.split(step, [self.ability.size, self.ability.size + self.difficulty.size])
        return Parameters(self.ability + a, self.difficulty + d, self.log_slope + s)


def expected_score(x: Parameters, scores: Scores) -> FloatArray:
    """The curve at every observation, shape (n,)."""
    from scipy.special import expit

    low = scores.lower[scores.benchmark]
    return low + (1 - low) * expit(_logit(x, scores))


def _logit(x: Parameters, scores: Scores) -> FloatArray:
    b = scores.benchmark
    return np.exp(x.log_slope[b]) * (x.ability[scores.model] - x.difficulty[b])


def jacobian(x: Parameters, scores: Scores) -> FloatArray:
    """Derivatives of `expected_score` by own ability, difficulty and log slope, shape (n, 3).

    Every other derivative is zero: these are the nonzero entries of the sparse Jacobian.
    """
    return _derivatives(x, scores)[1]


def _derivatives(x: Parameters, scores: Scores) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Curve (n,), first derivatives (n, 3) and second (n, 6): aa, ad, as, dd, ds, ss."""
    from scipy.special import expit

    b = scores.benchmark
    k, eta, low = np.exp(x.log_slope[b]), _logit(x, scores), scores.lower[b]
    p = expit(eta)
    rise = (1 - low) * p * (1 - p)  # d curve / d eta
    bend = rise * (1 - 2 * p)
    first = np.stack([rise * k, -rise * k, rise * eta], axis=1)
    aa, cross = bend * k * k, k * (bend * eta + rise)
    second = np.stack([aa, -aa, cross, aa, -cross, eta * (bend * eta + rise)], axis=1)
    return low + (1 - low) * p, first, second


class Posterior:
    """Half the penalised sum of squares and its derivatives, for given weights.

    `benchmark_weight` counts a benchmark, its scores and the prior of its parameters alike, so that
    a whole number k is the same as k copies of it.
    """

    def __init__(self, scores: Scores, penalty: Penalty, benchmark_weight: FloatArray) -> None:
        self.scores, self.penalty = scores, penalty
        self.weight = scores.weight * benchmark_weight[scores.benchmark]
        v = benchmark_weight
        centred = np.diag(v) - np.outer(v, v) / v.sum()
        mean = np.outer(v, v) / v.sum()
        self.prior_difficulty = penalty.location * centred
        self.prior_slope = penalty.slope * centred + MEAN_LOG_SLOPE_PENALTY * mean
        self.cells = scores.model * scores.n_benchmarks + scores.benchmark

    def residual(self, x: Parameters) -> FloatArray:
        """Observed less expected scores, (n,)."""
        return self.scores.score - expected_score(x, self.scores)

    def value(self, x: Parameters) -> float:
        residual = self.residual(x)
        return 0.5 * float(
            self.weight @ residual**2
            + self.penalty.location * x.ability @ x.ability
            + x.difficulty @ self.prior_difficulty @ x.difficulty
            + x.log_slope @ self.prior_slope @ x.log_slope
        )

    def gradient(self, x: Parameters) -> FloatArray:
        curve, first, _ = _derivatives(x, self.scores)
        return self._gradient(x, self.scores.score - curve, first)

    def _gradient(self, x: Parameters, residual: FloatArray, first: FloatArray) -> FloatArray:
        s, pull = self.scores, -(self.weight * residual)[:, None] * first
        return np.concatenate(
            [
                np.bincount(s.model, pull[:, 0], s.n_models) + self.penalty.location * x.ability,
                np.bincount(s.benchmark, pull[:, 1], s.n_benchmarks)
                + self.prior_difficulty @ x.difficulty,
                np.bincount(s.benchmark, pull[:, 2], s.n_benchmarks)
                + self.prior_slope @ x.log_slope,
            ]
        )

    def effective_parameters(self, hessian: "Arrow") -> float:
        """Trace of the data's part of the Hessian times its inverse: parameters less shrinkage."""
        n, k = self.scores.n_models, self.scores.n_benchmarks
        inverse = hessian.inverse()
        prior = self.penalty.location * np.trace(inverse[:n, :n])
        prior += np.sum(self.prior_difficulty * inverse[n : n + k, n : n + k])
        prior += np.sum(self.prior_slope * inverse[n + k :, n + k :])
        return n + 2 * k - float(prior)

    def quadratic(self, x: Parameters, *, exact: bool) -> tuple[FloatArray, "Arrow"]:
        """Gradient, and Hessian with the curvature of the residuals or (Gauss-Newton) without."""
        s = self.scores
        curve, first, second = _derivatives(x, s)
        residual = s.score - curve
        pairs = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]
        outer = np.stack([first[:, i] * first[:, j] for i, j in pairs], axis=1)
        if exact:
            outer -= residual[:, None] * second
        outer *= self.weight[:, None]
        n, k = s.n_models, s.n_benchmarks
        ability = np.full(n, self.penalty.location)
        ability += np.bincount(s.model, outer[:, 0], n)
        cross = np.empty((n, 2 * k))
        cross[:, :k] = np.bincount(self.cells, outer[:, 1], n * k).reshape(n, k)
        cross[:, k:] = np.bincount(self.cells, outer[:, 2], n * k).reshape(n, k)
        dd, ds, ss = (np.bincount(s.benchmark, outer[:, j], k) for j in (3, 4, 5))
        own = np.zeros((2 * k, 2 * k))
        own[:k, :k] = np.diag(dd) + self.prior_difficulty
        own[k:, k:] = np.diag(ss) + self.prior_slope
        own[:k, k:] = own[k:, :k] = np.diag(ds)
        return self._gradient(x, residual, first), Arrow(ability, cross, own)


@dataclass(frozen=True)
class Arrow:
    """A symmetric matrix [[diag(ability), cross], [cross', own]]: no two abilities meet."""

    ability: FloatArray
    cross: FloatArray
    own: FloatArray

    def diagonal(self) -> FloatArray:
        return np.concatenate([self.ability, np.diag(self.own)])

    def damped(self, by: FloatArray) -> "Arrow":
        n = self.ability.size
        return Arrow(self.ability + by[:n], self.cross, self.own + np.diag(by[n:]))

    def factor(self) -> tuple[FloatArray, FloatArray]:
        """cross / ability, and the Cholesky factor of the Schur complement of the abilities.

        Raises:
            numpy.linalg.LinAlgError: not positive definite.
        """
        if not (self.ability > 0).all():
            raise np.linalg.LinAlgError("not positive definite")
        scaled = self.cross / self.ability[:, None]
        low = np.linalg.cholesky(self.own - self.cross.T @ scaled)
        return scaled, np.asarray(low, dtype=np.float64)

    def solve(self, right: FloatArray) -> FloatArray:
        from scipy.linalg import cho_solve

        n = self.ability.size
        scaled, low = self.factor()
        own = cho_solve((low, True), right[n:] - scaled.T @ right[:n])
        return np.concatenate([right[:n] / self.ability - scaled @ own, own])

    def inverse(self) -> FloatArray:
        """Dense inverse, (models + 2 benchmarks) squared."""
        from scipy.linalg import cho_solve

        scaled, low = self.factor()
        own = cho_solve((low, True), np.eye(len(low)))
        corner = -scaled @ own
        return np.block([[np.diag(1 / self.ability) - corner @ scaled.T, corner], [corner.T, own]])
