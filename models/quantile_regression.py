"""The frontier as a high quantile of releases: linear quantile regression of all releases.

Koenker and Bassett (1978), Econometrica 46; statsmodels `QuantReg`. Parameter uncertainty by
resampling releases (pairs bootstrap).
"""

import numpy as np

from models.contract import FloatArray, History, NotEnoughHistory, Series
from models.helpers.resampled_lines import FittedLines

LEVEL = 0.9
_RESAMPLES = 60


def quantile_line(x: FloatArray, y: FloatArray, level: float, weights: FloatArray) -> FloatArray:
    """Intercepts and slopes (2, k) of the `level` quantile of y on x, for weights (k, n).

    The exact solution of a two-parameter problem goes through two of the points; all pairs are
    compared at once.
    """
    i, j = np.triu_indices(x.size, 1)
    apart = x[i] != x[j]
    i, j = i[apart], j[apart]
    slope = (y[j] - y[i]) / (x[j] - x[i])
    intercept = y[i] - slope * x[i]
    error = y[None, :] - intercept[:, None] - slope[:, None] * x[None, :]
    # The two points of a line have no error; rounding must not put them on either side.
    loss = np.where(error > 0, level * error, (level - 1) * error)
    best = np.argmin(loss @ weights.T, axis=0)
    return np.stack([intercept[best], slope[best]])


def _upper(series: Series, origin: int) -> tuple[FloatArray, FloatArray]:
    """Each day's best release, the last sixty of them: days from the origin, and values."""
    order = np.lexsort((series.release_values, series.release_days))
    days, values = series.release_days[order], series.release_values[order]
    last = np.append(days[1:] != days[:-1], True)
    days, values = days[last][-60:], values[last][-60:]
    return (days - origin).astype(np.float64), values


class QuantileRegression:
    """The line below which nine of ten releases lie, moved up to the records."""

    name = "quantile-regression"

    def fit(self, history: History) -> FittedLines:
        """Needs eight days with releases of each bloc; else NotEnoughHistory."""
        rng = np.random.default_rng(0)  # the resamples are part of the fit, the same every time
        lines, distances = [], []
        for series in history.blocs:
            x, y = _upper(series, history.origin)
            if x.size < 8:
                raise NotEnoughHistory("a quantile needs eight days with releases of each bloc")
            counts = rng.multinomial(x.size, np.full(x.size, 1 / x.size), _RESAMPLES)
            weights = np.concatenate([np.ones((1, x.size)), counts]).astype(np.float64)
            lines.append(quantile_line(x, y, LEVEL, weights))
            at = (series.days - history.origin).astype(np.float64)
            recent = at >= x[0]
            distances.append(
                (series.values - lines[-1][0, 0] - lines[-1][1, 0] * at)[recent]
                if recent.any()
                else np.zeros(1)
            )
        stacked = np.stack(lines)
        return FittedLines(history, stacked[:, 0], stacked[:, 1], (distances[0], distances[1]))
