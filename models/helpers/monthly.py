"""Between records on their days and models that think in months."""

import numpy as np
from numpy.random import Generator

from models.contract import DAYS_PER_MONTH, FloatArray, History, Horizon, IntArray


def past_levels(history: History, length: float = DAYS_PER_MONTH) -> FloatArray:
    """Both frontiers every `length` days up to the origin, oldest first, shape (steps + 1, 2).

    As far back as both blocs have a frontier.
    """
    count = int((history.origin - history.common_start) // length)
    days = np.round(history.origin - length * np.arange(count, -1, -1)).astype(np.int64)
    return np.stack([series.at(days) for series in history.blocs], axis=1)


def past_steps(history: History, length: float = DAYS_PER_MONTH) -> FloatArray:
    """Increments between `past_levels`, shape (steps, 2)."""
    return np.diff(past_levels(history, length), axis=0)


def wider(values: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """Values spread about their mean so that drawing them again varies as much as new ones would.

    Draws from n values have (n - 1) / n of the unbiased variance, and a mean drawn by the Bayesian
    bootstrap n / (n + 1) of its own; with weights, n is their effective number. Nothing falls below
    zero.

    Args:
        values: shape (n, columns), not negative.
        weights: shape (n,), adding up to one.
    """
    share = np.full(len(values), 1 / len(values)) if weights is None else weights
    n = 1 / float(share @ share)
    mean = share @ values
    wide = mean + (values - mean) * np.sqrt((n + 1) / max(n - 1, 0.5))
    return np.maximum(wide, 0.0)


def draw_rows(weights: FloatArray, count: int, rng: Generator) -> IntArray:
    """Positions drawn by weight, shape (draws, count): row i by row i of `weights` (draws, n)."""
    draws, n = weights.shape
    cumulative = np.cumsum(weights, axis=1)
    # One flat sorted array for all draws: each draw's shares lifted above those before.
    lift = np.arange(draws)[:, None]
    shares = cumulative / cumulative[:, -1:] + lift
    target = rng.random((draws, count)) + lift
    flat = np.searchsorted(shares.ravel(), target.ravel(), side="right").reshape(draws, count)
    return np.clip(flat - lift * n, 0, n - 1).astype(np.int64)


def month_count(horizon: Horizon) -> int:
    """Months needed to reach the end of the horizon."""
    return int(np.ceil(horizon.months[-1] - 1e-9))


def to_days(levels: FloatArray, horizon: Horizon, rng: Generator) -> FloatArray:
    """Paths known after each month as step functions on the days of `horizon`.

    A change over a month happens on one day of it, drawn evenly and for both blocs alike, as
    records come on days and not by degrees.

    Args:
        levels: shape (draws, 2, months + 1), the first at the origin.

    Returns:
        Shape (draws, 2, times).
    """
    months = levels.shape[2] - 1
    arrival = np.arange(months) + rng.random((levels.shape[0], months))
    month = np.minimum(horizon.months.astype(np.int64), months - 1)
    reached = month + (arrival[:, month] <= horizon.months)
    # At the very end of a month its change has come, whatever day was drawn.
    whole = np.isclose(horizon.months, month + 1)
    reached = np.where(whole, month + 1, reached)
    return np.take_along_axis(levels, reached[:, None, :], axis=2)
