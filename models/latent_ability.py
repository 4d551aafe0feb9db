"""One latent ability per model from sparse scores on many benchmarks.

Maximum a posteriori fit of the curve in `models.helpers.item_response`, as the Epoch Capabilities
Index does it by least squares with a ridge (Ho et al. 2025, "A Rosetta Stone for AI Benchmarks",
arXiv 2512.00193). The priors are normal and the strength of that on slopes is chosen by
cross-validation. The fit knows nothing of the scale on which it is shown: `anchored` puts it where
two models have stated values.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.random import Generator

from models.contract import FloatArray, IntArray
from models.helpers.item_response import (
    Arrow,
    Parameters,
    Penalty,
    Posterior,
    Scores,
    expected_score,
    jacobian,
)

MAX_STEPS = 200
SMALL_GAIN = 1e-6  # of the objective: below it a Gauss-Newton step is too timid
LONGEST_STEP = 3.0  # of any parameter: a slope twentyfold, an ability across most of the scale
DECREMENT = 1e-13  # of the objective: what a further Newton step would still gain
# A prior of abilities far wider than they spread. Scores left out cannot tell weak penalties apart,
# and stronger ones compress the ends of the scale, so that it would change with the choice.
WEAK_LOCATION = 1e-5
SLOPE_GRID = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


class NotEnoughScores(ValueError):
    """The scores cannot say what was asked; the message says what is missing."""


@dataclass(frozen=True)
class Anchors:
    """Two models, by index, and their values: what fixes the scale."""

    first: int
    second: int
    first_value: float
    second_value: float

    def __post_init__(self) -> None:
        if self.first == self.second or self.first_value == self.second_value:
            raise ValueError("anchors must be two models with two values")

    def map(self, ability: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Offset and unit of value = offset + unit ability, over the last axis of `ability`.

        Raises:
            NotEnoughScores: the two abilities are equal or in the opposite order.
        """
        apart = ability[..., self.second] - ability[..., self.first]
        unit = np.asarray(
            (self.second_value - self.first_value) / np.where(apart == 0, np.nan, apart)
        )
        if not (unit > 0).all():
            raise NotEnoughScores(
                "the scores do not put the two anchors in the order of their values"
            )
        return self.first_value - unit * ability[..., self.first], unit


@dataclass(frozen=True)
class AnchoredAbility:
    """Abilities and difficulties in the points of the anchors.

    `value` and `stderr` (models,), `difficulty` and `difficulty_stderr` (benchmarks,) in points,
    `slope` (benchmarks,) per point. The anchors have their stated values, without error.
    """

    value: FloatArray
    stderr: FloatArray
    difficulty: FloatArray
    difficulty_stderr: FloatArray
    slope: FloatArray
    covariance: FloatArray  # of `value`, (models, models)


@dataclass(frozen=True)
class Misfit:
    """How well the curve fits the scores of one benchmark or of one model, arrays alike.

    `n_scores`; `mean_square` of the residuals over what the fit expects (1 where the curve is
    right); `z`, its cube root as a standard normal (Wilson and Hilferty 1931; the fit statistic of
    Wright and Masters 1982): above 2 fits badly, below -2 has less noise than others. nan without
    scores.
    """

    n_scores: IntArray
    mean_square: FloatArray
    z: FloatArray


@dataclass(frozen=True)
class LatentAbility:
    """A maximum a posteriori fit.

    `noise` is the residual standard deviation of a score of weight 1, `freedom` its degrees of
    freedom: scores less effective parameters.
    """

    scores: Scores
    penalty: Penalty
    parameters: Parameters
    objective: float
    steps: int
    hessian: Arrow
    residual: FloatArray
    noise: float
    freedom: float

    @cached_property
    def covariance(self) -> FloatArray:
        """Of abilities, difficulties and log slopes, from the exact Hessian (Laplace)."""
        return self.noise**2 * self.hessian.inverse()

    @property
    def prior_share(self) -> FloatArray:
        """Share of a model's precision, benchmarks given, that is the prior's, (models,).

        1 for a model without scores, near 0 where the scores decide.
        """
        return self.penalty.location / self.hessian.ability

    def anchored(self, anchors: Anchors) -> AnchoredAbility:
        """On the scale of two models. Standard errors are by the delta method, anchors included.

        Raises:
            NotEnoughScores: the scores order the anchors against their values.
        """
        n = self.scores.n_models
        x, both = self.parameters, n + self.scores.n_benchmarks
        offset, unit = anchors.map(x.ability)
        at = offset + unit * np.concatenate([x.ability, x.difficulty])
        share = (at - anchors.first_value) / (anchors.second_value - anchors.first_value)
        # d value = unit (d ability - (1 - share) d first - share d second)
        turn = np.eye(both)
        turn[:, anchors.first] -= 1 - share
        turn[:, anchors.second] -= share
        turn[[anchors.first, anchors.second]] = 0.0
        covariance = float(unit) ** 2 * turn @ self.covariance[:both, :both] @ turn.T
        stderr = np.sqrt(np.maximum(np.diag(covariance), 0.0))
        return AnchoredAbility(
            at[:n], stderr[:n], at[n:], stderr[n:], np.exp(x.log_slope) / unit, covariance[:n, :n]
        )

    @cached_property
    def leverage(self) -> FloatArray:
        """How far each score pulls its own fitted value, (n,), 0 to 1."""
        s, j, cov = self.scores, jacobian(self.parameters, self.scores), self.covariance
        at = np.stack(
            [
                s.model,
                s.n_models + s.benchmark,
                s.n_models + s.n_benchmarks + s.benchmark,
            ],
            axis=1,
        )
        own = cov[at[:, :, None], at[:, None, :]]
        return np.clip(s.weight * np.einsum("ni,nij,nj->n", j, own, j) / self.noise**2, 0.0, 1.0)

    def benchmark_misfit(self) -> Misfit:
        return self._misfit(self.scores.benchmark, self.scores.n_benchmarks)

    def model_misfit(self) -> Misfit:
        return self._misfit(self.scores.model, self.scores.n_models)

    def _misfit(self, group: IntArray, size: int) -> Misfit:
        square = self.scores.weight * self.residual**2 / self.noise**2
        found = np.bincount(group, square, size)
        freedom = np.bincount(group, 1 - self.leverage, size)
        freedom = np.where(freedom > 1e-9, freedom, np.nan)
        ratio, spread = found / freedom, 2 / (9 * freedom)
        z = (np.cbrt(ratio) - (1 - spread)) / np.sqrt(spread)
        return Misfit(np.bincount(group, minlength=size), ratio, z)


def fit_latent_ability(
    scores: Scores,
    penalty: Penalty,
    start: Parameters | None = None,
    benchmark_weight: FloatArray | None = None,
) -> LatentAbility:
    """Maximum a posteriori fit by damped Newton steps with analytic derivatives.

    Abilities are eliminated first (no score has two of them), so a step costs the solution of
    2 x benchmarks equations, however many models there are.

    Args:
        start: where to begin; a two-way fit of the logits where None.
        benchmark_weight: shape (benchmarks,), positive: how often each benchmark counts. For a
            bootstrap; standard errors are for equal weights.

    Raises:
        NotEnoughScores: no more scores than effective parameters, so that noise is unknown.
        ArithmeticError: no minimum within 200 steps.
    """
    ones = np.ones(scores.n_benchmarks)
    posterior = Posterior(scores, penalty, ones if benchmark_weight is None else benchmark_weight)
    x, value, steps = _minimise(posterior, start or starting_values(scores))
    _, hessian = posterior.quadratic(x, exact=True)
    residual = posterior.residual(x)
    freedom = scores.score.size - posterior.effective_parameters(hessian)
    if freedom < 1:
        raise NotEnoughScores("there are hardly more scores than models and benchmarks to fit")
    noise = float(np.sqrt(posterior.weight @ residual**2 / freedom))
    return LatentAbility(scores, penalty, x, value, steps, hessian, residual, noise, freedom)


def starting_values(scores: Scores) -> Parameters:
    """Equal slopes, and abilities and difficulties that fit the logits of the scores additively."""
    low = scores.lower[scores.benchmark]
    share = np.clip((scores.score - low) / (1 - low), 0.02, 0.98)
    logit = np.log(share / (1 - share))
    ability, difficulty = np.zeros(scores.n_models), np.zeros(scores.n_benchmarks)
    per_model = np.bincount(scores.model, minlength=scores.n_models) + 0.5
    per_benchmark = np.bincount(scores.benchmark, minlength=scores.n_benchmarks) + 0.5
    for _ in range(30):
        gap = ability[scores.model] - logit
        difficulty = np.bincount(scores.benchmark, gap, scores.n_benchmarks) / per_benchmark
        above = logit + difficulty[scores.benchmark]
        ability = np.bincount(scores.model, above, scores.n_models) / per_model
        ability -= ability.mean()
    return Parameters(ability, difficulty, np.zeros(scores.n_benchmarks))


def _newton_step(
    posterior: Posterior, x: Parameters, value: float, damping: float
) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    """Gradient, downhill step, what damping was measured against, and the damping used.

    Where the Hessian is not positive definite, the curvature of the residuals is left out
    (Gauss-Newton). When that hardly gains, near a minimum along a bent valley, damping grows until
    the Hessian is.
    """
    gradient, hessian = posterior.quadratic(x, exact=True)
    with suppress(np.linalg.LinAlgError):
        return gradient, *_damped_step(hessian, gradient, damping), damping
    step, scale = _damped_step(posterior.quadratic(x, exact=False)[1], gradient, damping)
    while gradient @ step <= SMALL_GAIN * value and damping < 1e6:
        damping = max(10 * damping, 1e-6)
        with suppress(np.linalg.LinAlgError):
            step, scale = _damped_step(hessian, gradient, damping)
            break
    return gradient, step, scale, damping


def _damped_step(
    hessian: Arrow, gradient: FloatArray, damping: float
) -> tuple[FloatArray, FloatArray]:
    """The step, and the diagonal that damping multiplies.

    Its floor is what one score tells at a slope of one. Without it a parameter whose scores lie
    flat on their bound would be thrown far out, where nothing pulls it back.
    """
    scale = np.maximum(np.abs(hessian.diagonal()), 1 / 16)
    return hessian.damped(damping * scale).solve(gradient), scale


def _minimise(posterior: Posterior, x: Parameters) -> tuple[Parameters, float, int]:
    """Minimum near `x`, the objective there, and how many steps led there.

    Damping follows the ratio of gained to foreseen decrease, as in Nielsen (1999), "Damping
    parameter in Marquardt's method", IMM-REP-1999-05.
    """
    value, damping, growth = posterior.value(x), 1e-3, 2.0
    for steps in range(1, MAX_STEPS + 1):
        gradient, step, scale, damping = _newton_step(posterior, x, value, damping)
        part = min(1.0, LONGEST_STEP / max(float(np.abs(step).max()), LONGEST_STEP))
        moved = x.moved(-part * step)
        there = posterior.value(moved)
        slope, bend = float(gradient @ step), damping * float(scale @ step**2)
        foreseen = part * slope - 0.5 * part**2 * (slope - bend)
        found = max(1.0, damping) * slope <= DECREMENT * value
        if there <= value:
            ratio = (value - there) / foreseen if foreseen > 0 else 1.0
            x, value, growth = moved, there, 2.0
            damping = max(damping * max(0.1, 1 - (2 * ratio - 1) ** 3), 1e-12)
        elif not found:
            damping, growth = max(damping, 1e-6) * growth, 2 * growth
        if found:
            return x, value, steps
    raise ArithmeticError("the fit of latent abilities did not converge")


@dataclass(frozen=True)
class PenaltyChoice:
    """What cross-validation found: the best penalty, and the error of each tried.

    `tried[i]` has the root mean square error `error[i]` on scores left out, in score units.
    """

    penalty: Penalty
    tried: tuple[Penalty, ...]
    error: FloatArray


def choose_penalty(
    scores: Scores,
    rng: Generator,
    folds: int = 5,
    repeats: int = 4,
    location: Sequence[float] = (WEAK_LOCATION,),
    slope: Sequence[float] = SLOPE_GRID,
) -> PenaltyChoice:
    """The penalty that predicts left-out scores best, on a grid; by default of slopes alone.

    Scores are left out at random, those of one model in different folds as far as they go, and
    folds are drawn `repeats` times.

    Raises:
        NotEnoughScores: fewer scores than folds.
    """
    n = scores.score.size
    if n < folds:
        raise NotEnoughScores(f"{folds} folds need as many scores, there are {n}")
    tried = [Penalty(float(a), float(b)) for a in sorted(location) for b in sorted(slope)]
    loss = np.zeros(len(tried))
    for fold in (_folds(scores, folds, rng) for _ in range(repeats)):
        for k in range(folds):
            seen, unseen = scores.only(fold != k), scores.only(fold == k)
            x = starting_values(seen)
            for i in reversed(range(len(tried))):  # the strongest first: the next starts there
                posterior = Posterior(seen, tried[i], np.ones(scores.n_benchmarks))
                x, _, _ = _minimise(posterior, x)
                loss[i] += unseen.weight @ (unseen.score - expected_score(x, unseen)) ** 2
    error = np.sqrt(loss / (repeats * scores.weight.sum()))
    return PenaltyChoice(tried[int(np.argmin(error))], tuple(tried), error)


def _folds(scores: Scores, folds: int, rng: Generator) -> IntArray:
    """Fold of each score: random, and within a model in turn."""
    order = rng.permutation(scores.score.size)
    order = order[np.argsort(scores.model[order], kind="stable")]
    fold = np.empty(scores.score.size, dtype=np.int64)
    fold[order] = np.arange(order.size) % folds
    return fold


def bootstrap_ability(fitted: LatentAbility, replicates: int, rng: Generator) -> FloatArray:
    """Abilities refitted to other weights of the benchmarks, (replicates, models).

    Bayesian bootstrap (Rubin 1981, Annals of Statistics 9): weights are uniform on the simplex, so
    no model ever loses all of its scores, as it would where benchmarks are drawn with replacement.
    Each refit starts from the fit and is on the fit's scale; `Anchors.map` puts each on the points.
    """
    k = fitted.scores.n_benchmarks
    weights = np.maximum(k * rng.dirichlet(np.ones(k), replicates), 1e-6)
    found = np.empty((replicates, fitted.scores.n_models))
    for i, weight in enumerate(weights):
        posterior = Posterior(fitted.scores, fitted.penalty, weight)
        found[i] = _minimise(posterior, fitted.parameters)[0].ability
    return found
