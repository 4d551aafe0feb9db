"""The index from benchmark scores: leak-free, on its anchors, and against the published one."""

import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from scipy.special import expit
from scipy.stats import spearmanr

from forecasts.errors import TrackerError
from forecasts.measures.benchmark_index import BenchmarkIndex, benchmark_index, known_scores
from models.helpers.item_response import Penalty

PENALTY = Penalty(1e-4, 1e-2)
ANCHORS = {"m02": 130.0, "m12": 150.0}
START = date(2024, 1, 1)


def table(seed: int = 0, models: int = 30, benchmarks: int = 10) -> pl.DataFrame:
    """Model i is released a month after model i - 1 and better than it by some; benchmark j comes
    out with model 2 j. A score is observed up to two months after both."""
    rng = np.random.default_rng(seed)
    ability = np.linspace(-2, 3, models) + rng.normal(0, 0.2, models)
    rows = []
    for i in range(models):
        for j in range(benchmarks):
            if rng.random() < 0.7 or (i in (2, 12) and j < 8):
                mean = expit(np.exp(0.3 * np.sin(j)) * (ability[i] - (j / 2.5 - 2)))
                out = START + timedelta(days=30 * i), START + timedelta(days=60 * j)
                rows.append(
                    {
                        "model": f"m{i:02}",
                        "benchmark": f"b{j}",
                        "score": float(np.clip(rng.normal(mean, 0.03), 0, 1)),
                        "released_on": out[0],
                        "benchmark_released_on": out[1],
                        "observed_on": max(out) + timedelta(days=int(rng.integers(0, 60))),
                    }
                )
    return pl.DataFrame(rows)


def build(scores: pl.DataFrame, as_of: date | None = None, **more: object) -> BenchmarkIndex:
    return benchmark_index(scores, ANCHORS, as_of, **{"penalty": PENALTY, "replicates": 0, **more})


def assert_same(one: BenchmarkIndex, two: BenchmarkIndex) -> None:
    assert_frame_equal(one.values, two.values, check_exact=True)
    assert_frame_equal(one.benchmarks, two.benchmarks, check_exact=True)
    assert (one.penalty, one.noise, one.unlinked) == (two.penalty, two.noise, two.unlinked)


def test_nothing_that_came_later_is_seen() -> None:
    """Cutting the future off, or inventing it, changes no digit; penalty and bootstrap included."""
    scores, day = table(), date(2025, 6, 1)
    later = pl.col("observed_on") > day
    known, future = scores.filter(~later), scores.filter(later)
    assert future.height > 50
    more = {"penalty": None, "replicates": 10}
    today = build(scores, day, **more)
    assert_same(build(known, day, **more), today)
    wrong = future.with_columns(
        score=1 - pl.col("score"), model=pl.lit("a") + pl.col("model"), lower=pl.lit(0.5)
    )
    assert_same(build(pl.concat([wrong, known], how="diagonal"), day, **more), today)
    corrected = known.with_columns(score=pl.lit(0.5), observed_on=day + timedelta(days=1))
    assert_same(build(pl.concat([known, corrected]), day, **more), today)
    released = scores.group_by("model").agg(pl.col("released_on").first())
    assert set(today.values["model"]) <= set(released.filter(pl.col("released_on") <= day)["model"])


@pytest.mark.parametrize("column", ["released_on", "benchmark_released_on", "observed_on"])
def test_a_score_is_known_from_the_latest_of_its_days(column: str) -> None:
    days = ["released_on", "benchmark_released_on", "observed_on"]
    row = {"model": "x", "benchmark": "b", "score": 0.5, **dict.fromkeys(days, START)}
    frame = pl.DataFrame([{**row, column: START + timedelta(days=9)}])
    assert known_scores(frame, START + timedelta(days=8)).is_empty()
    assert known_scores(frame, START + timedelta(days=9)).height == 1
    others = frame.with_columns(pl.lit(None, pl.Date).alias(c) for c in days if c != column)
    assert known_scores(others, START + timedelta(days=9)).height == 1
    dateless = frame.with_columns(pl.lit(None, pl.Date).alias(c) for c in days)
    assert known_scores(dateless, date(2100, 1, 1)).is_empty()
    assert known_scores(dateless).height == 1


def test_of_several_scores_the_last_counts_then_the_highest() -> None:
    frame = pl.DataFrame(
        {
            "model": ["x"] * 4,
            "benchmark": ["b"] * 4,
            "score": [0.9, 0.4, 0.6, 0.7],
            "released_on": [START] * 4,
            "observed_on": [None, START, START, START + timedelta(days=1)],
        }
    )
    assert known_scores(frame)["score"].to_list() == [0.7]
    assert known_scores(frame, START)["score"].to_list() == [0.6]


def test_the_order_of_rows_does_not_matter() -> None:
    scores = table()
    again = scores.sample(fraction=1.0, shuffle=True, seed=3)
    assert_same(build(scores, penalty=None, replicates=5), build(again, penalty=None, replicates=5))


@settings(max_examples=10, deadline=None)
@given(st.floats(-100, 100), st.floats(0.5, 50))
def test_other_values_of_the_anchors_move_all_alike(low: float, apart: float) -> None:
    scores = table()
    one = build(scores, replicates=5)
    anchors = {"m02": low, "m12": low + apart}
    two = benchmark_index(scores, anchors, penalty=PENALTY, replicates=5)
    moved = one.values.with_columns(
        value=low + apart * (pl.col("value") - 130) / 20,
        stderr=pl.col("stderr") * apart / 20,
        hessian_stderr=pl.col("hessian_stderr") * apart / 20,
        bootstrap_stderr=pl.col("bootstrap_stderr") * apart / 20,
    )
    assert_frame_equal(two.values, moved, rel_tol=1e-6, abs_tol=1e-6)


def test_the_error_stated_is_the_larger_one_and_that_of_the_covariance() -> None:
    index = build(table(), replicates=40)
    values = index.values
    larger = values.select(pl.max_horizontal("hessian_stderr", "bootstrap_stderr")).to_series()
    assert values["stderr"].to_list() == larger.to_list()
    assert (values["hessian_stderr"] > values["bootstrap_stderr"]).any()
    assert (values["hessian_stderr"] < values["bootstrap_stderr"]).any()
    np.testing.assert_allclose(np.sqrt(np.diag(index.covariance)), values["stderr"])
    assert np.linalg.eigvalsh(index.covariance).min() > -1e-9
    given = values.filter(pl.col("model").is_in(list(ANCHORS)))
    assert given["stderr"].to_list() == [0.0, 0.0]
    assert given["value"].to_list() == pytest.approx([150.0, 130.0])


def test_what_no_shared_benchmark_joins_is_left_out_and_named() -> None:
    island = pl.DataFrame(
        {"model": ["i1", "i2"], "benchmark": ["far", "far"], "score": [0.2, 0.6]}
    ).with_columns(released_on=pl.lit(START))
    index = build(pl.concat([table(), island], how="diagonal"))
    assert index.unlinked == ("i1", "i2")
    assert not set(index.values["model"]) & {"i1", "i2"}
    assert "far" not in index.benchmarks["benchmark"].to_list()
    assert_frame_equal(index.values, build(table()).values)


def test_lower_bounds_are_taken_into_account() -> None:
    """A guess of a quarter on b0 to b4: with the bound the truth comes back, without it not."""
    plain = table(seed=5)
    easy = pl.col("benchmark").is_in([f"b{j}" for j in range(5)])
    raised = plain.with_columns(
        score=pl.when(easy).then(0.25 + 0.75 * pl.col("score")).otherwise("score"),
        lower=pl.when(easy).then(0.25).otherwise(0.0),
    )
    truth = build(plain).values.sort("model")["value"]
    bounded = build(raised).values.sort("model")["value"]
    unbounded = build(raised.drop("lower")).values.sort("model")["value"]
    assert (bounded - truth).abs().mean() < 0.5 * (unbounded - truth).abs().mean()


@pytest.mark.parametrize(
    ("change", "anchors", "message"),
    [
        (lambda f: f.drop("score"), ANCHORS, "no column score"),
        (lambda f: f.with_columns(score=100 * pl.col("score")), ANCHORS, "not between 0 and 1"),
        (lambda f: f, {"m02": 130.0}, "two anchor models"),
        (lambda f: f, {"m02": 130.0, "nobody": 150.0}, "nobody has no score"),
        (lambda f: f, {"m02": 150.0, "m12": 130.0}, "order"),
        (
            lambda f: f.with_columns(
                lower=pl.when(pl.col("model") == "m02").then(0.1).otherwise(0.2)
            ),
            ANCHORS,
            "several values",
        ),
        (
            lambda f: f.filter(pl.col("model").is_in(list(ANCHORS))).with_columns(
                benchmark=pl.col("model")
            ),
            ANCHORS,
            "no chain of shared benchmarks",
        ),
    ],
)
def test_what_cannot_be_built_is_said(change, anchors, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(TrackerError, match=message):
        benchmark_index(change(table()), anchors, penalty=PENALTY, replicates=0)


def test_an_anchor_that_is_not_yet_out_is_named_with_the_day() -> None:
    with pytest.raises(TrackerError, match="m12 has no score by 2024-06-01") as caught:
        build(table(), date(2024, 6, 1))
    assert "released before" in caught.value.hint


@pytest.fixture(scope="module")
def published() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Epoch's scores of 2026-08-11 and a sample of the index that Epoch fitted to them."""
    at = (p / "shared" / "data" / "epoch" for p in Path(__file__).parents)
    folder = next((p for p in at if p.is_dir()), None)
    if folder is None:
        pytest.skip("the shared Epoch data are not on this machine (../shared/data)")
    raw = pl.read_csv(folder / "eci_benchmarks-2026-08-11.csv.gz")
    scores = raw.select(
        "model",
        "benchmark",
        score="performance",
        released_on=pl.col("date").str.to_date(),
        benchmark_released_on=pl.col("benchmark_release_date").str.to_date(),
    )
    sample = pl.read_csv(folder / "eci_scores-2026-08-11-sample.csv").select(
        model="Display name",
        eci="eci",
        eci_stderr=(pl.col("eci_ci_high") - pl.col("eci_ci_low")) / (2 * 1.6449),
    )
    return scores, sample


EPOCH = {"Claude 3.5 Sonnet": 130.0, "GPT-5": 150.0}


def agreement(index: BenchmarkIndex, sample: pl.DataFrame) -> dict[str, float]:
    both = sample.join(index.values, on="model")
    assert both.height == sample.height == 32
    error = (both["value"] - both["eci"]).to_numpy()
    return {
        "rho": float(spearmanr(both["value"], both["eci"])[0]),
        "rmse": float(np.sqrt(np.mean(error**2))),
        "z": float(np.sqrt(np.mean((error / both["eci_stderr"].to_numpy()) ** 2))),
        "stderr_ratio": float((both["stderr"] / both["eci_stderr"]).median()),
    }


def test_the_published_index_comes_back(published: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    """At a weak penalty; the next test chooses it."""
    scores, sample = published
    found = agreement(benchmark_index(scores, EPOCH, penalty=PENALTY, replicates=0), sample)
    assert found["rho"] > 0.98
    assert found["z"] < 0.5  # half of the published standard errors


@pytest.mark.parametrize("day", [date(2024, 7, 1), date(2025, 1, 1), date(2026, 1, 1)])
def test_the_scale_stays_where_it_is(
    published: tuple[pl.DataFrame, pl.DataFrame], day: date
) -> None:
    """With early anchors and one penalty the best model of a day keeps its value as scores come."""
    scores, _ = published
    early = {"LLaMA-33B": 106.4, "GPT-4 (Mar 2023)": 125.7}
    then, now = (
        benchmark_index(scores, early, when, penalty=Penalty(1e-5, 0.005), replicates=0).values
        for when in (day, None)
    )
    best = then.head(1).join(now, on="model").row(0, named=True)
    assert then.height < now.height
    assert abs(best["value"] - best["value_right"]) < 0.25 * best["stderr"]


@pytest.mark.slow
def test_the_published_index_comes_back_without_a_hand(
    published: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    scores, sample = published
    found = agreement(benchmark_index(scores, EPOCH), sample)
    sys.stdout.write(f"{found}\n")  # shown by pytest -rP
    assert found["rho"] > 0.98
    assert found["z"] < 0.5
    assert 0.7 < found["stderr_ratio"] < 1.4


@pytest.mark.slow
def test_halves_of_the_benchmarks_agree_within_the_stated_errors(
    published: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    """Two indices from two halves of Epoch's benchmarks, 15 random splits: models with at least
    three scores in each differ as the stated errors say. Either error alone is too small there."""
    scores, _ = published
    names = scores["benchmark"].unique().sort()
    found = []
    for seed in range(15):
        half = np.random.default_rng(seed).permutation(names.len()) % 2 == 0
        one, two = (
            benchmark_index(
                scores.filter(pl.col("benchmark").is_in(names.filter(pl.Series(side)).implode())),
                EPOCH, penalty=PENALTY, replicates=100, seed=seed,
            ).values.filter(pl.col("n_scores") >= 3, pl.col("stderr") > 0)
            for side in (half, ~half)
        )  # fmt: skip
        found.append(one.join(two, on="model").with_columns(seed=pl.lit(seed)))
    both = pl.concat(found)
    apart = both["value"] - both["value_right"]
    top = both["value"] + both["value_right"] > 2 * 140
    rms = {}
    for kind in ("hessian_stderr", "bootstrap_stderr", "stderr"):
        z = apart / (both[kind] ** 2 + both[f"{kind}_right"] ** 2).sqrt()
        rms[kind] = float((z**2).mean() ** 0.5)
        high = float((z.filter(top) ** 2).mean() ** 0.5)
        inside = float((z.abs() < 1.6449).mean())
        sys.stdout.write(f"{kind}: rms z {rms[kind]:.2f}, above 140 {high:.2f}, 90% {inside:.3f}\n")
    assert 0.8 < rms["stderr"] < 1.3
    assert rms["stderr"] < min(rms["hessian_stderr"], rms["bootstrap_stderr"])
