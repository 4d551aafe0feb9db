"""The smallest model that reaches a level: each is smaller than all that reached it before."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasts.measures.blocs import parse_bloc
from forecasts.measures.smallest import smallest_models

START = date(2025, 1, 1)
BLOCS = [parse_bloc("US"), parse_bloc("CN")]
# country, day, value, billions
Row = tuple[str, int, float, float | None]
ROW = st.tuples(
    st.sampled_from(["US", "CN"]), st.integers(0, 8), st.integers(1, 5).map(float),
    st.none() | st.integers(1, 9).map(float),
)  # fmt: skip


def models(rows: list[Row]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"model": f"m{at}", "model_key": f"m{at:03}", "lab": "L", "country": country,
             "released_on": START + timedelta(day), "value": value, "parameters": size,
             "active_parameters": None if size is None else size / 10}
            for at, (country, day, value, size) in enumerate(rows)
        ],
        schema={"model": pl.String, "model_key": pl.String, "lab": pl.String, "country": pl.String,
                "released_on": pl.Date, "value": pl.Float64, "parameters": pl.Float64,
                "active_parameters": pl.Float64},
    )  # fmt: skip


@given(st.lists(ROW, max_size=20), st.integers(1, 5).map(float))
def test_against_every_day_by_itself(rows: list[Row], level: float) -> None:
    found = smallest_models(models(rows), BLOCS, [level])
    for bloc in ("US", "CN"):
        sizes = {}
        for day in range(9):
            reach = [s for c, d, v, s in rows if c == bloc and d <= day and v >= level and s]
            if reach and (not sizes or min(reach) < min(sizes.values())):
                sizes[START + timedelta(day)] = min(reach)
        told = found.table.filter(bloc=bloc)
        assert dict(told.select("released_on", "size").iter_rows()) == sizes
        unknown = sum(c == bloc and v >= level and s is None for c, _, v, s in rows)
        without = found.unreached.filter(bloc=bloc)
        assert [*told["unknown"].unique(), *without["unknown"]] == [unknown]
        assert without.height == (not sizes)


def test_several_levels_and_active_parameters() -> None:
    rows: list[Row] = [("US", 0, 3.0, 100.0), ("US", 1, 2.0, 50.0), ("CN", 2, 5.0, 10.0)]
    found = smallest_models(models(rows), BLOCS, [5.0, 2.0, 2.0], "active")
    assert found.table.select("level", "bloc", "size").rows() == [
        (2.0, "US", 10.0), (2.0, "US", 5.0), (2.0, "CN", 1.0), (5.0, "CN", 1.0),
    ]  # fmt: skip
    assert found.unreached.rows() == [(5.0, "US", 0)]


@pytest.mark.parametrize("order", [1, -1])
def test_of_one_day_the_smallest_then_the_better(order: int) -> None:
    rows: list[Row] = [("US", 0, 3.0, 5.0), ("US", 0, 4.0, 5.0), ("US", 0, 9.0, 6.0)]
    found = smallest_models(models(rows[::order]), BLOCS, [1.0]).table
    assert found.select("size", "value").rows() == [(5.0, 4.0)]
