"""Backtest a workspace: one pair of blocs, or the panel of all."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl

from forecasts.errors import TrackerError, UsageError
from forecasts.forecasting.forecast import check_models
from forecasts.forecasting.panel import (
    Fold,
    Member,
    build_panel,
    is_known,
    make_folds,
    month_starts,
)
from forecasts.measures.frontier import to_date, to_day
from forecasts.measures.index_spec import IndexSpec
from forecasts.measures.pair import Division, divide, frontier_pair
from forecasts.measures.prices import IS_SCORE
from forecasts.measures.value_scale import ceiling_of
from forecasts.measures.vintage import known_models
from forecasts.request import DEFAULT_MODELS, BacktestRequest, Vintage
from forecasts.verification import backtest
from models import MODELS
from models.contract import IntArray, make_series
from tracker.analysis.workers import workers
from tracker.sweeps import swept_until
from tracker.workspace_data import WorkspaceData

FIRST_ORIGIN = date(2024, 1, 1)
CACHE = ".backtest"
# What the pool `ensemble` is made of: kept before the last year was scored.
POOLED = ("pooled-growth", "random-walk-drift", "random-walk-recent", "persistence")


def run_backtest(
    data: WorkspaceData,
    request: BacktestRequest,
    jobs: int = 1,
    scheduler: str | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> backtest.Backtest:
    """Rolling origins, scored by the latest values known, in `jobs` processes or on Dask.

    With the vintage `real` origins begin with the first observation. The ensemble is added when
    all its members are among the models.

    Raises:
        UsageError: an unknown model or step.
        TrackerError: no origin at which two blocs have enough records.
    """
    scope, panel, every = request.scope, request.panel, request.every
    vintage = scope.checked().vintage
    names = _names(request.models)
    if every not in {"month", "quarter"}:
        raise UsageError(f"Origins come every {every}; it is month or quarter.")
    snapshot = data.store.snapshot()
    # At an origin of the past nothing is known that was said later: models are described by their
    # own rows, which have a day, alone.
    rows = data.as_counted(snapshot.current(), date.min if vintage == "real" else None)
    name, chosen = data.choose_index(snapshot.indices, scope.index, scope.version)
    if scope.index is not None or not panel:
        of_index = rows.filter(index_name=name, index_version=chosen)
    else:
        of_index = rows.filter(IS_SCORE)
    day = scope.as_of or of_index["observed_on"].max()
    assert isinstance(day, date)
    sweeps = data.sweeps()
    swept = swept_until(sweeps, day)
    spec = data.index_spec(name, chosen)
    members = build_panel(rows, data.index_spec, day, "final", swept)
    origins = month_starts(
        request.first or FIRST_ORIGIN, min(request.last or day, day), 3 if every == "quarter" else 1
    )
    pair, seats = data.pair(request.pair), data.catalogue.seats

    def of_pair(day: date, vintage: Vintage) -> list[Member]:
        models = known_models(of_index, day, vintage)
        if models.is_empty():
            return []
        known_to = swept_until(sweeps, day).get((name, chosen))
        divided = replace(divide(models, pair, seats), swept_until=known_to)
        return _pair_members(divided, spec, to_day(day), (name, chosen))

    wanted = {(m.index_name, m.index_version) for m in members}
    if not panel or scope.index is not None:
        wanted = {(name, chosen)}
    truth = [m for m in members if (m.index_name, m.index_version) in wanted]
    if not panel:
        last = swept.get((name, chosen), date.min)
        truth = of_pair(min(day, last), "final")
        if len(truth) < 2:  # says why
            frontier_pair(data.view(replace(scope, no_link=True)), pair)

    def panel_at(origin: int) -> list[Member]:
        if vintage == "final":
            return members
        when = to_date(origin)
        return build_panel(rows, data.index_spec, when, "real", swept_until(sweeps, when))

    if vintage == "real":
        folds: list[Fold] = []
        for origin in origins.tolist():
            when = to_date(origin)
            seen = (
                [m for m in panel_at(origin) if (m.index_name, m.index_version) in wanted]
                if panel
                else of_pair(when, "real")
            )
            folds += _real_folds(seen, truth, origin, panel)
    else:
        folds = make_folds(truth, origins) if panel else _pair_folds(truth, origins)
    if not folds:
        raise TrackerError(
            "There is no origin at which two blocs have three records over half a year.",
            "Choose a later `first`, other blocs, or import more.",
            code="no_folds",
        )
    ahead = tuple(sorted(set(request.horizons))) or backtest.HORIZONS
    plan = backtest.plan(folds, panel_at, names, ahead, request.draws, data.seed(request.seed))
    cache = data.folder / CACHE
    with workers(jobs, scheduler) as mapper:
        result = backtest.run(plan, mapper=mapper, batch=16 * jobs, cache=cache, progress=progress)
    return backtest.with_ensemble(result, POOLED) if set(POOLED) <= set(names) else result


def _names(models: Sequence[str]) -> list[str]:
    if "all" in models:
        return list(MODELS)
    chosen = models or DEFAULT_MODELS
    check_models(chosen)
    return list(dict.fromkeys([*chosen, *backtest.BASELINES]))


def _pair_members(
    divided: Division, spec: IndexSpec, end: int, index: tuple[str, str]
) -> list[Member]:
    """The two blocs as frontiers, leader first; any two blocs, of one kind or not."""
    values = divided.known["value"].to_numpy()
    bound = ceiling_of(values, spec.ceiling)
    whole = make_series("index", _days(divided.known), values)
    return [
        Member(divided.frontier(at).series(), whole, bound, end, *index, "country",
               scale=spec.scale)
        for at in (0, 1)
        if divided.rows[at].height
    ]  # fmt: skip


def _days(models: pl.DataFrame) -> IntArray:
    return models["released_on"].cast(pl.Int32).to_numpy().astype(np.int64)


def _pair_folds(pair: list[Member], origins: IntArray) -> list[Fold]:
    """The named leader stays the leader, also where the follower is ahead."""
    if len(pair) < 2:
        return []
    return [
        Fold(pair[0], pair[1], int(origin))
        for origin in origins
        if pair[0].end > origin and all(is_known(m, int(origin)) for m in pair)
    ]


def _real_folds(seen: list[Member], truth: list[Member], origin: int, panel: bool) -> list[Fold]:
    """Folds of what had been observed by the origin; the outcome is that of the latest values."""
    if not panel and len(seen) < 2:
        return []
    made = (
        make_folds([replace(m, end=origin + 1) for m in seen], np.array([origin]))
        if panel
        else _pair_folds([replace(m, end=origin + 1) for m in seen], np.array([origin]))
    )
    outcome = {(m.index_name, m.index_version, m.series.bloc): m for m in truth}
    found: list[Fold] = []
    for fold in made:
        pair = [
            outcome.get((m.index_name, m.index_version, m.series.bloc))
            for m in (fold.leader, fold.follower)
        ]
        if pair[0] is not None and pair[1] is not None and pair[0].end > origin:
            found.append(Fold(pair[0], pair[1], origin, (fold.leader, fold.follower)))
    return found
