"""Prices: which one counts, and the Pareto front as a loop finds it."""

from datetime import date, timedelta

import polars as pl
from frames import table, view
from hypothesis import given
from hypothesis import strategies as st

from forecasts.measures.blocs import parse_bloc
from forecasts.measures.frontier import frontier
from forecasts.measures.prices import (
    IS_SCORE,
    PRICE_INDEX,
    PRICE_VERSION,
    count_released,
    latest_prices,
    price_points,
)

PRICED = {"index_name": PRICE_INDEX, "index_version": PRICE_VERSION}


def priced(name: str, price: float, seen: str) -> pl.DataFrame:
    return table([(name, "US", "2024-01-01", price)], seen, **PRICED)


def test_a_later_price_is_taken_only_where_there_is_no_earlier_one() -> None:
    rows = pl.concat(
        [
            priced("a", 3.0, "2024-02-01"), priced("a", 2.0, "2024-03-01"),
            priced("a", 1.0, "2024-09-01"), priced("b", 5.0, "2024-09-01"),
            priced("b", 4.0, "2024-12-01"), priced("free", 0.0, "2024-02-01"),
            table([("a", "US", "2024-01-01", 60.0)]),
        ]
    )  # fmt: skip
    found = latest_prices(rows, date(2024, 6, 1)).sort("model_key")
    assert found.rows() == [("a", 2.0, date(2024, 3, 1)), ("b", 5.0, date(2024, 9, 1))]
    assert rows.filter(IS_SCORE)["model"].to_list() == ["a"]


POINT = st.tuples(st.integers(1, 6), st.integers(1, 6))


@given(st.lists(POINT, min_size=1, max_size=9))
def test_the_front_holds_whom_nobody_beats(points: list[tuple[int, int]]) -> None:
    day = date(2024, 1, 1)
    rows = [(f"m{i}", "US", str(day + timedelta(days=i)), v) for i, (_, v) in enumerate(points)]
    line = frontier(view(table(rows)).models(), parse_bloc("US"))
    prices = pl.DataFrame(
        {"model_key": [r[0] for r in rows], "price": [float(p) for p, _ in points]}
    )
    found = price_points((line,), prices, day, day + timedelta(days=400))
    on_front = set(found.filter("front")["model"])
    for i, (price, value) in enumerate(points):
        beaten = any(
            p <= price and v >= value and (p, v) != (price, value) for p, v in points
        )  # fmt: skip
        assert not (beaten and f"m{i}" in on_front)
        if not beaten:  # of twins one is shown
            twins = {f"m{j}" for j, point in enumerate(points) if point == (price, value)}
            assert len(twins & on_front) == 1
    assert price_points((line,), prices, day + timedelta(days=400), day).is_empty()


def test_a_model_of_two_blocs_counts_once() -> None:
    rows = [("a", "US,GB", "2024-01-01", 1), ("b", "US", "2024-01-02", 2),
            ("c", "GB", "2024-03-01", 3)]  # fmt: skip
    models = view(table(rows)).models()
    lines = (frontier(models, parse_bloc("US")), frontier(models, parse_bloc("GB")))
    assert count_released(lines, date(2024, 1, 1), date(2024, 12, 31)) == 3
    assert count_released(lines, date(2024, 1, 2), date(2024, 2, 1)) == 1
