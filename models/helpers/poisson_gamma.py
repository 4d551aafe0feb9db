"""The compound Poisson-gamma law of a sum of jumps, with an uncertain pace.

The sum of N jumps, N Poisson with mean `count`, each gamma of shape k and mean `mean` u / `count`,
where u = exp(s z - s^2 / 2), z standard normal, is the pace: one draw for all jumps. Given u this
is Tweedie's law of power (k + 2) / (k + 1) (Jorgensen 1987, Journal of the Royal Statistical
Society B 49; the jumps are a marked point process, Cox and Isham 1980). Its expectation is `mean`.
"""

import numpy as np
from numpy.random import Generator

from models.contract import FloatArray, IntArray

# Gauss-Hermite nodes for the pace; the density is exact to a thousandth for s up to one.
_NODES = 7
_MOST_JUMPS = 60.0


def log_density(
    change: FloatArray, log_count: FloatArray, log_mean: FloatArray, log_shape: float, spread: float
) -> tuple[FloatArray, FloatArray]:
    """Log density of sums of jumps, and its derivatives.

    At zero it is the log of the probability of no jump.

    Args:
        change: sums, zero or more, shape (n,).
        log_count: log of the expected number of jumps, shape (n,).
        log_mean: log of the expected sum, shape (n,).
        log_shape: log of k.
        spread: s, above zero.

    Returns:
        Shapes (n,) and (4, n): derivatives by log_count, log_mean, log_shape and log s.
    """
    value = -np.exp(log_count)
    slope = np.zeros((4, change.size))
    slope[0] = value
    jumped = np.flatnonzero(change > 0)
    # Few terms where few jumps are likely: by the expected number, or that of the expected size.
    ratio = change[jumped] * np.exp(log_count[jumped] - log_mean[jumped])
    likely = np.maximum(np.exp(log_count[jumped]), ratio)
    order = np.argsort(likely)
    for part in np.array_split(order, 4):
        if part.size:
            most = min(float(likely[part[-1]]), _MOST_JUMPS)
            n = np.arange(1, int(most + 4 * np.sqrt(most)) + 9)
            at = jumped[part]
            value[at], slope[:, at] = _density_of_jumps(
                change[at], log_count[at], log_mean[at], log_shape, spread, n[:, None]
            )
    return value, slope


def _density_of_jumps(
    change: FloatArray,
    log_count: FloatArray,
    log_mean: FloatArray,
    log_shape: float,
    spread: float,
    n: IntArray,
) -> tuple[FloatArray, FloatArray]:
    """`log_density` of sums above zero, over the numbers of jumps `n` (terms, 1)."""
    # scipy is imported where it is used: logging and listing must not wait for it.
    from scipy.special import digamma, gammaln

    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    z, weight = nodes[:, None, None], (weights / weights.sum())[:, None, None]
    count, k = np.exp(log_count), float(np.exp(log_shape))
    # log of the gamma scale of one jump, by node
    scale = log_mean - log_count - log_shape + spread * z - spread**2 / 2
    log_ratio = np.log(change) - scale
    ratio = np.exp(np.minimum(log_ratio, 500.0))
    terms = n * log_count - gammaln(n + 1) - gammaln(k * n) + k * n * log_ratio - ratio
    top = terms.max(axis=(0, 1))
    share = weight * np.exp(terms - top)
    total = share.sum(axis=(0, 1))
    share /= total
    # Derivative by the log of the scale, node by node, and by the log of k with the scale held.
    tilt = (ratio * share.sum(axis=1, keepdims=True) - k * (share * n).sum(axis=1, keepdims=True))[
        :, 0
    ]
    by_scale = tilt.sum(axis=0)
    by_shape = k * (share * n * (log_ratio - digamma(k * n))).sum(axis=(0, 1))
    slope = np.stack(
        [
            (share * n).sum(axis=(0, 1)) - count - by_scale,
            by_scale,
            by_shape - by_scale,
            spread * (tilt * (z[:, 0] - spread)).sum(axis=0),
        ]
    )
    return np.log(total) + top - count - np.log(change), slope


def draw_sums(
    count: FloatArray, mean: FloatArray, shape: float, pace: FloatArray, rng: Generator
) -> FloatArray:
    """Draws of the running sum of jumps, shape (draws, series, times).

    Args:
        count: expected number of jumps up to each time, shape (series, times), not decreasing.
        mean: expected sum up to each time, likewise.
        shape: k of a jump.
        pace: u of each draw and series, shape (draws, series).
    """
    draws, times = pace.shape[0], count.shape[1]
    expected = np.diff(count, axis=1, prepend=0.0)
    size = np.diff(mean, axis=1, prepend=0.0) / np.maximum(expected, 1e-300) / shape
    sums = np.empty((draws, *count.shape))
    for i, upto in enumerate(count):
        # All jumps of all draws at once: how many, which draw's, when, and how far.
        jumps = rng.poisson(upto[-1], draws)
        draw = np.repeat(np.arange(draws), jumps)
        when = np.searchsorted(upto, rng.random(draw.size) * upto[-1], side="right")
        jump = rng.standard_gamma(shape, draw.size) * size[i, when] * pace[draw, i]
        added = np.bincount(draw * times + when, jump, draws * times)
        np.cumsum(added.reshape(draws, times), axis=1, out=sums[:, i])
    return sums
