"""Intervals as standard errors: what a source states as low, high and a level."""

from math import log
from statistics import NormalDist
from typing import TypeVar

import polars as pl

Number = TypeVar("Number", float, pl.Expr)


def stderr_of(low: Number, high: Number, level: float) -> Number:
    """The standard error whose normal interval of a `level` (0.95) is as wide as low to high.

    In the unit of the bounds; negative where they are the wrong way round.
    """
    return (high - low) / (2 * NormalDist().inv_cdf(0.5 + level / 2))


def factor_stderr(value: float, low: float, high: float, level: float) -> float | None:
    """The standard error in the unit of `value` of a quantity that grows by factors.

    It is `value` times the standard error of its logarithm, the delta method at the estimate, so
    that stderr / value is the standard error of ln value and exp(ln value +- z stderr / value) is
    the interval as wide as the stated one. value +- z stderr is not. None where the logarithm of
    `value` or a bound does not exist.
    """
    if min(value, low, high) <= 0:
        return None
    return value * stderr_of(log(low), log(high), level)
