"""Numbers as text: digits by the scale, no sign before zero."""

import math

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from forecasts.measures.value_scale import ValueScale
from tracker.text.numbers import (
    column_text,
    factor,
    fixed,
    is_value,
    points,
    ratio_told,
    signed,
)

PERCENT, FRACTION, MINUTES = ValueScale(2), ValueScale(4), ValueScale(0, logarithmic=True)


def test_what_rounds_to_zero_has_no_sign() -> None:
    assert [fixed(v, 1) for v in (-0.04, 0.0, -0.0, -0.06, 10.0)] == [
        "0.0", "0.0", "0.0", "-0.1", "10.0",
    ]  # fmt: skip
    assert fixed(-0.4, 0) == "0"
    assert signed(PERCENT, 0.001) == "0.00"
    assert [signed(PERCENT, v) for v in (0.5, -0.5)] == ["+0.50", "-0.50"]


def test_values_have_the_digits_of_their_scale() -> None:
    assert points(PERCENT, 57.1834) == "57.18"
    assert points(FRACTION, 0.0383) == "0.0383"
    assert points(FRACTION, -0.0000383) == "0.0000"
    minutes = (0.0526, 1.234, 52.84, 528.4, 18774.4, -17936.2, 0.0)
    assert [points(MINUTES, v) for v in minutes] == [
        "0.0526", "1.23", "52.8", "528", "18774", "-17936", "0",
    ]  # fmt: skip


@given(st.floats(1e-5, 1e9))
def test_three_digits_on_a_logarithmic_scale(value: float) -> None:
    assert math.isclose(float(points(MINUTES, value)), value, rel_tol=0.005 + 1e-9)


def test_a_ratio_in_words() -> None:
    assert ratio_told(None) == ""
    assert ratio_told(2.0) == "; 4 times, 2.00 doublings"
    assert (factor(1.262), factor(-1.0), factor(20.0)) == ("2.4", "0.5", "1048576")


def test_columns_by_what_they_hold() -> None:
    assert column_text(pl.Series("gap_points", [8.3, None]), FRACTION) == ["8.3000", ""]
    assert column_text(pl.Series("lag_months", [3.651]), FRACTION) == ["3.65"]
    assert column_text(pl.Series("probability_exhausted", [0.0886]), FRACTION) == ["8.9%"]
    assert column_text(pl.Series("crps", [0.5])) == ["0.5000"]
    values = ("value", "leader_value", "gap_q05", "q50", "raised_by", "change", "crps_persistence")
    assert all(map(is_value, values))
    assert not any(map(is_value, ("lag_months", "probability_closed", "months", "models", "price")))
