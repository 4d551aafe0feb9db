"""Which method links two versions best: cross-validation that leaves out what a link is used for.

A link is asked for models at the top and beyond the common ones, and for models of another time
than those it was learnt from. So each method predicts each model from the others, the top quarter
from the rest, and the newer half from the older.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecasts.measures.link_methods import (
    Component,
    fit_components,
    fit_values,
)

FloatArray = NDArray[np.float64]

LEAST = 5  # measured models that a link needs
COMPONENTS = "components"
_ODD = 4.0
_AS_STATED = 5.0  # models that the fit's own scatter is worth
_PREFERENCE = 0.02  # a method listed later must be better by this share

# Learns from the rows of the first frame, predicts those of the second, by each of some methods:
# values (m,), their standard errors (m,), and the scatter among these.
Predictions = dict[str, tuple[FloatArray, FloatArray, float]]
Predictor = Callable[[pl.DataFrame, pl.DataFrame], Predictions]


@dataclass(frozen=True)
class Trial:
    """How one method predicts common measured models that it was not shown; in points.

    errors, stderrs: (n,) new value minus prediction, and the error stated, each model left out
        alone.
    rmse, rmse_top: of these, of all and of the top quarter by the earlier value.
    rmse_beyond: of the top quarter left out together. rmse_later: of the newer half of the models,
        predicted from the older half. None where too few models remain to learn from.
    rms_z: root mean square of errors over stderrs.
    factor: what the scatter of the fit is multiplied by, to be what cross-validation finds.
    blocks: the rows and errors that the three root mean squares are of.
    """

    method: str
    errors: FloatArray
    stderrs: FloatArray
    rmse: float
    rmse_top: float
    rmse_beyond: float | None
    rmse_later: float | None
    rms_z: float
    factor: float
    blocks: tuple[tuple[NDArray[np.intp], FloatArray], ...]


def by_total(learn: pl.DataFrame, ask: pl.DataFrame) -> Predictions:
    """Predict by the maps of the total."""
    at = _values(ask, "from_value")
    reach = (float(at.min()), float(at.max()))
    fits = fit_values(_values(learn, "from_value"), _values(learn, "to_value"), reach)
    return {name: (*fit.predict(at), fit.scatter) for name, fit in fits.items()}


def by_components(components: Sequence[Component], pool: pl.DataFrame | None) -> Predictor:
    """Predict by the mix, from the components as the models that will be moved have them."""

    def predict(learn: pl.DataFrame, ask: pl.DataFrame) -> Predictions:
        fit = fit_components(learn, _values(learn, "to_value"), components, pool)
        if fit is None:
            return {}
        return {COMPONENTS: (*fit.predict(ask, as_moved=True), fit.scatter)}

    return predict


def try_methods(measured: pl.DataFrame, predict: Predictor) -> dict[str, Trial]:
    """Try the methods of one predictor on `measured`, n common models."""
    n = measured.height
    rows = np.arange(n)
    truth = _values(measured, "to_value")
    top = rows[np.argsort(-_values(measured, "from_value"), kind="stable")][: max(n // 4, 1)]
    alone = [predict(measured[np.delete(rows, i)], measured[[i]]) for i in range(n)]
    newer = _newer_half(measured)
    beyond = _together(predict, measured, truth, top)
    later = _together(predict, measured, truth, newer)
    trials = {}
    for method in alone[0]:
        if not all(method in p for p in alone):
            continue
        errors = truth - np.array([p[method][0][0] for p in alone])
        stated = np.array([p[method][1][0] for p in alone])
        scatter = np.array([p[method][2] for p in alone])
        factor = _factor(errors, stated, scatter)
        stderrs = np.sqrt(stated**2 + (factor**2 - 1.0) * scatter**2)
        blocks = [(rows, errors)]
        blocks += [
            (out, found[method])
            for out, found in ((top, beyond), (newer, later))
            if method in found
        ]
        trials[method] = Trial(
            method,
            errors,
            stderrs,
            _rms(errors),
            _rms(errors[top]),
            _rms(beyond[method]) if method in beyond else None,
            _rms(later[method]) if method in later else None,
            _rms(errors / stderrs),
            factor,
            tuple(blocks),
        )
    return trials


def _factor(errors: FloatArray, stated: FloatArray, scatter: FloatArray) -> float:
    """Of the scatter, so that squared errors are on average as stated; towards one for few models.

    An error beyond three stated ones counts as three.
    """
    common = stated**2 - scatter**2
    squares = np.maximum(np.minimum(errors**2, 9.0 * stated**2) - common, 0.0) / scatter**2
    return float(np.sqrt((_AS_STATED + squares.sum()) / (_AS_STATED + squares.size)))


def choose(trials: Mapping[str, Trial]) -> str:
    """The method whose three squares have the least mean; a later one only where clearly better.

    Models that no method fits (beyond four robust deviations of each) have no say.
    """
    sizes = {name: robust_size(t.errors) for name, t in trials.items()}
    odd = np.min([np.abs(t.errors) / sizes[name] for name, t in trials.items()], axis=0) > _ODD
    best, least = "", np.inf
    for name, t in trials.items():
        blocks = [errors[~odd[rows]] for rows, errors in t.blocks]
        score = float(np.sqrt(np.mean([np.mean(e**2) for e in blocks if e.size])))
        if score < least * (1 - _PREFERENCE):
            best, least = name, score
    return best


def robust_size(errors: FloatArray) -> float:
    """Their standard deviation by the median, were they normal."""
    return max(1.4826 * float(np.median(np.abs(errors))), 1e-9)


def _together(
    predict: Predictor, measured: pl.DataFrame, truth: FloatArray, out: NDArray[np.intp]
) -> dict[str, FloatArray]:
    """Errors by method of models left out at once; empty where too few remain to learn from."""
    learn = np.setdiff1d(np.arange(measured.height), out)
    if out.size == 0 or learn.size < LEAST:
        return {}
    if np.ptp(_values(measured[learn], "from_value")) == 0:
        return {}
    predicted = predict(measured[learn], measured[out])
    return {method: truth[out] - values for method, (values, _, _) in predicted.items()}


def _newer_half(measured: pl.DataFrame) -> NDArray[np.intp]:
    if "released_on" not in measured.columns or measured["released_on"].null_count():
        return np.zeros(0, dtype=np.intp)
    days = measured["released_on"].to_physical().to_numpy()
    return np.flatnonzero(days > np.median(days))


def _rms(errors: FloatArray) -> float:
    return float(np.sqrt(np.mean(errors**2)))


def _values(frame: pl.DataFrame, column: str) -> FloatArray:
    return frame[column].to_numpy().astype(np.float64)
