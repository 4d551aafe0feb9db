"""Random effects against statsmodels, a published worked example and arithmetic by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.meta_analysis import combine_effects

from models.helpers.meta_analysis import random_effects

SETS = {
    "spread": ([7.0, 3.0, 12.0, 5.5, 9.0], [1.0, 0.5, 2.0, 1.5, 0.8]),
    "two": ([1.0, 4.0], [0.4, 0.9]),
    "some": ([6.2, 4.9, 9.0, 7.3, 3.1, 6.6], [1.6, 1.1, 2.2, 1.4, 1.2, 0.9]),
}


@pytest.mark.parametrize("name", SETS)
def test_it_is_statsmodels(name: str) -> None:
    y, se = (np.array(v) for v in SETS[name])
    theirs = combine_effects(y, se**2, method_re="chi2")
    ours = random_effects(y, se)
    assert ours is not None
    assert ours.tau > 0
    assert ours.mean == pytest.approx(theirs.mean_effect_re, rel=1e-12)
    assert ours.tau**2 == pytest.approx(theirs.tau2, rel=1e-12)
    assert ours.q == pytest.approx(theirs.q, rel=1e-12)
    factor = max(theirs.scale_hksj_re, 1.0)
    assert ours.stderr == pytest.approx(theirs.sd_eff_w_re * math.sqrt(factor), rel=1e-12)
    _, _, _, (low, high) = theirs.conf_int(alpha=0.10, use_t=True)
    hartung_knapp = math.sqrt(theirs.scale_hksj_re / factor) * (ours.high - ours.low) / 2
    assert hartung_knapp == pytest.approx((high - low) / 2, rel=1e-10)


def test_without_spread_it_is_the_fixed_effect() -> None:
    y, se = np.array([7.0, 7.1, 6.9, 7.05]), np.array([1.0, 0.5, 2.0, 1.5])
    ours = random_effects(y, se)
    assert ours is not None
    assert ours.tau == 0.0
    assert ours.mean == pytest.approx(np.average(y, weights=se**-2), rel=1e-12)
    assert ours.stderr == pytest.approx(1 / math.sqrt((se**-2).sum()), rel=1e-12)


def test_it_is_arithmetic_by_hand() -> None:
    # Weights 1 and 1/4, fixed mean (2 + 7/4) / (5/4) = 3, Q = 1 + 16/4 = 5,
    # C = 5/4 - (1 + 1/16) / (5/4) = 2/5, tau2 = (5 - 1) / (2/5) = 10,
    # weights 1/11 and 1/14, mean (2/11 + 7/14) / (25/154) = 4.2.
    found = random_effects([2.0, 7.0], [1.0, 2.0])
    assert found is not None
    assert found.q == pytest.approx(5.0, rel=1e-14)
    assert found.tau == pytest.approx(math.sqrt(10), rel=1e-14)
    assert found.mean == pytest.approx(4.2, rel=1e-14)
    # Q of the random effects: 2.2^2/11 + 2.8^2/14 = 1, so the factor is one and the interval is
    # t with one degree of freedom: tan(0.9 pi / 2) times sqrt(154/25).
    assert found.stderr == pytest.approx(math.sqrt(6.16), rel=1e-12)
    half = math.tan(0.45 * math.pi) * math.sqrt(6.16)
    assert (found.low, found.high) == pytest.approx((4.2 - half, 4.2 + half), rel=1e-10)
    assert found.prediction is None


def test_one_study_is_no_sample_of_studies() -> None:
    assert random_effects([3.0], [1.0]) is None
    assert random_effects([], []) is None


@pytest.mark.parametrize("stderr", [0.0, math.nan, math.inf])
def test_a_standard_error_is_above_zero(stderr: float) -> None:
    with pytest.raises(ValueError, match="above zero"):
        random_effects([1.0, 2.0], [1.0, stderr])


studies = st.lists(
    st.tuples(st.floats(-50, 50), st.floats(0.05, 20)), min_size=2, max_size=12
)  # fmt: skip


@given(studies, st.floats(-100, 100), st.floats(0.1, 10))
def test_it_follows_shift_and_unit(
    pairs: list[tuple[float, float]], by: float, unit: float
) -> None:
    y, se = np.array(pairs).T
    one, other = random_effects(y, se), random_effects(unit * y + by, unit * se)
    assert one is not None
    assert other is not None
    near = {"rel": 1e-6, "abs": 1e-6 * (1 + abs(by))}
    assert other.mean == pytest.approx(unit * one.mean + by, **near)
    assert other.tau**2 == pytest.approx(unit**2 * one.tau**2, rel=1e-6, abs=1e-6 * (1 + by * by))
    assert min(y) - 1e-9 <= one.mean <= max(y) + 1e-9
    assert one.low <= one.mean <= one.high


@given(st.floats(-20, 20), st.floats(0.1, 5), st.integers(2, 9))
def test_equal_studies_have_nothing_between_them(value: float, stderr: float, n: int) -> None:
    found = random_effects([value] * n, [stderr] * n)
    assert found is not None
    assert found.tau == 0.0
    assert found.mean == pytest.approx(value, rel=1e-12)
    assert found.stderr == pytest.approx(stderr / math.sqrt(n), rel=1e-12)
