"""Rolling-origin backtest: every model at every origin, on nothing but what was known there."""

import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecasts.forecasting.closure import Closed, first_passage, make_grid
from forecasts.forecasting.panel import Fold, Member, learn_models
from forecasts.measures.frontier import to_date
from forecasts.measures.value_scale import at_ceiling
from forecasts.verification.cache import Entry, FoldCache, model_digest
from forecasts.verification.scoring import K, pool_quantiles, quantiles_of
from models import load
from models.contract import FloatArray, History, IntArray, Learnt

TARGETS = ("leader", "follower", "gap")
BASELINES = ("persistence", "random-walk-drift")
HORIZONS = (1, 2, 3, 6, 9, 12)
ENSEMBLE = "ensemble"


@dataclass(frozen=True)
class Task:
    """Forecasts of one model for folds of one origin and index, and how to make them."""

    folds: list[Fold]
    model: str
    horizons: tuple[int, ...]
    draws: int
    seed: int
    learnt: Learnt


@dataclass(frozen=True)
class FoldForecast:
    """What one model said of one fold; nan where it could not be fitted, `reason` says why.

    `quantiles` has shape (3 targets, H, K), `p_closed` and `p_reached` (H,).
    """

    quantiles: NDArray[np.float32]
    p_closed: FloatArray
    p_reached: FloatArray
    reason: str = ""


Mapper = Callable[[list[Task]], list[list[FoldForecast]]]


@dataclass(frozen=True)
class Plan:
    """What is to be forecast: groups of folds of one origin and index, with what was learnt."""

    models: tuple[str, ...]
    horizons: tuple[int, ...]
    draws: int
    seed: int
    groups: list[tuple[list[Fold], Learnt]]

    @property
    def folds(self) -> list[Fold]:
        """Every fold, in the order of the results."""
        return [fold for group, _ in self.groups for fold in group]


@dataclass(frozen=True)
class Backtest:
    """Forecasts and outcomes of all folds.

    Attributes:
        models: names, in the order of the first axis of the arrays.
        horizons: months, in the order of the axis H.
        folds: one row per fold: index_name, index_version, kind, leader, follower, origin, scale
            (points by which scores of different indices are divided).
        quantiles: (models, folds, 3 targets, H, K), nan where a model could not be fitted.
        outcomes: (folds, 3 targets, H), nan where not known yet.
        closed, reached: (folds, H): whether the follower closed the gap while the leader was below
            the ceiling of the index, or stood at the leader's level of the origin, by then; nan
            where not known.
        p_closed, p_reached: (models, folds, H), their probabilities.
        failures: model, fold, reason: fits that could not be made.
    """

    models: tuple[str, ...]
    horizons: tuple[int, ...]
    folds: pl.DataFrame
    quantiles: FloatArray
    outcomes: FloatArray
    closed: FloatArray
    reached: FloatArray
    p_closed: FloatArray
    p_reached: FloatArray
    failures: pl.DataFrame


def plan(
    folds: Sequence[Fold],
    panel_at: Callable[[int], list[Member]],
    models: Sequence[str],
    horizons: Sequence[int],
    draws: int,
    seed: int,
) -> Plan:
    """Folds grouped by origin and index, each with what the panel had taught by its quarter.

    Parameters are learnt at the first origin of each quarter from outcomes known by then;
    `panel_at` gives the panel to learn from at an origin.
    """
    groups: list[tuple[list[Fold], Learnt]] = []
    learnt: Learnt | None = None
    learnt_in = ""
    for group in _groups(folds):
        origin = to_date(group[0].origin)
        quarter = f"{origin.year}Q{(origin.month - 1) // 3}"
        if learnt is None or quarter != learnt_in:
            learnt = learn_models(models, panel_at(group[0].origin), group[0].origin, learnt)
            learnt_in = quarter
        groups.append((group, learnt))
    return Plan(tuple(models), tuple(horizons), draws, seed, groups)


def _groups(folds: Sequence[Fold]) -> Iterator[list[Fold]]:
    found: dict[tuple[int, str, str], list[Fold]] = {}
    for fold in folds:
        key = (fold.origin, fold.leader.index_name, fold.leader.index_version)
        found.setdefault(key, []).append(fold)
    for key in sorted(found):
        yield found[key]


def run_task(task: Task) -> list[FoldForecast]:
    """What the model of a task says of each of its folds."""
    grid = make_grid(to_date(task.folds[0].origin), max(task.horizons))
    at = grid.months[np.array(task.horizons) - 1]
    shape = (len(task.horizons),)
    found: list[FoldForecast] = []

    def failed(reason: str) -> FoldForecast:
        nothing = np.full((3, *shape, K), np.nan, dtype=np.float32)
        return FoldForecast(nothing, np.full(shape, np.nan), np.full(shape, np.nan), reason)

    for fold in task.folds:
        history = fold.history(task.learnt)
        rng = _generator(task.seed, fold, task.model)
        try:
            # A numerical failure of one fit is a finding about the model, not of this program.
            paths = load(task.model).fit(history).simulate(grid.horizon, task.draws, rng)
        except (ValueError, np.linalg.LinAlgError, FloatingPointError) as error:
            found.append(failed(str(error) or type(error).__name__))
            continue
        if not np.isfinite(paths).all():
            found.append(failed("the draws are not finite"))
            continue
        gap = paths[:, 0] - paths[:, 1]
        wanted = np.stack([paths[:, 0][:, at], paths[:, 1][:, at], gap[:, at]], axis=1)
        when = first_passage(paths, grid.horizon.days, Closed(ceiling=history.ceiling))
        below = ~at_ceiling(history.today[0], history.ceiling)
        found.append(
            FoldForecast(
                quantiles_of(wanted).astype(np.float32),
                (when[:, None] <= grid.horizon.days[at]).mean(axis=0),
                (below & (paths[:, 1][:, at] >= history.today[0])).mean(axis=0),
            )
        )
    return found


def outcome(fold: Fold, days: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Leader, follower and gap (3, H), closed (H,), reached (H,) on `days`; nan after the end."""
    top, low = fold.leader.series, fold.follower.series
    values = np.stack([top.at(days), low.at(days), top.at(days) - low.at(days)])
    known = days <= fold.leader.end
    # The leader only rises: a gap can close on a day of a follower's record alone.
    records = low.days[low.days > fold.origin]
    ceiling = fold.leader.ceiling
    level = (low.at(records) >= top.at(records)) & ~at_ceiling(top.at(records), ceiling)
    closing = records[level]
    first = closing[0] if closing.size else np.iinfo(np.int64).max
    today = top.at(np.array([fold.origin]))
    reached = (low.at(days) >= today) & ~at_ceiling(today, ceiling)
    return (
        np.where(known, values, np.nan),
        np.where(known, first <= days, np.nan),
        np.where(known, reached, np.nan),
    )


def scale_of(history: History) -> float:
    """Points to divide scores by: the ceiling, else four deviations of the index's records."""
    if np.isfinite(history.ceiling):
        return float(history.ceiling)
    index = history.index or history.blocs[0]
    return max(4 * float(np.std(index.values)), 1e-9)


def _generator(seed: int, fold: Fold, name: str) -> np.random.Generator:
    text = "|".join(
        (fold.leader.index_name, fold.leader.index_version, fold.leader.series.bloc,
         fold.follower.series.bloc, str(fold.origin), name)
    )  # fmt: skip
    return np.random.default_rng(np.random.SeedSequence([seed, zlib.crc32(text.encode())]))


def run_serially(tasks: list[Task]) -> list[list[FoldForecast]]:
    """Results of tasks, one after the other."""
    return [run_task(task) for task in tasks]


def run(
    plan: Plan,
    *,
    mapper: Mapper = run_serially,
    batch: int = 1,
    cache: Path | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Backtest:
    """Forecast every fold by every model; what is in `cache` is read, the rest is made and kept.

    The result does not depend on the mapper: each fold and model has its own seed.

    Args:
        mapper: turns tasks into their results, in order; it may do so in parallel.
        batch: tasks given to the mapper at a time; what it returns is safe in the cache.
        cache: a folder for `FoldCache`.
        progress: called with the number of finished folds and of all.
    """
    kept = FoldCache(cache)
    try:
        kept.sweep()
        return _run(plan, mapper, batch, kept, progress)
    finally:
        kept.close()


def _run(
    plan: Plan, mapper: Mapper, batch: int, kept: FoldCache, progress: Callable[[int, int], None]
) -> Backtest:
    folds, models = plan.folds, plan.models
    code = {name: model_digest(name) for name in models}
    place = {id(fold): i for i, fold in enumerate(folds)}
    keys = {
        (name, place[id(fold)]): _key(plan, fold, name, learnt, code[name])
        for group, learnt in plan.groups
        for fold in group
        for name in models
    }
    known = {key: _unpack(entry, len(plan.horizons))
             for key, entry in kept.read(list(keys.values())).items()}  # fmt: skip
    made = {at: known[key] for at, key in keys.items() if key in known}
    tasks = [
        Task(left, name, plan.horizons, plan.draws, plan.seed, learnt)
        for group, learnt in plan.groups
        for name in models
        if (left := [fold for fold in group if (name, place[id(fold)]) not in made])
    ]
    progress(len(made) // len(models), len(folds))
    for start in range(0, len(tasks), batch):
        now = tasks[start : start + batch]
        for task, results in zip(now, mapper(now), strict=True):
            at = [(task.model, place[id(fold)]) for fold in task.folds]
            made |= dict(zip(at, results, strict=True))
            entries = {keys[a]: _pack(r) for a, r in zip(at, results, strict=True)}
            kept.write(entries, code[task.model])
        progress(len(made) // len(models), len(folds))
    return _join(plan, made)


def _join(plan: Plan, made: Mapping[tuple[str, int], FoldForecast]) -> Backtest:
    folds, models = plan.folds, plan.models
    outcomes = [outcome(fold, _days(fold, plan.horizons)) for fold in folds]
    rows = [
        {
            "index_name": f.leader.index_name,
            "index_version": f.leader.index_version,
            "kind": f.leader.kind,
            "leader": f.leader.series.bloc,
            "follower": f.follower.series.bloc,
            "origin": to_date(f.origin),
            "scale": scale_of(f.history({})),
        }
        for f in folds
    ]

    def of_all(part: Callable[[FoldForecast], FloatArray]) -> FloatArray:
        return np.stack(
            [np.stack([part(made[name, i]) for i in range(len(folds))]) for name in models]
        )

    return Backtest(
        models=models,
        horizons=plan.horizons,
        folds=pl.DataFrame(rows),
        quantiles=of_all(lambda found: found.quantiles),  # type: ignore[arg-type, return-value]
        outcomes=np.stack([values for values, _, _ in outcomes]),
        closed=np.stack([closed for _, closed, _ in outcomes]),
        reached=np.stack([reached for _, _, reached in outcomes]),
        p_closed=of_all(lambda found: found.p_closed),
        p_reached=of_all(lambda found: found.p_reached),
        failures=pl.DataFrame(
            [
                (name, i, made[name, i].reason)
                for i in range(len(folds))
                for name in models
                if made[name, i].reason
            ],
            schema={"model": pl.String, "fold": pl.Int64, "reason": pl.String},
            orient="row",
        ),
    )


def _days(fold: Fold, horizons: Sequence[int]) -> IntArray:
    grid = make_grid(to_date(fold.origin), max(horizons))
    days: IntArray = grid.horizon.days[grid.months[np.array(horizons) - 1]]
    return days


def _key(plan: Plan, fold: Fold, model: str, learnt: Learnt, code: bytes) -> bytes:
    content = hashlib.blake2b(code, digest_size=16)
    content.update(repr((model, plan.horizons, plan.draws, plan.seed)).encode())
    if model in learnt:
        content.update(learnt[model].tobytes())
    for member in (fold.leader, fold.follower) if fold.known is None else fold.known:
        scale = (member.ceiling, member.scale)
        content.update(repr((member.index_name, member.index_version, *scale)).encode())
        content.update(repr((member.series.bloc, fold.origin)).encode())
        # What comes after the origin is no part of a forecast: later releases keep the entry.
        for series in (member.series.until(fold.origin), member.index.until(fold.origin)):
            for array in (series.days, series.values, series.release_days,
                          series.release_values):  # fmt: skip
                content.update(array.size.to_bytes(8, "little"))
                content.update(array.tobytes())
    return content.digest()


def _pack(found: FoldForecast) -> Entry:
    parts = (found.quantiles.astype("<f4"), found.p_closed.astype("<f8"),
             found.p_reached.astype("<f8"))  # fmt: skip
    return b"".join(part.tobytes() for part in parts), found.reason


def _unpack(entry: Entry, horizons: int) -> FoldForecast:
    value, reason = entry
    size = 3 * horizons * K
    quantiles = np.frombuffer(value, "<f4", size).astype(np.float32).reshape(3, horizons, K)
    p = np.frombuffer(value, "<f8", offset=4 * size).astype(np.float64).reshape(2, horizons)
    return FoldForecast(quantiles, p[0], p[1], reason)


def with_ensemble(backtest: Backtest, members: Sequence[str], power: float = 4.0) -> Backtest:
    """The same with the model `ensemble`: a linear pool of `members`.

    At each origin and horizon a member weighs by its mean scaled CRPS on both frontiers to the
    power -`power`, over the folds whose outcomes were known by that origin; equal weights before
    there are twenty of them. A member that could not be fitted gives its weight to the others.
    """
    from forecasts.verification.scoring import crps

    at = [backtest.models.index(name) for name in members]
    n, horizons = backtest.folds.height, backtest.horizons
    origin = backtest.folds["origin"].cast(pl.Int32).to_numpy()
    scale = backtest.folds["scale"].to_numpy()
    pooled = np.full((1, n, 3, len(horizons), K), np.nan, dtype=np.float32)
    p_closed = np.full((1, n, len(horizons)), np.nan)
    p_reached = np.full((1, n, len(horizons)), np.nan)
    for h, months in enumerate(horizons):
        q = backtest.quantiles[at][:, :, :, h]
        error = crps(q[:, :, :2], backtest.outcomes[None, :, :2, h]).mean(axis=2) / scale
        known_on = origin + 31 * months
        for day in np.unique(origin):
            here = origin == day
            past = error[:, known_on <= day]
            count = np.isfinite(past).sum(axis=1)
            enough = count.min() >= 20
            weight = np.nanmean(past, axis=1) ** -power if enough else np.ones(len(at))
            works = np.isfinite(q[:, here, 0, 0])
            w = np.where(works, weight[:, None], 0.0)
            some = w.sum(axis=0) > 0
            w = w[:, some] / w[:, some].sum(axis=0)
            rows = np.flatnonzero(here)[some]
            safe = np.where(works[:, some, None, None], q[:, rows], 0.0)
            pooled[0, rows, :, h] = pool_quantiles(
                safe, np.broadcast_to(w[:, :, None], (*w.shape, 3))
            )
            for target, source in ((p_closed, backtest.p_closed), (p_reached, backtest.p_reached)):
                values = np.nan_to_num(source[at][:, rows, h])
                target[0, rows, h] = (w * values).sum(axis=0)
    return Backtest(
        (*backtest.models, ENSEMBLE),
        horizons,
        backtest.folds,
        np.concatenate([backtest.quantiles, pooled]),
        backtest.outcomes,
        backtest.closed,
        backtest.reached,
        np.concatenate([backtest.p_closed, p_closed]),
        np.concatenate([backtest.p_reached, p_reached]),
        backtest.failures,
    )
