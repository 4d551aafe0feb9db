"""The lag on every index, and over all of them: months are the one unit that all share."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from forecasts.measures.frontier import to_date
from forecasts.measures.gap import Z90, Gap
from forecasts.measures.lag_interval import FEWEST, releases_of
from forecasts.measures.prices import PRICE_INDEX
from models.contract import FloatArray
from models.helpers.meta_analysis import random_effects

# An index that was last seen whole longer before the day than this says nothing of it.
FRESH_DAYS = 180
# Nor one on which no model of the two blocs was released for so long: nobody measures on it any
# more, and its lag grows by the calendar.
DORMANT_DAYS = 365
# Parts of one index, and their prices, are named so by the source that has them.
COMPONENTS = "AA "
# No lag is known better than this: a release date is a date of publication.
LEAST_STDERR = 0.5


@dataclass(frozen=True)
class IndexLag:
    """What one version of one index says of the lag.

    Attributes:
        as_of: the day on which it is measured: the last by that of the question to which the index
            is known. None where nothing is known of it by then.
        last_sweep: the last day on which the index was seen whole, None if never; with the vintage
            `real` by the day of the question.
        newest: whether it is the version of the index that was seen last.
        gap: None where there is none; `why` then says so.
    """

    index_name: str
    index_version: str
    as_of: date | None
    last_sweep: date | None
    newest: bool
    gap: Gap | None
    why: str = ""

    def left_out(self, on: date) -> str:
        """Why it is not among those pooled on a day; empty where it is."""
        gap = self.gap
        if self.index_name == PRICE_INDEX:
            return "a price, no score"
        if self.index_name.startswith(COMPONENTS):
            return "a component of another index"
        if not self.newest:
            return "an older version of the index"
        if self.last_sweep is None:
            return "never seen whole"
        if (on - self.last_sweep).days > FRESH_DAYS:
            return f"last seen whole {(on - self.last_sweep).days} days before {on}"
        if gap is None:
            return self.why
        if gap.exhausted:
            return "exhausted: the leader stands at the ceiling of the index"
        newest = max(
            to_date(int(r.days.max())) for r in map(releases_of, (gap.leader, gap.follower))
        )
        if (on - newest).days > DORMANT_DAYS:
            return f"dormant: its newest model is of {newest}"
        if gap.lag_months is None or gap.lag_interval is None:
            return f"fewer than {FEWEST} models of a bloc: its lag has no interval"
        return ""

    @property
    def stderr(self) -> float | None:
        """Of the lag in months: the half-width of its 90% interval as that of a normal, at least
        LEAST_STDERR."""
        if self.gap is None or self.gap.lag_interval is None:
            return None
        low, high = self.gap.lag_interval
        return max((high - low) / (2 * Z90), LEAST_STDERR)


@dataclass(frozen=True)
class PooledLag:
    """The lag over several indices, in months; None where there are none (of `mean`, one).

    Attributes:
        median, least, most: of the lags as they are.
        mean, low, high: of random effects, with its 90% interval; of one index its own lag.
        tau: standard deviation of the lag between indices beyond their errors, None below two.
        prediction_low, prediction_high: where the lag on one more index would lie (90%).
    """

    indices: int
    median: float | None = None
    least: float | None = None
    most: float | None = None
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    tau: float | None = None
    prediction_low: float | None = None
    prediction_high: float | None = None


@dataclass(frozen=True)
class AllIndices:
    """The lag on every index by a day, and over those that are pooled."""

    as_of: date
    vintage: str
    leader: str
    follower: str
    tolerance: float
    lags: tuple[IndexLag, ...]

    @property
    def pooled(self) -> tuple[IndexLag, ...]:
        """Those that are pooled."""
        return tuple(lag for lag in self.lags if not lag.left_out(self.as_of))

    @property
    def over_all(self) -> PooledLag:
        """The lag over those that are pooled."""
        return pool_lags(self.pooled)

    def table(self) -> pl.DataFrame:
        """One row per index version, those pooled first, then by name: TABLE."""
        rows = [_row(lag, self.as_of) for lag in self.lags]
        return pl.DataFrame(rows, schema=TABLE, orient="row").sort(
            "pooled_here", "index_name", "index_version", descending=[True, False, True]
        )


TABLE: dict[str, pl.DataType] = {
    "index_name": pl.String(), "index_version": pl.String(), "unit": pl.String(),
    "gap_points": pl.Float64(), "gap_doublings": pl.Float64(), "lag_months": pl.Float64(),
    "lag_low": pl.Float64(), "lag_high": pl.Float64(), "lag_stderr": pl.Float64(),
    "at_least": pl.Boolean(), "matched": pl.Int64(), "records": pl.Int64(), "as_of": pl.Date(),
    "last_sweep": pl.Date(), "pooled_here": pl.Boolean(), "reason": pl.String(),
}  # fmt: skip


def _row(lag: IndexLag, on: date) -> tuple[object, ...]:
    reason, gap = lag.left_out(on), lag.gap
    last = (lag.as_of, lag.last_sweep, reason == "", reason or None)
    if gap is None:
        return (lag.index_name, lag.index_version, *(None,) * 10, *last)
    low, high = gap.lag_interval or (None, None)
    n, open_ones = int(gap.match_months["n"] or 0), int(gap.match_months["n_censored"] or 0)
    return (
        lag.index_name, lag.index_version, gap.scale.unit, gap.gap_points, gap.gap_doublings,
        gap.lag_months, low, high, lag.stderr, is_least(gap), n - open_ones, n, *last,
    )  # fmt: skip


def is_least(gap: Gap) -> bool:
    """Whether the lag is only known to be so long at least: the leader's first model on the index
    stood above the follower already."""
    behind = gap.gap_points > 0
    return behind and bool(gap.leader.values[0] > gap.follower.values[-1] - gap.tolerance)


def pool_lags(lags: Sequence[IndexLag]) -> PooledLag:
    """The median, the spread and the random-effects mean of lags that have an interval.

    The mean is `models.helpers.meta_analysis.random_effects`; it takes the indices as independent,
    which those that share models are not.
    """
    known = [
        (lag.gap.lag_months, lag.stderr, lag.gap.lag_interval)
        for lag in lags
        if lag.gap is not None and lag.gap.lag_months is not None and lag.stderr is not None
    ]
    if not known:
        return PooledLag(0)
    months: FloatArray = np.array([m for m, _, _ in known], dtype=np.float64)
    middle = float(np.median(months)), float(months.min()), float(months.max())
    made = random_effects(months, [float(s) for _, s, _ in known])
    if made is None:
        return PooledLag(1, *middle, middle[0], *(known[0][2] or ()))
    return PooledLag(
        len(known), *middle, made.mean, made.low, made.high, made.tau, *(made.prediction or ())
    )
