"""An index built from benchmark scores: one value per model, rebuilt as of any day.

A published index that is re-based breaks every series on it. Scores on benchmarks last, and the
index fitted to those known on a day (`models.latent_ability`) has one scale at every origin.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from forecasts.errors import TrackerError
from models.contract import FloatArray, IntArray
from models.helpers.item_response import Penalty, Scores, make_scores
from models.latent_ability import (
    AnchoredAbility,
    Anchors,
    LatentAbility,
    bootstrap_ability,
    choose_penalty,
    fit_latent_ability,
)

REQUIRED = ("model", "benchmark", "score", "released_on")
OPTIONAL = {
    "observed_on": pl.Date,
    "benchmark_released_on": pl.Date,
    "lower": pl.Float64,
    "weight": pl.Float64,
}


@dataclass(frozen=True)
class BenchmarkIndex:
    """An index fitted to the scores known on `as_of` (None: to all).

    `values`, best first: `model`, `released_on`, `value` in points, `stderr` (the larger of
    `hessian_stderr` and `bootstrap_stderr`; 0 for the two anchors, whose values are given),
    `n_scores`, `prior_share` (1 where the prior alone speaks), `misfit` (see `Misfit.z`).
    `benchmarks`, hardest first: `benchmark`, `difficulty` and `stderr` in points, `slope` per
    point, `n_scores`, `mean_square` and `misfit`.
    `unlinked` are the models that no chain of shared benchmarks joins to the anchors; they have no
    value. `noise` is the residual standard deviation of a score, a fraction. `covariance`, rows and
    columns in the order of `values`, has the squares of `stderr` on its diagonal: values share the
    error of the anchors, so a difference of two is known better than either.
    """

    values: pl.DataFrame
    benchmarks: pl.DataFrame
    covariance: FloatArray
    as_of: date | None
    anchors: Mapping[str, float]
    penalty: Penalty
    noise: float
    unlinked: tuple[str, ...]


def known_scores(scores: pl.DataFrame, as_of: date | None = None) -> pl.DataFrame:
    """One score per model and benchmark among those known on `as_of`, sorted by both.

    A score is known from the latest of the days that its row states: the model's release, the
    benchmark's release, the observation. With `as_of`, a row that states none is left out. Of
    several, the one observed last counts, and of those of one day the highest.

    Raises:
        TrackerError: a column is missing, or a score is not a fraction.
    """
    missing = [c for c in REQUIRED if c not in scores.columns]
    if missing:
        raise TrackerError(f"the scores have no column {missing[0]}")
    frame = scores.with_columns(
        pl.lit(None, kind).alias(c) for c, kind in OPTIONAL.items() if c not in scores.columns
    ).select(*REQUIRED, *OPTIONAL)
    frame = frame.drop_nulls(["model", "benchmark", "score"])
    wrong = frame.filter(~pl.col("score").is_between(0, 1))
    if wrong.height:
        row = wrong.row(0, named=True)
        raise TrackerError(
            f"score {row['score']} of {row['model']} on {row['benchmark']} is not between 0 and 1"
        )
    if as_of is not None:
        known_on = pl.max_horizontal("released_on", "benchmark_released_on", "observed_on")
        frame = frame.filter(known_on <= as_of)
    return (
        frame.sort("model", "benchmark", "observed_on", "score", nulls_last=False)
        .unique(["model", "benchmark"], keep="last", maintain_order=True)
        .with_columns(pl.col("weight").fill_null(1.0))
    )


def benchmark_index(
    scores: pl.DataFrame,
    anchors: Mapping[str, float],
    as_of: date | None = None,
    penalty: Penalty | None = None,
    replicates: int = 200,
    seed: int = 0,
) -> BenchmarkIndex:
    """The index of the models that the scores known on `as_of` can place.

    Args:
        scores: rows `model`, `benchmark`, `score` (a fraction), `released_on`, and where known
            `observed_on`, `benchmark_released_on`, `lower` (score of a guess, one per benchmark, 0
            where null) and `weight` (relative precision).
        anchors: two models and their values in points.
        penalty: strength of the priors; chosen by cross-validation on the same scores where None.
            A series over several days needs one for all: chosen on the first, it is free of leaks.
        replicates: refits of the bootstrap over benchmarks; none below 2.

    Raises:
        TrackerError: an anchor has no score by then, nothing links the anchors, or the scores are
            too few.
    """
    if len(anchors) != 2:
        raise TrackerError(f"an index needs two anchor models, {len(anchors)} are named")
    known = known_scores(scores, as_of)
    by_then = "" if as_of is None else f" by {as_of}"
    for name in anchors:
        if known.filter(pl.col("model") == name).is_empty():
            raise TrackerError(
                f"the anchor {name} has no score{by_then}",
                "Anchor on two models that were released before the first day asked about.",
            )
    linked, unlinked = _linked(known, list(anchors))
    if linked.is_empty():
        raise TrackerError(f"no chain of shared benchmarks joins the two anchors{by_then}")
    models, benchmarks = _names(linked, "model"), _names(linked, "benchmark")
    first, second = anchors
    try:
        fixed = Anchors(models.index(first), models.index(second), anchors[first], anchors[second])
        data = _arrays(linked, models, benchmarks)
        folding, weighing = np.random.default_rng(seed).spawn(2)
        chosen = penalty or choose_penalty(data, folding).penalty
        fitted = fit_latent_ability(data, chosen)
        scale = fitted.anchored(fixed)
        spread = np.full(len(models), np.nan)
        if replicates > 1:
            spread = _spread(bootstrap_ability(fitted, replicates, weighing), fixed)
    except (ValueError, ArithmeticError) as error:
        raise TrackerError(f"the index cannot be built{by_then}: {error}") from error
    values = _values(linked, models, fitted, scale, spread)
    order = _positions(values, "model", models)
    return BenchmarkIndex(
        values,
        _benchmarks(benchmarks, fitted, scale),
        _inflated(scale.covariance, scale.stderr, spread)[np.ix_(order, order)],
        as_of,
        dict(anchors),
        chosen,
        fitted.noise,
        unlinked,
    )


def _names(frame: pl.DataFrame, column: str) -> list[str]:
    return frame[column].unique().sort().to_list()


def _positions(frame: pl.DataFrame, column: str, names: list[str]) -> IntArray:
    at = {name: i for i, name in enumerate(names)}
    return np.array([at[name] for name in frame[column]], dtype=np.int64)


def _linked(known: pl.DataFrame, anchors: list[str]) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Scores joined to both anchors by shared benchmarks, and the models that are not."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    models, benchmarks = _names(known, "model"), _names(known, "benchmark")
    row, column = _positions(known, "model", models), _positions(known, "benchmark", benchmarks)
    size = len(models) + len(benchmarks)
    edges = coo_array((np.ones(row.size), (row, len(models) + column)), shape=(size, size))
    piece = connected_components(edges, directed=False)[1]
    home = {int(piece[models.index(name)]) for name in anchors}
    if len(home) > 1:
        return known.clear(), tuple(models)
    inside = np.isin(piece, list(home))
    outside = tuple(name for name, there in zip(models, inside, strict=False) if not there)
    return known.filter(pl.Series(inside[row])), outside


def _arrays(linked: pl.DataFrame, models: list[str], benchmarks: list[str]) -> Scores:
    lower = linked.group_by("benchmark").agg(pl.col("lower").drop_nulls().unique().alias("found"))
    bound = dict.fromkeys(benchmarks, 0.0)
    for name, found in lower.iter_rows():
        if len(found) > 1:
            raise TrackerError(f"lower has several values for the benchmark {name}")
        bound[name] = float(found[0]) if found else 0.0
    return make_scores(
        _positions(linked, "model", models),
        _positions(linked, "benchmark", benchmarks),
        linked["score"].to_numpy(),
        [bound[name] for name in benchmarks],
        linked["weight"].to_numpy(),
    )


def _values(
    linked: pl.DataFrame,
    models: list[str],
    fitted: LatentAbility,
    scale: AnchoredAbility,
    spread: FloatArray,
) -> pl.DataFrame:
    misfit = fitted.model_misfit()
    released = linked.group_by("model").agg(pl.col("released_on").min())
    return (
        pl.DataFrame(
            {
                "model": models,
                "value": scale.value,
                "stderr": np.fmax(scale.stderr, spread),
                "hessian_stderr": scale.stderr,
                "bootstrap_stderr": spread,
                "n_scores": misfit.n_scores,
                "prior_share": fitted.prior_share,
                "misfit": misfit.z,
            }
        )
        .join(released, on="model")
        .select("model", "released_on", pl.exclude("model", "released_on"))
        .with_columns(pl.col("bootstrap_stderr", "misfit").fill_nan(None))
        .sort("value", "model", descending=[True, False])
    )


def _spread(replicates: FloatArray, anchors: Anchors) -> FloatArray:
    """Standard deviation over the replicates in points, each on the scale of its own anchors."""
    offset, unit = anchors.map(replicates)
    spread = np.std(offset[:, None] + unit[:, None] * replicates, axis=0, ddof=1)
    spread[[anchors.first, anchors.second]] = 0.0
    return spread


def _inflated(covariance: FloatArray, stderr: FloatArray, spread: FloatArray) -> FloatArray:
    """Covariance with the correlations of the Hessian and the larger standard error of the two."""
    factor = np.fmax(stderr, spread) / np.where(stderr > 0, stderr, 1.0)
    return covariance * np.outer(factor, factor)


def _benchmarks(names: list[str], fitted: LatentAbility, scale: AnchoredAbility) -> pl.DataFrame:
    misfit = fitted.benchmark_misfit()
    return (
        pl.DataFrame(
            {
                "benchmark": names,
                "difficulty": scale.difficulty,
                "stderr": scale.difficulty_stderr,
                "slope": scale.slope,
                "n_scores": misfit.n_scores,
                "mean_square": misfit.mean_square,
                "misfit": misfit.z,
            }
        )
        .with_columns(pl.col("mean_square", "misfit").fill_nan(None))
        .sort("difficulty", descending=True)
    )
