"""What commands say of facts: smallest models by level, what is asked wrongly."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tracker.cli import cli, run
from tracker.workspace import Workspace, create_workspace

SCORE = "artificial_analysis_intelligence_index"


def call(workspace: Workspace, *words: str) -> Result:
    return CliRunner().invoke(cli, ["--workspace", str(workspace.folder), *words])


@pytest.fixture(scope="module")
def sized(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Models of two countries with a value and a size each, one of unknown size."""
    folder = tmp_path_factory.mktemp("sized")
    rows = [("A", "us", 20, 70, 17), ("B", "us", 30, 400, 37), ("C", "cn", 25, 27, None),
            ("D", "us", 40, None, None), ("E", "cn", 35, 9.5, 3)]  # fmt: skip
    models = [
        {"name": name, "creator": {"name": f"Lab {name}", "country": country},
         "release_date": f"2026-0{at + 1}-01", "evaluations": {SCORE: value},
         "capabilities": {"total_parameters": size, "active_parameters": active}}
        for at, (name, country, value, size, active) in enumerate(rows)
    ]  # fmt: skip
    (folder / "s.json").write_text(
        json.dumps({"meta": {"fetched_at": "2026-06-20T00:00:00Z"}, "models": models})
    )
    workspace = create_workspace(folder / "w")
    workspace.import_files("aa", [folder / "s.json"])
    return workspace


def test_the_smallest_models_to_reach_a_level(sized: Workspace) -> None:
    done = call(sized, "frontier", "--of", "params", "--level", "20", "--level", "30", "--format",
                "json")  # fmt: skip
    assert done.exit_code == 0, done.output
    rows = [(r["level"], r["bloc"], r["model"], r["size"]) for r in json.loads(done.stdout)]
    assert rows == [
        (20, "US", "A", 70.0), (20, "CN", "C", 27.0), (20, "CN", "E", 9.5),
        (30, "US", "B", 400.0), (30, "CN", "E", 9.5),
    ]  # fmt: skip
    told = call(sized, "frontier", "--of", "active", "--level", "38", "--bloc", "US").output
    assert (
        "No model of US of known active parameters reaches 38; 1 of unknown active parameters do."
        in told
    )
    found = sized.smallest([20], ["US,CN"], of="active").table
    assert found.select("model", "size").rows() == [("A", 17.0), ("E", 3.0)]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--of", "params"], "--level"), (["--level", "3"], "--of"),
        (["--of", "params", "--level", "3", "--shared", "both"], "--shared"),
        (["--bloc", "params=3"], "is not a bloc"),
    ],
)  # fmt: skip
def test_what_is_asked_wrongly(
    sized: Workspace, words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--workspace", str(sized.folder), "frontier", *words]) == 2
    assert told in capsys.readouterr().err


def test_a_frontier_says_how_many_it_does_not_know(sized: Workspace) -> None:
    done = call(sized, "frontier", "--bloc", "US+params<=100")
    assert "1 model is left out of 'US+params<=100'" in done.output


def test_facts_are_listed_and_named(sized: Workspace, tmp_path: Path) -> None:
    told = call(sized, "fact", "list", "E").stdout
    assert ["9.5" in told, "billions" in told] == [True, True]
    none = call(sized, "fact", "list", "Nobody")
    assert "No fact is known here" in none.output
    assert run(["--workspace", str(sized.folder), "fact", "list", "--all"]) == 2
    assert run(["--workspace", str(sized.folder), "fact", "list", "--name", "wings"]) == 2
    assert "facts" in call(sized, "status").stdout
