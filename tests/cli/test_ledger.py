"""`tracker ledger` as a person runs it, on the shared snapshots."""

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tracker.cli import run
from tracker.workspace import Workspace, create_workspace, open_workspace

Tracker = Callable[..., Any]
ISSUE = ("ledger", "issue", "--as-of", "2026-04-10", "--model", "pooled-growth", "--model",
         "random-walk-drift", "--horizon", 12, "--draws", 2000)  # fmt: skip


def read(done: tuple[int, str, str]) -> Any:
    assert done[0] == 0, done[2]
    return json.loads(done[1])


@pytest.fixture(scope="module")
def april(tmp_path_factory: pytest.TempPathFactory, snapshots: dict[str, Path]) -> Workspace:
    workspace = create_workspace(tmp_path_factory.mktemp("cli") / "w")
    workspace.import_files("aa", [snapshots["04"]])
    return workspace


@pytest.fixture(scope="module")
def june(april: Workspace, snapshots: dict[str, Path]) -> Workspace:
    """Issued in April, when nothing later was known; then May and June arrive."""
    assert run(["--workspace", str(april.folder), "--quiet", *map(str, ISSUE)]) == 0
    workspace = open_workspace(april.folder)
    workspace.import_files("aa", [snapshots["05"], snapshots["06"]])
    return workspace


@pytest.fixture
def copy(june: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(june.folder, tmp_path / "w")
    return open_workspace(tmp_path / "w")


def test_scores_agree_with_frontier_and_gap_of_the_command_line(
    june: Workspace, tracker: Tracker
) -> None:
    rows = read(tracker(june, "ledger", "score", "--format", "json"))
    assert len(rows) == 2 * 3 * 3
    assert {"forecast_id", "model", "target", "date", "crps", "observed", "pit"} <= set(rows[0])
    assert {r["model"] for r in rows} == {"pooled-growth", "random-walk-drift", "pool"}
    for day in ("2026-05-10", "2026-06-10"):
        when = ("--as-of", day, "--vintage", "final", "--format", "json")
        gap = read(tracker(june, "gap", *when))
        best = {}
        for record in read(tracker(june, "frontier", *when)):
            best[record["bloc"]] = record["value"]
        expected = {"leader": best["US"], "follower": best["CN"], "gap": gap["gap_points"]}
        found = {(r["target"], r["observed"]) for r in rows if r["date"] == day}
        assert found == set(expected.items())
    assert gap["gap_points"] == pytest.approx(8.2995, abs=1e-3)


def test_medians_are_those_of_forecast(june: Workspace, tracker: Tracker) -> None:
    forecast = read(tracker(june, "forecast", *ISSUE[2:], "--format", "json", "--quiet"))
    rows = read(tracker(june, "ledger", "score", "--format", "json"))
    gap = {row["date"]: row for row in forecast["gap"]}
    for row in rows:
        if (row["model"], row["target"]) == ("pool", "gap"):
            said = gap[row["date"]]
            assert said["q25"] < row["median"] < said["q75"]
            inside = said["q05"] <= row["observed"] <= said["q95"]
            assert row["in_90"] == inside
    listed = read(tracker(june, "ledger", "list", "--format", "json"))
    chance = forecast["closure"]["probability_within_horizon"]
    assert [r["probability_closed"] for r in listed] == [chance]
    assert (listed[0]["reached"], listed[0]["dates"]) == (2, 12)
    assert listed[0]["observed_until"] == "2026-06-10"


def test_the_same_twice_adds_nothing_and_says_so(copy: Workspace, tracker: Tracker) -> None:
    first = read(tracker(copy, "ledger", "list", "--format", "json"))
    again = read(tracker(copy, *ISSUE, "--format", "json"))
    assert (again["added"], again["file"]) == (False, None)
    assert again["forecast_id"] == first[0]["forecast_id"]
    code, out, _ = tracker(copy, *ISSUE)
    assert code == 0
    assert out.startswith("Nothing added: this forecast was issued as")
    code, out, _ = tracker(copy, *ISSUE, "--note", "again")
    assert out.startswith("Issued ")
    assert "Retrospective" in out
    assert len(list((copy.folder / "ledger").iterdir())) == 2


def test_events_and_formats(copy: Workspace, tracker: Tracker, tmp_path: Path) -> None:
    events = read(tracker(copy, "ledger", "score", "--events", "--format", "json"))
    assert events == []  # the first quarter ends after June's snapshot
    # A day later the quarter is over; the gap stayed open.
    table = tmp_path / "board.csv"
    table.write_text("model,lab,value,released_on\nSmall,OpenAI,5,2026-06-20\n")
    copy.import_files(
        "csv", [table], observed_on=date(2026, 7, 1), version="4.0", whole=True,
        accept=["unjudged"],
    )  # fmt: skip
    events = read(tracker(copy, "ledger", "score", "--events", "--format", "json"))
    assert {(e["event"], e["date"], e["happened"]) for e in events} == {
        ("closed", "2026-06-30", False), ("ahead", "2026-06-30", False),
        ("exhausted", "2026-06-30", False),
    }  # fmt: skip
    for e in events:
        assert e["brier"] == pytest.approx(e["probability"] ** 2)
    for command in (("list",), ("score",), ("score", "--events")):
        code, out, err = tracker(copy, "ledger", *command)
        assert code == 0
        assert "2 of 12" in out
        assert "next date is 2026-07-10" in out
        code, out, err = tracker(copy, "ledger", *command, "--format", "csv")
        assert (code, "forecast_id" in out.splitlines()[0]) == (0, True)
        table = pl.read_csv(out.encode())
        assert table.height == len(read(tracker(copy, "ledger", *command, "--format", "json")))
        if command == ("score",):
            assert "next date" in err
    code, _, _ = tracker(copy, "chart", "ledger", "--out", tmp_path / "c.svg")
    assert (tmp_path / "c.svg").stat().st_size > 5000


def test_show_gives_a_forecast_as_issued(copy: Workspace, tracker: Tracker) -> None:
    (listed,) = read(tracker(copy, "ledger", "list", "--format", "json"))
    last = read(tracker(copy, "ledger", "show", "--format", "json"))
    named = read(tracker(copy, "ledger", "show", listed["forecast_id"][:8], "--format", "json"))
    assert last == named
    assert last["forecast_id"] == listed["forecast_id"]
    assert last["as_of"] == "2026-04-10"
    assert {row["model"] for row in last["said"]} >= {"pooled-growth", "random-walk-drift", "pool"}
    code, out, _ = tracker(copy, "ledger", "show")
    assert code == 0
    assert listed["forecast_id"] in out


def test_nothing_issued(april: Workspace, tmp_path: Path, tracker: Tracker) -> None:
    bare = create_workspace(tmp_path / "w")
    assert read(tracker(bare, "ledger", "list", "--format", "json")) == []
    code, out, err = tracker(bare, "ledger", "score", "--format", "json")
    assert (code, json.loads(out)) == (0, [])
    assert "No forecast has been issued" in err
    code, out, err = tracker(bare, "ledger", "show")
    assert (code, out) == (1, "")
    assert "No forecast has been issued" in err
    code, out, err = tracker(bare, "chart", "ledger", "--out", tmp_path / "c.png")
    assert (code, out) == (1, "")
    assert "`tracker ledger issue`" in err


def test_wrong_calls(copy: Workspace, tracker: Tracker) -> None:
    for args, words in (
        (("ledger", "score", "--forecast", "nosuch"), "nosuch"),
        (("ledger",), "Missing command"),
        (("ledger", "nosuch"), "nosuch"),
        (("ledger", "issue", "--model", "nosuch"), "linear-trend"),
    ):
        code, out, err = tracker(copy, *args)
        assert (code, out) == (2, "")
        assert words in err
    file = next((copy.folder / "ledger").iterdir())
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    for args in (("list",), ("score",)):
        code, out, err = tracker(copy, "ledger", *args)
        assert (code, out) == (1, "")
        assert file.name in err
        code, out, err = tracker(copy, "--skip-damaged", "ledger", *args, "--format", "json")
        assert (code, json.loads(out)) == (0, [])
        assert f"Left out: {file.name}" in err
