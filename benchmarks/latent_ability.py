"""Latent abilities: this fit beside dense least squares on the same posterior, and the bootstrap.

    OMP_NUM_THREADS=1 python benchmarks/latent_ability.py [SCORES.csv]

SCORES.csv (or .csv.gz) has the columns `model`, `benchmark`, `performance`, as Epoch publishes
them; without it a table of the same size is simulated. The dense fit is
`scipy.optimize.least_squares` with finite differences, from the same start, once at scipy's own
tolerances and once tighter.
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import least_squares
from scipy.special import expit

from models.helpers.item_response import (
    MEAN_LOG_SLOPE_PENALTY,
    Parameters,
    Penalty,
    Scores,
    expected_score,
    make_scores,
)
from models.latent_ability import (
    bootstrap_ability,
    choose_penalty,
    fit_latent_ability,
    starting_values,
)

PENALTY = Penalty(1e-4, 1e-2)
REPEATS = 11
REPLICATES = 200


def read_scores(path: Path) -> Scores:
    import polars as pl

    table = pl.read_csv(path)
    models, benchmarks = (table[c].rank("dense") - 1 for c in ("model", "benchmark"))
    lower = np.zeros(benchmarks.n_unique())
    return make_scores(models.to_numpy(), benchmarks.to_numpy(), table["performance"], lower)


def simulated_scores(models: int = 222, benchmarks: int = 57, n: int = 2249) -> Scores:
    rng = np.random.default_rng(1)
    truth = Parameters(
        rng.normal(0, 2, models), rng.normal(0, 2, benchmarks), rng.normal(0, 0.5, benchmarks)
    )
    cell = np.sort(rng.choice(models * benchmarks, n, replace=False))
    blank = make_scores(
        cell // benchmarks, cell % benchmarks, np.zeros(n), np.zeros(benchmarks), n_models=models
    )
    score = np.clip(rng.normal(expected_score(truth, blank), 0.08), 0, 1)
    return make_scores(blank.model, blank.benchmark, score, blank.lower, n_models=models)


def residuals(theta: np.ndarray, scores: Scores) -> np.ndarray:
    """The posterior of `fit_latent_ability` as one residual vector."""
    n, k, b = scores.n_models, scores.n_benchmarks, scores.benchmark
    ability, difficulty, log_slope = np.split(theta, [n, n + k])
    low = scores.lower[b]
    curve = low + (1 - low) * expit(np.exp(log_slope[b]) * (ability[scores.model] - difficulty[b]))
    return np.concatenate(
        [
            np.sqrt(scores.weight) * (scores.score - curve),
            np.sqrt(PENALTY.location) * ability,
            np.sqrt(PENALTY.location) * (difficulty - difficulty.mean()),
            np.sqrt(PENALTY.slope) * (log_slope - log_slope.mean()),
            [np.sqrt(MEAN_LOG_SLOPE_PENALTY * k) * log_slope.mean()],
        ]
    )


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    return work(), time.perf_counter() - start


def main() -> None:
    scores = read_scores(Path(sys.argv[1])) if len(sys.argv) > 1 else simulated_scores()
    print(f"{scores.score.size} scores, {scores.n_models} models, {scores.n_benchmarks} benchmarks")
    runs = [timed(lambda: fit_latent_ability(scores, PENALTY)) for _ in range(REPEATS)]
    fitted, ours = runs[0][0], statistics.median(seconds for _, seconds in runs)
    print(
        f"this fit             {1000 * ours:8.1f} ms   {fitted.steps} steps, {fitted.objective:.8f}"
    )
    begin = starting_values(scores)
    start = np.concatenate([begin.ability, begin.difficulty, begin.log_slope])
    x = fitted.parameters
    for name, tolerance in {"dense, 1e-8": 1e-8, "dense, 1e-12": 1e-12}.items():
        options = dict.fromkeys(("xtol", "ftol", "gtol"), tolerance)
        dense, seconds = timed(
            lambda options=options: least_squares(residuals, start, args=(scores,), **options)
        )
        apart = np.abs(dense.x[: scores.n_models] - x.ability).max() / x.ability.std()
        print(
            f"{name:20} {1000 * seconds:8.1f} ms   {dense.nfev} steps, {dense.cost:.8f}   "
            f"{seconds / ours:.0f} times this fit; abilities differ by at most {apart:.1e} sd"
        )
    _, seconds = timed(lambda: bootstrap_ability(fitted, REPLICATES, np.random.default_rng(1)))
    print(f"{REPLICATES} bootstrap refits {1000 * seconds:9.1f} ms")
    choice, seconds = timed(lambda: choose_penalty(scores, np.random.default_rng(1)))
    print(f"choice of penalty    {1000 * seconds:8.1f} ms   {choice.penalty}")


if __name__ == "__main__":
    main()
