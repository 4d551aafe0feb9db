"""How one version's values are carried to another: through the total, or through its components."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.random import Generator
from numpy.typing import NDArray

from models.helpers.component_mix import (
    ComponentLink,
    Mix,
    fill_missing,
    fit_mix,
    link_component,
)
from models.helpers.deming import Line, deming
from models.helpers.monotone import (
    Curve,
    SmoothFit,
    equipercentile,
    isotonic,
    monotone_cubic,
    rearranged,
    smooth_monotone,
)

FloatArray = NDArray[np.float64]

_ERROR_DRAWS = 200
_BETWEEN = 0.5
_ROUNDED = 0.011  # weights in hundredths need not sum to one exactly
# Where no weights are given, the part of the mass that may be of components nobody holds.
_PERHAPS_UNHELD = 0.2


@dataclass(frozen=True)
class Component:
    """A component of the version that is linked to, and the columns that hold its scores.

    weight: its share of the total, 0 to 1; None where unknown. published: the weight is that of
        this very version, not a guess from another.
    held: column of the component as this version measures it. earlier: column of what the version
        linked from had in its place; equal to `held` where the component did not change; None where
        there was none. One of weight 0 with an `earlier` column alone was dropped.
    low, high: bounds of the scores, which are in the unit of the totals.
    """

    name: str
    weight: float | None = None
    held: str | None = None
    earlier: str | None = None
    published: bool = True
    low: float = 0.0
    high: float = 100.0

    @property
    def reversioned(self) -> bool:
        return self.held is not None and self.earlier not in (None, self.held)


def _linear(x: FloatArray, y: FloatArray, line: Line, smooth: SmoothFit) -> Curve:
    ends = np.array([x.min(), x.max()])
    return Curve(ends, line(ends), np.asarray(line.slope), np.asarray(line.slope))


VALUE_METHODS: dict[str, Callable[[FloatArray, FloatArray, Line, SmoothFit], Curve]] = {
    "linear": _linear,
    "spline": lambda x, y, line, smooth: monotone_cubic(smooth.curve()),
    "isotonic": lambda x, y, line, smooth: isotonic(x, y, smooth.posterior.weights, line.slope),
    "equipercentile": lambda x, y, line, smooth: equipercentile(
        x, y, smooth.posterior.weights, line.slope
    ),
}


@dataclass(frozen=True)
class ValueFit:
    """A monotone map of the total.

    curve: the map; smooth: the curve whose draws give the map's error and the scatter about it.
    Where another method was chosen, half of what it differs from the smooth curve by is error, too.
    factor: of the scatter, from cross-validation.
    """

    method: str
    curve: Curve
    smooth: SmoothFit
    factor: float = 1.0

    @property
    def scatter(self) -> float:
        """Standard deviation of a model's value about the map."""
        return self.factor * self.smooth.scatter

    def draw(self, n: int, rng: Generator) -> tuple[Curve, FloatArray]:
        """n non-decreasing maps about `curve`, and n scales of a model's value about the map."""
        drawn, sigma = self.smooth.draw(n, rng)
        sigma = self.factor * sigma
        if self.method == "spline":
            return drawn, sigma
        centre, own = self.smooth.curve(), self.curve
        nodes = np.union1d(own.nodes, drawn.nodes)
        between = 1.0 + _BETWEEN * rng.standard_normal((n, 1))
        # The smooth curve's error about the chosen map, and the share of their difference.
        values = drawn(nodes) - centre(nodes) * between + own(nodes) * between
        low, high = (
            getattr(drawn, end) + between[:, 0] * (getattr(own, end) - getattr(centre, end))
            for end in ("low", "high")
        )
        return rearranged(nodes, values, low, high), sigma

    def map_error(self, at: FloatArray) -> FloatArray:
        """Standard error of the map itself (m,), common to the models that it moves."""
        if self.method == "spline":
            return self.smooth.error(at)
        between = self.curve(at) - self.smooth.curve()(at)
        return np.hypot(self.smooth.error(at), _BETWEEN * between)

    def predict(self, at: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Values (m,) and the standard errors (m,) of a model's value: map and scatter."""
        return self.curve(at), np.hypot(self.map_error(at), self.scatter)


def fit_values(x: FloatArray, y: FloatArray, reach: tuple[float, float]) -> dict[str, ValueFit]:
    """Every one of VALUE_METHODS, fitted to totals (n,) of both versions; n >= 3.

    reach: smallest and largest value of the earlier version that will be asked for.
    """
    smooth = smooth_monotone(x, y, np.ones(x.size), reach)
    line = deming(x, y, smooth.posterior.weights)  # the curve knows better what is an outlier
    return {
        name: ValueFit(name, curve(x, y, line, smooth), smooth)
        for name, curve in VALUE_METHODS.items()
    }


@dataclass(frozen=True)
class Scores:
    """Component scores of some models on the version linked to.

    values (m, k); errors (m, k), standard errors of those that were linked from an earlier version;
    covariance (m, k, k) of those that were missing and are filled; held (m,), the share of the
    weight whose component is not missing; whole (m,), whether all are there and none is linked.
    """

    values: FloatArray
    errors: FloatArray
    covariance: FloatArray
    held: FloatArray
    whole: NDArray[np.bool_]

    def error(self, weights: FloatArray) -> FloatArray:
        """Standard error (m,) of the mix that the scores' own errors make."""
        filled = np.einsum("mij,i,j->m", self.covariance, weights, weights)
        return np.sqrt((self.errors**2) @ weights**2 + filled)

    def shaken(self, weights: FloatArray, noise: FloatArray) -> FloatArray:
        """The scores' errors in n draws of a mix (n, k): (n, m), from standard normal (n, m)."""
        filled = np.einsum("mij,ni,nj->nm", self.covariance, weights, weights)
        return noise * np.sqrt(weights**2 @ (self.errors**2).T + filled)


@dataclass(frozen=True)
class ComponentFit:
    """A mix of components, each linked first where it was re-versioned.

    published: the weights are known exactly and every component is held on the version linked to,
    so that a model with all of them has its total computed.
    factor: of the scatter, from cross-validation.
    """

    components: tuple[Component, ...]
    links: dict[str, ComponentLink]
    mix: Mix
    pool: FloatArray
    published: bool
    factor: float = 1.0

    @property
    def scatter(self) -> float:
        """Standard deviation of a total about the mix."""
        return self.factor * self.mix.scatter

    @property
    def weights(self) -> dict[str, float]:
        """Fitted weight of each component."""
        return {c.name: float(w) for c, w in zip(self.components, self.mix.weights, strict=True)}

    def scores(self, frame: pl.DataFrame, *, as_moved: bool = False) -> Scores:
        """The scores of `frame`'s models; `as_moved`: from the earlier versions alone."""
        return _complete(frame, self.components, self.links, self.pool, as_moved, self.mix.weights)

    def predict(
        self, frame: pl.DataFrame, *, as_moved: bool = False
    ) -> tuple[FloatArray, FloatArray]:
        """Totals (m,) and their standard errors (m,): mix, scatter, and linked or filled scores."""
        scores = self.scores(frame, as_moved=as_moved)
        totals, _, _ = self.mix.draw(scores.values, _ERROR_DRAWS, np.random.default_rng(0))
        own = scores.error(self.mix.weights)
        error = np.sqrt(np.var(totals, axis=0) + self.scatter**2 + own**2)
        return self.mix(scores.values), error


def fit_components(
    frame: pl.DataFrame,
    totals: FloatArray,
    components: Sequence[Component],
    pool: pl.DataFrame | None = None,
) -> ComponentFit | None:
    """Fit the mix to common models; None where no component with any weight is held.

    Args:
        frame: n common models with the components' columns and `from_value`.
        totals: (n,), their totals on the version linked to.
        pool: more models with such columns, from which missing scores are filled.
    """
    used = tuple(c for c in components if _has_scores(c, frame))
    if not used:
        return None
    links = {}
    for c in used:
        if c.reversioned:
            earlier, held = _column(frame, c.earlier), _column(frame, c.held)
            both = ~np.isnan(earlier) & ~np.isnan(held)
            link = link_component(earlier[both], held[both], c.low, c.high)
            if link is not None:
                links[c.name] = link
    background = _raw_scores(frame if pool is None else pool, used, links, False)[0]
    prior, unknown, unheld = _prior_weights(used, frame, background)
    scores = _complete(frame, used, links, background, False, prior)
    mix = fit_mix(scores.values, totals, prior, unknown, unheld)
    own = scores.error(mix.weights)
    if own.max() > 0:
        base = mix.scatter**2 / (mix.scatter**2 + own**2)
        mix = fit_mix(scores.values, totals, prior, unknown, unheld, base)
    return ComponentFit(used, links, mix, background, unknown < _ROUNDED)


def _prior_weights(
    components: Sequence[Component], frame: pl.DataFrame, background: FloatArray
) -> tuple[FloatArray, float, float]:
    """Weights to start from, summing to one; the mass not known exactly; the mass not held.

    Components of unknown weight share what the known ones leave, as in the version linked from.
    """
    weights = np.array([np.nan if c.weight is None else c.weight for c in components])
    held = np.array([not np.isnan(_column(frame, c.held)).all() for c in components])
    published = np.array([c.published for c in components])
    exact = float(np.nansum(weights[held & published]))
    silent = np.isnan(weights)
    if not silent.any():
        unheld = 1.0 - float(weights[held].sum())
    else:
        left = max(1.0 - float(np.nansum(weights)), 0.0) or 1.0
        unheld = float(np.nansum(weights[~held])) + _PERHAPS_UNHELD * left
        before = _earlier_weights(background)[silent]
        weights[silent] = left * before / before.sum()
    if weights.sum() == 0:
        weights[:] = 1.0
    return weights / weights.sum(), *(float(np.clip(m, 0.0, 1.0)) for m in (1.0 - exact, unheld))


def _earlier_weights(background: FloatArray) -> FloatArray:
    """Weights of the components in the earlier total (k,), and a little of equal ones."""
    from scipy.optimize import nnls

    k = background.shape[1] - 1
    whole = background[~np.isnan(background).any(axis=1)]
    found = np.zeros(k)
    if len(whole) > 2 * k:
        found, _ = nnls(whole[:, :k], whole[:, k])
    share = found / found.sum() if found.sum() > 0 else found
    return 0.8 * share + 0.2 / k


def _has_scores(component: Component, frame: pl.DataFrame) -> bool:
    return any(
        name is not None and name in frame.columns and frame[name].null_count() < frame.height
        for name in (component.held, component.earlier)
    )


def _column(frame: pl.DataFrame, name: str | None) -> FloatArray:
    if name is None or name not in frame.columns:
        return np.full(frame.height, np.nan)
    return frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy().astype(np.float64)


def _raw_scores(
    frame: pl.DataFrame,
    components: Sequence[Component],
    links: dict[str, ComponentLink],
    as_moved: bool,
) -> tuple[FloatArray, FloatArray]:
    """Scores (m, k + 1), NaN where missing, the old total last; errors (m, k) of linked ones."""
    values, errors = [], []
    for c in components:
        held, earlier = _column(frame, c.held), _column(frame, c.earlier)
        if c.reversioned:
            link = links.get(c.name)
            if as_moved or link is None:
                held = np.where(np.isnan(earlier), held, np.nan)
            linked, error = link(earlier) if link is not None else (earlier, 0 * earlier)
        else:
            linked, error = earlier, 0 * earlier
        values.append(np.where(np.isnan(held), linked, held))
        errors.append(np.where(np.isnan(held), np.nan_to_num(error), 0.0))
    values.append(_column(frame, "from_value"))
    return np.column_stack(values), np.column_stack(errors)


def _complete(
    frame: pl.DataFrame,
    components: Sequence[Component],
    links: dict[str, ComponentLink],
    background: FloatArray,
    as_moved: bool,
    weights: FloatArray,
) -> Scores:
    raw, errors = _raw_scores(frame, components, links, as_moved)
    m, k = errors.shape
    filled, covariance = raw, np.zeros((m, k + 1, k + 1))
    if np.isnan(raw).any():
        filled, covariance = fill_missing(np.vstack([raw, background]))
    missing = np.isnan(raw[:, :k])
    unsure = (missing | (errors > 0)) & (weights > 0)
    whole = np.array(~unsure.any(axis=1), dtype=np.bool_)
    return Scores(filled[:m, :k], errors, covariance[:m, :k, :k], ~missing @ weights, whole)
