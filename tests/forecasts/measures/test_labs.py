"""Labs that have something to show, month by month, against a count of each month by itself."""

from datetime import date, timedelta
from itertools import pairwise

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from forecasts.measures.blocs import parse_bloc
from forecasts.measures.labs import KINDS, count_labs

START = date(2025, 1, 10)
BLOCS = [parse_bloc("US"), parse_bloc("CN")]
LABS = {"A": "US", "B": "US", "C": "CN", "D": "CN,US"}
# lab, day, value, reasoning, open weights
Row = tuple[str, int, float, bool | None, bool | None]
FLAG = st.sampled_from([True, False, None])
ROW = st.tuples(st.sampled_from(list(LABS)), st.integers(0, 120), st.integers(0, 9).map(float),
                FLAG, FLAG)  # fmt: skip


def models(rows: list[Row]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"model_key": f"m{at:03}", "lab": lab, "country": LABS[lab],
             "released_on": START + timedelta(day), "value": value, "reasoning": reasoning,
             "open_weights": weights}
            for at, (lab, day, value, reasoning, weights) in enumerate(rows)
        ],
        schema={"model_key": pl.String, "lab": pl.String, "country": pl.String,
                "released_on": pl.Date, "value": pl.Float64, "reasoning": pl.Boolean,
                "open_weights": pl.Boolean},
    )  # fmt: skip


def counted(rows: list[Row], kind: str, bloc: str, day: date, within: float) -> int:
    past = [row for row in rows if START + timedelta(row[1]) <= day]
    best = max((value for _, _, value, _, _ in past), default=0.0)
    own = [row for row in past if bloc in LABS[row[0]]]
    near = {lab for lab, _, value, _, _ in own if value >= best - within}
    has = {
        "reasoning": {row[0] for row in own if row[3]}, "open": {row[0] for row in own if row[4]},
        "near": near,
    }  # fmt: skip
    return len(has[kind])


@given(st.lists(ROW, min_size=1, max_size=15), st.integers(0, 4).map(float))
def test_against_each_month_by_itself(rows: list[Row], within: float) -> None:
    found = count_labs(models(rows), BLOCS, within)
    for kind in KINDS:
        for bloc in ("US", "CN"):
            steps = found.table.filter(kind=kind, bloc=bloc)
            assert steps["date"].is_sorted()
            last = max(START + timedelta(row[1]) for row in rows)
            assert steps["date"][-1] == last
            numbers = steps["labs"].to_list()
            # Only the last row may repeat what was said before.
            assert all(a != b for a, b in pairwise(numbers[:-1]))
            for day, number in steps.select("date", "labs").iter_rows():
                assert number == counted(rows, kind, bloc, day, within), (kind, bloc, day)
            # And between two rows nothing changed at the end of a month.
            first = min(START + timedelta(row[1]) for row in rows)
            ends = pl.date_range(first, last, "1d", eager=True).dt.month_end().unique().sort()
            for day in ends.filter(ends < last):
                said = steps.filter(pl.col("date") <= day)["labs"][-1]
                assert said == counted(rows, kind, bloc, day, within)


def test_from_a_day_on() -> None:
    rows: list[Row] = [("A", 0, 1.0, True, None), ("B", 100, 2.0, True, False)]
    found = count_labs(models(rows), BLOCS, 0.0, date(2025, 3, 5), date(2025, 4, 30))
    us = found.table.filter(kind="reasoning", bloc="US")
    assert us.rows() == [
        ("reasoning", "US", date(2025, 3, 31), 1), ("reasoning", "US", date(2025, 4, 30), 2),
    ]  # fmt: skip
    assert found.unknown == {"reasoning": 0, "open": 1}


def test_no_model_no_lab() -> None:
    assert count_labs(models([]), BLOCS, 5.0).table.is_empty()
