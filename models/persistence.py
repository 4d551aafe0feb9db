"""Persistence: the frontier stays where it is, give or take what such forecasts have missed."""

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
from models.helpers.monthly import past_steps

_WEEK = 7.0


@dataclass(frozen=True)
class FittedPersistence:
    """Weekly steps of the past, shape (weeks, 2), drawn again in blocks of `block` weeks."""

    history: History
    steps: FloatArray
    block: int

    def simulate(self, horizon: Horizon, draws: int, rng: Generator) -> FloatArray:
        """Joint futures in points, shape (draws, 2, times); their median is today's record.

        The spread is that of past changes: blocks of both frontiers' steps (moving block
        bootstrap, Kuensch 1989, Annals of Statistics 17) added up, with one random sign per draw:
        the forecast leans to neither side, and both frontiers are missed together as in the past.
        The floor turns falls into none.
        """
        weeks = int(np.ceil((horizon.days[-1] - horizon.origin) / _WEEK))
        blocks = -(-weeks // self.block)
        start = rng.integers(0, len(self.steps) - self.block + 1, size=(draws, blocks))
        sign = rng.choice([-1.0, 1.0], size=(draws, 1, 1))
        levels = np.concatenate([np.zeros((1, 2)), np.cumsum(self.steps, axis=0)])
        week = np.ceil((horizon.days - horizon.origin) / _WEEK).astype(np.int64)
        number, inside = np.divmod(week, self.block)
        whole = np.concatenate(
            [
                np.zeros((draws, 1, 2)),
                np.cumsum(levels[start + self.block] - levels[start], axis=1),
            ],
            axis=1,
        )
        begin = start[:, np.minimum(number, blocks - 1)]
        change = whole[:, number] + np.where(
            (inside > 0)[:, None], levels[begin + inside] - levels[begin], 0.0
        )
        paths = self.history.today + sign * change
        return as_frontier(paths.transpose(0, 2, 1), self.history)

    def summary(self) -> Mapping[str, Estimate]:
        """Today's records, and the root mean square of past changes over one block."""
        levels = np.concatenate([np.zeros((1, 2)), np.cumsum(self.steps, axis=0)])
        change = levels[self.block :] - levels[: -self.block]
        found: dict[str, Estimate] = {}
        for i, series in enumerate(self.history.blocs):
            found[f"{series.bloc}.level"] = Estimate(float(self.history.today[i]), None, "points")
            found[f"{series.bloc}.change_rms_{self.block}_weeks"] = Estimate(
                float(np.sqrt(np.mean(change[:, i] ** 2))), None, "points"
            )
        return found


class Persistence:
    """Today's frontiers for ever: the forecast to beat."""

    name = "persistence"

    def fit(self, history: History) -> FittedPersistence:
        """Needs eight weeks in which both blocs had a frontier; else NotEnoughHistory."""
        steps = past_steps(history, _WEEK)
        if len(steps) < 8:
            raise NotEnoughHistory("the spread of persistence needs eight weeks of both frontiers")
        return FittedPersistence(history, steps, min(52, len(steps) // 2))
