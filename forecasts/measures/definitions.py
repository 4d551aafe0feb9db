"""The gap by every definition in public use, on the same data, each with whose it is.

Public figures ("7 months", "8 months", "2.7%") answer different questions. Sources:

* backward lag, averaged over days: Epoch AI, 2026-01-02, epoch.ai/data-insights/us-vs-china-eci
  (7 months on the Epoch Capabilities Index, tolerance 1 point). Epoch starts the clock when the
  leader was last at that level, here it starts when the leader was first there (DESIGN);
* backward lag today: the form of "performs like a model released about 8 months ago" (CAISI on
  DeepSeek V4 Pro, 2026-05-01);
* match intervals: kin of the distance between two frontiers over the levels that both reached
  (Epoch AI, 2025-10-30, epoch.ai/data-insights/open-weights-vs-closed-weights-models);
* release-lag bracket, ties, crossing of thresholds, velocity and catch-up date: see
  `forecasts.measures.release_lag`, `thresholds` and `lag_trend`;
* velocity of fitted lines: IAPS, Open-Source-Gap, 2026 (github.com/IAPS-AI/Open-Source-Gap);
* percent of the score: Stanford AI Index 2026 (2.7% on Arena scores, where zero is arbitrary);
* best of a year: the end-of-year differences in points of the Stanford AI Index 2025.
"""

from datetime import date

import numpy as np
import polars as pl

from forecasts.measures.frontier import Frontier, to_date, to_day
from forecasts.measures.gap import Gap, lag_days
from forecasts.measures.lag_trend import lag_trend
from forecasts.measures.release_lag import release_bracket, tie_lag
from forecasts.measures.thresholds import threshold_crossings, thresholds
from forecasts.request import MAX_MONTHS
from models.contract import DAYS_PER_MONTH
from models.linear_trend import Line, fit_line

SCHEMA: dict[str, pl.DataType] = {
    "definition": pl.String(), "value": pl.Float64(), "low": pl.Float64(), "high": pl.Float64(),
    "date": pl.Date(), "unit": pl.String(), "whose": pl.String(), "how": pl.String(),
}  # fmt: skip
Row = dict[str, object]
_MONTHS = "months"


def definitions_table(gap: Gap, ratio_scale: bool | None, *, seed: int = 0) -> pl.DataFrame:
    """One row per definition: definition, value, low, high, date, unit, whose, how.

    `value` is null where a definition has no answer; `how` then says why. `low` and `high` are its
    90% interval, of a bracket its ends, null where there is none; `date` is the day that a number
    of months from today means. `ratio_scale` tells whether the index has a true zero; where that is
    not known there is no ratio either. `seed` is that of the draws.
    """
    rows = [
        *_of_today(gap), *_of_releases(gap), *_of_matches(gap), *_of_lines(gap),
        *_of_trend(gap, seed), *_of_scores(gap, ratio_scale),
    ]  # fmt: skip
    return pl.DataFrame([{name: row.get(name) for name in SCHEMA} for row in rows], schema=SCHEMA)


def _row(name: str, value: float | int | None, unit: str, whose: str, how: str) -> Row:
    number = None if value is None else float(value)
    return {"definition": name, "value": number, "unit": unit, "whose": whose, "how": how}


def _between(row: Row, interval: tuple[float | None, float | None] | None) -> Row:
    low, high = interval or (None, None)
    return row | {"low": low, "high": high}


def _of_today(gap: Gap) -> list[Row]:
    top, low = gap.leader.bloc, gap.follower.bloc
    return [
        _between(
            _row(
                "points today", gap.gap_points, "points",
                "leaderboards (Artificial Analysis)", f"best {top} model minus best {low} model",
            ),
            gap.gap_interval,
        ),
        _between(
            _row(
                "backward lag today", gap.lag_months, _MONTHS,
                "CAISI wording; definition of this tool",
                f"time since the {top} frontier first reached today's {low} frontier",
            ),
            gap.lag_interval,
        ),
        _row(
            "backward lag, mean over days", _mean_lag(gap), _MONTHS, "Epoch AI, January 2026",
            "the backward lag of each day, averaged since both blocs have a model",
        ),
    ]  # fmt: skip


def _of_releases(gap: Gap) -> list[Row]:
    top, low = gap.leader.bloc, gap.follower.bloc
    bracket = release_bracket(
        gap.leader, gap.follower, gap.as_of, logarithmic=gap.scale.logarithmic
    )
    tie = tie_lag(gap.leader, gap.follower, gap.as_of)
    if tie is None:
        told = "refused: a standard error of the models compared is not known"
    elif tie.level_with is None:
        told = f"{low} is level with no model of {top}"
    else:
        told = (
            f"time since {top} released what {low} is not level with; a tie is a difference within "
            f"its 90% interval; newest model tied: {tie.level_with}"
        )
    return [
        _between(
            _row(
                "release-lag bracket", bracket.central, _MONTHS, "IAPS Open-Source-Gap, 2026",
                f"time since {top}'s release just above {low}'s best (low) and since that just "
                "below (high); between them on a straight line"
                if bracket.most is not None
                else f"at least the low end: {top}'s first model was above {low}'s best already",
            ),
            (bracket.least, bracket.most),
        ),
        _row(
            "backward lag, ties level", None if tie is None else tie.months, _MONTHS,
            "Epoch AI, May 2026 (paired bootstrap)", told,
        ),
    ]  # fmt: skip


def _of_matches(gap: Gap) -> list[Row]:
    top, low = gap.leader.bloc, gap.follower.bloc
    match, logarithmic = gap.match_months, gap.scale.logarithmic
    values = thresholds(gap.leader, gap.follower, logarithmic=logarithmic)
    crossed = threshold_crossings(gap.leader, gap.follower, gap.as_of, values)
    done = crossed.filter(~pl.col("censored"))["months"]
    middle = done.median()
    return [
        _row(
            "forward match, matched only", match["mean"], _MONTHS,
            "this tool; kin of Epoch AI, October 2025",
            f"mean time until {low} matched a {top} record, over "
            f"{int(match['n'] or 0) - int(match['n_censored'] or 0)} of {match['n']} records; "
            "leaves out those not matched yet, so it is too short",
        ),
        _row(
            "forward match, Kaplan-Meier median", match["median"], _MONTHS,
            "this tool (Kaplan and Meier 1958)",
            f"half of the {top} records are matched within this time, the "
            f"{match['n_censored']} open ones counted as censored",
        ),
        _row(
            "crossing of thresholds, median", middle if isinstance(middle, float) else None,
            _MONTHS, "Ihle (htihle), May 2026",
            f"time from the first {top} to the first {low} release at or above a value, over "
            f"{done.len()} pairs of models on a grid of {values.size} values; "
            f"{crossed.height - done.len()} more {low} has not passed",
        ),
    ]  # fmt: skip


def _of_lines(gap: Gap) -> list[Row]:
    top, low = gap.leader, gap.follower
    lines = "least-squares lines through each bloc's records: "
    return [
        _row(
            "distance between fitted lines", line_distance(top, low, gap.as_of), _MONTHS,
            "trend-line charts; no single owner",
            f"{lines}how long ago the leader's line was where the follower's is today",
        ),
        _row(
            "velocity, fitted lines", line_velocity(top, low, gap.as_of), "months per year",
            "IAPS Open-Source-Gap, 2026",
            f"{lines}how much their distance grows in a year; negative when the follower gains",
        ),
    ]  # fmt: skip


def _of_trend(gap: Gap, seed: int) -> list[Row]:
    whose = "Doubleword, June 2026"
    found = lag_trend(gap.leader, gap.follower, gap.as_of, gap.tolerance, seed=seed)
    if found is None:
        why = "refused: the lag is known in fewer than six months"
        return [
            _row("velocity of the lag", None, "months per year", whose, why),
            _row("catch-up date", None, "months from now", whose, why),
        ]
    how = (
        "where the line of best fit through the lag meets zero; a forecast, scored as the model "
        "lag-line of the backtest"
    )
    if found.catch_up is None:
        how += f"; the line does not get there within {MAX_MONTHS // 12} years"
    if found.never is not None:
        how += f"; {found.never:.0%} of the draws do not get there within {MAX_MONTHS // 12} years"
    months = found.catch_up
    on = None if months is None else to_date(round(to_day(gap.as_of) + months * DAYS_PER_MONTH))
    return [
        _between(
            _row(
                "velocity of the lag", found.velocity, "months per year", whose,
                "slope of the line of best fit through the lag at the ends of months; negative "
                "when the follower gains",
            ),
            found.velocity_interval,
        ),
        _between(
            _row("catch-up date", months, "months from now", whose, how), found.catch_up_interval
        )
        | {"date": on},
    ]  # fmt: skip


def _of_scores(gap: Gap, ratio_scale: bool | None) -> list[Row]:
    top, low = gap.leader.bloc, gap.follower.bloc
    rows = [
        _row(
            f"best of {year}", best_of_year(gap, year), "points",
            "Stanford AI Index 2025 (end of year)",
            f"best {top} minus best {low} model released in {year}"
            + (" so far" if year == gap.as_of.year else ""),
        )
        for year in (gap.as_of.year - 1, gap.as_of.year)
    ]  # fmt: skip
    level = float(gap.follower.values[-1])
    allowed = ratio_scale is True and level > 0
    ratio = _row(
        "ratio", 100 * gap.gap_points / level if allowed else None, "percent",
        "Stanford AI Index 2026 (2.7%)",
        "gap as a share of the follower's score" if allowed else _no_ratio(ratio_scale),
    )  # fmt: skip
    return [*rows, ratio]


def _no_ratio(ratio_scale: bool | None) -> str:
    if ratio_scale is None:
        return "refused: it is not known whether this scale has a true zero"
    if not ratio_scale:
        return "refused: this scale has no true zero, so a ratio of scores means nothing"
    return "refused: the follower's score is not above zero"


def line_distance(leader: Frontier, follower: Frontier, as_of: date) -> float | None:
    """Months since the leader's fitted line was where the follower's line is at `as_of`.

    Lines are least squares through each bloc's records. None with fewer than three records of a
    bloc or a leader's line that does not rise.
    """
    lines = _lines(leader, follower, as_of)
    if lines is None:
        return None
    top, low = lines
    return (top.level - low.level) / top.slope / DAYS_PER_MONTH


def line_velocity(leader: Frontier, follower: Frontier, as_of: date) -> float | None:
    """Months per year by which `line_distance` grows: 12 (1 - the follower's slope / the leader's).

    None where it is.
    """
    lines = _lines(leader, follower, as_of)
    return None if lines is None else 12 * (1 - lines[1].slope / lines[0].slope)


def _lines(leader: Frontier, follower: Frontier, as_of: date) -> tuple[Line, Line] | None:
    if min(leader.days.size, follower.days.size) < 3:
        return None
    top, low = (fit_line(line.days, line.values, to_day(as_of)) for line in (leader, follower))
    return (top, low) if top.slope > 0 else None


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
