"""Of several sources on one day the first in precedence counts, else the median, not the higher."""

from datetime import date
from typing import Any

import polars as pl
import pytest
from frames import NEW_YEAR, table
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasts.measures.precedence import PRECEDENCE, disagreements, precedence
from forecasts.measures.vintage import known_models, latest_statements

PUBLISHERS = {"I": "publisher"}


def stated(**values: float) -> pl.DataFrame:
    """One model by several sources on one day, on an index of `publisher`."""
    rows = [
        table([("m", "US", "2024-01-01", value)]).with_columns(
            source=pl.lit(source), observation_id=pl.lit(source), index_name=pl.lit("I")
        )
        for source, value in values.items()
    ]
    return pl.concat(rows)


CASES: dict[str, tuple[list[str], dict[str, float], float]] = {
    "the median": ([], {"a": 50, "b": 60, "c": 58}, 58),
    "the median of two": ([], {"a": 50, "b": 60}, 55),
    "the publisher": ([], {"publisher": 50, "b": 60, "c": 58}, 50),
    "the order": (["b", "publisher"], {"publisher": 50, "b": 40, "c": 58}, 40),
    "the order's second": (["x", "c"], {"publisher": 50, "c": 58, "d": 60}, 58),
    "none of the order": (["x"], {"publisher": 50, "c": 58}, 50),
    "one source": ([], {"a": 50}, 50),
}


@pytest.mark.parametrize("case", CASES)
def test_the_source_in_precedence_counts(case: str) -> None:
    order, values, counts = CASES[case]
    rows = stated(**values)
    ranked = rows.with_columns(precedence(order, PUBLISHERS))
    assert known_models(ranked, NEW_YEAR, "real")["value"].to_list() == [counts]
    assert known_models(ranked.reverse(), NEW_YEAR, "final")["value"].to_list() == [counts]


def test_a_name_stands_for_its_files() -> None:
    rows = stated(a=50, b=60).with_columns(source=pl.Series(["csv:x.csv", "manual"]))
    ranked = rows.with_columns(precedence(["csv"], {}))
    assert ranked[PRECEDENCE].to_list() == [0, 2]


def test_measured_goes_before_estimated_and_a_later_day_before_all() -> None:
    rows = stated(publisher=50, b=60).with_columns(estimated=pl.Series([True, False]))
    ranked = rows.with_columns(precedence([], PUBLISHERS))
    assert known_models(ranked, NEW_YEAR, "real")["value"].item() == 60
    later = rows.with_columns(observed_on=pl.Series([date(2024, 12, 1), NEW_YEAR]))
    ranked = later.with_columns(precedence([], PUBLISHERS))
    assert known_models(ranked, NEW_YEAR, "real")["value"].item() == 60


def test_disagreements_are_told() -> None:
    rows = stated(publisher=50, b=60).with_columns(precedence([], PUBLISHERS))
    found = disagreements(rows, known_models(rows, NEW_YEAR, "real"))
    assert found.select("model", "lowest", "highest", "counts", "sources").rows() == [
        ("m", 50.0, 60.0, 50.0, "b 60, publisher 50")
    ]
    same = stated(publisher=50, b=50).with_columns(precedence([], PUBLISHERS))
    assert disagreements(same, known_models(same, NEW_YEAR, "real")).is_empty()


def fact(at: int, seen: int, value: float, source: str, lab: str, estimated: bool) -> Any:
    return {
        "observation_id": str(at), "model": "m", "model_key": "m", "lab": lab, "country": "US",
        "released_on": date(2024, 1, 1), "index_name": "I", "index_version": "1", "value": value,
        "stderr": None, "observed_on": date(2024, 2, 1 + seen), "source": source,
        "open_weights": None, "reasoning": None, "estimated": estimated,
    }  # fmt: skip


FACTS = st.lists(
    st.builds(fact, st.integers(0, 99), st.integers(0, 2), st.sampled_from([1.0, 2.0, 4.0]),
              st.sampled_from(["publisher", "b", "c"]), st.sampled_from("LK"), st.booleans()),
    min_size=1, max_size=10, unique_by=lambda row: row["observation_id"],
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(FACTS, st.integers(0, 2))
def test_the_latest_statements_suffice_and_order_never_matters(facts: list[Any], day: int) -> None:
    schema = {**table([("m", "US", "2024-01-01", 1)]).schema}
    rows = pl.DataFrame(facts, schema=schema).with_columns(precedence(["c"], PUBLISHERS))
    when = date(2024, 2, 1 + day)
    whole = known_models(rows, when, "real")
    assert known_models(rows.reverse(), when, "real").equals(whole)
    few = latest_statements(rows.lazy(), when, "real")
    assert known_models(few, when, "real").equals(whole)
    if whole.height:
        last = rows.filter(pl.col("observed_on") <= when)
        last = last.filter(pl.col("observed_on") == last["observed_on"].max())
        last = last.filter(pl.col("estimated") == last["estimated"].min())
        first = last.filter(pl.col(PRECEDENCE) == last[PRECEDENCE].min())
        assert whole["value"].item() == first["value"].median()
