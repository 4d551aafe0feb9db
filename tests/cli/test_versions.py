"""Versions on the command line: a newer one is announced, none is pinned, and scales are kept."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from tests.conftest import june_workspace
from tracker.cli import cli
from tracker.settings import FILE, read_settings
from tracker.workspace import Workspace, create_workspace, open_workspace

AA = "Artificial Analysis Intelligence Index"
Tracker = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The demo and, from 2026-06-20, the same models on version 4.1."""
    workspace = june_workspace(tmp_path_factory.mktemp("both") / "w")
    rows = workspace.observations().with_columns(pl.col("value") * 0.8, index_version=pl.lit("4.1"))
    for day in (date(2026, 6, 20), date(2026, 7, 5)):
        workspace.store.append(rows.with_columns(observed_on=day))
    return workspace


@pytest.fixture
def pinned(both: Workspace) -> Any:
    """The same with 4.0 in its settings."""
    path = both.folder / FILE
    before = path.read_text("utf-8")
    path.write_text(before.replace('version = ""', 'version = "4.0"'), "utf-8")
    yield open_workspace(both.folder)
    path.write_text(before, "utf-8")


def test_6_init_pins_no_version(tmp_path: Path) -> None:
    for demo in (False, True):
        workspace = create_workspace(tmp_path / str(demo), demo=demo)
        assert read_settings(workspace.folder / FILE).version == ""


def test_6_what_is_not_pinned_is_the_version_seen_last(both: Workspace) -> None:
    assert both.gap().index_version == "4.1"
    # On a day on which nobody had seen 4.1, the version of then.
    assert both.gap(as_of=date(2026, 6, 12)).index_version == "4.0"


def test_6_one_row_on_a_later_version_is_announced_and_moves_nothing(
    tmp_path: Path, tracker: Tracker
) -> None:
    workspace = june_workspace(tmp_path / "w")
    before = workspace.gap()
    workspace.log("New", 90, lab="OpenAI", version="4.1", observed_on=date(2026, 6, 20))
    after = workspace.gap()
    assert (after.index_version, after.gap_points) == ("4.0", before.gap_points)
    assert "version 4.1 is here as well" in tracker(workspace, "gap")[2]


FORECAST = ["--model", "linear-trend", "--draws", "100", "--horizon", "6"]


@pytest.mark.parametrize(
    "args",
    [["gap"], ["frontier"], ["forecast", *FORECAST], ["ledger", "issue", *FORECAST],
     ["chart", "frontier"], ["fit", "--model", "linear-trend"]],
    ids=lambda args: " ".join(args[:2]),
)  # fmt: skip
def test_6_a_newer_version_is_announced_wherever_the_old_one_is_used(
    pinned: Workspace, tracker: Tracker, args: list[str]
) -> None:
    code, out, err = tracker(pinned, *args, "--format", "json")
    assert code == 0, err
    assert "version 4.1 is here as well, first seen on 2026-06-20: --index-version 4.1" in err
    found = json.loads(out)
    if isinstance(found, dict):
        assert (found["index_version"], found["newer_version"]) == ("4.0", "4.1")
    code, _, err = tracker(pinned, *args, "--format", "json", "--index-version", "4.1")
    assert code == 0
    assert "is here as well" not in err


def test_6_a_day_before_the_newer_version_announces_nothing(
    pinned: Workspace, tracker: Tracker
) -> None:
    _, _, err = tracker(pinned, "gap", "--as-of", "2026-06-12", "--format", "json")
    assert "is here as well" not in err


def test_6_a_quarter_of_the_newer_version_alone_is_reported_on_it(pinned: Workspace) -> None:
    assert pinned.quarter("2026Q3").gap.index_version == "4.1"
    assert pinned.quarter("2026Q2").gap.index_version == "4.0"
    page = pinned.report("2026Q3", models=["linear-trend"])
    assert f"{AA} 4.1" in page
    assert "no report" not in page
    page = pinned.report("2026Q2", models=["linear-trend"])
    assert f"This is version 4.0 of {AA}, last seen on 2026-06-10" in page


def test_4_index_set_is_kept_listed_and_shown(tmp_path: Path, tracker: Tracker) -> None:
    workspace = june_workspace(tmp_path / "w")
    code, _, err = tracker(
        workspace, "index", "set", "Minutes", "--low", 0, "--unit", "minutes", "--scale", "log",
        "--zero",
    )  # fmt: skip
    assert code == 0, err
    listed = json.loads(tracker(workspace, "index", "list", "--format", "json")[1])
    keys = {"index_name", "index_version", "low", "high", "scale", "unit", "first_seen",
            "last_seen"}  # fmt: skip
    assert all(keys <= row.keys() for row in listed)
    (minutes,) = [row for row in listed if row["index_name"] == "Minutes"]
    assert (minutes["low"], minutes["high"], minutes["unit"]) == (0, None, "minutes")
    assert (minutes["scale"], minutes["true_zero"], minutes["origin"]) == ("log", True, "workspace")
    of_aa = {row["index_version"]: row for row in listed if row["index_name"] == AA}
    assert (of_aa["4.1"]["low"], of_aa["4.1"]["high"]) == (0, 100)
    assert (of_aa["4.0"]["first_seen"], of_aa["4.0"]["last_seen"]) == ("2026-04-10", "2026-06-15")
    tracker(workspace, "index", "set", AA, "--high", 120)
    shown = json.loads(tracker(workspace, "status", "--format", "json")[1])["indices"]
    assert {row["high"] for row in shown if row["index_name"] == AA} == {120}
    code, _, err = tracker(workspace, "index", "set", "Minutes", "--scale", "logit")
    assert code == 2
    assert "--low" in err


def test_5_an_option_against_the_file_names_the_option(tmp_path: Path, tracker: Tracker) -> None:
    workspace = create_workspace(tmp_path / "w")
    file = tmp_path / "t-2026-06-10.csv"
    file.write_text("model,value,lab,index_version\nA 1,30,OpenAI,4.3\n")
    code, _, err = tracker(workspace, "import", "csv", file, "--index-version", "4.0")
    assert code == 2
    assert "--force-version" in err
    file = tmp_path / "t.csv"
    file.write_text("model,value,lab\nA 1,30,OpenAI\n")
    code, _, err = tracker(workspace, "import", "csv", file, "--index-version", "4.0")
    assert code == 2
    assert "--observed" in err
    code, _, err = tracker(workspace, "import", "csv", file, "--observed", "2026-11-01")
    assert code == 2
    assert "--index-version" in err
    assert workspace.list().is_empty()


def test_5_a_terminal_is_asked_for_day_and_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracker.cli.importing.at_terminal", lambda: True)
    workspace = create_workspace(tmp_path / "w")
    file = tmp_path / "t.csv"
    file.write_text("model,value,lab\nA 1,30,OpenAI\n")
    call = ["--workspace", str(workspace.folder), "import", "csv", str(file)]
    done = CliRunner().invoke(cli, call, input="yesterday\n2026-11-01\n4.3.2\n")
    assert done.exit_code == 0, done.stderr
    assert "When were they seen" in done.stderr
    assert "Which version is it" in done.stderr
    (row,) = workspace.list().to_dicts()
    assert (row["observed_on"], row["index_version"]) == (date(2026, 11, 1), "4.3.2")


def test_7_a_terminal_is_asked_whether_what_cannot_be_judged_goes_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracker.cli.importing.at_terminal", lambda: True)
    workspace = june_workspace(tmp_path / "w")
    before = workspace.store.rows().height
    file = tmp_path / "t-2026-06-10.csv"
    file.write_text("model,value,lab\nA 1,30,OpenAI\n")
    call = ["--workspace", str(workspace.folder), "import", "csv", str(file)]
    done = CliRunner().invoke(cli, call, input="n\n")
    assert done.exit_code == 1
    assert workspace.store.rows().height == before
    done = CliRunner().invoke(cli, call, input="y\n")
    assert "cannot be judged" in done.stderr
    assert done.exit_code == 0
    assert workspace.store.rows().height == before + 1
