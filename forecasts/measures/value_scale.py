"""The scale of an index's values: its upper end, whether it grows by factors, its digits."""

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from forecasts.measures.index_spec import IndexSpec
from models.contract import FloatArray, make_series
from models.pooled_growth import scale_for

# Of the spread of an index, a step of the last digit that is printed is at most so small a share.
_STEPS = 2000.0
_MOST_PLACES = 8


@dataclass(frozen=True)
class ValueScale:
    """How values of one version of one index are told.

    Attributes:
        places: decimals of every value and every difference of two; on a logarithmic scale each
            number has three digits instead.
        logarithmic: the quantity grows by factors, as a time horizon in minutes does: a gap is told
            as a ratio and in doublings as well, and axes are logarithmic.
        unit: of a value.
    """

    places: int = 2
    logarithmic: bool = False
    unit: str = "points"


def ceiling_of(values: FloatArray, known: float | None) -> float:
    """Upper bound of an index: the known one; else 1 where all values are fractions; else none."""
    if known is not None:
        return known
    return 1.0 if values.size and values.min() >= 0 and values.max() <= 1 else float("inf")


def at_ceiling(values: FloatArray, ceiling: float) -> np.ndarray:
    """Whether each value stands at the upper bound of its index, same shape; never without one."""
    if not math.isfinite(ceiling):
        return np.zeros(np.shape(values), dtype=bool)
    return np.asarray(values) >= ceiling - 1e-9 * max(1.0, abs(ceiling))


def value_scale(models: pl.DataFrame, spec: IndexSpec) -> ValueScale:
    """The scale of an index by what is known of it and by all models known on it.

    It is the same for every bloc, so that all that is said of an index has the same digits.

    Args:
        models: rows of `known_models`.
    """
    values = models["value"].to_numpy().astype(np.float64)
    ceiling, unit = ceiling_of(values, spec.ceiling), spec.unit or "points"
    if spec.decimals is not None:
        return ValueScale(spec.decimals, spec.scale == "log", unit)
    if not values.size:
        top = ceiling if math.isfinite(ceiling) else 100.0
        return ValueScale(decimals(0.0, top), spec.scale == "log", unit)
    low, top = float(values.min()), float(values.max())
    if math.isfinite(ceiling):
        # A value beyond the bound is an error of the data and adds no digit, nor takes one.
        places = decimals(max(min(low, 0.0), -abs(ceiling)), ceiling)
        return ValueScale(places, spec.scale == "log", unit)
    days = models["released_on"].cast(pl.Int32).to_numpy().astype(np.int64)
    logarithmic = spec.scale == "log"
    if spec.scale is None:
        logarithmic = scale_for(make_series("index", days, values), ceiling).logarithmic
    return ValueScale(decimals(low, top), logarithmic, unit)


def decimals(low: float, high: float) -> int:
    """Decimals that tell apart two values a two-thousandth of the spread from each other.

    Where both bounds are one value its size is the spread.
    """
    spread = high - low if high > low else abs(high)
    if not spread > 0:
        return 2
    return int(np.clip(math.ceil(math.log10(_STEPS / spread) - 1e-9), 0, _MOST_PLACES))
