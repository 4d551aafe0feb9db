"""The judgement of a re-basing: closed forms, invariance, and its errors in simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import linregress, spearmanr

from forecasts.measures.rebasing import MIN_COMMON, judge


def ratings(size: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(1200, 90, size)


def test_7_forty_ratings_estimated_anew_are_no_rebasing() -> None:
    old = ratings(40)
    for seed in range(50):
        new = old + np.random.default_rng(100 + seed).normal(0, 2.5, 40)
        judged = judge(old, new)
        assert judged.case == "re-estimated"
        assert judged.rank_kept


@pytest.mark.parametrize("size", [10, 40, 500])
@pytest.mark.parametrize("slope", [0.7, 0.8, 0.9, 0.95, 0.99])
def test_7_the_same_values_times_a_factor_are_rebased(size: int, slope: float) -> None:
    old = ratings(size)
    judged = judge(old, slope * old)
    assert judged.case == "re-based"
    assert judged.slope == pytest.approx(slope)
    assert judged.offset == pytest.approx(0, abs=1e-6)
    assert judged.spearman == pytest.approx(1)


@pytest.mark.parametrize("size", [10, 40, 500])
def test_7_an_offset_is_a_rebasing(size: int) -> None:
    old = ratings(size)
    assert judge(old, old - 30).case == "re-based"
    assert judge(old, old - 30).offset == pytest.approx(-30, abs=1e-6)


def test_7_a_third_of_the_values_times_a_factor_is_rebased_in_part() -> None:
    old = ratings(90)
    new = old.copy()
    new[::3] *= 0.8
    assert judge(old, new).case == "re-based"


def test_7_single_values_scored_again_are_the_same_scale() -> None:
    old = ratings(500)
    new = old.copy()
    new[:6] += 40
    judged = judge(old, new)
    assert (judged.case, judged.moved) == ("same scale", 6)


def test_7_other_scores_have_another_ranking() -> None:
    rng = np.random.default_rng(1)
    assert judge(ratings(50), rng.permutation(ratings(50))).case == "other scores"


@pytest.mark.parametrize("size", range(MIN_COMMON))
def test_7_fewer_than_ten_cannot_be_judged(size: int) -> None:
    old = ratings(size)
    assert judge(old, old * 0.99).case == "cannot be judged"
    assert judge(old, old).case == ("same scale" if size >= 3 else "cannot be judged")
    assert judge(old, old, complete=True).case == ("same scale" if size else "cannot be judged")


def test_7_the_statistics_are_those_of_scipy() -> None:
    old = ratings(60)
    new = 0.9 * old + np.random.default_rng(2).normal(0, 20, 60)
    judged = judge(old, new)
    line = linregress((old + new) / 2, new - old)
    assert judged.slope == pytest.approx((1 + line.slope / 2) / (1 - line.slope / 2))
    assert judged.spearman == pytest.approx(spearmanr(old, new).statistic)


@given(st.integers(0, 10_000), st.integers(10, 60), st.floats(0.01, 1000), st.floats(-500, 500))
def test_7_the_judgement_does_not_depend_on_the_unit(
    seed: int, size: int, factor: float, shift: float
) -> None:
    rng = np.random.default_rng(seed)
    old = rng.normal(0, 1, size)
    new = rng.choice([0.8, 1.0]) * old + rng.normal(0, rng.choice([0.001, 0.05, 0.5]), size)
    plain, other = judge(old, new), judge(factor * old + shift, factor * new + shift)
    assert plain.case == other.case
    assert plain.shift == pytest.approx(other.shift, rel=1e-4, abs=1e-7)


def test_7_values_that_are_all_alike_are_judged() -> None:
    flat = np.full(20, 5.0)
    assert judge(flat, flat).case == "same scale"
    assert judge(flat, flat * 0.8).case == "re-based"
    assert judge(np.zeros(20), np.zeros(20)).case == "same scale"
