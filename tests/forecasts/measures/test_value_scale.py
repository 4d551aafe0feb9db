"""The digits of an index follow its bounds or its values; the ceiling exhausts it."""

import numpy as np
import polars as pl
from frames import Row, june, table, view
from hypothesis import given
from hypothesis import strategies as st

from forecasts.measures.gap import measure_gap
from forecasts.measures.index_spec import IndexSpec
from forecasts.measures.value_scale import (
    ValueScale,
    at_ceiling,
    ceiling_of,
    decimals,
    value_scale,
)
from forecasts.request import Pair


def rows(*values: float) -> list[Row]:
    return [(f"m{i}", "US" if i % 2 else "CN", f"2024-01-{i + 1:02}", v)
            for i, v in enumerate(values)]  # fmt: skip


def scale(*values: float, high: float | None = None) -> ValueScale:
    return value_scale(view(table(rows(*values))).models(), IndexSpec("I", high=high))


def test_decimals_of_indices_in_use() -> None:
    assert june().scale() == ValueScale(2)
    assert scale(0.2, 0.8) == ValueScale(4)  # fractions
    assert scale(0.2, 0.8, high=100.0) == ValueScale(2)  # a percentage that is low
    assert scale(1200, 1500) == ValueScale(1)  # ratings
    assert scale(20, 300, 18000) == ValueScale(0, logarithmic=True)  # minutes
    assert scale(20, 300, 18000, high=20000.0) == ValueScale(0)  # bounded: no growth by factors
    assert scale(7.0) == ValueScale(3)
    assert scale(0.0) == ValueScale(4)
    assert value_scale(view(table(rows(1))).models().clear(), IndexSpec("I")) == ValueScale(2)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_a_step_of_the_last_digit_is_a_small_share_of_the_spread(low: float, spread: float) -> None:
    places = decimals(low, low + spread)
    actual = (low + spread) - low
    assert 10.0**-places <= actual / 2000 * (1 + 1e-6)
    if places:  # and no digit is spent in vain
        assert 10.0 ** -(places - 1) > actual / 2000 * (1 - 1e-6)


def test_the_scale_is_that_of_the_index_whichever_bloc_is_looked_at() -> None:
    low = [("x", "FR", "2024-02-01", 0.5), ("y", "KR", "2024-02-02", 0.4)]
    seen = view(table([*rows(1, 3, 80, 90), *low]))
    assert measure_gap(seen, Pair("FR", "KR")).scale == measure_gap(seen, Pair("US", "CN")).scale


def test_the_ceiling_is_known_or_that_of_fractions() -> None:
    assert ceiling_of(np.array([0.1, 1.0]), None) == 1.0
    assert ceiling_of(np.array([0.1, 1.1]), None) == np.inf
    assert ceiling_of(np.array([0.1]), 100.0) == 100.0


def test_what_stands_at_the_ceiling() -> None:
    values = np.array([99.0, 99.999999, 100.0, 101.0])
    assert at_ceiling(values, 100.0).tolist() == [False, False, True, True]
    assert not at_ceiling(values, np.inf).any()


def test_a_gap_at_the_ceiling_is_no_tie() -> None:
    level = rows(50, 60, 100, 100)
    assert measure_gap(view(table(level), ceiling=100.0), Pair("US", "CN")).exhausted
    assert not measure_gap(view(table(level)), Pair("US", "CN")).exhausted
    assert not measure_gap(june(), Pair("US", "CN")).exhausted


def test_a_gap_of_a_quantity_that_grows_by_factors_is_a_ratio() -> None:
    gap = measure_gap(view(table(rows(20, 40, 640, 2560))), Pair("US", "CN"))
    assert (gap.gap_ratio, gap.gap_doublings) == (4.0, 2.0)
    points = measure_gap(june(), Pair("US", "CN"))
    assert (points.gap_ratio, points.gap_doublings) == (None, None)
    none = table([*rows(20, 40, 2560), ("z", "FR", "2024-01-05", 0)])
    assert measure_gap(view(none), Pair("CN", "FR")).gap_ratio is None
    assert pl.Series([gap.gap_doublings]).is_finite().all()
