"""The lag read off the leader's releases: between two of them, and with ties.

* The bracket: progress is seen at releases alone, so that the leader reached the follower's level
  between two of them. IAPS, Open-Source-Gap (github.com/IAPS-AI/Open-Source-Gap, 2026), after "Have
  Chinese AI Models Caught Up to the US Frontier?" (July 2026).
* Ties: the follower counts as level with a model of the leader while the difference is not beyond
  its 90% interval. Epoch AI, 2026-05-29, epoch.ai/data-insights/open-closed-eci-gap, from paired
  bootstrap samples; with standard errors alone the two are taken as normal and independent, which
  makes a tie a little likelier (IAPS does so where it has no samples).
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from forecasts.measures.frontier import Frontier, to_day
from forecasts.measures.gap import Z90
from models.contract import DAYS_PER_MONTH, FloatArray


@dataclass(frozen=True)
class ReleaseBracket:
    """Months since the leader's release just above the follower's level (`least`), since that just
    at or below it (`most`), and since the level was crossed on the straight line between them.

    All are zero where no model of the leader is above; `most` and `central` are None where the
    leader's first was above already.
    """

    least: float
    central: float | None
    most: float | None


def release_bracket(
    leader: Frontier, follower: Frontier, as_of: date, *, logarithmic: bool = False
) -> ReleaseBracket:
    """The lag between the leader's releases on either side of the follower's best.

    Between them the leader is taken to have risen evenly, on a `logarithmic` scale in the logarithm
    (where a value is not above zero, in points).
    """
    level = float(follower.values[-1])
    above = int(np.searchsorted(leader.values, level, side="right"))
    if above == leader.days.size:
        return ReleaseBracket(0.0, 0.0, 0.0)
    since: FloatArray = (to_day(as_of) - leader.days) / DAYS_PER_MONTH
    if above == 0:
        return ReleaseBracket(float(since[0]), None, None)
    ends = np.array([leader.values[above - 1], leader.values[above], level])
    if logarithmic and ends.min() > 0:
        ends = np.log(ends)
    share = (ends[2] - ends[0]) / (ends[1] - ends[0])
    central = since[above - 1] + share * (since[above] - since[above - 1])
    return ReleaseBracket(float(since[above]), float(central), float(since[above - 1]))


@dataclass(frozen=True)
class TieLag:
    """The lag when a tie counts as level.

    Attributes:
        months: since the leader's first release after the last one that the follower is level with;
            zero when it is level with the leader's best, None when with none.
        level_with: the newest model of the leader that the follower is level with, None if none.
    """

    months: float | None
    level_with: str | None


def tie_lag(leader: Frontier, follower: Frontier, as_of: date) -> TieLag | None:
    """The lag with ties, None where a standard error of the models compared is not known.

    Level: leader minus follower is at most 1.645 times the standard error of the difference, that
    is, the follower is ahead in at least one of twenty draws of both.
    """
    errors = leader.records["stderr"].to_list()
    own = follower.best["stderr"]
    if not isinstance(own, float) or any(error is None for error in errors):
        return None
    spread = Z90 * np.hypot(np.array(errors, dtype=np.float64), own)
    level = np.flatnonzero(leader.values - follower.values[-1] <= spread)
    if not level.size:
        return TieLag(None, None)
    last = int(level[-1])
    name = str(leader.records["model"][last])
    if last == leader.days.size - 1:
        return TieLag(0.0, name)
    return TieLag((to_day(as_of) - int(leader.days[last + 1])) / DAYS_PER_MONTH, name)
