"""Intervals as standard errors, beside scipy and beside draws of a log-normal."""

from math import exp, log

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import lognorm, norm

from tracker.sources.standard_errors import factor_stderr, stderr_of

LEVELS = st.floats(0.5, 0.999)


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3), LEVELS)
def test_a_normal_interval_gives_its_own_standard_error(m: float, s: float, level: float) -> None:
    low, high = norm(m, s).interval(level)
    assert stderr_of(low, high, level) == pytest.approx(s, rel=1e-6)


def test_columns_are_taken_as_numbers_are() -> None:
    rows = pl.DataFrame({"low": [1.0, None], "high": [3.0, 4.0]})
    found = rows.select(stderr_of(pl.col("low"), pl.col("high"), 0.9)).to_series().to_list()
    assert found == [stderr_of(1.0, 3.0, 0.9), None]


@given(st.floats(0.01, 1e4), st.floats(0.01, 2), LEVELS)
def test_a_quantity_that_grows_by_factors_keeps_the_error_of_its_logarithm(
    value: float, s: float, level: float
) -> None:
    low, high = lognorm(s, scale=value).interval(level)
    error = factor_stderr(value, low, high, level)
    assert error is not None
    assert error / value == pytest.approx(s, rel=1e-6)
    z = norm.ppf(0.5 + level / 2)
    assert [exp(log(value) + k * z * error / value) for k in (-1, 1)] == pytest.approx([low, high])


def test_for_a_narrow_interval_it_is_the_spread_of_the_values() -> None:
    draws = 60 * np.exp(np.random.default_rng(1).normal(0, 0.02, 200_000))
    low, high = np.quantile(draws, [0.025, 0.975])
    error = factor_stderr(60.0, float(low), float(high), 0.95)
    assert error == pytest.approx(draws.std(), rel=0.01)


@pytest.mark.parametrize("ends", [(0.0, 1.0, 2.0), (1.0, 0.0, 2.0), (1.0, -1.0, 2.0)])
def test_where_there_is_no_logarithm_there_is_no_error(ends: tuple[float, float, float]) -> None:
    assert factor_stderr(*ends, 0.95) is None
