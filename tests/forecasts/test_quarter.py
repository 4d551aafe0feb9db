"""A quarter is what its frontiers say, on the last day that is known of it."""

from datetime import date

import pytest

from forecasts.errors import TrackerError, UsageError
from forecasts.quarter import (
    frontier_holders,
    leaderboard,
    new_records,
    parse_quarter,
    quarter_of,
    release_counts,
)
from tracker.workspace import Workspace


def test_names_of_quarters() -> None:
    assert parse_quarter("2026q1") == (date(2026, 1, 1), date(2026, 3, 31))
    assert parse_quarter("2025Q4") == (date(2025, 10, 1), date(2025, 12, 31))
    assert quarter_of(date(2026, 6, 30)) == "2026Q2"
    for wrong in ("2026Q5", "2026", "Q2 2026"):
        with pytest.raises(UsageError):
            parse_quarter(wrong)


def test_a_quarter_agrees_with_the_gap(demo: Workspace) -> None:
    quarter = demo.quarter("2026Q2")
    gap = demo.gap(as_of=date(2026, 6, 10), vintage="final")
    assert quarter.gap.gap_points == gap.gap_points
    assert not quarter.complete
    assert quarter.as_of == date(2026, 6, 10)
    assert quarter.before is not None
    before = demo.gap(as_of=date(2026, 3, 31), vintage="final").gap_points
    assert quarter.before.gap_points == before
    done = demo.quarter("2026Q1")
    assert done.complete
    assert done.gap.gap_points == before
    with pytest.raises(TrackerError, match="begins after"):
        demo.quarter("2027Q1")


def test_tables_of_a_quarter(demo: Workspace) -> None:
    quarter = demo.quarter("2026Q2")
    records = new_records(quarter)
    assert records["released_on"].min() >= date(2026, 4, 1)  # type: ignore[operator]
    assert records.filter(bloc="US")["value"].max() == quarter.gap.leader.values[-1]
    board = leaderboard(quarter)
    assert board["lab"].is_unique().all()
    assert board["value"].is_sorted(descending=True)
    assert board["value"][0] == quarter.models["value"].max()
    counts = release_counts(quarter)
    assert counts.height == 16
    assert (counts["records"] <= counts["models"]).all()
    last = counts.filter(quarter="2026Q2", bloc="US")
    assert last["records"].item() == records.filter(bloc="US").height
    holders = frontier_holders(quarter)
    for by in ("country", "lab"):
        assert holders.filter(by=by)["share"].sum() == pytest.approx(1.0)
