"""The day and the version of what is imported: said, stated, in the calendar, or asked for."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from forecasts.errors import TrackerError, UsageError
from tracker.recording.calendar import calendar_note
from tracker.sources.basis import day_in_name
from tracker.sources.contract import MissingFact
from tracker.sources.file import SourceFile
from tracker.workspace import Workspace

AA = "Artificial Analysis Intelligence Index"
KEY = "artificial_analysis_intelligence_index"


def snapshot(tmp_path: Path, name: str = "s.json", **meta: object) -> Path:
    """A leaderboard of twelve models."""
    models: list[dict[str, Any]] = [
        {
            "name": f"M{i}", "release_date": "2026-01-01",
            "creator": {"name": "OpenAI", "country": "us"},
            "evaluations": {KEY: 20.0 + i, "gpqa": 0.5 + i / 100},
        }
        for i in range(12)
    ]  # fmt: skip
    file = tmp_path / name
    file.write_text(json.dumps({"meta": meta, "models": models}))
    return file


def table(tmp_path: Path, name: str, header: str = "", cells: str = "") -> Path:
    file = tmp_path / name
    file.write_text(f"model,value,lab{header}\nA 1,30,OpenAI{cells}\nB 1,31,OpenAI{cells}\n")
    return file


@pytest.mark.parametrize(
    ("day", "version"),
    [("2026-06-15", "4.0"), ("2026-06-16", "4.1"), ("2026-06-22", "4.1"), ("2026-08-07", "4.1.1"),
     ("2026-09-04", "4.2"), ("2026-09-07", "4.3"), ("2026-09-20", "4.3.2")],
)  # fmt: skip
def test_5_the_calendar_says_the_version_of_the_day(
    empty: Workspace, tmp_path: Path, day: str, version: str
) -> None:
    result = empty.import_files("aa", [snapshot(tmp_path, fetched_at=f"{day}T08:00:00Z")])
    assert result.index_version == version
    assert set(empty.list()["index_version"]) == {version}
    assert ("index_version", version) in {(i.field, i.value) for i in result.inferred}
    assert any("inferred" in note and version in note for note in result.notes)


@pytest.mark.parametrize("day", ["2026-07-15", "2026-08-20", "2026-09-05", "2026-11-01"])
def test_5_between_two_versions_nothing_is_inferred(
    empty: Workspace, tmp_path: Path, day: str
) -> None:
    file = snapshot(tmp_path, fetched_at=f"{day}T08:00:00Z")
    with pytest.raises(MissingFact) as caught:
        empty.import_files("aa", [file])
    assert caught.value.field == "version"
    assert empty.list().is_empty()
    assert empty.import_files("aa", [file], version="4.2").index_version == "4.2"


def test_5_what_the_file_states_goes_before_the_calendar(empty: Workspace, tmp_path: Path) -> None:
    file = snapshot(tmp_path, fetched_at="2026-06-10T08:00:00Z", intelligence_index_version=4.3)
    result = empty.import_files("aa", [file])
    assert result.index_version == "4.3"
    assert any("calendar" in note for note in result.notes)


@pytest.mark.parametrize("where", ["top", "model", "evaluations"])
def test_5_the_version_may_stand_beside_the_models(
    empty: Workspace, tmp_path: Path, where: str
) -> None:
    file = snapshot(tmp_path, fetched_at="2026-06-10T08:00:00Z")
    body = json.loads(file.read_text())
    holder = {
        "top": body, "model": body["models"][3], "evaluations": body["models"][3]["evaluations"],
    }[where]  # fmt: skip
    holder["intelligence_index_version"] = "4.3"
    file.write_text(json.dumps(body))
    assert empty.import_files("aa", [file]).index_version == "4.3"


def test_5_an_option_against_the_file_is_an_error(empty: Workspace, tmp_path: Path) -> None:
    file = snapshot(tmp_path, fetched_at="2026-09-07T08:00:00Z", intelligence_index_version="4.3")
    with pytest.raises(UsageError) as caught:
        empty.import_files("aa", [file], version="4.0")
    assert caught.value.field == "version"
    forced = empty.import_files("aa", [file], version="4.0", force_version=True)
    assert forced.index_version == "4.0"


def test_5_a_column_against_the_option_is_an_error(empty: Workspace, tmp_path: Path) -> None:
    file = table(tmp_path, "t-2026-06-10.csv", ",index_version", ",4.1")
    with pytest.raises(UsageError, match=r"states 4\.1"):
        empty.import_files("csv", [file], version="4.0")
    assert empty.import_files("csv", [file]).index_version == "4.1"


def test_5_a_file_of_two_versions_is_refused(empty: Workspace, tmp_path: Path) -> None:
    file = snapshot(tmp_path, fetched_at="2026-06-10T08:00:00Z")
    body = json.loads(file.read_text())
    for at, version in ((0, "4.0"), (1, "4.1")):
        body["models"][at]["intelligence_index_version"] = version
    file.write_text(json.dumps(body))
    with pytest.raises(TrackerError, match=r"4\.0, 4\.1"):
        empty.import_files("aa", [file])


def test_5_real_snapshots_of_both_versions(
    empty: Workspace, last_of_4_0: SourceFile, first_of_4_1: SourceFile
) -> None:
    later = empty.import_files("aa", [first_of_4_1], components=True)
    assert later.index_version == "4.1"
    earlier = empty.import_files("aa", [last_of_4_0])
    assert (earlier.index_version, earlier.added) == ("4.0", 501)


def test_5_a_component_keeps_its_version_where_it_did_not_change(
    empty: Workspace, last_of_4_0: SourceFile, first_of_4_1: SourceFile
) -> None:
    for file in (last_of_4_0, first_of_4_1):
        empty.import_files("aa", [file], components=True)
    versions = {
        name: set(empty.list(index=name)["index_version"])
        for name in empty.list()["index_name"].unique()
    }
    changed = {name for name, found in versions.items() if found == {"4.0", "4.1"}}
    assert changed == {AA, "AA gdpval_aa_normalized"}
    assert all(found == {"4.0"} for name, found in versions.items() if name not in changed)


def test_5_an_index_of_ones_own_has_the_version_it_has_here(
    empty: Workspace, tmp_path: Path
) -> None:
    file = table(tmp_path, "t.csv")
    given: dict[str, Any] = {"index": "Mine", "observed_on": date(2026, 1, 1)}
    assert empty.import_files("csv", [file], **given).index_version == "1"
    empty.import_files("csv", [file], version="2", **given)
    with pytest.raises(MissingFact):
        empty.import_files("csv", [file], **given)


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("aa-2026-06-10.csv", date(2026, 6, 10)),
        ("20260610_board.csv", date(2026, 6, 10)),
        ("board_2026.06.10.csv", date(2026, 6, 10)),
        ("2026-06-10-to-2026-06-11.csv", None),
        ("2026-13-10.csv", None),
        ("run-120260610.csv", None),
        ("board.csv", None),
    ],
)
def test_2_the_day_in_a_name(name: str, day: date | None) -> None:
    assert day_in_name(SourceFile(Path(name))) == day


def test_2_the_day_is_never_today_in_silence(empty: Workspace, tmp_path: Path) -> None:
    with pytest.raises(MissingFact) as caught:
        empty.import_files("csv", [table(tmp_path, "t.csv")], version="4.0")
    assert caught.value.field == "observed_on"
    assert empty.list().is_empty()
    with pytest.raises(MissingFact):
        empty.import_files("aa", [snapshot(tmp_path)], version="4.0")


def test_2_a_day_in_the_name_or_the_file_is_used_and_said(empty: Workspace, tmp_path: Path) -> None:
    named = empty.import_files("csv", [table(tmp_path, "t-2026-06-10.csv")])
    assert (named.observed_on, named.index_version) == (date(2026, 6, 10), "4.0")
    assert any("2026-06-10" in note and "name of the file" in note for note in named.notes)
    made = table(tmp_path, "u.csv", ",generated_at", ",2026-06-12T09:30:00Z")
    told = empty.import_files("csv", [made], accept=["unjudged"])
    assert told.observed_on == date(2026, 6, 12)
    of_name = empty.import_files("aa", [snapshot(tmp_path, "s-2026-06-11.json")], index="Other")
    assert of_name.observed_on == date(2026, 6, 11)


def test_2_an_old_file_does_not_put_values_back(empty: Workspace, tmp_path: Path) -> None:
    empty.import_files("csv", [table(tmp_path, "t.csv")], observed_on=date(2026, 6, 12))
    old = tmp_path / "t-2026-06-10.csv"
    old.write_text("model,value,lab\nA 1,10,OpenAI\nB 1,11,OpenAI\n")
    empty.import_files("csv", [old], accept=["unjudged"])
    latest = empty.list(text="A 1").sort("observed_on").row(-1, named=True)
    assert (latest["value"], latest["observed_on"]) == (30.0, date(2026, 6, 12))


def test_7_a_logged_version_is_compared_with_the_calendar(demo: Workspace) -> None:
    note = calendar_note(demo.catalogue, AA, "4.0", date(2026, 6, 20))
    assert note is not None
    assert "4.1" in note
    late = calendar_note(demo.catalogue, AA, "4.0", date(2026, 11, 1))
    assert late is not None
    assert "4.3.2" in late
    assert calendar_note(demo.catalogue, AA, "4.0", date(2026, 6, 12)) is None
    assert calendar_note(demo.catalogue, "Mine", "1", date(2026, 6, 12)) is None
