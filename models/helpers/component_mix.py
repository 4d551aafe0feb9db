"""A total as a mix of component scores, with weights that are positive and sum to one.

total = level + sum_j weight_j score_j + e. The weights lie about prior ones (published, where they
are), the further the less is known of them, and on the simplex; a re-versioned component's score
is linked first, by `link_component`, and what it errs is added. Components that are not held need
not rise evenly with those that are: their part of the slope may change over the common range. That
bend is not fitted, because one that is learnt below misleads above; it is part of the error.
"""

from dataclasses import dataclass

import numpy as np

from models.helpers.constrained_regression import FloatArray, Posterior, Prior, robust_fit

# Error of one weight relative to the mass that is not known exactly: the grid of the prior.
_FREEDOMS = np.array([0.03, 0.06, 0.12, 0.25, 0.5])
# Change of slope over the common range, of the part of the mass that is not held.
_BEND = 0.5
_MISPRINT = 0.003  # weights are published to the hundredth
_ROUNDING = 0.15  # points by which totals differ from published weights on published scores


@dataclass(frozen=True)
class Mix:
    """Fitted weights (k,) and level, with draws."""

    posterior: Posterior
    centre: FloatArray
    span: float
    unheld: float

    @property
    def weights(self) -> FloatArray:
        return self.posterior.theta[1:]

    @property
    def scatter(self) -> float:
        """Standard deviation of a total about the mix."""
        return self.posterior.scatter

    def __call__(self, scores: FloatArray) -> FloatArray:
        """Totals (m,) of scores (m, k)."""
        return self.posterior.theta[0] + (scores - self.centre) @ self.weights

    def draw(
        self, scores: FloatArray, n: int, rng: np.random.Generator
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Totals (n, m) of n draws of the mix, its weights (n, k) and scales of scatter (n,)."""
        theta, sigma = self.posterior.draw(n, rng)
        bend = _BEND * self.unheld * rng.standard_normal((n, 1)) * self._bend(scores)
        return theta[:, :1] + theta[:, 1:] @ (scores - self.centre).T + bend, theta[:, 1:], sigma

    def _bend(self, scores: FloatArray) -> FloatArray:
        """What a change of slope by one over the common range adds (m,); straight beyond it."""
        apart = np.abs((scores - self.centre) @ self.weights)
        within = np.minimum(apart, self.span / 2.0)
        return within**2 / (2.0 * self.span) + (apart - within) / 2.0


def fit_mix(
    scores: FloatArray,
    totals: FloatArray,
    prior_weights: FloatArray,
    unknown: float,
    unheld: float,
    base: FloatArray | None = None,
) -> Mix:
    """Weights on the simplex about `prior_weights`.

    Args:
        scores: (n, k), in the unit of the totals, none missing.
        totals: (n,), n >= 3.
        prior_weights: (k,), positive, summing to one.
        unknown: the part of the mass that is not published or whose component is not held, 0 to 1:
            the weights' errors are in proportion to it, and the level is zero without it.
        unheld: the part of the mass whose component is not held, 0 to 1.
        base: (n,), weights of the rows.
    """
    k = scores.shape[1]
    centre = scores.mean(axis=0)
    span = max(float(np.ptp(scores @ prior_weights)), 1e-6)
    ones = np.concatenate([[0.0], np.ones(k)])
    level = np.concatenate([[1.0], -centre])  # the level at scores of zero
    prior = Prior(
        rows=np.eye(k + 1)[1:],
        values=prior_weights,
        scales=np.full(k, unknown + _MISPRINT),
        taus=_FREEDOMS,
        rank=k - 1,
        known=np.vstack([ones, level]),
        known_values=np.array([1.0, 0.0]),
        known_errors=np.array([0.001 + 0.03 * unknown, 0.1 + 30.0 * unknown]),
        nonnegative=np.arange(k + 1) > 0,
        usual=_ROUNDING + 0.15 * unknown * float(np.std(totals)),
        usual_rows=3.0,
    )
    design = np.column_stack([np.ones(totals.size), scores - centre])
    return Mix(robust_fit(design, totals, prior, base), centre, span, unheld)


@dataclass(frozen=True)
class ComponentLink:
    """A component's later version from its earlier: value, and its standard deviation."""

    posterior: Posterior
    centre: float
    low: float
    high: float

    def __call__(self, earlier: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Later scores (m,), kept within the component's bounds, and their standard errors (m,)."""
        rng = np.random.default_rng(0)  # part of the fit, the same every time
        theta, _ = self.posterior.draw(400, rng)
        drawn = theta[:, :1] + theta[:, 1:] * (earlier - self.centre)
        mean = self.posterior.theta[0] + self.posterior.theta[1] * (earlier - self.centre)
        error = np.hypot(np.std(drawn, axis=0), self.posterior.scatter)
        return np.clip(mean, self.low, self.high), error


def link_component(
    earlier: FloatArray, later: FloatArray, low: float = 0.0, high: float = 100.0
) -> ComponentLink | None:
    """Link two versions of a component through the models that have both; None below three.

    A robust line whose slope lies about one (error 0.2): versions of a test differ in difficulty
    more than in unit. Scores at a bound say only that the model is not within the test's range,
    and are left out.
    """
    inside = (earlier > low) & (earlier < high) & (later > low) & (later < high)
    x, y = earlier[inside], later[inside]
    if x.size < 3:
        return None
    centre = float(x.mean())
    prior = Prior(
        rows=np.array([[0.0, 1.0]]),
        values=np.ones(1),
        scales=np.ones(1),
        taus=np.array([0.2]),
        rank=1,
        known=np.zeros((0, 2)),
        known_values=np.zeros(0),
        known_errors=np.zeros(0),
        nonnegative=np.array([False, True]),
    )
    design = np.column_stack([np.ones(x.size), x - centre])
    return ComponentLink(robust_fit(design, y, prior), centre, low, high)


def fill_missing(scores: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Missing scores by their conditional expectation given the others, jointly normal.

    Expectation-maximisation (Dempster, Laird and Rubin 1977, JRSS B 39; Little and Rubin 2019,
    chapter 11) with the covariance shrunk to its diagonal by two rows' worth.

    Args:
        scores: (n, k), NaN where missing.

    Returns:
        the filled scores (n, k), and the conditional covariance of what was filled (n, k, k), zero
        where nothing was. A column that nobody has is filled with zeros.
    """
    missing = np.isnan(scores)
    n, k = scores.shape
    filled = np.where(missing, np.nan_to_num(_column_means(scores)), scores)
    spread = np.zeros((n, k, k))
    if not missing.any():
        return filled, spread
    patterns, member = np.unique(missing, axis=0, return_inverse=True)
    floor = 1e-6 * max(float(filled.var(axis=0).max()), 1e-6)
    for _ in range(30):
        mean = filled.mean(axis=0)
        covariance = ((filled - mean).T @ (filled - mean) + spread.sum(axis=0)) / n
        covariance += np.diag(2.0 * np.diag(covariance) / n + floor)
        before = filled.copy()
        for p, gone in enumerate(patterns):
            if not gone.any():
                continue
            rows = np.flatnonzero(member == p)
            held = ~gone
            slope = np.linalg.solve(covariance[np.ix_(held, held)], covariance[np.ix_(held, gone)])
            filled[np.ix_(rows, gone)] = (
                mean[gone] + (scores[np.ix_(rows, held)] - mean[held]) @ slope
            )
            rest = covariance[np.ix_(gone, gone)] - covariance[np.ix_(gone, held)] @ slope
            block = np.zeros((k, k))
            block[np.ix_(gone, gone)] = rest
            spread[rows] = block
        if np.abs(filled - before).max() < 1e-4 * np.sqrt(covariance.diagonal().max()):
            break
    return filled, spread


def _column_means(scores: FloatArray) -> FloatArray:
    counts = (~np.isnan(scores)).sum(axis=0)
    return np.where(counts > 0, np.nansum(scores, axis=0) / np.maximum(counts, 1), 0.0)
