"""Which method links two versions best: cross-validation that also leaves out what a link is for.

A link is asked for models at the top and beyond the common ones, and for models of another time than
those it was learnt from. So each method predicts each model from the others, the top quarter from the
rest, and the newer half from the older and the older from the newer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecasts.measures.link_methods import (
    VALUE_METHODS,
    Component,
    fit_components,
    fit_values,
)

FloatArray = NDArray[np.float64]

LEAST = 5  # measured models that a link needs
_PREFERENCE = 0.02  # a method listed later must be better by this share

# Learns from the rows of the first frame, predicts those of the second: values, standard errors.
Predictor = Callable[[pl.DataFrame, pl.DataFrame], tuple[FloatArray, FloatArray]]


@dataclass(frozen=True)
class Trial:
    """How one method predicts common measured models that it was not shown; in points.

    errors, stderrs: (n,) new value minus prediction, and the error stated, each model left out alone.
    rmse, rmse_top: of these, of all and of the top quarter by the earlier value.
    rmse_beyond: of the top quarter left out together. rmse_later: of the newer half of the models,
        predicted from the older half. None where too few models remain to learn from.
    rms_z: root mean square of errors over stderrs.
    score: root mean of the three squares; what is chosen by.
    """

    method: str
    errors: FloatArray
    stderrs: FloatArray
    rmse: float
    rmse_top: float
    rmse_beyond: float | None
    rmse_later: float | None
    rms_z: float
    score: float


def predictors(
    components: Sequence[Component], pool: pl.DataFrame | None
) -> dict[str, Predictor]:
    """The methods by name, simplest first."""

    def by_value(method: str) -> Predictor:
        def predict(learn: pl.DataFrame, ask: pl.DataFrame) -> tuple[FloatArray, FloatArray]:
            at = _values(ask, "from_value")
            fit = fit_values(
                _values(learn, "from_value"),
                _values(learn, "to_value"),
                method,
                (float(at.min()), float(at.max())),
            )
            return fit.predict(at)

        return predict

    def by_components(learn: pl.DataFrame, ask: pl.DataFrame) -> tuple[FloatArray, FloatArray]:
        fit = fit_components(learn, _values(learn, "to_value"), components, pool)
        if fit is None:
            raise ValueError("no component is held")
        return fit.predict(ask, as_moved=True)

    found = {name: by_value(name) for name in VALUE_METHODS}
    return found | ({"components": by_components} if components else {})


def trial(method: str, predict: Predictor, measured: pl.DataFrame) -> Trial:
    """Try one method on `measured`: n common models sorted by nothing in particular."""
    n = measured.height
    rows = np.arange(n)
    truth = _values(measured, "to_value")
    left_out = [predict(measured[np.delete(rows, i)], measured[[i]]) for i in range(n)]
    errors = truth - np.array([p[0] for p, _ in left_out])
    stderrs = np.array([s[0] for _, s in left_out])
    earlier = _values(measured, "from_value")
    top = rows[np.argsort(-earlier, kind="stable")][: max(n // 4, 1)]
    beyond = _together(predict, measured, truth, top)
    later = _together(predict, measured, truth, _newer_half(measured))
    squares = [float(np.mean(errors**2))]
    squares += [float(np.mean(e**2)) for e in (beyond, later) if e is not None]
    return Trial(
        method,
        errors,
        stderrs,
        _rms(errors),
        _rms(errors[top]),
        None if beyond is None else _rms(beyond),
        None if later is None else _rms(later),
        _rms(errors / stderrs),
        float(np.sqrt(np.mean(squares))),
    )


def choose(trials: Mapping[str, Trial]) -> str:
    """The method of least score; a later one only where clearly better."""
    best = next(iter(trials))
    for name, t in trials.items():
        if t.score < trials[best].score * (1 - _PREFERENCE):
            best = name
    return best


def _together(
    predict: Predictor, measured: pl.DataFrame, truth: FloatArray, out: NDArray[np.intp]
) -> FloatArray | None:
    """Errors of models left out at once."""
    learn = np.setdiff1d(np.arange(measured.height), out)
    if out.size == 0 or learn.size < LEAST:
        return None
    if np.ptp(_values(measured[learn], "from_value")) == 0:
        return None
    return truth[out] - predict(measured[learn], measured[out])[0]


def _newer_half(measured: pl.DataFrame) -> NDArray[np.intp]:
    if "released_on" not in measured.columns or measured["released_on"].null_count():
        return np.zeros(0, dtype=np.intp)
    days = measured["released_on"].to_physical().to_numpy()
    return np.flatnonzero(days > np.median(days))


def _rms(errors: FloatArray) -> float:
    return float(np.sqrt(np.mean(errors**2)))


def _values(frame: pl.DataFrame, column: str) -> FloatArray:
    return frame[column].to_numpy().astype(np.float64)
