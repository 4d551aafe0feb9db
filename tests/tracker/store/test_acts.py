"""Corrections, retractions, merges and the past: what stands depends on the set of rows alone."""

import itertools
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from forecasts.errors import TrackerError, UsageError
from tracker.store.observations import Store
from tracker.store.segments import DamagedSegment, segment_files, write_segment
from tracker.workspace import Workspace, create_workspace, open_workspace

FACTS = {"lab": "OpenAI", "index": "I", "version": "1", "observed_on": date(2025, 1, 2)}


def copy_of(workspace: Workspace, folder: Path) -> Workspace:
    shutil.copytree(workspace.folder, folder)
    return open_workspace(folder)


def now() -> datetime:
    return datetime.now(UTC)


def test_a_correction_of_an_overruled_correction_does_not_stand(
    empty: Workspace, tmp_path: Path
) -> None:
    first = empty.log("M", 5.0, **FACTS).observation_id
    other = copy_of(empty, tmp_path / "other")
    second = empty.correct(first, value=6.0)
    empty.correct(second, value=6.5)
    other.correct(first, value=7.0)
    empty.merge(other.folder)
    assert empty.list()["value"].to_list() == [7.0]
    states = dict(zip(*empty.history("M").select("value", "state"), strict=True))
    assert states == {5.0: "superseded", 6.0: "superseded", 6.5: "overruled", 7.0: "current"}


def test_of_a_correction_and_a_retraction_the_later_decides(
    empty: Workspace, tmp_path: Path
) -> None:
    first = empty.log("M", 5.0, **FACTS).observation_id
    other = copy_of(empty, tmp_path / "other")
    empty.retract(first, "never said")
    other.correct(first, value=7.0)
    assert other.merge(empty.folder).conflicts["decides"].to_list() == [False, True]
    assert other.list()["value"].to_list() == [7.0]
    third = copy_of(empty, tmp_path / "third")
    third.merge(other.folder)
    other.retract(other.list()["observation_id"][0], "after all")
    third.merge(other.folder)
    assert third.list().is_empty()


def test_who_acts_on_rivals_settles_them(empty: Workspace, tmp_path: Path) -> None:
    first = empty.log("M", 5.0, **FACTS).observation_id
    other = copy_of(empty, tmp_path / "other")
    empty.correct(first, value=6.0)
    theirs = other.correct(first, value=7.0)
    assert empty.merge(other.folder).conflicts.height == 2
    empty.correct(theirs, value=7.5)
    assert empty.store.snapshot().conflicts().is_empty()
    assert empty.list()["value"].to_list() == [7.5]
    # Merged back it stays settled, until a copy speaks up again.
    assert other.merge(empty.folder).conflicts.is_empty()
    assert other.list()["value"].to_list() == [7.5]
    states = empty.history("M").select("value", "state").rows()
    assert (6.0, "retracted") in states
    assert (7.5, "current") in states


def test_a_long_chain_has_its_last_value(empty: Workspace) -> None:
    identity = empty.log("M", 0.0, **FACTS).observation_id
    for value in range(1, 12):
        identity = empty.correct(identity, value=float(value))
    assert empty.list()["value"].to_list() == [11.0]
    assert empty.store.snapshot().acts.table["root"].n_unique() == 1
    assert empty.store.snapshot().conflicts().is_empty()


def test_a_forged_circle_of_acts_ends(empty: Workspace) -> None:
    empty.log("True", 1.0, **FACTS)
    rows = pl.concat([empty.store.rows()] * 3).with_columns(
        observation_id=pl.Series([c * 32 for c in "abc"]),
        supersedes=pl.Series([c * 32 for c in "bca"]),
        model=pl.Series(["A", "B", "C"]),
    )
    write_segment(empty.store.folder, rows)
    assert empty.list()["model"].to_list() == ["True"]
    assert [d.reason[:10] for d in empty.store.validate().damaged] == ["its row aa"]


def test_merging_does_not_depend_on_the_order(copies: list[Workspace], tmp_path: Path) -> None:
    results = []
    for at, order in enumerate(itertools.permutations(range(3))):
        target = copy_of(copies[order[0]], tmp_path / f"merged{at}")
        for other in order[1:]:
            target.merge(copies[other].folder)
        assert target.merge(copies[order[1]].folder).added == 0
        results.append((target.store.rows(), target.store.current()))
    by_copying = copy_of(copies[0], tmp_path / "copied")
    for other in copies[1:]:
        for file in segment_files(other.store.folder):
            shutil.copy(file, by_copying.store.folder / file.name)
    results.append((by_copying.store.rows(), by_copying.store.current()))
    for rows, current in results[1:]:
        assert rows.equals(results[0][0])
        assert current.equals(results[0][1])
    # M's chain ended last in the third copy, N was corrected after it was retracted.
    values = dict(zip(*results[0][1].select("model", "value"), strict=True))
    assert values == {"M": 8.0, "N": 8.0, "Own 0": 0, "Own 1": 1, "Own 2": 2, "Common": 4.0}
    assert by_copying.store.snapshot().conflicts()["root"].n_unique() == 2


def test_a_merge_refuses_what_breaks_a_rule(empty: Workspace, tmp_path: Path) -> None:
    other = create_workspace(tmp_path / "other")
    other.log("M", 5.0, **FACTS)
    rows = other.store.rows().with_columns(value=pl.lit(50.0))
    write_segment(other.store.folder, rows)
    with pytest.raises(DamagedSegment, match="observation_id is not the hash of its content"):
        empty.merge(other.folder)
    assert empty.store.rows().is_empty()
    with pytest.raises(TrackerError, match="neither a workspace"):
        empty.merge(tmp_path / "nowhere")


def test_any_number_of_the_past_can_be_had_again(empty: Workspace) -> None:
    index = {"index": "I", "version": "1"}
    day = {"observed_on": date(2025, 3, 1), "released_on": date(2025, 2, 1)}
    moments, gaps, lists = [], [], []

    def remember() -> None:
        moments.append(now())
        gaps.append(empty.gap().gap_points)
        lists.append(empty.list())

    ours = empty.log("A", 50.0, lab="OpenAI", **index, **day).observation_id
    theirs = empty.log("B", 40.0, lab="DeepSeek", **index, **day).observation_id
    remember()
    theirs = empty.correct(theirs, value=45.0)
    remember()
    empty.log("C", 49.0, lab="Alibaba", **index, observed_on=date(2025, 4, 1))
    empty.retract(ours, "not public")
    empty.log("D", 60.0, lab="OpenAI", **index, **day)
    empty.store.compact()
    remember()
    assert gaps == [10.0, 5.0, 11.0]
    for moment, gap, rows in zip(moments, gaps, lists, strict=True):
        past = empty.as_recorded_before(moment)
        assert past.gap().gap_points == gap
        assert past.list().equals(rows)
    assert empty.gap(as_of=date(2025, 3, 1)).gap_points == 15.0
    with pytest.raises(UsageError, match="only reads"):
        past.log("E", 1.0, lab="OpenAI", **index)


def test_a_retracted_fact_logged_again_is_explained(empty: Workspace) -> None:
    first = empty.log("M", 5.0, **FACTS).observation_id
    empty.retract(first, "wrong")
    again = empty.log("M", 5.0, **FACTS)
    assert not again.added
    assert "retracted" in again.effects[0]
    assert empty.log("M", 5.0, **FACTS, note="right after all").added
    assert empty.list()["value"].to_list() == [5.0]


def test_diff(empty: Workspace) -> None:
    index = {"index": "I", "version": "1"}
    first = {"observed_on": date(2025, 3, 1), "released_on": date(2025, 2, 1)}
    later = date(2025, 5, 1)
    empty.log("A", 50.0, lab="OpenAI", **index, **first)
    empty.log("B", 40.0, lab="DeepSeek", **index, **first)
    empty.log("B", 42.0, lab="DeepSeek", **index, observed_on=later)
    empty.log("C", 47.0, lab="Alibaba", **index, observed_on=later)
    found = empty.diff(date(2025, 3, 15), later)
    assert found.new_models["model"].to_list() == ["C"]
    assert found.changed_values.select("model", "before", "after").rows() == [("B", 40.0, 42.0)]
    assert found.new_records.select("bloc", "model").rows() == [("CN", "C")]
    assert found.withdrawn_models.is_empty()
    assert found.gap_before is not None
    assert found.gap_after is not None
    assert (found.gap_before.gap_points, found.gap_after.gap_points) == (10.0, 3.0)
    moment = now()
    empty.retract(empty.list(text="C")["observation_id"][0], "wrong")
    lost = empty.diff(moment, now())
    assert lost.withdrawn_models["model"].to_list() == ["C"]
    assert lost.lost_records["model"].to_list() == ["C"]
    with pytest.raises(UsageError, match="is later than"):
        empty.diff(later, date(2025, 3, 15))
    nothing = empty.diff(date(2024, 1, 1), date(2024, 2, 1))
    assert nothing.gap_before is None
    assert nothing.new_models.is_empty()


def test_the_latest_statements_are_enough(demo: Workspace) -> None:
    """`known_models` gives the same on them as on all rows, under both vintages."""
    from forecasts.measures.vintage import known_models, latest_statements

    rows = demo.store.current().filter(index_version="4.0")
    again = rows.with_columns(
        pl.col("observed_on").dt.offset_by("-20d"),
        value=pl.col("value") - 1,
        lab=pl.when(pl.col("value") > 30).then(None).otherwise("lab"),
        open_weights=pl.lit(None, pl.Boolean),
    )
    both = pl.concat([rows, again, rows.with_columns(estimated=pl.lit(True), value=pl.lit(0.5))])
    for as_of in (date(2026, 6, 10), date(2026, 6, 1), date(2026, 5, 21), date(2020, 1, 1)):
        for vintage in ("real", "final"):
            few = latest_statements(both.lazy(), as_of, vintage)  # type: ignore[arg-type]
            expected = known_models(both, as_of, vintage)  # type: ignore[arg-type]
            assert known_models(few, as_of, vintage).equals(expected)  # type: ignore[arg-type]


def test_a_row_held_by_two_segments_counts_once(demo: Workspace, tmp_path: Path) -> None:
    twice = copy_of(demo, tmp_path / "twice")
    Store(twice.store.folder).write(demo.store.rows())
    assert len(segment_files(twice.store.folder)) == 2
    assert twice.store.rows().equals(demo.store.rows())
    assert twice.gap().gap_points == demo.gap().gap_points
    assert twice.records().equals(demo.records())
