"""How far the follower trails the leader: in points, in months, record by record, over time."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import numpy as np
import polars as pl

from forecasts.errors import UsageError
from forecasts.measures.blocs import parse_bloc
from forecasts.measures.frontier import Frontier, to_date, to_day
from forecasts.measures.lag_interval import lag_interval
from forecasts.measures.linked import LinkUse
from forecasts.measures.pair import Sharing, frontier_pair
from forecasts.measures.precedence import disagreements, touching
from forecasts.measures.value_scale import ValueScale, at_ceiling, ceiling_of, value_scale
from forecasts.measures.view import IndexView
from forecasts.request import Pair, Vintage
from models.contract import DAYS_PER_MONTH, FloatArray, IntArray
from models.helpers.survival import km_median

Period = Literal["month", "quarter"]
HISTORY = ("date", "leader_value", "follower_value", "gap_points", "lag_months")

# Two-sided 90 percent of a normal: the interval between the levels 0.05 and 0.95.
Z90 = 1.6448536269514722
INTERVAL_DRAWS = 20_000


@dataclass(frozen=True)
class Undated:
    """Models of a bloc that no frontier can hold, because nobody knows when they were released.

    `above` of the `models` are better than the bloc's frontier; `model` is the best of all.
    """

    bloc: str
    models: int
    above: int
    model: str | None
    value: float | None


@dataclass(frozen=True)
class Gap:
    """The gap of two blocs as of a date, with everything it was computed from.

    Attributes:
        gap_points: leader minus follower, in points; negative when the follower is ahead.
        gap_interval: 90% interval from the standard errors of the two best models, or None when
            either has none. It covers measurement error of these two, not the choice of the best.
        lag_months: None when the leader has never been at the follower's level.
        lag_interval: 90% interval of the lag in months, as `lag_interval` of
            `forecasts.measures.lag_interval`; None with few models of a bloc.
        matches: one row per leader record: leader_model, leader_released_on, leader_value,
            follower_model, follower_released_on, months, censored.
        match_months: n, n_censored, mean, median (Kaplan-Meier), min, max.
        history: date, leader_value, follower_value, gap_points, lag_months.
        lead: days each bloc has led since both had a model, ties, and changes of the lead.
        counts: models and variants per bloc.
        sharing: what models of both blocs counted for, and how many there are.
        scale: how values of the index are told.
        exhausted: the leader's frontier stands at the upper bound of the index, which no longer
            tells the blocs apart.
        undated: of each bloc, leader first, what is left out because no release date is known.
        links: by which models of other versions of the index were moved to this one's scale.
        disagreements: where sources differ on the day that counts and a frontier of the two is
            touched, as of `forecasts.measures.precedence.touching`.
    """

    as_of: date
    vintage: Vintage
    index_name: str
    index_version: str
    tolerance: float
    leader: Frontier
    follower: Frontier
    gap_points: float
    gap_interval: tuple[float, float] | None
    lag_months: float | None
    matches: pl.DataFrame
    match_months: dict[str, float | int | None]
    history: pl.DataFrame
    lead: dict[str, int]
    counts: pl.DataFrame
    sharing: Sharing
    scale: ValueScale
    exhausted: bool
    disagreements: pl.DataFrame = field(default_factory=pl.DataFrame)
    lag_interval: tuple[float, float] | None = None
    links: tuple[LinkUse, ...] = ()
    undated: tuple[Undated, ...] = ()

    @property
    def gap_ratio(self) -> float | None:
        """The leader's value divided by the follower's, on a logarithmic scale alone."""
        top, low = float(self.leader.values[-1]), float(self.follower.values[-1])
        return top / low if self.scale.logarithmic and min(top, low) > 0 else None

    @property
    def gap_doublings(self) -> float | None:
        """The gap on a logarithmic scale: how often the follower's value would have to double."""
        ratio = self.gap_ratio
        return None if ratio is None else float(np.log2(ratio))

    @property
    def swept_until(self) -> date | None:
        """The last sweep of the index by `as_of`: what was released since is known in part only.

        None where it was never seen whole.
        """
        return self.leader.swept_until


def lag_days(leader: Frontier, follower: Frontier, days: IntArray, tolerance: float) -> FloatArray:
    """Lag on each of `days`: t - min{s : F_L(s) >= F_F(t) - tolerance}, shape of `days`.

    Zero when the follower is ahead or level; nan before both blocs have a frontier. The
    definition is the backward ("horizontal") distance between two frontiers.
    """
    level = follower.at(days)
    index = np.searchsorted(leader.values, level - tolerance, side="left")
    reached = index < leader.days.size
    since = days - leader.days[np.minimum(index, leader.days.size - 1)]
    ahead = level >= leader.at(days)
    lag = np.where(ahead, 0.0, np.where(reached, since, np.nan))
    return np.where(np.isnan(level) | np.isnan(leader.at(days)), np.nan, lag)


def match_intervals(
    leader: Frontier, follower: Frontier, as_of: date, tolerance: float
) -> pl.DataFrame:
    """For each leader record, months until the first follower model within `tolerance` of it.

    A record that no follower model has reached is censored at `as_of`; one that the follower had
    reached before has the interval 0. Columns as in `Gap.matches`.
    """
    index = np.searchsorted(follower.values, leader.values - tolerance, side="left")
    censored = index >= follower.days.size
    first = np.minimum(index, follower.days.size - 1)
    until = np.where(censored, to_day(as_of), follower.days[first])
    months = np.maximum(until - leader.days, 0) / DAYS_PER_MONTH
    matched = pl.Series("censored", censored)
    hit = follower.records[first.tolist()]
    return pl.DataFrame(
        {
            "leader_model": leader.records["model"],
            "leader_released_on": leader.records["released_on"],
            "leader_value": leader.records["value"],
            "follower_model": hit["model"],
            "follower_released_on": hit["released_on"],
            "months": months,
            "censored": matched,
        }
    ).with_columns(
        pl.when(~pl.col("censored")).then(pl.col(c)).alias(c)
        for c in ("follower_model", "follower_released_on")
    )


def summarise_matches(matches: pl.DataFrame) -> dict[str, float | int | None]:
    """n, n_censored, and over the matched ones mean, min and max in months.

    `median` is the Kaplan-Meier median over all, None while fewer than half are matched.
    """
    done = matches.filter(~pl.col("censored"))["months"]
    return {
        "n": matches.height,
        "n_censored": int(matches["censored"].sum()),
        "mean": _number(done.mean()),
        "median": km_median(matches["months"].to_numpy(), ~matches["censored"].to_numpy()),
        "min": _number(done.min()),
        "max": _number(done.max()),
    }


def gap_series(
    leader: Frontier,
    follower: Frontier,
    first: date | None,
    last: date,
    by: Period,
    tolerance: float,
) -> pl.DataFrame:
    """Gap and lag at the end of each month or quarter from `first` to `last`, both included.

    Returns:
        date, leader_value, follower_value, gap_points, gap_low, gap_high (90% interval from the
        standard errors of the two models that hold the frontiers on the day, null where either is
        not known), lag_months, gap_doublings (log2 of leader / follower, null unless both are above
        zero). No rows where the two never both have a model.
    """
    begin = int(max(leader.days[0], follower.days[0]))
    if first is not None:
        begin = max(begin, to_day(first))
    ends: list[date] = []
    if begin <= to_day(last):
        start = to_date(begin)
        ends = [when for when in period_ends(start, last, by) if when < last] + [last]
        if first is not None and ends[0] != start:
            ends = [start, *ends]
    days = np.array([to_day(when) for when in ends], dtype=np.int64)
    top, low = leader.at(days), follower.at(days)
    spread = Z90 * np.hypot(_stderr_at(leader, days), _stderr_at(follower, days))
    return pl.DataFrame(
        {
            "date": pl.Series(ends, dtype=pl.Date),
            "leader_value": top,
            "follower_value": low,
            "gap_points": top - low,
            "gap_low": top - low - spread,
            "gap_high": top - low + spread,
            "lag_months": lag_days(leader, follower, days, tolerance) / DAYS_PER_MONTH,
            "gap_doublings": _doublings(top, low),
        }
    ).with_columns(pl.col(pl.Float64).fill_nan(None))


def gap_steps(leader: Frontier, follower: Frontier, start: int, end: int) -> pl.DataFrame:
    """date, gap_points, gap_doublings at `start`, at each record of either bloc after it, and at
    `end` (days).
    """
    days = np.unique(np.concatenate([leader.days, follower.days, [start, end]]))
    days = days[(days >= start) & (days <= end)]
    top, low = leader.at(days), follower.at(days)
    table = pl.DataFrame(
        {
            "date": [to_date(d) for d in days],
            "gap_points": top - low,
            "gap_doublings": _doublings(top, low),
        }
    )
    return table.filter(pl.col("gap_points").is_finite()).with_columns(
        pl.col("gap_doublings").fill_nan(None)
    )


def _doublings(leader: FloatArray, follower: FloatArray) -> FloatArray:
    """log2 of leader / follower, nan unless both are above zero."""
    good = (leader > 0) & (follower > 0)
    ratio = np.divide(leader, follower, out=np.full(leader.shape, np.nan), where=good)
    found: FloatArray = np.log2(ratio)
    return found


def _stderr_at(line: Frontier, days: IntArray) -> FloatArray:
    """Standard error of the model that holds the frontier on each day, nan where not known."""
    at = np.searchsorted(line.days, days, side="right") - 1
    errors = line.records["stderr"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    return np.where(at >= 0, errors[np.maximum(at, 0)], np.nan)


def period_ends(start: date, end: date, by: Period) -> list[date]:
    """Last days of the months or quarters from that of `start` up to that of `end`."""
    step = {"month": "1mo", "quarter": "1q"}[by]
    first = pl.Series([start]).dt.truncate(step).item()
    return (
        pl.date_range(first, end, step, eager=True).dt.offset_by(step).dt.offset_by("-1d").to_list()
    )


def lead_days(leader: Frontier, follower: Frontier, as_of: date) -> dict[str, int]:
    """Days that each bloc has held the higher frontier since both had one, and lead changes.

    Keys: leader_days, follower_days, tied_days, changes. A change is counted when the lead passes
    from one bloc to the other, with or without a tie between.
    """
    start = int(max(leader.days[0], follower.days[0]))
    days = np.arange(start, to_day(as_of) + 1)
    sign = np.sign(leader.at(days) - follower.at(days))
    led = sign[sign != 0]
    return {
        "leader_days": int((sign > 0).sum()),
        "follower_days": int((sign < 0).sum()),
        "tied_days": int((sign == 0).sum()),
        "changes": int((np.diff(led) != 0).sum()),
    }


def measurement_interval(
    leader: Frontier, follower: Frontier, *, logarithmic: bool = False
) -> tuple[float, float] | None:
    """90% interval of the gap from the two best models' standard errors, taken as independent.

    On a logarithmic scale the errors are of the logarithms (a standard error over its value), and
    the interval is that of the difference of two lognormal quantities, by draws of a fixed seed.
    """
    first, second = leader.best["stderr"], follower.best["stderr"]
    if not isinstance(first, float) or not isinstance(second, float):
        return None
    top, low = float(leader.values[-1]), float(follower.values[-1])
    if logarithmic and min(top, low) > 0:
        z = np.random.default_rng(0).standard_normal((2, INTERVAL_DRAWS))
        drawn = top * np.exp(first / top * z[0]) - low * np.exp(second / low * z[1])
        ends = np.quantile(drawn, (0.05, 0.95))
        return float(ends[0]), float(ends[1])
    spread = Z90 * float(np.hypot(first, second))
    return top - low - spread, top - low + spread


def count_models(frontiers: Iterable[Frontier]) -> pl.DataFrame:
    """Per bloc: variants (rows of the leaderboard), models (variants grouped), records."""
    return pl.DataFrame(
        [
            {
                "bloc": f.bloc,
                "models": f.releases.select("lab", "base").n_unique(),
                "variants": f.releases.height,
                "records": f.records.height,
            }
            for f in frontiers
        ]
    )


def measure_gap(
    view: IndexView,
    pair: Pair,
    *,
    tolerance: float = 0.0,
    by: Period = "month",
    seed: int | None = None,
) -> Gap:
    """The gap of two blocs on one version of one index.

    `seed` is that of the interval of the lag, which is left out without one.

    Raises:
        UsageError: the two blocs are the same, the tolerance is negative, or a bloc is not one.
        TrackerError: a bloc has no model by the day of the view, or none that counts for it.
    """
    found = frontier_pair(view, pair)
    if not tolerance >= 0:
        raise UsageError(f"The tolerance is {tolerance} points; it must be zero or more.")
    top, low = found.lines
    as_of, models = view.as_of, view.models()
    ceiling = ceiling_of(models["value"].to_numpy(), view.spec.ceiling)
    scale = value_scale(models, view.spec)
    matches = match_intervals(top, low, as_of, tolerance)
    today = np.array([to_day(as_of)])
    return Gap(
        as_of=as_of,
        vintage=view.vintage,
        index_name=view.index_name,
        index_version=view.index_version,
        tolerance=tolerance,
        leader=top,
        follower=low,
        gap_points=float(top.values[-1] - low.values[-1]),
        gap_interval=measurement_interval(top, low, logarithmic=scale.logarithmic),
        lag_months=_number(lag_days(top, low, today, tolerance)[0] / DAYS_PER_MONTH),
        matches=matches,
        match_months=summarise_matches(matches),
        history=gap_series(top, low, None, as_of, by, tolerance).select(HISTORY),
        lead=lead_days(top, low, as_of),
        counts=count_models(found.lines),
        sharing=found.sharing,
        scale=scale,
        exhausted=bool(at_ceiling(top.values[-1:], ceiling)[0]),
        disagreements=_disagreements(view, found.lines),
        lag_interval=None if seed is None else lag_interval(top, low, as_of, tolerance, seed=seed),
        links=view.links,
        undated=_undated(view, found.lines),
    )


def _undated(view: IndexView, lines: tuple[Frontier, Frontier]) -> tuple[Undated, ...]:
    rows = view.undated()
    found: list[Undated] = []
    for line in lines:
        own = rows.filter(parse_bloc(line.bloc).member)
        best = own.row(0, named=True) if own.height else {"model": None, "value": None}
        above = int((own["value"] > float(line.values[-1])).sum())
        found.append(Undated(line.bloc, own.height, above, best["model"], best["value"]))
    return tuple(found)


def _disagreements(view: IndexView, lines: tuple[Frontier, Frontier]) -> pl.DataFrame:
    columns = ["model", "model_key", "observed_on", "value"]
    models = pl.concat([line.releases.select(columns) for line in lines])
    return touching(disagreements(view.rows, models.unique("model_key")), lines)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and np.isfinite(value) else None
