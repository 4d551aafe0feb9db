"""Joint forecast of two frontiers: quantiles, gap and closure, all from one set of draws."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from forecasts.errors import TrackerError, UsageError
from forecasts.forecasting.closure import Closure, Grid, closure, lags, make_grid
from forecasts.forecasting.panel import ceiling_of
from forecasts.measures.frontier import Frontier, to_date, to_day
from forecasts.measures.gap import frontier_pair
from forecasts.measures.vintage import Vintage, known_models
from models import load
from models.contract import FloatArray, History, IntArray, NotEnoughHistory, make_series

QUANTILES = (0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95)
QUANTILE_COLUMNS = tuple(f"q{round(q * 100):02d}" for q in QUANTILES)
# What the backtest supports: docs/skill.md.
DEFAULT_MODELS = ("pooled-growth",)
DEFINITIONS = ("level", "today")
MAX_MONTHS = 240
MAX_DRAWS = 1_000_000


@dataclass(frozen=True)
class Forecast:
    """Quantiles of the joint future of two blocs.

    Attributes:
        models: names pooled with equal weight.
        failed: models that could not be fitted, name and reason.
        frontier: date, bloc, mean, q05 ... q95 in points, one row per month and bloc.
        gap: date, mean, q05 ... q95, leader minus follower in points.
        by_model: each model alone: model, probability_within_horizon, median_date, gap_mean,
            gap_q05, gap_q95 at the end of the horizon, then gap_q10, gap_q50, gap_q90.
        leader, follower: the frontiers that were known.
        definition: what counts as closed: `level`, the follower's frontier comes within the
            tolerance of the leader's (and stays there for `hold_days`), or `today`, it reaches the
            leader's frontier of the day of the forecast.
        reach_today: the closure by the definition `today`, whichever was asked for.
        lag: date, mean, q05 ... q95 of the lag in months.
        time_in_lead: mean share of the horizon during which the follower is ahead.
        history: what the models saw.
        grid: the days of the draws.
        paths: the draws behind all of this, of each model, shape (draws, 2 blocs, times).
    """

    as_of: date
    vintage: Vintage
    index_name: str
    index_version: str
    models: list[str]
    failed: list[dict[str, str]]
    draws: int
    seed: int
    tolerance: float
    horizon_months: int
    leader: Frontier
    follower: Frontier
    frontier: pl.DataFrame
    gap: pl.DataFrame
    closure: Closure
    by_model: pl.DataFrame
    definition: str
    hold_days: int
    reach_today: Closure
    lag: pl.DataFrame
    time_in_lead: float
    history: History = field(repr=False)
    grid: Grid = field(repr=False)
    paths: dict[str, FloatArray] = field(repr=False)

    @property
    def follower_is_ahead(self) -> bool:
        """The gap was closed already on the day of the forecast."""
        return bool(self.follower.values[-1] >= self.leader.values[-1] - self.tolerance)


def quantile_table(draws: FloatArray, days: IntArray) -> pl.DataFrame:
    """Mean and quantiles over draws (draws, times): date, mean, q05 ... q95."""
    levels = np.quantile(draws, QUANTILES, axis=0)
    return pl.DataFrame(
        {
            "date": [to_date(d) for d in days],
            "mean": draws.mean(axis=0),
            **dict(zip(QUANTILE_COLUMNS, levels, strict=True)),
        }
    )


def make_history(
    observations: pl.DataFrame,
    leader: Frontier,
    follower: Frontier,
    as_of: date,
    vintage: Vintage,
    ceiling: float | None,
    pool: FloatArray | None,
) -> History:
    """The two frontiers, and that of the whole index, as the models see them."""
    models = known_models(observations, as_of, vintage)
    values = models["value"].to_numpy()
    days = models["released_on"].cast(pl.Int32).to_numpy().astype(np.int64)
    return History(
        to_day(as_of),
        (leader.series(), follower.series()),
        ceiling_of(values, ceiling),
        make_series("index", days, values),
        pool,
    )


def model_generator(seed: int, name: str) -> np.random.Generator:
    """A model's own stream: the same whichever other models run beside it."""
    return np.random.default_rng(np.random.SeedSequence([seed, zlib.crc32(name.encode())]))


def forecast_gap(
    observations: pl.DataFrame,
    *,
    leader: str,
    follower: str,
    as_of: date,
    vintage: Vintage = "real",
    tolerance: float = 0.0,
    models: Sequence[str] = DEFAULT_MODELS,
    horizon_months: int = 24,
    draws: int = 10_000,
    seed: int = 0,
    ceiling: float | None = None,
    pool: FloatArray | None = None,
    definition: str = "level",
    hold_days: int = 0,
    progress: Callable[[str], None] = lambda _: None,
) -> Forecast:
    """Forecast two frontiers, their gap and its closure on one version of one index.

    Several models are pooled with equal weight: each contributes its share of the draws.

    Args:
        observations: current rows of one version of one index.
        ceiling: upper bound of the index in points, if it is known.
        pool: what the panel has taught by `as_of` (`forecasts.forecasting.panel.learn_pool`).
        definition, hold_days: what counts as closed, see `Forecast`.
        progress: called with the name of each model before it runs.

    Raises:
        UsageError: an unknown model or bloc, or a number out of its range.
        TrackerError: no model could be fitted, or a bloc has no models.
    """
    names = list(dict.fromkeys(models))
    _check(names, horizon_months, draws, tolerance, seed)
    if definition not in DEFINITIONS:
        raise UsageError(f"The definition is '{definition}'; it is {' or '.join(DEFINITIONS)}.")
    if not 0 <= hold_days <= 366:
        raise UsageError(f"The gap is to stay closed for {hold_days} days; give 0 to 366.")
    top, low = frontier_pair(observations, leader, follower, as_of, vintage)
    history = make_history(observations, top, low, as_of, vintage, ceiling, pool)
    grid = make_grid(as_of, horizon_months)
    shares = np.full(len(names), draws // len(names))
    shares[: draws % len(names)] += 1
    paths: dict[str, FloatArray] = {}
    failed: list[dict[str, str]] = []
    for name, share in zip(names, shares.tolist(), strict=True):
        progress(name)
        try:
            fitted = load(name).fit(history)
        except NotEnoughHistory as error:
            failed.append({"model": name, "reason": str(error)})
            continue
        paths[name] = fitted.simulate(grid.horizon, share, model_generator(seed, name))
    if not paths:
        raise TrackerError(
            f"No model could be fitted: {failed[0]['reason']}",
            "Log more releases of both blocs, or choose blocs with more of them.",
            code="not_enough_history",
        )
    pooled = np.concatenate(list(paths.values()))
    month_days = grid.horizon.days[grid.months]
    gap = pooled[:, 0] - pooled[:, 1]
    today = top.values[-1] if definition == "today" else None

    def closing(draws_of: FloatArray) -> Closure:
        return closure(draws_of, grid, tolerance, hold_days, today)

    return Forecast(
        as_of=as_of,
        vintage=vintage,
        index_name=observations["index_name"][0],
        index_version=observations["index_version"][0],
        models=list(paths),
        failed=failed,
        draws=pooled.shape[0],
        seed=seed,
        tolerance=tolerance,
        horizon_months=horizon_months,
        leader=top,
        follower=low,
        frontier=pl.concat(
            [
                quantile_table(pooled[:, i, grid.months], month_days).insert_column(
                    1, pl.lit(f.bloc).alias("bloc")
                )
                for i, f in enumerate((top, low))
            ]
        ).sort("date", maintain_order=True),
        gap=quantile_table(gap[:, grid.months], month_days),
        closure=closing(pooled),
        by_model=pl.DataFrame(
            [_alone(name, path, closing(path)) for name, path in paths.items()],
            infer_schema_length=None,
        ).with_columns(pl.col("median_date").cast(pl.Date)),
        definition=definition,
        hold_days=hold_days,
        reach_today=closure(pooled, grid, tolerance, 0, float(top.values[-1])),
        lag=quantile_table(lags(pooled, top, grid, tolerance), month_days),
        time_in_lead=float((gap < 0).mean()),
        history=history,
        grid=grid,
        paths=paths,
    )


def _alone(name: str, paths: FloatArray, alone: Closure) -> dict[str, object]:
    end = paths[:, 0, -1] - paths[:, 1, -1]
    levels = np.quantile(end, (0.05, 0.95, 0.10, 0.50, 0.90)).tolist()
    names = ("gap_q05", "gap_q95", "gap_q10", "gap_q50", "gap_q90")
    return {
        "model": name,
        "probability_within_horizon": alone.probability_within_horizon,
        "median_date": alone.median_date,
        "gap_mean": float(end.mean()),
        **dict(zip(names, levels, strict=True)),
    }


def check_models(names: Sequence[str]) -> None:
    """Raise UsageError when no model is named or one is unknown."""
    if not names:
        raise UsageError("No model is named.", "Give --model NAME, or leave it out.")
    for name in names:
        try:
            load(name)
        except ValueError as error:
            raise UsageError(str(error), code="unknown_model") from error


def _check(
    names: Sequence[str], horizon_months: int, draws: int, tolerance: float, seed: int
) -> None:
    check_models(names)
    if not 1 <= horizon_months <= MAX_MONTHS:
        raise UsageError(f"The horizon is {horizon_months} months; it must be 1 to {MAX_MONTHS}.")
    if not 100 <= draws <= MAX_DRAWS:
        raise UsageError(f"{draws} draws; give 100 to {MAX_DRAWS:,}.")
    if not tolerance >= 0:
        raise UsageError(f"The tolerance is {tolerance} points; it must be zero or more.")
    if seed < 0:
        raise UsageError(f"The seed is {seed}; it cannot be negative.")
