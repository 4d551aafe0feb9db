"""The Python door gives what the commands give."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import tracker
from forecasts.errors import TrackerError
from tracker.workspace import Workspace, create_workspace

ROOT = Path(__file__).parents[2]


def test_the_door_agrees_with_the_command(demo: Workspace) -> None:
    gap = tracker.open_workspace(demo.folder).gap(leader="US", follower="CN")
    done = subprocess.run(
        [sys.executable, "-c", "from tracker.cli import main; main()", "gap", "--format", "json",
         "--workspace", str(demo.folder)],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    document = json.loads(done.stdout)
    assert document["gap_points"] == gap.gap_points
    assert document["lag_months"] == gap.lag_months
    assert document["match_months"] == gap.match_months
    assert [row["gap_points"] for row in document["history"]] == gap.history["gap_points"].to_list()


def test_a_workspace_is_found_from_below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_workspace(tmp_path / "w")
    below = tmp_path / "w" / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert tracker.open_workspace().folder == tmp_path / "w"
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TrackerError, match="no workspace"):
        tracker.open_workspace()


def test_the_three_snapshots_in_any_order(tmp_path: Path, snapshots: dict[str, Path]) -> None:
    frontiers = []
    for order in (("04", "05", "06"), ("06", "04", "05")):
        workspace = create_workspace(tmp_path / "-".join(order))
        for day in order:
            assert workspace.import_files("aa", [snapshots[day]]).added > 400
        assert workspace.import_files("aa", [snapshots["05"]]).added == 0
        frontiers.append(workspace.records())
    assert frontiers[0].equals(frontiers[1])
