"""Scores of probabilistic forecasts against outcomes. Arrays in, arrays out.

A forecast is here K quantiles at the levels (k - 1/2) / K, K equal parts of its draws.
"""

from dataclasses import dataclass

import numpy as np

from models.contract import FloatArray, IntArray

K = 50
LEVELS = (np.arange(K) + 0.5) / K
# A frontier that moved by less than this share of its index's scale stands where it stood.
SLACK = 1e-3


def quantiles_of(draws: FloatArray) -> FloatArray:
    """The K quantiles of `draws` (draws, ...), shape (..., K)."""
    return np.moveaxis(np.quantile(draws, LEVELS, axis=0, method="hazen"), 0, -1)


def crps(quantiles: FloatArray, outcome: FloatArray) -> FloatArray:
    """Continuous ranked probability score, shape of `outcome`; lower is better.

    Twice the mean pinball loss over the levels (Gneiting and Ranjan 2011, JBES 29); exact for
    infinitely many levels.

    Args:
        quantiles: shape (..., K).
        outcome: shape (...).
    """
    return 2 * pinball(quantiles, outcome, LEVELS).mean(axis=-1)


def pinball(quantiles: FloatArray, outcome: FloatArray, levels: FloatArray) -> FloatArray:
    """Quantile loss (Koenker and Bassett 1978) of each level, shape of `quantiles`."""
    error = outcome[..., None] - quantiles
    return np.where(error >= 0, levels * error, (levels - 1) * error)


def interval(quantiles: FloatArray, width: float) -> tuple[FloatArray, FloatArray]:
    """Central interval of probability `width`, ends interpolated between the levels."""
    tail = (1 - width) / 2
    return quantile_at(quantiles, tail), quantile_at(quantiles, 1 - tail)


def quantile_at(quantiles: FloatArray, level: float) -> FloatArray:
    """The quantile of one level, interpolated, shape (...)."""
    at = np.clip(level * K - 0.5, 0, K - 1)
    low = int(np.floor(at))
    high = min(low + 1, K - 1)
    return quantiles[..., low] + (at - low) * (quantiles[..., high] - quantiles[..., low])


def covered(
    quantiles: FloatArray, outcome: FloatArray, width: float, slack: FloatArray
) -> FloatArray:
    """1 where the outcome lies in the closed interval, shape of `outcome`.

    `slack` (...) is what counts as touching: a frontier that did not move lies on the floor of
    its draws.
    """
    low, high = interval(quantiles, width)
    return ((outcome >= low - slack) & (outcome <= high + slack)).astype(np.float64)


def pit(quantiles: FloatArray, outcome: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Probability integral transform, at random within ties (Czado et al. 2009, Biometrics 65)."""
    low, high = _pit_bounds(quantiles, outcome)
    return np.clip(low + rng.random(outcome.shape) * (high - low), 0.0, 1.0)


def mid_pit(quantiles: FloatArray, outcome: FloatArray) -> FloatArray:
    """The same with the middle of a tie for a number at random: a score that can be repeated.

    Its mean over calibrated forecasts is one half; where many outcomes lie on a floor it is less
    spread than the uniform.
    """
    low, high = _pit_bounds(quantiles, outcome)
    return np.clip((low + high) / 2, 0.0, 1.0)


def _pit_bounds(quantiles: FloatArray, outcome: FloatArray) -> tuple[FloatArray, FloatArray]:
    below = (quantiles < outcome[..., None] - 1e-12).mean(axis=-1)
    upto = (quantiles <= outcome[..., None] + 1e-12).mean(axis=-1)
    # Between two levels the outcome may lie anywhere: half a step to either side of its rank.
    low = np.where(upto > below, below, below - 0.5 / K)
    high = np.where(upto > below, upto, below + 0.5 / K)
    return low, high


@dataclass(frozen=True)
class EventScore:
    """How good probabilities of an event were.

    `brier_skill` is against the base rate of these very outcomes; `slope` is that of outcomes on
    probabilities (1 when a change of the probability means as much in frequency).
    """

    n: int
    events: int
    mean_probability: float
    brier: float
    brier_skill: float
    log_score: float
    slope: float


def score_events(probability: FloatArray, happened: FloatArray) -> EventScore:
    """Brier score (1950), log score and reliability of probabilities, all of shape (n,)."""
    p, y = np.asarray(probability, dtype=np.float64), np.asarray(happened, dtype=np.float64)
    if not p.size:
        return EventScore(0, 0, *([float("nan")] * 5))
    rate = float(y.mean())
    brier = float(np.mean((p - y) ** 2))
    safe = np.clip(p, 1e-3, 1 - 1e-3)
    log = float(-np.mean(y * np.log(safe) + (1 - y) * np.log(1 - safe)))
    base = rate * (1 - rate)
    spread = float(np.var(p))
    slope = float(np.mean((p - p.mean()) * (y - rate)) / spread) if spread > 0 else float("nan")
    skill = 1 - brier / base if base > 0 else float("nan")
    return EventScore(p.size, int(y.sum()), float(p.mean()), brier, skill, log, slope)


def reliability(
    probability: FloatArray, happened: FloatArray, bins: int = 10
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Mean probability, frequency and number in each of `bins` equal bins that is not empty."""
    at = np.clip((probability * bins).astype(np.int64), 0, bins - 1)
    count = np.bincount(at, minlength=bins)
    some = count > 0
    total_p = np.bincount(at, weights=probability, minlength=bins)
    total_y = np.bincount(at, weights=happened, minlength=bins)
    return total_p[some] / count[some], total_y[some] / count[some], count[some]


def skill(scores: FloatArray, reference: FloatArray) -> float:
    """1 - mean score / mean score of the reference."""
    return float(1 - scores.mean() / reference.mean()) if reference.mean() > 0 else float("nan")


def skill_interval(
    scores: FloatArray,
    reference: FloatArray,
    series: IntArray,
    origin: IntArray,
    block: int,
    rng: np.random.Generator,
    resamples: int = 500,
) -> tuple[float, float]:
    """90% interval of `skill`: indices and blocks of `block` origins resampled both.

    The pigeonhole bootstrap (Owen 2007, Annals of Applied Statistics 1) over the two crossed
    factors; blocks as long as the horizon keep overlapping outcomes together.

    Args:
        scores, reference: shape (n,).
        series: number of the index of each, (n,).
        origin: number of the origin of each, in order of time, (n,).
    """
    groups = int(series.max()) + 1
    blocks = origin // max(block, 1)
    count = int(blocks.max()) + 1
    by = np.zeros((2, groups, count))
    np.add.at(by[0], (series, blocks), scores)
    np.add.at(by[1], (series, blocks), reference)
    a = rng.multinomial(groups, np.full(groups, 1 / groups), resamples)
    b = rng.multinomial(count, np.full(count, 1 / count), resamples)
    total = np.einsum("rg,sgc,rc->rs", a, by, b)
    good = total[:, 1] > 0
    if not good.any():
        return float("nan"), float("nan")
    found = 1 - total[good, 0] / total[good, 1]
    low, high = np.quantile(found, (0.05, 0.95))
    return float(low), float(high)


def diebold_mariano(scores: FloatArray, reference: FloatArray, horizon: int) -> tuple[float, float]:
    """Statistic and two-sided p-value of equal accuracy of two forecasts of one series.

    Diebold and Mariano (1995), JBES 13, with the small-sample correction of Harvey, Leybourne and
    Newbold (1997), International Journal of Forecasting 13. Negative: `scores` are better.

    Args:
        scores, reference: shape (n,), consecutive origins.
        horizon: steps ahead, at least 1.
    """
    from scipy import stats

    d = np.asarray(scores, dtype=np.float64) - np.asarray(reference, dtype=np.float64)
    n = d.size
    if n <= horizon or n < 3:
        return float("nan"), float("nan")
    centred = d - d.mean()
    gamma = [float(centred[k:] @ centred[: n - k]) / n for k in range(horizon)]
    variance = (gamma[0] + 2 * sum(gamma[1:])) / n
    if variance <= 0:
        variance = gamma[0] / n  # the estimate may be negative at long horizons
    if variance <= 0:
        return float("nan"), float("nan")
    correction = np.sqrt((n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n)
    statistic = float(correction * d.mean() / np.sqrt(variance))
    return statistic, float(2 * stats.t.sf(abs(statistic), n - 1))


def pool_quantiles(quantiles: FloatArray, weights: FloatArray) -> FloatArray:
    """Quantiles of the linear pool of M forecasts, shape (..., K).

    Args:
        quantiles: shape (M, ..., K).
        weights: shape (M, ...), adding up to one over M.
    """
    m = quantiles.shape[0]
    values = np.moveaxis(quantiles, 0, -2).reshape(*quantiles.shape[1:-1], m * K)
    mass = np.moveaxis(np.repeat(weights[..., None] / K, K, axis=-1), 0, -2)
    mass = np.broadcast_to(mass, (*quantiles.shape[1:-1], m, K)).reshape(values.shape)
    order = np.argsort(values, axis=-1)
    values = np.take_along_axis(values, order, -1)
    upto = np.cumsum(np.take_along_axis(mass, order, -1), axis=-1)
    flat_values, flat = values.reshape(-1, m * K), upto.reshape(-1, m * K)
    lift = 2.0 * np.arange(flat.shape[0])[:, None]
    at = np.searchsorted((flat + lift).ravel(), (LEVELS * flat[:, -1:] + lift).ravel())
    at = np.clip(at.reshape(-1, K) - np.arange(flat.shape[0])[:, None] * m * K, 0, m * K - 1)
    return np.take_along_axis(flat_values, at, 1).reshape(*quantiles.shape[1:-1], K)
