"""The lag over several indices: which are pooled, and how, beside arithmetic and statsmodels."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from frames import RELEASES, Row, table, view
from statsmodels.stats.meta_analysis import combine_effects

from forecasts.measures.gap import Gap, measure_gap
from forecasts.measures.pooled_lag import (
    DORMANT_DAYS,
    FRESH_DAYS,
    LEAST_STDERR,
    AllIndices,
    IndexLag,
    is_least,
    pool_lags,
)
from forecasts.measures.prices import PRICE_INDEX
from forecasts.request import Pair

DAY = date(2025, 1, 1)
Z = 1.6448536269514722


def gap_of(lag: float, low: float | None, high: float | None, **more: Any) -> Gap:
    found = measure_gap(view(table(RELEASES)), Pair("US", "CN"))
    interval = None if low is None or high is None else (low, high)
    return replace(found, lag_months=lag, lag_interval=interval, **more)


def index(name: str, lag: float = 5.0, low: float = 3.0, high: float = 8.0) -> IndexLag:
    return IndexLag(name, "1", DAY, DAY, True, gap_of(lag, low, high))


FOUR = [index("A", 4, 2, 6), index("B", 9, 8, 10.5), index("C", 6, 1, 12), index("D", 0, 0, 0)]


def test_the_mean_is_that_of_statsmodels() -> None:
    found = pool_lags(FOUR)
    stderr = np.array([4 / (2 * Z), 2.5 / (2 * Z), 11 / (2 * Z), LEAST_STDERR])
    theirs = combine_effects(np.array([4.0, 9.0, 6.0, 0.0]), stderr**2, method_re="chi2")
    assert found.mean == pytest.approx(theirs.mean_effect_re, rel=1e-12)
    assert found.tau == pytest.approx(np.sqrt(theirs.tau2), rel=1e-12)
    # Hartung and Knapp's factor is below one here and taken as one: the t interval without it.
    assert theirs.scale_hksj_re < 1
    _, (low, high), _, _ = theirs.conf_int(alpha=0.10, use_t=True)
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-9)
    assert (found.indices, found.median, found.least, found.most) == (4, 5.0, 0.0, 9.0)


def test_the_mean_is_arithmetic_by_hand() -> None:
    # Standard errors of one and two months: mean 4.2 and tau the root of ten, as computed by hand
    # in the test of the random effects.
    found = pool_lags([index("A", 2, 0, 2 * Z), index("B", 7, 5, 5 + 4 * Z)])
    assert (found.mean, found.tau) == pytest.approx((4.2, np.sqrt(10)), rel=1e-12)
    assert found.prediction_low is None


def test_one_index_is_its_own_mean_and_none_has_none() -> None:
    one = pool_lags([index("A")])
    assert (one.indices, one.median, one.mean, one.low, one.high, one.tau) == (1, 5, 5, 3, 8, None)
    assert pool_lags([]).mean is None


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, ""),
        ({"index_name": PRICE_INDEX}, "a price"),
        ({"index_name": "AA coding_index"}, "a component"),
        ({"newest": False}, "an older version"),
        ({"last_sweep": None}, "never seen whole"),
        ({"last_sweep": DAY - timedelta(days=FRESH_DAYS)}, ""),
        ({"last_sweep": DAY - timedelta(days=FRESH_DAYS + 1)}, "last seen whole 181 days before"),
        ({"gap": None, "why": "No model of bloc 'CN'"}, "No model of bloc 'CN'"),
        ({"gap": gap_of(5, 3, 8, exhausted=True)}, "exhausted"),
        ({"gap": gap_of(5, None, None)}, "fewer than 5 models"),
    ],
)
def test_each_that_is_left_out_says_why(changed: dict[str, Any], why: str) -> None:
    lag = replace(index("A"), **changed)
    reason = lag.left_out(DAY)
    assert reason.startswith(why)
    assert bool(reason) == bool(why)
    found = AllIndices(DAY, "real", "US", "CN", 0.0, (lag, index("B")))
    assert [one.index_name for one in found.pooled] == ["B"] if why else ["A", "B"]
    row = found.table().filter(index_name=lag.index_name).row(0, named=True)
    assert (row["pooled_here"], row["reason"]) == (not why, reason or None)


def test_an_index_that_nobody_measures_on_any_more_is_dormant() -> None:
    newest = date(2024, 8, 1)  # of RELEASES
    for days, why in (
        (DORMANT_DAYS, ""),
        (DORMANT_DAYS + 1, f"dormant: its newest model is of {newest}"),
    ):
        on = newest + timedelta(days=days)
        assert replace(index("A"), last_sweep=on).left_out(on) == why


def test_the_table_has_the_numbers_of_the_gaps() -> None:
    found = AllIndices(DAY, "real", "US", "CN", 0.0, tuple(FOUR))
    rows = found.table()
    assert rows["lag_months"].to_list() == [4, 9, 6, 0]
    assert rows.select("lag_low", "lag_high").rows() == [(2, 6), (8, 10.5), (1, 12), (0, 0)]
    assert rows["gap_points"].to_list() == [8.0] * 4
    assert rows.select("matched", "records").rows() == [(2, 3)] * 4
    assert rows["lag_stderr"].min() == LEAST_STDERR
    assert not rows["at_least"].any()


def test_a_leader_that_was_never_so_low_leaves_the_least() -> None:
    late: list[Row] = [r for r in RELEASES if r[0] != "a1"]
    behind = [r for r in late if r[0] != "b2"]
    found = measure_gap(view(table(behind)), Pair("US", "CN"))
    assert is_least(found)
    assert found.lag_months == pytest.approx((DAY - date(2024, 3, 1)).days / 30.4375)
    assert not is_least(measure_gap(view(table(late)), Pair("US", "CN")))
    ahead = pl.concat([table(behind), table([("b9", "CN", "2024-12-01", 99.0)])])
    assert not is_least(measure_gap(view(ahead), Pair("US", "CN")))
