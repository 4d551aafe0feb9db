"""A straight line when both coordinates have errors.

Deming (1943), Statistical Adjustment of Data; closed form as in Linnet (1993), Clinical Chemistry
39.
"""

from dataclasses import dataclass

import numpy as np

from models.helpers.constrained_regression import FloatArray


@dataclass(frozen=True)
class Line:
    """y = level + slope x."""

    level: float
    slope: float

    def __call__(self, at: FloatArray) -> FloatArray:
        return self.level + self.slope * np.asarray(at)


def deming(x: FloatArray, y: FloatArray, weights: FloatArray, ratio: float | None = None) -> Line:
    """The line of least squared distance, weighted.

    Args:
        x, y, weights: (n,), n >= 2 and two different x.
        ratio: variance of y's errors over that of x's. None: in the ratio of the variances of y and
            x themselves, so that both scales err equally in their own units; the slope is then the
            ratio of the standard deviations, as in linear equating (Kolen and Brennan 2014,
            chapter 2).

    Raises:
        ValueError: fewer than two different x.
    """
    if x.size < 2 or float(np.ptp(x)) == 0.0:
        raise ValueError("a line needs two different values")
    mean_x, mean_y = np.average(x, weights=weights), np.average(y, weights=weights)
    sxx = float(np.average((x - mean_x) ** 2, weights=weights))
    syy = float(np.average((y - mean_y) ** 2, weights=weights))
    sxy = float(np.average((x - mean_x) * (y - mean_y), weights=weights))
    delta = (syy / sxx if ratio is None else ratio) or 1.0
    part = syy - delta * sxx
    # A link does not fall.
    slope = (part + np.sqrt(part**2 + 4 * delta * sxy**2)) / (2 * sxy) if sxy > 0 else 0.0
    return Line(float(mean_y - slope * mean_x), float(slope))
