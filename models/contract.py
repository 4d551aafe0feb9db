"""What a trend model sees (`History`), where it must look (`Horizon`) and what it returns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# The scale on which an index grows evenly, where it is known.
NaturalScale = Literal["linear", "logit", "log"]
SCALES: tuple[NaturalScale, ...] = ("linear", "logit", "log")

DAYS_PER_MONTH = 30.4375
# A frontier counts at an origin once it has this many records, the first so long ago.
MIN_RECORDS = 3
MIN_DAYS = 180


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

    def until(self, day: int) -> "Series":
        """The same series as it was known on `day`, later releases left out."""
        records = int(np.searchsorted(self.days, day, side="right"))
        releases = int(np.searchsorted(self.release_days, day, side="right"))
        return Series(
            self.bloc,
            self.days[:records],
            self.values[:records],
            self.release_days[:releases],
            self.release_values[:releases],
        )


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
class Example:
    """One frontier of a panel to learn from, known until the day `end`.

    `index` is the frontier of all models of its index, `ceiling` the upper bound in points, `scale`
    the natural scale of its index, None where it is not known.
    """

    series: Series
    index: Series
    ceiling: float
    end: int
    scale: NaturalScale | None = field(default=None, kw_only=True)


# What a panel has taught, by the name of the model that learnt it.
Learnt = Mapping[str, FloatArray]


@dataclass(frozen=True)
class History:
    """Two frontiers known at `origin` (days since 1970-01-01), leader first.

    `ceiling` is the upper bound of the index in points, infinity if it has none. `index` is the
    frontier of all models of the index (None: the higher of the two blocs), and `learnt` what a
    panel has taught each model that learns by the origin, by the model's name. `scale` is the
    natural scale of the index, None where it is not known.
    """

    origin: int
    blocs: tuple[Series, Series]
    ceiling: float = np.inf
    index: Series | None = None
    learnt: Learnt = field(default_factory=dict)
    scale: NaturalScale | None = None

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


@runtime_checkable
class LearningModel(TrendModel, Protocol):
    """A trend model that learns parameters from a panel of frontiers before it is fitted."""

    def learn(
        self, panel: Sequence[Example], until: int, start: FloatArray | None = None
    ) -> FloatArray:
        """Parameters from what the panel had shown by the day `until`, for `History.learnt`.

        `start` is what was learnt on an earlier day, to begin from.
        """
        ...


def as_frontier(paths: FloatArray, history: History) -> FloatArray:
    """Make simulated `paths` (draws, 2, times) obey what a frontier is.

    Never below today's record, never decreasing, never above the ceiling. Paths that already
    increase are only floored: no noise is turned into growth by taking a running maximum of it.
    """
    floored = np.maximum(paths, history.today[:, None])
    rising = np.maximum.accumulate(floored, axis=2)
    return np.minimum(rising, np.maximum(history.ceiling, history.today[:, None]))
