"""Joint forecast of two frontiers: quantiles, gap and closure, all from one set of draws."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from forecasts.errors import TrackerError, UsageError
from forecasts.frontier import Frontier, to_date, to_day
from forecasts.gap import frontier_pair, period_ends
from forecasts.panel import ceiling_of, make_series
from forecasts.vintage import Vintage, known_models
from models import load
from models.history import (
    DAYS_PER_MONTH,
    Estimate,
    Fitted,
    FloatArray,
    History,
    Horizon,
    IntArray,
    NotEnoughHistory,
)

QUANTILES = (0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95)
QUANTILE_COLUMNS = tuple(f"q{round(q * 100):02d}" for q in QUANTILES)
# What the backtest supports: docs/skill.md.
DEFAULT_MODELS = ("pooled-growth",)
DEFINITIONS = ("level", "today")
MAX_MONTHS = 240
MAX_DRAWS = 1_000_000


@dataclass(frozen=True)
class Closure:
    """When the gap closes, by one definition of closed.

    Dates are to a week; one that lies past the horizon is None: its share of the draws is the mass
    beyond the horizon. `by_quarter` has quarter, date (its last day, or the end of the horizon),
    complete, probability_closed (by that date) and probability_ahead (follower at or above the
    leader on that date).
    """

    probability_within_horizon: float
    median_date: date | None
    q10_date: date | None
    q90_date: date | None
    by_quarter: pl.DataFrame


@dataclass(frozen=True)
class Forecast:
    """Quantiles of the joint future of two blocs.

    Attributes:
        models: names pooled with equal weight.
        failed: models that could not be fitted, name and reason.
        frontier: date, bloc, mean, q05 ... q95 in points, one row per month and bloc.
        gap: date, mean, q05 ... q95, leader minus follower in points.
        by_model: each model alone: model, probability_within_horizon, median_date, gap_mean,
            gap_q05, gap_q95 at the end of the horizon.
        leader, follower: the frontiers that were known.
        definition: what counts as closed: `level`, the follower's frontier comes within the
            tolerance of the leader's (and stays there for `hold_days`), or `today`, it reaches the
            leader's frontier of the day of the forecast.
        reach_today: the closure by the definition `today`, whichever was asked for.
        lag: date, mean, q05 ... q95 of the lag in months.
        time_in_lead: mean share of the horizon during which the follower is ahead.
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

    @property
    def follower_is_ahead(self) -> bool:
        """The gap was closed already on the day of the forecast."""
        return bool(self.follower.values[-1] >= self.leader.values[-1] - self.tolerance)


@dataclass(frozen=True)
class Grid:
    """Days of simulation: weeks, month steps and quarter ends, and which of them are which."""

    horizon: Horizon
    months: IntArray  # positions of the month steps
    quarters: IntArray  # positions of the quarter ends and of the end of the horizon


def make_grid(as_of: date, months: int) -> Grid:
    """Grid of `months` calendar months after `as_of`; first passage is seen to a week."""
    steps = (
        pl.Series([as_of] * months)
        .dt.offset_by(pl.Series([f"{k}mo" for k in range(1, months + 1)]))
        .to_list()
    )
    end = to_day(steps[-1])
    origin = to_day(as_of)
    month_days = np.array([to_day(d) for d in steps])
    quarter_days = np.array([to_day(d) for d in period_ends(as_of, steps[-1], "quarter")])
    quarter_days = np.unique(
        np.append(quarter_days[(quarter_days > origin) & (quarter_days <= end)], end)
    )
    days = np.unique(
        np.concatenate([np.arange(origin + 7, end + 1, 7), month_days, quarter_days])
    ).astype(np.int64)
    return Grid(
        Horizon(origin, days),
        np.searchsorted(days, month_days),
        np.searchsorted(days, quarter_days),
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
        pool: what the panel has taught by `as_of` (`forecasts.panel.learn_pool`).
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
    )


def fit_models(
    observations: pl.DataFrame,
    *,
    leader: str,
    follower: str,
    as_of: date,
    vintage: Vintage = "real",
    models: Sequence[str] = DEFAULT_MODELS,
    ceiling: float | None = None,
    pool: FloatArray | None = None,
) -> pl.DataFrame:
    """Fitted parameters of each model: model, parameter, estimate, stderr, unit.

    A model with residuals has diagnostics as well: p-values of Ljung and Box (no autocorrelation
    up to lag 5) and of Jarque and Bera (normality), and AIC and BIC of the normal likelihood, to
    compare curves fitted to the same records.

    Raises:
        UsageError: an unknown model or bloc.
        TrackerError: a model cannot be fitted.
    """
    _check(models, 1, MAX_DRAWS, 0.0, 0)
    top, low = frontier_pair(observations, leader, follower, as_of, vintage)
    history = make_history(observations, top, low, as_of, vintage, ceiling, pool)
    rows: list[tuple[str, str, float, float | None, str]] = []
    for name in dict.fromkeys(models):
        try:
            fitted = load(name).fit(history)
            summary = {**fitted.summary(), **_diagnostics(fitted)}
        except NotEnoughHistory as error:
            raise TrackerError(
                f"{name} cannot be fitted: {error}.", "Choose another model.", "not_enough_history"
            ) from error
        rows += [(name, key, e.value, e.stderr, e.unit) for key, e in summary.items()]
    return pl.DataFrame(
        rows,
        schema={
            "model": pl.String,
            "parameter": pl.String,
            "estimate": pl.Float64,
            "stderr": pl.Float64,
            "unit": pl.String,
        },
        orient="row",
    )


def _diagnostics(fitted: Fitted) -> dict[str, Estimate]:
    series = getattr(fitted, "residual_series", None)
    if series is None:
        return {}
    from statsmodels.stats.diagnostic import acorr_ljungbox
    from statsmodels.stats.stattools import jarque_bera

    found: dict[str, Estimate] = {}
    for bloc, (residuals, parameters) in series().items():
        n = residuals.size
        mean_square = float(residuals @ residuals) / n
        if mean_square <= 0 or n < 8:
            continue
        box = acorr_ljungbox(residuals, lags=[min(5, n // 2 - 1)])
        normal = n * (np.log(2 * np.pi * mean_square) + 1)
        for name, value, unit in (
            ("ljung_box", float(box["lb_pvalue"].iloc[0]), "p-value"),
            ("jarque_bera", float(jarque_bera(residuals)[1]), "p-value"),
            ("aic", float(normal + 2 * (parameters + 1)), ""),
            ("bic", float(normal + np.log(n) * (parameters + 1)), ""),
        ):
            found[f"{bloc}.{name}"] = Estimate(value, None, unit)
    return found


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


def first_passage(
    paths: FloatArray,
    days: IntArray,
    tolerance: float,
    hold_days: int = 0,
    level: float | None = None,
) -> FloatArray:
    """First of `days` on which the follower is within `tolerance` of the leader, per draw.

    With `hold_days` the first from which it stays so for that long, seen before the last of
    `days`; with `level` the leader's frontier is taken to be that number for ever.

    Returns:
        Shape (draws,) for `paths` (draws, 2, times); infinity where it does not happen.
    """
    leader = paths[:, 0] if level is None else level
    closed = paths[:, 1] >= leader - tolerance
    if hold_days:
        # Day of the next opening at or after each day; the end of the horizon cuts the view.
        opening = np.where(closed, np.inf, days.astype(np.float64))
        following = np.minimum.accumulate(opening[:, ::-1], axis=1)[:, ::-1]
        seen = days[-1] - days >= hold_days
        closed = closed & (following - days > hold_days) & seen
    first = days[closed.argmax(axis=1)].astype(np.float64)
    return np.where(closed.any(axis=1), first, np.inf)


def lags(paths: FloatArray, leader: Frontier, grid: Grid, tolerance: float) -> FloatArray:
    """Lag in months at each month step of each draw, shape (draws, months).

    The definition of `forecasts.gap.lag_days`, along the leader's past records and drawn path;
    where the leader was never so low, the time since its first record.
    """
    days = grid.horizon.days
    out = np.empty((paths.shape[0], grid.months.size))
    for column, at in enumerate(grid.months.tolist()):
        level = paths[:, 1, at] - tolerance
        past = np.searchsorted(leader.values, level, side="left")
        first = leader.days[np.minimum(past, leader.days.size - 1)]
        drawn = days[(paths[:, 0, : at + 1] >= level[:, None]).argmax(axis=1)]
        since = np.where(past < leader.days.size, first, drawn)
        ahead = paths[:, 1, at] >= paths[:, 0, at]
        out[:, column] = np.where(ahead, 0.0, (days[at] - since) / DAYS_PER_MONTH)
    return out


def closure(
    paths: FloatArray,
    grid: Grid,
    tolerance: float,
    hold_days: int = 0,
    level: float | None = None,
) -> Closure:
    """Distribution of the closing date over joint draws (draws, 2, times); see `first_passage`."""
    days = grid.horizon.days
    when = first_passage(paths, days, tolerance, hold_days, level)
    ends = days[grid.quarters]
    dates = pl.Series("date", [to_date(d) for d in ends])
    ahead = (paths[:, 1] >= paths[:, 0])[:, grid.quarters].mean(axis=0)
    by_quarter = pl.DataFrame({"date": dates}).select(
        quarter=pl.format("{}Q{}", pl.col("date").dt.year(), pl.col("date").dt.quarter()),
        date="date",
        complete=pl.col("date")
        == pl.col("date").dt.offset_by("1d").dt.truncate("1q").dt.offset_by("-1d"),
        probability_closed=pl.Series((when[:, None] <= ends).mean(axis=0)),
        probability_ahead=pl.Series(ahead),
    )
    return Closure(
        float(np.isfinite(when).mean()),
        median_date=_passage_quantile(when, 0.5),
        q10_date=_passage_quantile(when, 0.1),
        q90_date=_passage_quantile(when, 0.9),
        by_quarter=by_quarter,
    )


def _passage_quantile(when: FloatArray, level: float) -> date | None:
    # The inverse of the empirical distribution: an average with infinity has no meaning.
    day = float(np.quantile(when, level, method="inverted_cdf"))
    return to_date(int(day)) if np.isfinite(day) else None


def _alone(name: str, paths: FloatArray, alone: Closure) -> dict[str, object]:
    end = paths[:, 0, -1] - paths[:, 1, -1]
    low, high = np.quantile(end, (0.05, 0.95))
    return {
        "model": name,
        "probability_within_horizon": alone.probability_within_horizon,
        "median_date": alone.median_date,
        "gap_mean": float(end.mean()),
        "gap_q05": float(low),
        "gap_q95": float(high),
    }


def _check(
    names: Sequence[str], horizon_months: int, draws: int, tolerance: float, seed: int
) -> None:
    if not names:
        raise UsageError("No model is named.", "Give --model NAME, or leave it out.")
    for name in names:
        try:
            load(name)
        except ValueError as error:
            raise UsageError(str(error), code="unknown_model") from error
    if not 1 <= horizon_months <= MAX_MONTHS:
        raise UsageError(f"The horizon is {horizon_months} months; it must be 1 to {MAX_MONTHS}.")
    if not 100 <= draws <= MAX_DRAWS:
        raise UsageError(f"{draws} draws; give 100 to {MAX_DRAWS:,}.")
    if not tolerance >= 0:
        raise UsageError(f"The tolerance is {tolerance} points; it must be zero or more.")
    if seed < 0:
        raise UsageError(f"The seed is {seed}; it cannot be negative.")
