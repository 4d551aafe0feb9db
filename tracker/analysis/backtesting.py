"""Backtest a workspace: one pair of blocs, or the panel of all."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from forecasts.errors import TrackerError, UsageError
from forecasts.forecasting.forecast import DEFAULT_MODELS
from forecasts.forecasting.panel import (
    Fold,
    Member,
    build_panel,
    ceiling_of,
    is_known,
    make_folds,
    month_starts,
)
from forecasts.measures.blocs import parse_bloc
from forecasts.measures.frontier import to_date, to_day
from forecasts.measures.prices import IS_SCORE
from forecasts.measures.vintage import Vintage, known_models
from forecasts.verification import backtest
from models import MODELS
from models.contract import IntArray, make_series
from tracker.analysis.workers import workers

if TYPE_CHECKING:
    from tracker.workspace import Workspace

FIRST_ORIGIN = date(2024, 1, 1)
CACHE = ".backtest"
# What the pool `ensemble` is made of: kept before the last year was scored.
POOLED = ("pooled-growth", "random-walk-drift", "random-walk-recent", "persistence")


def run_backtest(
    workspace: "Workspace",
    *,
    models: Sequence[str] = (),
    horizons: Sequence[int] = (),
    panel: bool = False,
    every: str = "month",
    first: date | None = None,
    last: date | None = None,
    leader: str | None = None,
    follower: str | None = None,
    index: str | None = None,
    version: str | None = None,
    as_of: date | None = None,
    vintage: Vintage = "final",
    draws: int = 500,
    seed: int = 0,
    jobs: int = 1,
    scheduler: str | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> backtest.Backtest:
    """Rolling origins on the first of each month or quarter, scored by the latest values known.

    With `vintage` `final` an origin sees the latest value of each model released by then; with
    `real` only what had been observed by then, so that origins begin with the first observation.
    The ensemble is added when all its members are among the models.

    Raises:
        UsageError: an unknown model or step.
        TrackerError: no origin at which two blocs have enough records.
    """
    names = _names(models)
    if every not in {"month", "quarter"}:
        raise UsageError(f"Origins come every {every}; it is month or quarter.")
    snapshot = workspace.store.snapshot()
    rows = snapshot.current()
    name, chosen = workspace.choose_index(snapshot.indices, index, version)
    if index is not None or not panel:
        of_index = rows.filter(index_name=name, index_version=chosen)
    else:
        of_index = rows.filter(IS_SCORE)
    day = as_of or of_index["observed_on"].max()
    assert isinstance(day, date)
    ceilings = workspace.ceilings()
    members = build_panel(rows, ceilings, day)
    origins = month_starts(
        first or FIRST_ORIGIN, min(last or day, day), 3 if every == "quarter" else 1
    )
    pair = [
        workspace.with_lab_names(spec)
        for spec in (leader or workspace.settings.leader, follower or workspace.settings.follower)
    ]
    wanted = {(m.index_name, m.index_version) for m in members}
    if not panel or index is not None:
        wanted = {(name, chosen)}
    truth = [m for m in members if (m.index_name, m.index_version) in wanted]
    if not panel:
        truth = _pair_members(of_index, pair, ceilings.get((name, chosen)), day, "final")

    def panel_at(origin: int) -> list[Member]:
        if vintage == "final":
            return members
        return build_panel(rows, ceilings, to_date(origin), "real")

    if vintage == "real":
        folds: list[Fold] = []
        for origin in origins.tolist():
            when = to_date(origin)
            seen = (
                [m for m in panel_at(origin) if (m.index_name, m.index_version) in wanted]
                if panel
                else _pair_members(of_index, pair, ceilings.get((name, chosen)), when, "real")
            )
            folds += _real_folds(seen, truth, origin, panel)
    else:
        folds = make_folds(truth, origins) if panel else _pair_folds(truth, origins)
    if not folds:
        raise TrackerError(
            "There is no origin at which two blocs have three records over half a year.",
            "Choose a later --from, other blocs, or import more.",
            code="no_folds",
        )
    ahead = tuple(sorted(set(horizons))) or backtest.HORIZONS
    tasks = backtest.plan(folds, panel_at, names, ahead, draws, seed)
    cache = workspace.folder / CACHE
    with workers(jobs, scheduler) as mapper:
        result = backtest.run(tasks, mapper=mapper, batch=8 * jobs, cache=cache, progress=progress)
    return backtest.with_ensemble(result, POOLED) if set(POOLED) <= set(names) else result


def _names(models: Sequence[str]) -> list[str]:
    if "all" in models:
        return list(MODELS)
    for name in models:
        if name not in MODELS:
            raise UsageError(
                f"There is no model '{name}'; there are {', '.join(MODELS)}.", code="unknown_model"
            )
    chosen = models or DEFAULT_MODELS
    return list(dict.fromkeys([*chosen, *backtest.BASELINES]))


def _pair_members(
    rows: pl.DataFrame,
    pair: list[str],
    ceiling: float | None,
    day: date,
    vintage: Vintage = "final",
) -> list[Member]:
    """The two blocs as frontiers, leader first; any two blocs, of one kind or not."""
    models = known_models(rows, day, vintage)
    if models.is_empty():
        return []
    days = models["released_on"].cast(pl.Int32).to_numpy().astype(np.int64)
    values = models["value"].to_numpy()
    index = make_series("index", days, values)
    bound = ceiling_of(values, ceiling)
    end = min(to_day(day), to_day(rows["observed_on"].max()))  # type: ignore[arg-type]
    found: list[Member] = []
    for spec in pair:
        bloc = parse_bloc(spec)
        inside = models.select(bloc.member).to_series().to_numpy()
        if inside.any():
            series = make_series(bloc.spec, days[inside], values[inside])
            found.append(Member(rows["index_name"][0], rows["index_version"][0], "country",
                                series, index, bound, end))  # fmt: skip
    return found


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
