"""A quarter is what its frontiers say, on the last day that is known of it."""

from collections.abc import Sequence
from datetime import date

import polars as pl
import pytest
from frames import JUNE, RELEASES, june, table, view

from forecasts.errors import TrackerError, UsageError
from forecasts.measures.gap import Gap, measure_gap
from forecasts.measures.period import (
    Quarter,
    frontier_holders,
    lab_counts,
    leaderboard,
    make_span,
    measure_quarter,
    new_records,
    parse_quarter,
    quarter_of,
    release_counts,
    with_versions,
)
from forecasts.request import Pair

US_CN = Pair("US", "CN")


def quarter(name: str, blocs: Sequence[str] = (), as_of: date | None = None) -> Quarter:
    return measure_quarter(june(), name, US_CN, blocs=blocs, as_of=as_of)


def gap_on(day: date) -> Gap:
    return measure_gap(june(as_of=day), US_CN)


def test_names_of_quarters() -> None:
    assert parse_quarter("2026q1") == (date(2026, 1, 1), date(2026, 3, 31))
    assert parse_quarter("2025Q4") == (date(2025, 10, 1), date(2025, 12, 31))
    assert quarter_of(date(2026, 6, 30)) == "2026Q2"
    for wrong in ("2026Q5", "2026", "Q2 2026"):
        with pytest.raises(UsageError):
            parse_quarter(wrong)


def test_a_quarter_agrees_with_the_gap() -> None:
    found = quarter("2026Q2")
    assert found.gap.gap_points == gap_on(JUNE).gap_points
    assert not found.complete
    assert found.as_of == JUNE
    assert found.before is not None
    before = gap_on(date(2026, 3, 31)).gap_points
    assert found.before.gap_points == before
    done = quarter("2026Q1")
    assert done.complete
    assert done.gap.gap_points == before
    with pytest.raises(TrackerError, match="begins after"):
        quarter("2027Q1")


def test_tables_of_a_quarter() -> None:
    found = quarter("2026Q2")
    records = new_records(found)
    first = records["released_on"].min()
    assert isinstance(first, date)
    assert first >= date(2026, 4, 1)
    assert records.filter(bloc="US")["value"].max() == found.gap.leader.values[-1]
    board = leaderboard(found)
    assert board["lab"].is_unique().all()
    assert board["value"].is_sorted(descending=True)
    assert board["value"][0] == found.models["value"].max()
    counts = release_counts(found)
    assert counts.height == 16
    assert (counts["records"] <= counts["models"]).all()
    last = counts.filter(quarter="2026Q2", bloc="US")
    assert last["records"].item() == records.filter(bloc="US").height
    holders = frontier_holders(found)
    for by in ("country", "lab"):
        assert holders.filter(by=by)["share"].sum() == pytest.approx(1.0)


def test_spans() -> None:
    assert make_span(newest=JUNE).label == "2026Q2"
    only_end = make_span(last=date(2025, 11, 5), newest=JUNE)
    assert (only_end.start, only_end.end) == (date(2025, 10, 1), date(2025, 11, 5))
    assert only_end.shown_from is None
    only_start = make_span(first=date(2025, 2, 3), newest=JUNE)
    assert (only_start.start, only_start.end) == (date(2025, 2, 3), JUNE)
    assert only_start.shown_from == only_start.start
    with pytest.raises(UsageError, match="together") as caught:
        make_span("2026Q1", first=JUNE, newest=JUNE)
    assert caught.value.hint == "Give `quarter`, or `first` and `last`."
    with pytest.raises(UsageError, match="after its end"):
        make_span(first=JUNE, last=date(2026, 1, 1), newest=JUNE)


def test_a_day_within_a_quarter() -> None:
    day = date(2026, 5, 4)
    found = quarter("2026Q2", as_of=day)
    assert (found.label, found.as_of, found.complete) == ("2026Q2", day, False)
    assert found.gap.gap_points == gap_on(day).gap_points


def test_counts_of_labs_add_up() -> None:
    found = quarter("2026Q1", ("US", "CN", "FR"))
    assert found.blocs == ["US", "CN", "FR"]
    counts = lab_counts(found, 1000)
    for bloc in ("US", "CN"):
        rows = counts.filter(bloc=bloc)
        whole, labs = rows.filter(rows["lab"].is_null()), rows.filter(rows["lab"].is_not_null())
        for name in ("models", "records"):
            summed = labs.group_by("quarter", maintain_order=True).agg(pl.col(name).sum())[name]
            assert summed.to_list() == whole[name].to_list()


def test_each_version_stands_over_its_own_time() -> None:
    old = table(RELEASES, "2024-09-01", index_version="0")
    rows = pl.concat([old, table([("a1", "US", "2024-01-01", 3)], "2024-09-15", index_version="0"),
                      table(RELEASES)])  # fmt: skip
    now = measure_quarter(view(table(RELEASES), date(2025, 1, 1), "final"), "2024Q4", US_CN,
                          as_of=date(2025, 1, 1))  # fmt: skip
    assert [s.index_version for s in now.stretches] == ["1"]
    # The newer version was observed after the quarter's end alone.
    found = with_versions(now, rows)
    assert [(s.index_version, s.first, s.last) for s in found.stretches] == [
        ("0", date(2024, 9, 1), date(2024, 9, 15))
    ]
    assert [f.bloc for f in found.versions[0].frontiers] == ["US", "CN"]
    assert found.versions[0].frontiers[0].values.tolist() == [3, 20, 30]
