"""A frontier is the running maximum of a bloc's releases."""

from datetime import date, timedelta

import numpy as np
import pytest
from frames import NEW_YEAR, RELEASES, table, view
from hypothesis import given
from hypothesis import strategies as st

from forecasts.errors import TrackerError
from forecasts.measures.blocs import parse_bloc
from forecasts.measures.frontier import frontier, records_table, to_date, to_day

FIRST = date(2023, 1, 1)


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 40)), min_size=1, max_size=25),
    st.integers(0, 320),
)
def test_it_is_the_best_value_by_each_day(releases: list[tuple[int, int]], day: int) -> None:
    rows = [(f"m{i}", "US", str(FIRST + timedelta(days=d)), v) for i, (d, v) in enumerate(releases)]
    line = frontier(view(table(rows)).models(), parse_bloc("US"))
    best = max((v for d, v in releases if d <= day), default=np.nan)
    found = line.at(np.array([to_day(FIRST) + day]))[0]
    np.testing.assert_equal(found, float(best))
    assert (np.diff(line.days) > 0).all()
    assert (np.diff(line.values) > 0).all()
    assert line.releases.height == len(releases)
    assert line.best["value"] == max(v for _, v in releases)


def test_a_bloc_without_models_is_named_with_those_there_are() -> None:
    with pytest.raises(TrackerError, match="'FR'") as caught:
        frontier(view(table(RELEASES)).models(), parse_bloc("FR"), "On that day")
    assert caught.value.code == "empty_bloc"
    assert caught.value.hint == "On that day, countries with models: CN, US."
    with pytest.raises(TrackerError) as caught:
        frontier(view(table(RELEASES), date(2000, 1, 1)).models(), parse_bloc("US"))
    assert caught.value.hint == "Import or log some."


def test_records_of_two_blocs_by_date() -> None:
    models = view(table(RELEASES)).models()
    rows = records_table([frontier(models, parse_bloc(b)) for b in ("US", "CN")])
    assert rows["model"].to_list() == ["a1", "a2", "b1", "a3", "b2"]
    assert rows["raised_by"].to_list() == [None, 10, None, 10, 12]


def test_seen_from_a_day_the_record_that_held_counts_from_it() -> None:
    whole = frontier(view(table(RELEASES)).models(), parse_bloc("US"))
    late = whole.since(date(2024, 4, 1))
    assert late.records["model"].to_list() == ["a2", "a3"]
    assert late.days.tolist() == [to_day(date(2024, 4, 1)), to_day(date(2024, 6, 1))]
    days = np.arange(to_day(date(2024, 4, 1)), to_day(NEW_YEAR))
    np.testing.assert_array_equal(late.at(days), whole.at(days))


def test_days_and_dates() -> None:
    assert to_day(date(1970, 1, 2)) == 1
    assert to_date(to_day(NEW_YEAR)) == NEW_YEAR
