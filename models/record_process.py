"""Records arrive and jump: waiting times and jumps of the past, recent ones more often.

A marked renewal process (Cox and Isham 1980, Point Processes); waiting times and jumps are drawn
from the past with weights that halve every year, and each draw first weighs them anew (Bayesian
bootstrap, Rubin 1981), which is the uncertainty of rate and jump.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from models.contract import (
    DAYS_PER_MONTH,
    Estimate,
    FloatArray,
    History,
    Horizon,
    NotEnoughHistory,
    Series,
    as_frontier,
)
from models.helpers.monthly import draw_rows, wider

_HALF_LIFE = 365.0


@dataclass(frozen=True)
class Records:
    """Past records of one bloc but its first: `waits` in days, `jumps` in points, `weights`."""

    waits: FloatArray
    jumps: FloatArray
    weights: FloatArray
    elapsed: float


def past_records(series: Series, origin: int) -> Records:
    """Waits and jumps with weights of recency that add up to one; needs three records."""
    if series.days.size < 3:
        raise NotEnoughHistory("a record process needs three records of each bloc")
    weights = 0.5 ** ((origin - series.days[1:]) / _HALF_LIFE)
    weights = weights / weights.sum()
    steps = np.stack([np.diff(series.days).astype(np.float64), np.diff(series.values)], axis=1)
    waits, jumps = wider(steps, weights).T
    return Records(
        np.maximum(waits, 1.0),
        jumps,
        weights,
        float(origin - series.days[-1]),
    )


@dataclass(frozen=True)
class FittedRecordProcess:
    """Past records of both blocs."""

    history: History
    records: tuple[Records, Records]

    def simulate(self, horizon: Horizon, draws: int, rng: Generator) -> FloatArray:
        """Joint futures in points, shape (draws, 2, times); the blocs' records are independent."""
        out = np.empty((draws, 2, horizon.days.size))
        for i, past in enumerate(self.records):
            out[:, i] = _simulate(past, horizon, draws, rng)
        return as_frontier(self.history.today[:, None] + out, self.history)

    def summary(self) -> Mapping[str, Estimate]:
        """Records per year and points per record, weighted to the recent past."""
        found: dict[str, Estimate] = {}
        for series, past in zip(self.history.blocs, self.records, strict=True):
            wait = float(past.weights @ past.waits)
            jump = float(past.weights @ past.jumps)
            effective = float(np.sqrt(past.weights @ past.weights))
            spread = float(np.sqrt(past.weights @ (past.jumps - jump) ** 2))
            found[f"{series.bloc}.records_per_year"] = Estimate(
                12 * DAYS_PER_MONTH / wait, None, "1/year"
            )
            found[f"{series.bloc}.jump"] = Estimate(jump, spread * effective, "points")
        return found


def _simulate(past: Records, horizon: Horizon, draws: int, rng: Generator) -> FloatArray:
    n = past.waits.size
    length = float(horizon.days[-1] - horizon.origin)
    # Few effective records: the smaller their number, the rougher the weights of a draw.
    effective = 1.0 / float(past.weights @ past.weights)
    gamma = rng.standard_gamma(np.maximum(past.weights * effective, 1e-3), (draws, n)) + 1e-12
    mean_wait = (gamma @ past.waits) / gamma.sum(axis=1)
    count = int(np.clip(3 + 3 * length / max(float(np.quantile(mean_wait, 0.02)), 1.0), 8, 400))
    wait = past.waits[draw_rows(gamma, count, rng)]
    # The wait under way has lasted some time already: the rest of it is that of a longer one, and
    # where none was so long, it goes on without memory at the pace of what has passed.
    longer = rng.exponential(np.maximum(mean_wait, past.elapsed))
    first = np.where(wait[:, 0] > past.elapsed, wait[:, 0] - past.elapsed, longer)
    wait[:, 0] = np.maximum(first, 1.0)
    times = np.cumsum(wait, axis=1)
    jumps = np.cumsum(past.jumps[draw_rows(gamma, count, rng)], axis=1)
    total = np.concatenate([np.zeros((draws, 1)), jumps], axis=1)
    ahead = (horizon.days - horizon.origin).astype(np.float64)
    # One sorted line for all draws: each draw's times moved past the end of the one before.
    lift = (2 * length) * np.arange(draws)[:, None]
    inside = np.minimum(times, 1.5 * length)
    reached = np.searchsorted((inside + lift).ravel(), (ahead + lift).ravel(), side="right")
    number = reached.reshape(draws, ahead.size) - np.arange(draws)[:, None] * count
    return np.take_along_axis(total, np.clip(number, 0, count), axis=1)


class RecordProcess:
    """The next records come and jump like the recent ones."""

    name = "record-process"

    def fit(self, history: History) -> FittedRecordProcess:
        """Needs three records of each bloc; else NotEnoughHistory."""
        first, second = (past_records(series, history.origin) for series in history.blocs)
        return FittedRecordProcess(history, (first, second))
