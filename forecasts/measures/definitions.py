"""The gap by every definition in public use, on the same data, each with whose it is.

Public figures ("7 months", "8 months", "2.7%") answer different questions. Sources:

* backward lag, averaged over days: Epoch AI, 2026-01-02, epoch.ai/data-insights/us-vs-china-eci
  (7 months on the Epoch Capabilities Index, tolerance 1 point). Epoch starts the clock when the
  leader was last at that level, here it starts when the leader was first there (DESIGN);
* backward lag today: the form of "performs like a model released about 8 months ago" (CAISI on
  DeepSeek V4 Pro, 2026-05-01);
* match intervals: kin of the distance between two frontiers over the levels that both reached
  (Epoch AI, 2025-10-30, epoch.ai/data-insights/open-weights-vs-closed-weights-models);
* percent of the score: Stanford AI Index 2026 (2.7% on Arena scores, where zero is arbitrary);
* best of a year: the end-of-year differences in points of the Stanford AI Index 2025.
"""

from datetime import date

import numpy as np
import polars as pl

from forecasts.measures.frontier import Frontier, to_day
from forecasts.measures.gap import Gap, lag_days
from models.contract import DAYS_PER_MONTH
from models.linear_trend import fit_line


def definitions_table(gap: Gap, ratio_scale: bool | None) -> pl.DataFrame:
    """One row per definition: definition, value, unit, whose, how.

    `value` is null where a definition has no answer; `how` then says why. `ratio_scale` tells
    whether the index has a true zero; unknown counts as no.
    """
    top, low = gap.leader, gap.follower
    match = gap.match_months
    rows: list[tuple[str, float | None, str, str, str]] = [
        (
            "points today",
            gap.gap_points,
            "points",
            "leaderboards (Artificial Analysis)",
            f"best {top.bloc} model minus best {low.bloc} model",
        ),
        (
            "backward lag today",
            gap.lag_months,
            "months",
            "CAISI wording; definition of this tool",
            f"time since the {top.bloc} frontier first reached today's {low.bloc} frontier",
        ),
        (
            "backward lag, mean over days",
            _mean_lag(gap),
            "months",
            "Epoch AI, January 2026",
            "the backward lag of each day, averaged since both blocs have a model",
        ),
        (
            "forward match, matched only",
            _float(match["mean"]),
            "months",
            "this tool; kin of Epoch AI, October 2025",
            f"mean time until {low.bloc} matched a {top.bloc} record, over "
            f"{int(match['n'] or 0) - int(match['n_censored'] or 0)} of {match['n']} records; "
            "leaves out those not matched yet, so it is too short",
        ),
        (
            "forward match, Kaplan-Meier median",
            _float(match["median"]),
            "months",
            "this tool (Kaplan and Meier 1958)",
            f"half of the {top.bloc} records are matched within this time, the "
            f"{match['n_censored']} open ones counted as censored",
        ),
        (
            "distance between fitted lines",
            line_distance(top, low, gap.as_of),
            "months",
            "trend-line charts; no single owner",
            "least-squares lines through each bloc's records: how long ago the leader's line was "
            "where the follower's is today",
        ),
    ]
    for year in (gap.as_of.year - 1, gap.as_of.year):
        rows.append(
            (
                f"best of {year}",
                best_of_year(gap, year),
                "points",
                "Stanford AI Index 2025 (end of year)",
                f"best {top.bloc} minus best {low.bloc} model released in {year}"
                + (" so far" if year == gap.as_of.year else ""),
            )
        )
    allowed = ratio_scale is True and low.values[-1] > 0
    rows.append(
        (
            "ratio",
            100 * gap.gap_points / float(low.values[-1]) if allowed else None,
            "percent",
            "Stanford AI Index 2026 (2.7%)",
            "gap as a share of the follower's score"
            if allowed
            else "refused: this scale has no true zero, so a ratio of scores means nothing",
        )
    )
    return pl.DataFrame(
        rows,
        schema={
            "definition": pl.String,
            "value": pl.Float64,
            "unit": pl.String,
            "whose": pl.String,
            "how": pl.String,
        },
        orient="row",
    )


def line_distance(leader: Frontier, follower: Frontier, as_of: date) -> float | None:
    """Months since the leader's fitted line was where the follower's line is at `as_of`.

    Lines are least squares through each bloc's records. None with fewer than three records of a
    bloc or a leader's line that does not rise.
    """
    if min(leader.days.size, follower.days.size) < 3:
        return None
    today = to_day(as_of)
    top = fit_line(leader.days, leader.values, today)
    low = fit_line(follower.days, follower.values, today)
    if top.slope <= 0:
        return None
    return (top.level - low.level) / top.slope / DAYS_PER_MONTH


def best_of_year(gap: Gap, year: int) -> float | None:
    """Best leader minus best follower model released in `year`; None if a bloc released none."""
    best = [
        f.releases.filter(pl.col("released_on").dt.year() == year)["value"].max()
        for f in (gap.leader, gap.follower)
    ]
    return None if None in best else float(best[0]) - float(best[1])  # type: ignore[arg-type]


def _mean_lag(gap: Gap) -> float | None:
    start = int(max(gap.leader.days[0], gap.follower.days[0]))
    days = np.arange(start, to_day(gap.as_of) + 1)
    lags = lag_days(gap.leader, gap.follower, days, gap.tolerance)
    known = lags[np.isfinite(lags)]
    return float(known.mean()) / DAYS_PER_MONTH if known.size else None


def _float(value: float | int | None) -> float | None:
    return None if value is None else float(value)
