"""Rolling-origin backtest: every model at every origin, on nothing but what was known there."""

import hashlib
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from forecasts.forecasting.closure import make_grid
from forecasts.forecasting.panel import Fold, Member, learn_pool
from forecasts.measures.frontier import to_date
from forecasts.verification.scoring import K, pool_quantiles, quantiles_of
from models import load
from models.contract import FloatArray, History, IntArray

TARGETS = ("leader", "follower", "gap")
BASELINES = ("persistence", "random-walk-drift")
HORIZONS = (1, 2, 3, 6, 9, 12)
ENSEMBLE = "ensemble"
# Changes whenever a fold would give other numbers for the same data.
_CACHE_VERSION = 2


@dataclass(frozen=True)
class Task:
    """Folds of one index at one origin, and how to forecast them."""

    folds: list[Fold]
    models: tuple[str, ...]
    horizons: tuple[int, ...]
    draws: int
    seed: int
    pool: FloatArray


Mapper = Callable[[list[Task]], list[dict[str, Any]]]


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
        closed, reached: (folds, H): whether the follower closed the gap, or reached the leader's
            level of the origin, by then; nan where not known.
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
) -> list[Task]:
    """Folds grouped by origin and index, each with what the panel had taught by its quarter.

    Parameters are learnt at the first origin of each quarter from outcomes known by then;
    `panel_at` gives the panel to learn from at an origin.
    """
    tasks: list[Task] = []
    pool: FloatArray | None = None
    learnt = ""
    for group in _groups(folds):
        origin = to_date(group[0].origin)
        quarter = f"{origin.year}Q{(origin.month - 1) // 3}"
        if pool is None or quarter != learnt:
            pool, learnt = learn_pool(panel_at(group[0].origin), group[0].origin, pool), quarter
        tasks.append(Task(group, tuple(models), tuple(horizons), draws, seed, pool))
    return tasks


def _groups(folds: Sequence[Fold]) -> Iterator[list[Fold]]:
    found: dict[tuple[int, str, str], list[Fold]] = {}
    for fold in folds:
        key = (fold.origin, fold.leader.index_name, fold.leader.index_version)
        found.setdefault(key, []).append(fold)
    for key in sorted(found):
        yield found[key]


def run_task(task: Task) -> dict[str, Any]:
    """Arrays of one task, by the names of `Backtest`; `failures` as (model, fold, reason)."""
    n, h, m = len(task.folds), len(task.horizons), len(task.models)
    grid = make_grid(to_date(task.folds[0].origin), max(task.horizons))
    at = grid.months[np.array(task.horizons) - 1]
    days = grid.horizon.days[at]
    out: dict[str, Any] = {
        "quantiles": np.full((m, n, 3, h, K), np.nan, dtype=np.float32),
        "p_closed": np.full((m, n, h), np.nan),
        "p_reached": np.full((m, n, h), np.nan),
        "outcomes": np.full((n, 3, h), np.nan),
        "closed": np.full((n, h), np.nan),
        "reached": np.full((n, h), np.nan),
        "scale": np.empty(n),
        "failures": [],
    }
    for i, fold in enumerate(task.folds):
        out["outcomes"][i], out["closed"][i], out["reached"][i] = outcome(fold, days)
        history = fold.history(task.pool)
        out["scale"][i] = scale_of(history)
        for k, name in enumerate(task.models):
            rng = _generator(task.seed, fold, name)
            try:
                # A numerical failure of one fit is a finding about the model, not of this program.
                paths = load(name).fit(history).simulate(grid.horizon, task.draws, rng)
            except (ValueError, np.linalg.LinAlgError, FloatingPointError) as error:
                out["failures"].append((name, i, str(error)))
                continue
            if not np.isfinite(paths).all():
                out["failures"].append((name, i, "the draws are not finite"))
                continue
            gap = paths[:, 0] - paths[:, 1]
            wanted = np.stack([paths[:, 0][:, at], paths[:, 1][:, at], gap[:, at]], axis=1)
            out["quantiles"][k, i] = quantiles_of(wanted)
            out["p_closed"][k, i] = np.maximum.accumulate(gap <= 0, axis=1)[:, at].mean(axis=0)
            out["p_reached"][k, i] = (paths[:, 1][:, at] >= history.today[0]).mean(axis=0)
    return out


def outcome(fold: Fold, days: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Leader, follower and gap (3, H), closed (H,), reached (H,) on `days`; nan after the end."""
    top, low = fold.leader.series, fold.follower.series
    values = np.stack([top.at(days), low.at(days), top.at(days) - low.at(days)])
    known = days <= fold.leader.end
    # The leader only rises: a gap can close on a day of a follower's record alone.
    records = low.days[low.days > fold.origin]
    closing = records[low.at(records) >= top.at(records)]
    first = closing[0] if closing.size else np.iinfo(np.int64).max
    today = top.at(np.array([fold.origin]))
    reached = low.at(days) >= today
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


def run_serially(tasks: list[Task]) -> list[dict[str, Any]]:
    """Results of tasks, one after the other."""
    return [run_task(task) for task in tasks]


def run(
    tasks: Sequence[Task],
    *,
    mapper: Mapper = run_serially,
    batch: int = 1,
    cache: Path | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Backtest:
    """Run all tasks; those in `cache` are read, the others written there as they finish.

    The result does not depend on the mapper: each fold and model has its own seed.

    Args:
        mapper: turns tasks into their results, in order; it may do so in parallel.
        batch: tasks given to the mapper at a time; what it returns is safe in the cache.
        progress: called with the number of finished folds and of all.
    """
    total = sum(len(t.folds) for t in tasks)
    results: list[dict[str, Any] | None] = [_read(cache, task) for task in tasks]
    done = sum(len(t.folds) for t, r in zip(tasks, results, strict=True) if r is not None)
    progress(done, total)
    missing = [i for i, result in enumerate(results) if result is None]
    for start in range(0, len(missing), batch):
        now = missing[start : start + batch]
        for i, result in zip(now, mapper([tasks[i] for i in now]), strict=True):
            _write(cache, tasks[i], result)
            results[i] = result
            done += len(tasks[i].folds)
        progress(done, total)
    return _join(tasks, [r for r in results if r is not None])


def _join(tasks: Sequence[Task], results: Sequence[dict[str, Any]]) -> Backtest:
    first = tasks[0]
    rows: list[dict[str, object]] = []
    failures: list[tuple[str, int, str]] = []
    for task, result in zip(tasks, results, strict=True):
        failures += [(m, len(rows) + i, why) for m, i, why in result["failures"]]
        rows += [
            {
                "index_name": f.leader.index_name,
                "index_version": f.leader.index_version,
                "kind": f.leader.kind,
                "leader": f.leader.series.bloc,
                "follower": f.follower.series.bloc,
                "origin": to_date(f.origin),
                "scale": float(scale),
            }
            for f, scale in zip(task.folds, result["scale"], strict=True)
        ]

    def joined(name: str, axis: int) -> FloatArray:
        return np.concatenate([r[name] for r in results], axis=axis)

    return Backtest(
        models=first.models,
        horizons=first.horizons,
        folds=pl.DataFrame(rows),
        quantiles=joined("quantiles", 1),
        outcomes=joined("outcomes", 0),
        closed=joined("closed", 0),
        reached=joined("reached", 0),
        p_closed=joined("p_closed", 1),
        p_reached=joined("p_reached", 1),
        failures=pl.DataFrame(
            failures, schema={"model": pl.String, "fold": pl.Int64, "reason": pl.String},
            orient="row",
        ),
    )  # fmt: skip


def _key(task: Task) -> str:
    content = hashlib.blake2b(digest_size=16)
    settings = (_CACHE_VERSION, task.models, task.horizons, task.draws, task.seed)
    content.update(repr(settings).encode())
    content.update(task.pool.tobytes())
    for fold in task.folds:
        for member in (fold.leader, fold.follower, *(fold.known or ())):
            content.update(repr((member.index_name, member.index_version, member.ceiling)).encode())
            content.update(repr((member.series.bloc, member.end, fold.origin)).encode())
            for series in (member.series, member.index):
                for array in (series.days, series.values, series.release_days,
                              series.release_values):  # fmt: skip
                    content.update(array.tobytes())
    return content.hexdigest()


def _read(cache: Path | None, task: Task) -> dict[str, Any] | None:
    if cache is None:
        return None
    path = cache / f"{_key(task)}.npz"
    try:
        with np.load(path, allow_pickle=False) as found:
            result: dict[str, Any] = {name: found[name] for name in found.files}
    except (OSError, ValueError, EOFError, zlib.error):
        return None  # not there, or cut off while it was written: the fold is made again
    names, numbers, reasons = (result.pop(f"failed_{x}") for x in ("model", "fold", "reason"))
    result["failures"] = [
        (str(a), int(b), str(c)) for a, b, c in zip(names, numbers, reasons, strict=True)
    ]
    return result


def _write(cache: Path | None, task: Task, result: dict[str, Any]) -> None:
    if cache is None:
        return
    cache.mkdir(parents=True, exist_ok=True)
    arrays = {k: v for k, v in result.items() if k != "failures"}
    failed = result["failures"]
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        failed_model=np.array([f[0] for f in failed], dtype=str),
        failed_fold=np.array([f[1] for f in failed], dtype=np.int64),
        failed_reason=np.array([f[2] for f in failed], dtype=str),
        **arrays,
    )
    path = cache / f"{_key(task)}.npz"
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(buffer.getvalue())
    temporary.replace(path)


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
