"""Measures of a workspace: the figures of the shared snapshots, and periods."""

from datetime import date
from itertools import permutations
from pathlib import Path

import polars as pl
import pytest

from forecasts.errors import TrackerError
from tracker.text.summary import gap_document, gap_lines
from tracker.workspace import Workspace, create_workspace


def test_the_reference_figures(snapshots: dict[str, Path], tmp_path: Path) -> None:
    april = create_workspace(tmp_path / "april")
    april.import_files("aa", [snapshots["04"]])
    gap = april.gap()
    assert round(gap.gap_points, 2) == 5.77
    assert (gap.leader.best["model"], gap.leader.best["value"]) == ("Gemini 3.1 Pro Preview", 57.18)
    assert (gap.follower.best["base"], gap.follower.best["value"]) == ("GLM-5.1", 51.41)
    assert (gap.leader.days.size, gap.follower.days.size) == (21, 23)
    assert (gap.match_months["n"], gap.match_months["n_censored"]) == (21, 2)
    assert round(gap.match_months["mean"] or 0, 2) == 7.28
    june = create_workspace(tmp_path / "june")
    june.import_files("aa", [snapshots["06"]])
    gap = june.gap()
    assert round(gap.gap_points, 2) == 8.30
    assert (gap.match_months["n"], gap.match_months["n_censored"]) == (25, 5)


def test_the_order_of_imports_never_matters(snapshots: dict[str, Path], tmp_path: Path) -> None:
    seen = []
    for order in permutations(snapshots):
        workspace = create_workspace(tmp_path / "".join(order))
        for month in order:
            assert workspace.import_files("aa", [snapshots[month]]).added > 400
        again = workspace.import_files("aa", [snapshots[order[0]]])
        assert again.added == 0
        seen.append(workspace.records())
    assert all(s.equals(seen[0]) for s in seen)


def test_records_are_of_the_blocs_named_or_of_leader_and_follower(demo: Workspace) -> None:
    assert set(demo.records()["bloc"]) == {"US", "CN"}
    assert set(demo.records(["lab:openai"])["bloc"]) == {"lab:OpenAI"}


def test_a_period_agrees_with_the_gap(demo: Workspace) -> None:
    day = date(2026, 5, 4)
    found = demo.quarter(as_of=day)
    assert (found.label, found.as_of, found.complete) == ("2026Q2", day, False)
    assert found.gap.gap_points == demo.gap(as_of=day, vintage="final").gap_points
    real = demo.quarter("2026Q2", vintage="real", blocs=("US", "CN", "FR"), tolerance=1.0)
    assert real.blocs == ["US", "CN", "FR"]
    assert real.gap.tolerance == 1.0
    assert real.gap.gap_points == demo.gap(vintage="real").gap_points
    with pytest.raises(TrackerError, match="begins after"):
        demo.quarter("2027Q1")


def test_all_versions_of_the_index_are_kept_apart(demo: Workspace) -> None:
    found = demo.quarter("2026Q2", all_versions=True)
    names = [s.index_version for s in found.stretches]
    assert len(names) > 2
    assert found.gap.index_version in names
    assert len(demo.quarter("2026Q2").stretches) == 1


def test_definitions_of_the_gap(demo: Workspace) -> None:
    gap = demo.gap()
    table = demo.definitions(gap)
    assert table.filter(definition="points today")["value"].item() == gap.gap_points


def test_the_lag_is_told_with_its_interval(demo: Workspace) -> None:
    gap = demo.gap()
    assert gap.lag_interval is not None
    low, high = gap.lag_interval
    assert low <= (gap.lag_months or 0.0) <= high
    assert gap_document(gap)["lag_interval_90"] == (low, high)
    told = f"Lag: {gap.lag_months:.2f} months (90% {low:.2f} to {high:.2f})"
    assert f"  {told}" in gap_lines(gap)
    assert demo.gap().lag_interval == gap.lag_interval  # the seed is the workspace's


def test_what_is_said_of_a_model_later_was_not_known_before(empty: Workspace) -> None:
    """A release date that another index states in June describes no view of April."""
    index = {"index": "I", "version": "1", "observed_on": date(2026, 4, 10)}
    for at, lab in enumerate(("OpenAI", "DeepSeek", "OpenAI", "DeepSeek")):
        released = date(2026, 1, 1 + at)
        empty.log(f"M{at}", 50.0 + at, lab=lab, released_on=released, **index)
    undated = empty.observations().head(1).with_columns(
        model=pl.lit("Late"), model_key=pl.lit("late"), value=90.0, lab=pl.lit("DeepSeek"),
        country=pl.lit("CN"), released_on=pl.lit(None, pl.Date),
    )  # fmt: skip
    empty.store.append(undated)
    then = date(2026, 4, 20)
    before = empty.gap(as_of=then, index="I", version="1")
    empty.log(
        "Late", 1.0, lab="DeepSeek", released_on=date(2026, 3, 1), index="J", version="1",
        observed_on=date(2026, 6, 1),
    )  # fmt: skip
    after = empty.gap(as_of=then, index="I", version="1")
    assert after.gap_points == before.gap_points
    assert after.leader.records.equals(before.leader.records)
    # Now it is known, and by the latest values it was released then.
    assert empty.gap(as_of=date(2026, 6, 2), index="I", version="1").gap_points < 0
    assert empty.gap(as_of=then, index="I", version="1", vintage="final").gap_points < 0
    quarter = empty.quarter("2026Q2", index="I", version="1", vintage="real", as_of=then)
    assert quarter.gap.gap_points == before.gap_points
