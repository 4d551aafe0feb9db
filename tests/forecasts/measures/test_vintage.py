"""One value per model, from what had been observed by a day or from the latest."""

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from frames import NEW_YEAR, RELEASES, SCHEMA, table
from hypothesis import given
from hypothesis import strategies as st

from forecasts.measures.vintage import contradictions, known_models, latest_statements

ROWS = pl.concat(
    [
        table(RELEASES),
        table([("a3", "US", "2024-06-01", 31), ("a3", "US", "2024-06-01", 29)]),
        table([("b2", "CN", "2024-08-01", 29)], observed="2025-06-01"),
    ]
)


def value_of(model: str, rows: pl.DataFrame, as_of: date, vintage: str) -> float:
    return float(known_models(rows, as_of, vintage).filter(model=model)["value"].item())  # type: ignore[arg-type]


def test_real_sees_what_had_been_observed_and_final_the_latest() -> None:
    assert value_of("b2", ROWS, NEW_YEAR, "real") == 22
    assert value_of("b2", ROWS, NEW_YEAR, "final") == 29
    early = date(2024, 7, 1)
    assert known_models(ROWS, early, "real").is_empty()
    assert set(known_models(ROWS, early, "final")["model"]) == {"a1", "a2", "b1", "a3"}


def test_on_one_day_measured_goes_before_estimated_then_the_median() -> None:
    both = pl.concat(
        [
            table([("m", "US", "2024-01-01", 50)], estimated=True),
            table([("m", "US", "2024-01-01", 40), ("m", "US", "2024-01-01", 45)]),
        ]
    )
    assert value_of("m", both, NEW_YEAR, "real") == 42.5


def test_an_empty_cell_does_not_erase_what_was_said_before() -> None:
    later = table([("a1", "US", "2024-01-01", 11)], observed="2025-02-01").with_columns(
        lab=pl.lit(None, pl.String)
    )
    known = known_models(pl.concat([ROWS, later]), date(2025, 3, 1), "real").filter(model="a1")
    assert known.select("value", "lab").row(0) == (11.0, "lab US")


def test_a_day_goes_before_a_month_and_that_before_a_year_whenever_they_were_stated() -> None:
    def dated(day: str, precision: str | None, observed: str) -> pl.DataFrame:
        rows = table([("m", "US", day, 1)], observed=observed)
        return rows.with_columns(released_precision=pl.lit(precision, pl.String))

    day = dated("2024-06-10", None, "2024-07-01")
    month = dated("2024-06-30", "month", "2024-08-01")
    year = dated("2024-12-31", "year", "2025-01-01")
    for rows, expected in (
        ([year], (date(2024, 12, 31), "year")),
        ([month, year], (date(2024, 6, 30), "month")),
        ([day, month, year], (date(2024, 6, 10), None)),
        ([year, day], (date(2024, 6, 10), None)),
    ):
        for vintage in ("real", "final"):
            every = pl.concat(rows)
            kept = latest_statements(every.lazy(), NEW_YEAR, vintage)
            for seen in (every, kept):
                known = known_models(seen, NEW_YEAR, vintage)
                assert known.select("released_on", "released_precision").row(0) == expected


@given(st.permutations(range(ROWS.height)))
def test_the_order_of_rows_never_matters(order: list[int]) -> None:
    assert known_models(ROWS[order], NEW_YEAR, "real").equals(known_models(ROWS, NEW_YEAR, "real"))


def fact(model: str, day: int, seen: int, value: float, estimated: bool) -> dict[str, Any]:
    first = date(2024, 1, 1)
    return {
        "observation_id": f"{model}{day}{seen}{value}{estimated}", "model": model,
        "model_key": model, "lab": "L", "country": "US", "index_name": "I", "index_version": "1",
        "released_on": first + timedelta(days=day), "value": value, "estimated": estimated,
        "observed_on": first + timedelta(days=seen), "source": "s",
    }  # fmt: skip


FACTS = st.lists(
    st.builds(fact, st.sampled_from("ab"), st.integers(0, 2), st.integers(0, 9),
              st.sampled_from([1.0, 2.0, 3.0]), st.booleans()),
    max_size=12, unique_by=lambda row: row["observation_id"],
)  # fmt: skip


@given(FACTS, st.integers(0, 9), st.sampled_from(["real", "final"]))
def test_the_latest_statements_suffice(facts: list[dict[str, Any]], day: int, how: Any) -> None:
    rows = pl.DataFrame(facts, schema=SCHEMA)
    when = date(2024, 1, 1) + timedelta(days=day)
    few = latest_statements(rows.lazy(), when, how)
    assert known_models(few, when, how).equals(known_models(rows, when, how))


def test_several_values_of_one_day_are_told() -> None:
    found = contradictions(ROWS)
    assert found.rows() == [("a3", NEW_YEAR, 29.0, 31.0)]
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        contradictions(ROWS.drop("value"))
