"""Random walk with drift, its steps those that both frontiers have taken together."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from models.contract import (
    Estimate,
    FloatArray,
    History,
    Horizon,
    NotEnoughHistory,
    as_frontier,
)
from models.helpers.monthly import draw_rows, month_count, past_steps, to_days, wider

_CHUNK = 20_000


@dataclass(frozen=True)
class FittedRandomWalk:
    """Monthly steps of the past, shape (steps, 2)."""

    history: History
    steps: FloatArray

    def simulate(self, horizon: Horizon, draws: int, rng: Generator) -> FloatArray:
        """Joint futures in points, shape (draws, 2, times).

        Each draw first weighs the past steps anew (Bayesian bootstrap, Rubin 1981, Annals of
        Statistics 9), which is the uncertainty of drift and spread, then takes its future steps
        from them. Steps are never negative, so no running maximum is needed.
        """
        parts = [
            self._simulate(horizon, min(_CHUNK, draws - done), rng)
            for done in range(0, draws, _CHUNK)
        ]
        return as_frontier(np.concatenate(parts), self.history)

    def _simulate(self, horizon: Horizon, draws: int, rng: Generator) -> FloatArray:
        months = month_count(horizon)
        weights = rng.exponential(size=(draws, len(self.steps)))
        choice = draw_rows(weights, months, rng)
        steps = self.steps[choice]  # (draws, months, 2)
        total = np.concatenate([np.zeros((draws, 1, 2)), np.cumsum(steps, axis=1)], axis=1)
        levels = self.history.today[:, None] + total.transpose(0, 2, 1)
        return to_days(levels, horizon, rng)

    def summary(self) -> Mapping[str, Estimate]:
        """Drift and spread of the monthly steps of each bloc, and their correlation."""
        n = len(self.steps)
        found: dict[str, Estimate] = {}
        for i, series in enumerate(self.history.blocs):
            step = self.steps[:, i]
            sd = float(step.std(ddof=1))
            found[f"{series.bloc}.drift"] = Estimate(
                float(step.mean()), sd / float(np.sqrt(n)), "points/month"
            )
            found[f"{series.bloc}.step_sd"] = Estimate(sd, None, "points")
        if np.all(np.ptp(self.steps, axis=0) > 0):
            together = float(np.corrcoef(self.steps[:, 0], self.steps[:, 1])[0, 1])
            found["step_correlation"] = Estimate(together, None, "")
        return found


class RandomWalkDrift:
    """Both frontiers go on in monthly steps like those of the past."""

    name = "random-walk-drift"
    window = 0  # all steps

    def fit(self, history: History) -> FittedRandomWalk:
        """Needs three months in which both blocs had a frontier; else NotEnoughHistory."""
        steps = past_steps(history)
        if len(steps) < 3:
            raise NotEnoughHistory("a random walk needs three months of both frontiers")
        steps = steps[-self.window :]
        return FittedRandomWalk(history, wider(steps))


class RecentRandomWalk(RandomWalkDrift):
    """The same with the steps of the last twelve months alone."""

    name = "random-walk-recent"
    window = 12
