"""Gap, lag and matches: by hand, and beside plain loops over days."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from frames import NEW_YEAR, RELEASES, june, table, view
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasts.errors import TrackerError, UsageError
from forecasts.measures.frontier import to_day
from forecasts.measures.gap import (
    Gap,
    gap_series,
    gap_steps,
    lag_days,
    measure_gap,
    period_ends,
)
from forecasts.measures.index_spec import IndexSpec
from forecasts.measures.pair import frontier_pair
from forecasts.request import Pair, Vintage

MONTH = 30.4375
US_CN = Pair("US", "CN")


def us_cn(
    rows: pl.DataFrame, as_of: date = NEW_YEAR, vintage: Vintage = "real", tolerance: float = 0.0
) -> Gap:
    return measure_gap(view(rows, as_of, vintage), US_CN, tolerance=tolerance)


def months(first: date, last: date) -> float:
    return (last - first).days / MONTH


def test_gap_lag_and_matches_by_hand() -> None:
    gap = us_cn(table(RELEASES))
    assert gap.gap_points == 8
    # CN stands at 22; US first reached that with a3 on 2024-06-01.
    assert gap.lag_months == pytest.approx(months(date(2024, 6, 1), NEW_YEAR))
    matches = gap.matches.to_dicts()
    assert [m["follower_model"] for m in matches] == ["b1", "b2", None]
    assert [m["censored"] for m in matches] == [False, False, True]
    taken = [
        months(date(2024, 1, 1), date(2024, 3, 15)),
        months(date(2024, 3, 1), date(2024, 8, 1)),
    ]
    assert [m["months"] for m in matches[:2]] == pytest.approx(taken)
    assert gap.match_months["n_censored"] == 1
    assert gap.match_months["mean"] == pytest.approx(np.mean(taken))
    assert gap.lead == {
        "leader_days": (NEW_YEAR - date(2024, 3, 15)).days + 1,
        "follower_days": 0, "tied_days": 0, "changes": 0,
    }  # fmt: skip
    assert gap.counts.rows() == [("US", 3, 3, 3), ("CN", 2, 2, 2)]


def test_tolerance_moves_the_lag_back() -> None:
    lag = us_cn(table(RELEASES), tolerance=2).lag_months
    assert lag == pytest.approx(months(date(2024, 3, 1), NEW_YEAR))


def test_a_follower_that_is_ahead() -> None:
    gap = us_cn(table([*RELEASES, ("b3", "CN", "2024-09-01", 40)]))
    assert gap.gap_points == -10
    assert gap.lag_months == 0
    assert gap.lead["changes"] == 1


def test_measurement_error_gives_an_interval() -> None:
    gap = us_cn(table(RELEASES, stderr=3.0))
    assert gap.gap_interval == pytest.approx((8 - 1.6448536 * 18**0.5, 8 + 1.6448536 * 18**0.5))
    assert us_cn(table(RELEASES)).gap_interval is None


def test_on_a_scale_that_grows_by_factors_errors_are_of_the_logarithms() -> None:
    """Minutes: the leader 1000 with half its value of error cannot be below zero."""
    rows = table([("a", "US", "2024-01-01", 1000.0), ("b", "CN", "2024-02-01", 10.0)])
    stderr = pl.when(pl.col("value") > 100).then(500.0).otherwise(1e-9)
    minutes = replace(
        view(rows.with_columns(stderr=stderr), NEW_YEAR, "real"), spec=IndexSpec("I", scale="log")
    )
    found = measure_gap(minutes, US_CN, tolerance=0).gap_interval
    assert found is not None
    wanted = [1000 * np.exp(z * 1.6448536 * 0.5) - 10 for z in (-1, 1)]
    assert found == pytest.approx(wanted, rel=0.03)


def test_vintages() -> None:
    later = table([("b2", "CN", "2024-08-01", 29)], observed="2025-06-01")
    rows = pl.concat([table(RELEASES), later])
    assert us_cn(rows).gap_points == 8
    assert us_cn(rows, vintage="final").gap_points == 1
    assert us_cn(rows, date(2024, 7, 1), "final").gap_points == 20
    with pytest.raises(TrackerError):
        us_cn(rows, date(2024, 7, 1))


def test_what_cannot_be_compared() -> None:
    rows = view(table(RELEASES))
    with pytest.raises(UsageError, match="both 'US'"):
        measure_gap(rows, Pair("US", "us"))
    with pytest.raises(UsageError, match="-1"):
        measure_gap(rows, US_CN, tolerance=-1)
    with pytest.raises(UsageError, match="nan"):
        measure_gap(rows, US_CN, tolerance=float("nan"))


def test_the_history_ends_today_and_steps_by_period() -> None:
    top, low = frontier_pair(view(table(RELEASES)), US_CN).lines
    rows = gap_series(top, low, None, date(2024, 8, 15), "month", 0.0)
    assert rows["date"].to_list() == [
        date(2024, 3, 31), date(2024, 4, 30), date(2024, 5, 31), date(2024, 6, 30),
        date(2024, 7, 31), date(2024, 8, 15),
    ]  # fmt: skip
    assert rows["gap_points"].to_list() == [10, 10, 10, 20, 20, 8]
    from_april = gap_series(top, low, date(2024, 4, 5), date(2024, 8, 15), "quarter", 0.0)
    assert from_april["date"].to_list() == [date(2024, 4, 5), date(2024, 6, 30), date(2024, 8, 15)]
    assert gap_series(top, low, None, date(2024, 2, 1), "month", 0.0).is_empty()


def test_the_interval_of_each_day_is_that_of_the_models_that_held_it() -> None:
    rows = pl.concat(
        [table(RELEASES[:2], stderr=1.0), table(RELEASES[2:4], stderr=2.0), table(RELEASES[4:])]
    )
    top, low = frontier_pair(view(rows), US_CN).lines
    found = gap_series(top, low, None, date(2024, 8, 15), "month", 0.0)
    spread = ((found["gap_high"] - found["gap_low"]) / 2 / 1.6448536269514722).to_list()
    assert spread[0] == pytest.approx(5**0.5)
    assert spread[3] == pytest.approx(8**0.5)
    assert spread[-1] is None


def test_the_gap_steps_at_each_record() -> None:
    rows = [
        ("a", "US", "2026-01-01", 5),
        ("b", "CN", "2026-01-05", 2),
        ("c", "US", "2026-01-09", 6),
    ]
    lines = frontier_pair(view(table(rows), date(2026, 1, 20), "final"), US_CN).lines
    start = to_day(date(2026, 1, 1))
    found = gap_steps(*lines, start, start + 12)
    assert found.drop("gap_doublings").rows() == [
        (date(2026, 1, 5), 3.0), (date(2026, 1, 9), 4.0), (date(2026, 1, 13), 4.0),
    ]  # fmt: skip
    assert found["gap_doublings"].to_list() == pytest.approx([np.log2(5 / 2), *[np.log2(3)] * 2])


def test_period_ends() -> None:
    ends = period_ends(date(2023, 11, 5), date(2024, 4, 1), "quarter")
    assert ends == [date(2023, 12, 31), date(2024, 3, 31), date(2024, 6, 30)]
    assert period_ends(date(2024, 2, 1), date(2024, 2, 29), "month") == [date(2024, 2, 29)]


RELEASE = st.tuples(st.sampled_from(["US", "CN"]), st.integers(0, 60), st.integers(0, 12))


@settings(deadline=None)
@given(st.lists(RELEASE, max_size=14), st.sampled_from([0.0, 1.5]))
def test_lag_matches_and_lead_are_those_of_a_loop_over_days(
    some: list[tuple[str, int, int]], tolerance: float
) -> None:
    start = date(2024, 1, 1)
    facts = [("US", 0, 5), ("CN", 3, 4), *some]
    rows: list[Any] = [
        (f"{c}{i}", c, str(start + timedelta(days=d)), v) for i, (c, d, v) in enumerate(facts)
    ]
    as_of = start + timedelta(days=70)
    seen = table(rows)
    gap = measure_gap(view(seen, as_of, "final"), US_CN, tolerance=tolerance)

    def best(bloc: str, day: int) -> float:
        return max((v for c, d, v in facts if c == bloc and d <= day), default=-np.inf)

    both = range(min(d for c, d, _ in facts if c == "CN"), 71)
    signs = [np.sign(best("US", t) - best("CN", t)) for t in both]
    assert gap.lead["leader_days"] == signs.count(1)
    assert gap.lead["tied_days"] == signs.count(0)
    days = np.array([to_day(start) + t for t in both])
    for t, found in zip(both, lag_days(gap.leader, gap.follower, days, tolerance), strict=True):
        level = best("CN", t)
        reached = [s for s in range(t + 1) if best("US", s) >= level - tolerance]
        expected = 0.0 if level >= best("US", t) else float(t - min(reached))
        assert found == expected
    for row in gap.matches.iter_rows(named=True):
        since = (row["leader_released_on"] - start).days
        hit = [s for s in range(71) if best("CN", s) >= row["leader_value"] - tolerance]
        until = max(min(hit), since) if hit else 70
        assert row["censored"] == (not hit)
        assert row["months"] == pytest.approx((until - since) / MONTH)


def test_the_published_figures_of_june() -> None:
    gap = measure_gap(june(), US_CN)
    assert round(gap.gap_points, 2) == 8.30
    assert gap.history["gap_points"][-1] == gap.gap_points


def test_models_without_a_release_date_are_left_out_and_counted() -> None:
    rows = table(RELEASES)
    best = rows.filter(country="CN").sort("value")[-1:]
    undated = [
        best.with_columns(
            model=pl.lit(name), model_key=pl.lit(name), observation_id=pl.lit(name),
            value=pl.col("value") + more, released_on=pl.lit(None, pl.Date),
        )
        for name, more in (("x", 5.0), ("y", -1.0))
    ]  # fmt: skip
    plain, found = us_cn(rows), us_cn(pl.concat([rows, *undated]))
    assert found.gap_points == plain.gap_points
    leader, follower = found.undated
    assert (leader.bloc, leader.models, leader.above, leader.model) == ("US", 0, 0, None)
    assert (follower.bloc, follower.models, follower.above, follower.model) == ("CN", 2, 1, "x")
    assert plain.undated[1].models == 0
