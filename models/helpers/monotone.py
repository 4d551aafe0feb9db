"""Monotone curves: isotonic, equipercentile and smooth, each continued by a straight line.

Every function returns a `Curve`, which is its values at some nodes, straight or smooth between
them, and a stated slope beyond each end.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.helpers.constrained_regression import FloatArray, Posterior, Prior, robust_fit

_INTERVALS = 24
_ERROR_DRAWS = 160
_MARGIN = 0.6  # how far the nodes of the smooth curve reach beyond the data, in their range
# Change of slope over the range of the data, relative to the mean slope: the grid of the prior.
_BENDS = np.array([0.02, 0.07, 0.2, 0.5, 1.2])


@dataclass(frozen=True)
class Curve:
    """A non-decreasing map.

    nodes (k,) ascending; values (k,) or (n, k) for n curves on one set of nodes; low and high, the
    slopes beyond the ends, numbers or (n,).
    """

    nodes: FloatArray
    values: FloatArray
    low: FloatArray
    high: FloatArray

    def __call__(self, at: FloatArray) -> FloatArray:
        """Values at (m,): (m,) of one curve, (n, m) of n; or at (n, m), of each curve a row."""
        at = np.asarray(at, dtype=np.float64)
        nodes = self.nodes
        inside = np.clip(at, nodes[0], nodes[-1])
        i = np.clip(np.searchsorted(nodes, inside, "right") - 1, 0, nodes.size - 2)
        share = (inside - nodes[i]) / (nodes[i + 1] - nodes[i])
        if at.ndim == 2:
            left, right = (np.take_along_axis(self.values, j, axis=1) for j in (i, i + 1))
        else:
            left, right = self.values[..., i], self.values[..., i + 1]
        values = left * (1 - share) + right * share
        low, high = (np.asarray(s)[..., None] for s in (self.low, self.high))
        below, above = np.minimum(at - nodes[0], 0.0), np.maximum(at - nodes[-1], 0.0)
        return values + low * below + high * above


def isotonic(x: FloatArray, y: FloatArray, weights: FloatArray, slope: float) -> Curve:
    """Isotonic regression, straight between the middles of its blocks, `slope` beyond them.

    Least squares by pooling adjacent violators (Barlow, Bartholomew, Bremner and Brunk 1972,
    Statistical Inference under Order Restrictions). x, y, weights: (n,), in any order; n >= 2.
    """
    from scipy.optimize import isotonic_regression

    x, y, weights = _one_value_each(x, y, weights)
    fit = isotonic_regression(y, weights=weights)
    mass = np.add.reduceat(weights, fit.blocks[:-1])
    middle = np.add.reduceat(weights * x, fit.blocks[:-1]) / mass
    level = fit.x[fit.blocks[:-1]]
    return _through(middle, level, slope)


def equipercentile(x: FloatArray, y: FloatArray, weights: FloatArray, slope: float) -> Curve:
    """The value of y at the percentile that x has, straight between, `slope` beyond the ends.

    Kolen and Brennan (2014), Test Equating, Scaling, and Linking, chapter 2; percentiles are those
    of weighted midpoints. x, y, weights: (n,), in any order; n >= 2.
    """
    kept = weights > 0
    x, y, weights = x[kept], y[kept], weights[kept]
    a, wa = x[order := np.argsort(x, kind="stable")], weights[order]
    b, wb = y[order := np.argsort(y, kind="stable")], weights[order]
    rank_a, rank_b = ((np.cumsum(w) - w / 2) / w.sum() for w in (wa, wb))
    a, level, _ = _one_value_each(a, np.interp(rank_a, rank_b, b), wa)
    return _through(a, np.maximum.accumulate(level), slope)


def monotone_cubic(curve: Curve, points: int = 200) -> Curve:
    """A curve's nodes joined by monotone cubics instead of straight lines, sampled at `points`.

    Fritsch and Carlson (1980), SIAM J. Numer. Anal. 17, with the slopes of Fritsch and Butland
    (1984), as scipy's PCHIP.
    """
    from scipy.interpolate import PchipInterpolator

    at = np.union1d(np.linspace(curve.nodes[0], curve.nodes[-1], points), curve.nodes)
    smooth = PchipInterpolator(curve.nodes, curve.values, axis=-1)(at)
    return Curve(at, smooth, curve.low, curve.high)


@dataclass(frozen=True)
class SmoothFit:
    """A smooth monotone curve with its draws: a straight line and a random bend, both estimated."""

    posterior: Posterior
    nodes: FloatArray

    @property
    def scatter(self) -> float:
        """Standard deviation of a value about the curve."""
        return self.posterior.scatter

    def error(self, at: FloatArray) -> FloatArray:
        """Standard error (m,) of the curve; beyond its nodes it grows as far as they reach."""
        return np.interp(at, *self._errors)

    @cached_property
    def _errors(self) -> tuple[FloatArray, FloatArray]:
        span = self.nodes[-1] - self.nodes[0]
        at = np.concatenate([[self.nodes[0] - span], self.nodes, [self.nodes[-1] + span]])
        drawn, _ = self.draw(_ERROR_DRAWS, np.random.default_rng(0))  # part of the fit
        return at, np.std(drawn(at), axis=0)

    def curve(self) -> Curve:
        """The mean of the cells' modes."""
        return self._curve(self.posterior.theta)

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Curve, FloatArray]:
        """n curves, and n scales of values about them (Student-t)."""
        theta, sigma = self.posterior.draw(n, rng)
        return self._curve(theta), sigma

    def _curve(self, theta: FloatArray) -> Curve:
        slopes = np.maximum(theta[..., 1:], 0.0)
        rise = np.concatenate(
            [np.zeros((*theta.shape[:-1], 1)), np.cumsum(slopes * np.diff(self.nodes), axis=-1)],
            axis=-1,
        )
        return Curve(self.nodes, theta[..., :1] + rise, slopes[..., 0], slopes[..., -1])


def smooth_monotone(
    x: FloatArray, y: FloatArray, weights: FloatArray, reach: tuple[float, float]
) -> SmoothFit:
    """A non-decreasing curve whose slope is a random walk: a smoothing spline, made monotone.

    The second difference of the values is penalised (Eilers and Marx 1996, Statistical Science 11;
    its Bayesian form Lang and Brezger 2004, J. Comput. Graph. Stat. 13). How much it bends is
    averaged over, so that draws spread beyond the data as much as bends within them and the prior
    allow. The walk reaches over `reach`, or 0.6 of the range of the data, and is straight beyond.

    Args:
        x, y, weights: (n,), n >= 3 and two different x at least.
        reach: smallest and largest value that will be asked for.
    """
    low, high = float(x.min()), float(x.max())
    span = high - low
    if x.size < 3 or span <= 0:
        raise ValueError("a smooth curve needs three observations, of two values at least")
    start = max(min(low - 0.05 * span, reach[0]), low - _MARGIN * span)
    end = min(max(high + 0.05 * span, reach[1]), high + _MARGIN * span)
    nodes = np.linspace(start, end, _INTERVALS + 1)
    step = nodes[1] - nodes[0]
    slope = max(float(np.std(y) / np.std(x)), 1e-6)
    design = np.column_stack(
        [np.ones(x.size), np.clip((x[:, None] - nodes[:-1]) / step, 0, 1) * step]
    )
    k = design.shape[1]
    differences = np.diff(np.eye(k)[1:], axis=0)
    prior = Prior(
        rows=differences,
        values=np.zeros(k - 2),
        scales=np.full(k - 2, slope * np.sqrt(step / span)),
        taus=_BENDS,
        rank=k - 2,
        known=np.zeros((0, k)),
        known_values=np.zeros(0),
        known_errors=np.zeros(0),
        nonnegative=np.arange(k) > 0,
    )
    return SmoothFit(robust_fit(design, y, prior, weights), nodes)


def rearranged(nodes: FloatArray, values: FloatArray, low: FloatArray, high: FloatArray) -> Curve:
    """Curves (n, k) made non-decreasing by sorting each.

    Which never brings a curve further from a monotone truth: Chernozhukov, Fernandez-Val and
    Galichon (2009), Biometrika 96.
    """
    return Curve(nodes, np.sort(values, axis=-1), np.maximum(low, 0.0), np.maximum(high, 0.0))


def _one_value_each(
    x: FloatArray, y: FloatArray, weights: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Ascending x, a tie as its weighted mean; y and weights; rows without weight left out."""
    kept = weights > 0
    x, y, weights = x[kept], y[kept], weights[kept]
    at, group = np.unique(x, return_inverse=True)
    mass = np.bincount(group, weights).astype(np.float64)
    return at, np.bincount(group, weights * y) / mass, mass


def _through(nodes: FloatArray, values: FloatArray, slope: float) -> Curve:
    ends = np.asarray(slope)
    if nodes.size == 1:  # one block: a point with the slope on both sides
        nodes = np.array([nodes[0] - 0.5, nodes[0] + 0.5])
        values = values[0] + slope * np.array([-0.5, 0.5])
    return Curve(nodes, values, ends, ends)
