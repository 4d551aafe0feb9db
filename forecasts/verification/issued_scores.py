"""Scores of issued forecasts against what came."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from forecasts.forecasting.closure import first_passage
from forecasts.measures.frontier import Frontier, to_date, to_day
from forecasts.measures.gap import frontier_pair
from forecasts.verification import scoring
from forecasts.verification.backtest import BASELINES
from forecasts.verification.issued import TABLE, Issued

_CONTEXT: dict[str, pl.DataType] = {
    "retrospective": pl.Boolean(), "observed_until": pl.Date(), "scale": pl.Float64(),
    "issued_at": TABLE["issued_at"], "as_of": pl.Date(), "index_name": pl.String(),
    "index_version": pl.String(), "leader": pl.String(), "follower": pl.String(),
}  # fmt: skip
_WHO: dict[str, pl.DataType] = {
    "forecast_id": pl.String(), "model": pl.String(), "role": pl.String(),
}  # fmt: skip
VALUES: dict[str, pl.DataType] = {
    **_WHO, "target": pl.String(), "date": pl.Date(), "months": pl.Int64(),
    "observed": pl.Float64(), "median": pl.Float64(), "crps": pl.Float64(), "pit": pl.Float64(),
    "in_80": pl.Boolean(), "in_90": pl.Boolean(), "crps_persistence": pl.Float64(),
    "crps_random_walk_drift": pl.Float64(), **_CONTEXT,
}  # fmt: skip
EVENTS_SCORED: dict[str, pl.DataType] = {
    **_WHO, "event": pl.String(), "date": pl.Date(), "probability": pl.Float64(),
    "happened": pl.Boolean(), "brier": pl.Float64(), "brier_persistence": pl.Float64(),
    "brier_random_walk_drift": pl.Float64(), **_CONTEXT,
}  # fmt: skip


@dataclass(frozen=True)
class Scores:
    """Scores of issued forecasts.

    `values` has one row per forecast, model, target and date that was reached: forecast_id, model,
    role, target, date, months (ahead), observed, median, crps (points), pit, in_80, in_90 (whether
    the central interval held it), crps_persistence and crps_random_walk_drift (of the same date,
    issued at the same moment), retrospective, observed_until, scale, then issued_at, as_of,
    index_name, index_version, leader, follower.

    `events` has one row per forecast, model, event and quarter's end (or end of the horizon):
    event (closed or ahead), probability, happened, brier, brier_persistence,
    brier_random_walk_drift, and the same others.
    """

    values: pl.DataFrame
    events: pl.DataFrame


def score(issued: Issued, observations: pl.DataFrame, known_until: date) -> Scores:
    """Score what has come by `known_until`, nothing of the day of the forecast or before.

    The observed frontier on a date is that of the models released by then with the latest values
    known (vintage `final`). CRPS and intervals are those of `backtest`; the PIT is its
    middle within a tie (`scoring.mid_pit`), so that it is the same at each call: an unmoved
    frontier lies on the floor of its draws, and a PIT at random there could not be repeated.

    Args:
        observations: current rows of the index version of `issued`, and of no other.
        known_until: the last day of its observations.

    Raises:
        TrackerError: a bloc has no model any more.
    """
    terms = issued.terms
    due = issued.said.filter((pl.col("date") > terms.as_of) & (pl.col("date") <= known_until))
    if due.is_empty():
        return Scores(pl.DataFrame(schema=VALUES), pl.DataFrame(schema=EVENTS_SCORED))
    pair = frontier_pair(observations, terms.leader, terms.follower, known_until, "final")
    return Scores(
        _with_context(_values(issued, due, pair), issued, known_until, VALUES),
        _with_context(_events(issued, due, pair, known_until), issued, known_until, EVENTS_SCORED),
    )


def _values(issued: Issued, due: pl.DataFrame, pair: tuple[Frontier, Frontier]) -> pl.DataFrame:
    rows = due.filter(pl.col("quantiles").is_not_null())
    days = rows["date"].cast(pl.Int32).to_numpy().astype(np.int64)
    top, low = (line.at(days) for line in pair)
    target = rows["target"].to_numpy()
    observed = np.select([target == "leader", target == "follower"], [top, low], top - low)
    quantiles = rows["quantiles"].list.to_array(scoring.K).to_numpy().astype(np.float64)
    quantiles = quantiles.reshape(-1, scoring.K)
    slack = np.full(days.size, scoring.SLACK * issued.terms.scale)
    month = {day: k for k, day in enumerate(issued.dates, 1)}
    scored = rows.with_columns(
        months=pl.col("date").replace_strict(month, return_dtype=pl.Int64),
        observed=observed,
        median=scoring.quantile_at(quantiles, 0.5),
        crps=scoring.crps(quantiles, observed),
        pit=scoring.mid_pit(quantiles, observed),
        in_80=scoring.covered(quantiles, observed, 0.8, slack) > 0,
        in_90=scoring.covered(quantiles, observed, 0.9, slack) > 0,
    )
    # A bloc whose early models were all taken back has no frontier on the first dates.
    return _beside_baselines(scored.filter(pl.col("observed").is_finite()), "crps")


def _events(
    issued: Issued, due: pl.DataFrame, pair: tuple[Frontier, Frontier], known_until: date
) -> pl.DataFrame:
    terms = issued.terms
    end = max(issued.said["date"].to_list())
    days = np.arange(to_day(terms.as_of) + 1, to_day(min(known_until, end)) + 1)
    paths = np.stack([line.at(days) for line in pair])[None]
    level = terms.leader_value if terms.definition == "today" else None
    first = first_passage(paths, days, terms.tolerance, terms.hold_days, level)[0]
    rows = due.filter(pl.col("probability").is_not_null())
    on = rows["date"].cast(pl.Int32).to_numpy().astype(np.int64)
    ahead = np.asarray(paths[0, 1] >= paths[0, 0])[on - days[0]]
    happened = np.where(rows["target"].to_numpy() == "closed", first <= on, ahead)
    # Whether a closing lasts is seen so many days later, or never after the end of the horizon.
    settled = (pl.col("target") == "ahead") | (pl.col("date") == end) | (
        pl.col("date") <= to_date(to_day(known_until) - terms.hold_days)
    )  # fmt: skip
    scored = rows.with_columns(happened=happened, event="target").filter(settled)
    miss = pl.col("probability") - pl.col("happened").cast(pl.Float64)
    return _beside_baselines(scored.with_columns(brier=miss**2), "brier")


def _beside_baselines(scored: pl.DataFrame, score: str) -> pl.DataFrame:
    """The rows of models and pool, with the score of each baseline on the same target and date."""
    out = scored.filter(pl.col("role") != "baseline")
    for name in BASELINES:
        theirs = scored.filter(model=name, role="baseline").select(
            "target", "date", pl.col(score).alias(f"{score}_{name.replace('-', '_')}")
        )
        out = out.join(theirs, on=["target", "date"], how="left", maintain_order="left")
    return out


def _with_context(
    rows: pl.DataFrame, issued: Issued, known_until: date, columns: dict[str, pl.DataType]
) -> pl.DataFrame:
    last = max(issued.issued_at.date(), issued.data_until)
    constant = vars(issued.terms) | vars(issued) | {"observed_until": known_until}
    return rows.with_columns(
        pl.lit(constant[c], dtype=kind).alias(c) for c, kind in columns.items() if c in constant
    ).select(
        (pl.col("date") <= last).alias(c) if c == "retrospective" else c for c in columns
    )  # fmt: skip


def summarise(values: pl.DataFrame) -> pl.DataFrame:
    """Means of `Scores.values` over the dates of each forecast, model and target.

    forecast_id, model, target, dates, crps, skill (1 - CRPS / CRPS of the random walk with drift),
    skill_persistence, coverage_80, coverage_90, pit, retrospective (how many dates are).
    """

    def against(column: str) -> pl.Expr:
        both = pl.col(column).is_not_null()
        reference = pl.col(column).filter(both).mean()
        ratio = pl.col("crps").filter(both).mean() / reference
        return pl.when(reference > 0).then(1 - ratio)

    return values.group_by("forecast_id", "model", "target", maintain_order=True).agg(
        dates=pl.len(),
        crps=pl.col("crps").mean(),
        skill=against("crps_random_walk_drift"),
        skill_persistence=against("crps_persistence"),
        coverage_80=pl.col("in_80").mean(),
        coverage_90=pl.col("in_90").mean(),
        pit=pl.col("pit").mean(),
        retrospective=pl.col("retrospective").sum(),
    )


def fan(issued: Issued, observations: pl.DataFrame, known_until: date) -> pl.DataFrame:
    """The headline's forecast of the gap and what came: columns of `fans`."""
    terms = issued.terms
    rows = issued.said.filter(model=issued.headline, target="gap")
    rows = rows.filter(pl.col("role") != "baseline").sort("date")
    quantiles = np.array(rows["quantiles"].to_list())
    ends = {
        "low_90": 0.05, "low_80": 0.10, "median": 0.50, "high_80": 0.90, "high_90": 0.95,
    }  # fmt: skip
    levels = {name: scoring.quantile_at(quantiles, level) for name, level in ends.items()}
    scored = score(issued, observations, known_until).values
    scored = scored.filter(model=issued.headline, target="gap")
    first = {"date": terms.as_of} | dict.fromkeys(ends, terms.leader_value - terms.follower_value)
    return (
        pl.concat([pl.DataFrame([first]), rows.select("date", **levels)])
        .join(
            scored.select("date", "observed", "in_80", "in_90"),
            on="date", how="left", maintain_order="left",
        )
        .select(
            pl.lit(issued.forecast_id).alias("forecast_id"),
            pl.lit(issued.issued_at, dtype=TABLE["issued_at"]).alias("issued_at"),
            pl.lit(terms.as_of).alias("as_of"),
            pl.lit(issued.headline).alias("model"),
            "date", *ends, "observed", "in_80", "in_90",
            retrospective=pl.col("date") <= max(issued.issued_at.date(), issued.data_until),
        )
    )  # fmt: skip


def gap_steps(leader: Frontier, follower: Frontier, start: int, end: int) -> pl.DataFrame:
    """date, gap_points at `start`, at each record of either bloc after it, and at `end` (days)."""
    days = np.unique(np.concatenate([leader.days, follower.days, [start, end]]))
    days = days[(days >= start) & (days <= end)]
    gap = leader.at(days) - follower.at(days)
    table = pl.DataFrame({"date": [to_date(d) for d in days], "gap_points": gap})
    return table.filter(pl.col("gap_points").is_finite())
