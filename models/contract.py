"""What a trend model sees (`History`), where it must look (`Horizon`) and what it returns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

DAYS_PER_MONTH = 30.4375


class NotEnoughHistory(ValueError):
    """A model cannot be fitted to so few records; the message says what it needs."""


@dataclass(frozen=True)
class Series:
    """The frontier of one bloc: its records, and every release behind them.

    Days count from 1970-01-01. `days` and `values` have shape (records,) and increase strictly;
    `release_days` and `release_values` have shape (releases,), `release_days` not decreasing.
    """

    bloc: str
    days: IntArray
    values: FloatArray
    release_days: IntArray
    release_values: FloatArray

    def at(self, days: IntArray) -> FloatArray:
        """Frontier on each of `days`, same shape; nan before the first record."""
        index = np.searchsorted(self.days, days, side="right") - 1
        return np.where(index < 0, np.nan, self.values[np.maximum(index, 0)])


def make_series(bloc: str, days: IntArray, values: FloatArray) -> Series:
    """Frontier of releases given in any order."""
    order = np.lexsort((values, days))
    days, values = days[order].astype(np.int64), values[order].astype(np.float64)
    best = np.maximum.accumulate(values)
    last = np.append(days[1:] != days[:-1], True)
    day, level = days[last], best[last]
    raised = np.append(True, np.diff(level) > 0)
    return Series(bloc, day[raised], level[raised], days, values)


@dataclass(frozen=True)
class History:
    """Two frontiers known at `origin` (days since 1970-01-01), leader first.

    `ceiling` is the upper bound of the index in points, infinity if it has none. `index` is the
    frontier of all models of the index (None: the higher of the two blocs), and `pool` what other
    series have taught by the origin (see `models.pooled_growth`), None for the prior alone.
    """

    origin: int
    blocs: tuple[Series, Series]
    ceiling: float = np.inf
    index: Series | None = None
    pool: FloatArray | None = None

    @property
    def today(self) -> FloatArray:
        """Both frontiers at the origin, shape (2,)."""
        return np.array([series.values[-1] for series in self.blocs])

    @property
    def common_start(self) -> int:
        """First day on which both blocs have a frontier."""
        return int(max(series.days[0] for series in self.blocs))


@dataclass(frozen=True)
class Horizon:
    """Days on which the future is wanted, shape (times,), all after `origin`, increasing."""

    origin: int
    days: IntArray

    @property
    def months(self) -> FloatArray:
        """Time from the origin in months of 30.4375 days, shape (times,)."""
        return (self.days - self.origin) / DAYS_PER_MONTH


@dataclass(frozen=True)
class Estimate:
    """A fitted parameter with its standard error (None if the method gives none) and unit."""

    value: float
    stderr: float | None
    unit: str


class Fitted(Protocol):
    """A model fitted to one history."""

    def simulate(self, horizon: Horizon, draws: int, rng: Generator) -> FloatArray:
        """Joint futures of both frontiers in points, shape (draws, 2, times)."""
        ...

    def summary(self) -> Mapping[str, Estimate]:
        """Fitted parameters by name."""
        ...


class TrendModel(Protocol):
    """A recipe that turns a history into a fitted model."""

    name: str

    def fit(self, history: History) -> Fitted:
        """Fit to what was known at `history.origin`; raises NotEnoughHistory."""
        ...


def as_frontier(paths: FloatArray, history: History) -> FloatArray:
    """Make simulated `paths` (draws, 2, times) obey what a frontier is.

    Never below today's record, never decreasing, never above the ceiling. Paths that already
    increase are only floored: no noise is turned into growth by taking a running maximum of it.
    """
    floored = np.maximum(paths, history.today[:, None])
    rising = np.maximum.accumulate(floored, axis=2)
    return np.minimum(rising, np.maximum(history.ceiling, history.today[:, None]))
