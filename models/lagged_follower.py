"""Lagged follower: the follower retraces the leader's path, with a lag that itself changes.

The leader walks on in its past monthly steps. The lag, in months, is a random walk kept at or
above zero whose steps are the past changes of the lag; the follower is where the leader was.
The horizontal distance between two curves as a lag: see forecasts.measures.gap.
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
    as_frontier,
)
from models.helpers.monthly import draw_rows, month_count, past_levels, to_days, wider

# A lag longer than the record is worth keeping at: nothing is known of the leader before it.
_LONGEST = 120


def past_lags(history: History) -> FloatArray:
    """Lag in months at each month end since both blocs had a frontier, oldest first.

    Time since the leader's path, straight between its records, was at the follower's level;
    below the leader's first record nothing is known, and the months are left out.
    """
    leader = history.blocs[0]
    levels = past_levels(history)
    months = np.arange(len(levels) - 1, -1, -1)
    inside = (levels[:, 1] >= leader.values[0]) & (levels[:, 1] <= levels[:, 0])
    reached = np.interp(levels[:, 1], leader.values, leader.days.astype(np.float64))
    lag = (history.origin - reached) / DAYS_PER_MONTH - months
    lag = np.where(levels[:, 1] > levels[:, 0], 0.0, np.maximum(lag, 0.0))
    return lag[inside | (levels[:, 1] > levels[:, 0])]


@dataclass(frozen=True)
class FittedLaggedFollower:
    """Past lags in months (n,), the leader's monthly steps (m,) and its past path by month."""

    history: History
    lags: FloatArray
    steps: FloatArray
    path: FloatArray

    def simulate(self, horizon: Horizon, draws: int, rng: Generator) -> FloatArray:
        """Joint futures in points, shape (draws, 2, times)."""
        months = month_count(horizon)
        weights = rng.dirichlet(np.ones(self.steps.size), draws)
        pick = draw_rows(weights, months, rng)
        future = np.cumsum(self.steps[pick], axis=1)
        leader = np.concatenate(
            [np.full((draws, 1), self.path[-1]), self.path[-1] + future], axis=1
        )
        # The leader's path, past and drawn, by month; the follower reads it `lag` months back.
        whole = np.concatenate([np.tile(self.path[:-1], (draws, 1)), leader], axis=1)
        change = rng.choice(np.diff(self.lags), (draws, months))
        lag = np.empty((draws, months + 1))
        lag[:, 0] = self.lags[-1]
        drift = (np.median(self.lags) - self.lags[-1]) / 24
        for month in range(1, months + 1):
            lag[:, month] = np.abs(lag[:, month - 1] + change[:, month - 1] - change.mean() + drift)
        where = self.path.size - 1 + np.arange(months + 1) - lag
        low = np.clip(np.floor(where).astype(np.int64), 0, whole.shape[1] - 2)
        part = np.clip(where - low, 0.0, 1.0)
        rows = np.arange(draws)[:, None]
        follower = whole[rows, low] * (1 - part) + whole[rows, low + 1] * part
        # Where a frontier stands above the retraced path today, it stands above it tomorrow less.
        follower = np.maximum(follower, self.history.today[1])
        levels = np.stack([leader, np.maximum.accumulate(follower, axis=1)], axis=1)
        return as_frontier(to_days(levels, horizon, rng), self.history)

    def summary(self) -> Mapping[str, Estimate]:
        """Lag today, its median, the spread of its monthly changes, and the leader's drift."""
        n = self.steps.size
        return {
            "lag": Estimate(float(self.lags[-1]), None, "months"),
            "lag_median": Estimate(float(np.median(self.lags)), None, "months"),
            "lag_change_sd": Estimate(float(np.std(np.diff(self.lags), ddof=1)), None, "months"),
            "leader.drift": Estimate(
                float(self.steps.mean()), float(self.steps.std(ddof=1) / np.sqrt(n)), "points/month"
            ),
        }


class LaggedFollower:
    """The follower does what the leader did, some months later."""

    name = "lagged-follower"

    def fit(self, history: History) -> FittedLaggedFollower:
        """Needs six months of lags, and a follower that is behind; else NotEnoughHistory."""
        if history.today[1] > history.today[0]:
            raise NotEnoughHistory("the follower is ahead: there is nobody to follow")
        lags = past_lags(history)
        if lags.size < 6:
            raise NotEnoughHistory("a lagged follower needs six months in which its lag is known")
        leader = history.blocs[0]
        count = min(int((history.origin - leader.days[0]) // DAYS_PER_MONTH), _LONGEST)
        back = history.origin - np.round(DAYS_PER_MONTH * np.arange(count, -1, -1)).astype(np.int64)
        # Straight between records: within a month of a record a step path says nothing of the lag.
        path = np.interp(back, leader.days, leader.values)
        path[-1] = leader.values[-1]
        steps = wider(np.diff(leader.at(back))[:, None])[:, 0]
        return FittedLaggedFollower(history, lags, steps, path)
