"""Sources that differ on a day: said at the import, in the gap and in the status."""

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from tracker.cli import cli
from tracker.settings import FILE
from tracker.workspace import Workspace, create_workspace, open_workspace

MAIN = "Artificial Analysis Intelligence Index"
DAY = date(2026, 6, 10)


@pytest.fixture
def own(tmp_path: Path) -> Workspace:
    workspace = create_workspace(tmp_path / "own")
    for source, model, lab, value in (
        ("artificial-analysis", "A", "OpenAI", 50), ("artificial-analysis", "B", "DeepSeek", 40),
        ("artificial-analysis", "C", "OpenAI", 20),
    ):  # fmt: skip
        workspace.log(
            model, value, lab=lab, source=source, index=MAIN, version="4.0", observed_on=DAY,
            released_on=date(2026, 1, 1),
        )  # fmt: skip
    many = "".join(f"Filler {i},OpenAI,{i},2026-01-01\n" for i in range(5, 18))
    file = tmp_path / "filler.csv"
    file.write_text(f"model,lab,value,released_on\n{many}")
    workspace.import_files(
        "csv", [file], index=MAIN, version="4.0", observed_on=DAY, accept=["unjudged"]
    )
    return workspace


def test_the_publisher_counts_and_the_difference_is_said(own: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "theirs.csv"
    many = (tmp_path / "filler.csv").read_text()
    file.write_text(many + "B,DeepSeek,45,2026-01-01\nC,OpenAI,21,2026-01-01\n")
    asked = {"index": MAIN, "version": "4.0", "observed_on": DAY}
    done = own.import_files("csv", [file], **asked)  # type: ignore[arg-type]
    assert done.added == 15
    words = (
        "Sources differ on B on 2026-06-10 (artificial-analysis 40, csv:theirs.csv 45): 40 counts."
    )
    assert words in done.notes
    assert not any("on C on" in note for note in done.notes)
    assert own.gap().gap_points == 10
    assert own.gap().disagreements["model"].to_list() == ["B"]
    call = ["--workspace", str(own.folder)]
    assert words in CliRunner().invoke(cli, [*call, "gap"]).stdout
    assert words in CliRunner().invoke(cli, [*call, "status"]).stdout
    status = json.loads(CliRunner().invoke(cli, [*call, "--format", "json", "status"]).stdout)
    assert [(d["model"], d["touches_frontier"]) for d in status["disagreements"]] == [
        ("B", True), ("C", False),
    ]  # fmt: skip


def test_the_settings_order_goes_first(own: Workspace) -> None:
    for source, value in (("manual", 45), ("other", 41), ("third", 44)):
        own.log("B", value, source=source, index=MAIN, version="4.0", observed_on=DAY)
    assert own.gap().gap_points == 10
    path = own.folder / FILE
    path.write_text(path.read_text().replace("sources = []", 'sources = ["other", "manual"]'))
    assert open_workspace(own.folder).gap().gap_points == 9


def test_without_publisher_the_median_counts(empty: Workspace) -> None:
    for source, value in (("one", 45), ("two", 41), ("three", 44)):
        empty.log(
            "B", value, lab="DeepSeek", source=source, index="Mine", version="1", observed_on=DAY
        )
    empty.log("A", 50, lab="OpenAI", index="Mine", version="1", observed_on=DAY)
    assert empty.gap().gap_points == 6
