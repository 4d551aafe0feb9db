"""What one state of knowledge has and the other has not."""

from datetime import date

import polars as pl
import pytest
from frames import NEW_YEAR, RELEASES, june, table, view

from forecasts.errors import UsageError
from forecasts.measures.difference import compare
from forecasts.request import Pair

US_CN = Pair("US", "cn")
LATER = pl.concat(
    [
        table([r for r in RELEASES if r[0] != "a2"]),
        table([("b2", "CN", "2024-08-01", 24), ("b3", "CN", "2024-12-01", 31)], "2025-02-01"),
    ]
)


def test_what_is_new_gone_and_changed() -> None:
    found = compare(view(table(RELEASES)), view(LATER, date(2025, 3, 1)), US_CN)
    assert (found.leader, found.follower) == ("US", "CN")
    assert found.new_models["model"].to_list() == ["b3"]
    assert found.withdrawn_models["model"].to_list() == ["a2"]
    assert found.changed_values.select("model", "before", "after", "change").rows() == [
        ("b2", 22.0, 24.0, 2.0)
    ]
    assert found.changed_values["observed_on"].item() == date(2025, 2, 1)
    assert found.new_records.select("bloc", "model").rows() == [("CN", "b3")]
    assert found.lost_records.select("bloc", "model").rows() == [("US", "a2")]
    assert found.gap_before is not None
    assert found.gap_after is not None
    assert (found.gap_before.gap_points, found.gap_after.gap_points) == (8, -1)


def test_turned_round_new_and_lost_change_places() -> None:
    one, two = view(table(RELEASES)), view(LATER, date(2025, 3, 1))
    there, back = compare(one, two, US_CN), compare(two, one, US_CN)
    assert there.new_models.equals(back.withdrawn_models)
    assert there.lost_records.equals(back.new_records)
    assert (there.changed_values["change"] == -back.changed_values["change"]).all()


def test_a_state_and_itself_do_not_differ() -> None:
    found = compare(june(), june(), Pair("US", "CN"), tolerance=1.0)
    for table_ in (found.new_models, found.withdrawn_models, found.changed_values,
                   found.new_records, found.lost_records):  # fmt: skip
        assert table_.is_empty()
    assert found.gap_before is not None
    assert found.gap_after is not None
    assert found.gap_before.gap_points == found.gap_after.gap_points
    assert found.gap_after.tolerance == 1.0


def test_before_a_bloc_had_a_model_there_is_no_gap() -> None:
    rows = table(RELEASES)
    found = compare(view(rows, date(2024, 2, 1), "final"), view(rows, NEW_YEAR, "final"), US_CN)
    assert found.gap_before is None
    assert found.gap_after is not None
    assert set(found.new_records["model"]) == {"a2", "a3", "b1", "b2"}
    with pytest.raises(UsageError, match="not a bloc"):
        compare(view(rows), view(rows), Pair("US", "China"))
