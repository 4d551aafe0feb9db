"""Joint forecast of two frontiers: quantiles, gap and closure, all from one set of draws."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import polars as pl

from forecasts.errors import TrackerError, UsageError
from forecasts.forecasting.closure import Closed, Closure, Grid, closure, lags, make_grid
from forecasts.measures.frontier import Frontier, to_date, to_day
from forecasts.measures.linked import LinkUse
from forecasts.measures.pair import Sharing, frontier_pair
from forecasts.measures.value_scale import ValueScale, at_ceiling, ceiling_of, value_scale
from forecasts.measures.view import IndexView
from forecasts.nearest import did_you_mean
from forecasts.request import DEFAULT_MODELS, ClosureRule, ForecastRequest, Vintage
from models import MODELS, load
from models.contract import FloatArray, History, IntArray, Learnt, NotEnoughHistory, make_series

QUANTILES = (0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95)
QUANTILE_COLUMNS = tuple(f"q{round(q * 100):02d}" for q in QUANTILES)


@dataclass(frozen=True)
class Forecast:
    """Quantiles of the joint future of two blocs.

    Attributes:
        request: what was asked for, nothing left out.
        models: names pooled with equal weight, those that could be fitted.
        failed: models that could not be fitted, name and reason.
        frontier: date, bloc, mean, q05 ... q95 in points, one row per month and bloc.
        gap: date, mean, q05 ... q95, leader minus follower in points.
        by_model: each model alone: model, probability_within_horizon, median_date, gap_mean,
            gap_q05, gap_q95 at the end of the horizon, then gap_q10, gap_q50, gap_q90 and
            probability_exhausted; on a logarithmic scale doublings_q05 ... doublings_q95.
        leader, follower: the frontiers that were known.
        reach_today: the closure by the definition `today`, whichever was asked for.
        lag: date, mean, q05 ... q95 of the lag in months.
        time_in_lead: mean share of the horizon during which the follower is ahead.
        gap_doublings: on a logarithmic scale date, mean, q05 ... q95 of log2(leader / follower),
            else None.
        sharing: what models of both blocs counted for, and how many there are.
        scale: how values of the index are told.
        history: what the models saw.
        grid: the days of the draws.
        paths: the draws behind all of this, of each model, shape (draws, 2 blocs, times).
    """

    request: ForecastRequest
    as_of: date
    index_name: str
    index_version: str
    models: list[str]
    failed: list[dict[str, str]]
    draws: int
    leader: Frontier
    follower: Frontier
    frontier: pl.DataFrame
    gap: pl.DataFrame
    closure: Closure
    by_model: pl.DataFrame
    reach_today: Closure
    lag: pl.DataFrame
    time_in_lead: float
    gap_doublings: pl.DataFrame | None
    sharing: Sharing
    links: tuple[LinkUse, ...]
    scale: ValueScale
    history: History = field(repr=False)
    grid: Grid = field(repr=False)
    paths: dict[str, FloatArray] = field(repr=False)

    @property
    def vintage(self) -> Vintage:
        """Of the observations it was made from."""
        return self.request.scope.vintage

    @property
    def swept_until(self) -> date | None:
        """The last sweep of the index by `as_of`, see `Gap.swept_until`."""
        return self.leader.swept_until

    @property
    def tolerance(self) -> float:
        """Points within which the follower counts as level."""
        return self.request.rule.points

    @property
    def exhausted(self) -> bool:
        """The leader stands at the ceiling of the index on the day of the forecast."""
        return bool(at_ceiling(self.leader.values[-1:], self.history.ceiling)[0])

    @property
    def follower_is_ahead(self) -> bool:
        """The gap was closed already on the day of the forecast, and the index not exhausted."""
        level = self.follower.values[-1] >= self.leader.values[-1] - self.tolerance
        return bool(level) and not self.exhausted

    @property
    def closed(self) -> Closed:
        """What counts as closed in its draws."""
        return closed_by(self.request.rule, float(self.leader.values[-1]), self.history.ceiling)


def closed_by(rule: ClosureRule, leader: float, ceiling: float) -> Closed:
    """What counts as closed by a request, the leader standing at `leader` on the day it is made."""
    level = leader if rule.definition == "today" else None
    return Closed(rule.points, rule.hold_days, level, ceiling)


def doublings(paths: FloatArray) -> FloatArray:
    """How often the follower's value would have to double to be the leader's: (draws, times).

    For `paths` (draws, 2, times) of a quantity above zero.
    """
    found: FloatArray = np.log2(paths[:, 0] / paths[:, 1])
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


def make_history(view: IndexView, pair: tuple[Frontier, Frontier], learnt: Learnt) -> History:
    """The two frontiers, and that of the whole index, as the models see them."""
    models = view.models()
    values = models["value"].to_numpy()
    days = models["released_on"].cast(pl.Int32).to_numpy().astype(np.int64)
    return History(
        to_day(view.as_of),
        (pair[0].series(), pair[1].series()),
        ceiling_of(values, view.spec.ceiling),
        make_series("index", days, values),
        learnt,
        view.spec.scale,
    )


def model_generator(seed: int, name: str) -> np.random.Generator:
    """A model's own stream: the same whichever other models run beside it."""
    return np.random.default_rng(np.random.SeedSequence([seed, zlib.crc32(name.encode())]))


def forecast_gap(
    view: IndexView,
    request: ForecastRequest,
    learnt: Learnt | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Forecast:
    """Forecast two frontiers, their gap and its closure on one version of one index.

    Several models are pooled with equal weight: each contributes its share of the draws.

    Args:
        view: what counts; the scope of `request` says no more than where it comes from.
        request: the pair, the rule, and how to simulate.
        learnt: what the panel has taught by the day of the view (`forecasting.panel.learn_models`).
        progress: called with the name of each model before it runs.

    Raises:
        UsageError: an unknown model or bloc, or a number out of its range.
        TrackerError: no model could be fitted, or a bloc has no models.
    """
    names = list(dict.fromkeys(request.models or DEFAULT_MODELS))
    check_models(names)
    request = replace(request.checked(), models=tuple(names))
    rule, draws, seed = request.rule, request.draws, request.seed or 0
    known = frontier_pair(view, request.pair)
    top, low = known.lines
    history = make_history(view, known.lines, learnt or {})
    scale = value_scale(view.models(), view.spec)
    grid = make_grid(view.as_of, request.horizon_months)
    shares = np.full(len(names), draws // len(names))
    shares[: draws % len(names)] += 1
    # What moved models had is known with an error, which every draw of the links bears as a whole.
    worlds = [
        make_history(v, frontier_pair(v, request.pair).lines, learnt or {}) for v in view.drawn()
    ] or [history]
    paths: dict[str, FloatArray] = {}
    failed: list[dict[str, str]] = []
    for name, share in zip(names, shares.tolist(), strict=True):
        progress(name)
        try:
            fits = [load(name).fit(world) for world in worlds]
        except NotEnoughHistory as error:
            failed.append({"model": name, "reason": str(error)})
            continue
        rng = model_generator(seed, name)
        parts = [share // len(fits) + (at < share % len(fits)) for at in range(len(fits))]
        paths[name] = np.concatenate(
            [f.simulate(grid.horizon, n, rng) for f, n in zip(fits, parts, strict=True) if n]
        )
    if not paths:
        raise TrackerError(
            f"No model could be fitted: {failed[0]['reason']}",
            "Log more releases of both blocs, or choose blocs with more of them.",
            code="not_enough_history",
        )
    pooled = np.concatenate(list(paths.values()))
    month_days = grid.horizon.days[grid.months]
    gap = pooled[:, 0] - pooled[:, 1]
    today = float(top.values[-1])
    closed = closed_by(rule, today, history.ceiling)
    factors = scale.logarithmic and bool((pooled > 0).all())
    return Forecast(
        request=request,
        as_of=view.as_of,
        index_name=view.index_name,
        index_version=view.index_version,
        models=list(paths),
        failed=failed,
        draws=pooled.shape[0],
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
        closure=closure(pooled, grid, closed),
        by_model=pl.DataFrame(
            [
                _alone(name, path, closure(path, grid, closed), factors)
                for name, path in paths.items()
            ],
            infer_schema_length=None,
        ).with_columns(pl.col("median_date").cast(pl.Date)),
        reach_today=closure(pooled, grid, Closed(rule.points, 0, today, history.ceiling)),
        lag=quantile_table(lags(pooled, top, grid, rule.points), month_days),
        time_in_lead=float((gap < 0).mean()),
        gap_doublings=quantile_table(doublings(pooled[:, :, grid.months]), month_days)
        if factors
        else None,
        sharing=known.sharing,
        links=view.links,
        scale=scale,
        history=history,
        grid=grid,
        paths=paths,
    )


def _alone(name: str, paths: FloatArray, alone: Closure, factors: bool) -> dict[str, object]:
    end = paths[:, 0, -1] - paths[:, 1, -1]
    quantiles = {"q05": 0.05, "q95": 0.95, "q10": 0.10, "q50": 0.50, "q90": 0.90}
    told = {"gap": end} | ({"doublings": doublings(paths[:, :, -1:])[:, 0]} if factors else {})
    levels = {
        f"{what}_{quantile}": float(np.quantile(draws, level))
        for what, draws in told.items()
        for quantile, level in quantiles.items()
    }
    return {
        "model": name,
        "probability_within_horizon": alone.probability_within_horizon,
        "median_date": alone.median_date,
        "gap_mean": float(end.mean()),
        **levels,
        "probability_exhausted": alone.probability_exhausted,
    }


def check_models(names: Sequence[str]) -> None:
    """Raise UsageError when no model is named or one is unknown."""
    if not names:
        raise UsageError("No model is named.", "Name one of `models`, or leave it out.")
    for name in names:
        if name not in MODELS:
            raise UsageError(
                f"There is no model '{name}'.",
                f"{did_you_mean(name, MODELS)}Models: {', '.join(MODELS)}.",
                code="unknown_model",
            )
