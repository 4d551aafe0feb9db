"""A quarter is what its frontiers say, on the last day that is known of it."""

from datetime import date

import polars as pl
import pytest

from forecasts.errors import TrackerError, UsageError
from forecasts.measures.period import (
    frontier_holders,
    lab_counts,
    leaderboard,
    make_span,
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


def test_spans() -> None:
    newest = date(2026, 6, 10)
    assert make_span(newest=newest).label == "2026Q2"
    only_end = make_span(last=date(2025, 11, 5), newest=newest)
    assert (only_end.start, only_end.end) == (date(2025, 10, 1), date(2025, 11, 5))
    assert only_end.shown_from is None
    only_start = make_span(first=date(2025, 2, 3), newest=newest)
    assert (only_start.start, only_start.end) == (date(2025, 2, 3), newest)
    assert only_start.shown_from == only_start.start
    with pytest.raises(UsageError, match="together"):
        make_span("2026Q1", first=newest, newest=newest)
    with pytest.raises(UsageError, match="after its end"):
        make_span(first=newest, last=date(2026, 1, 1), newest=newest)


def test_a_day_within_a_quarter(demo: Workspace) -> None:
    day = date(2026, 5, 4)
    quarter = demo.quarter(as_of=day)
    assert (quarter.label, quarter.as_of, quarter.complete) == ("2026Q2", day, False)
    assert quarter.gap.gap_points == demo.gap(as_of=day, vintage="final").gap_points


def test_counts_of_labs_add_up(demo: Workspace) -> None:
    quarter = demo.quarter("2026Q1", blocs=("US", "CN", "FR"))
    assert quarter.blocs == ["US", "CN", "FR"]
    counts = lab_counts(quarter, 1000)
    for bloc in ("US", "CN"):
        rows = counts.filter(bloc=bloc)
        whole, labs = rows.filter(rows["lab"].is_null()), rows.filter(rows["lab"].is_not_null())
        for name in ("models", "records"):
            summed = labs.group_by("quarter", maintain_order=True).agg(pl.col(name).sum())[name]
            assert summed.to_list() == whole[name].to_list()
