"""Facts come in with an import and by hand, and go out as what stated them does."""

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from forecasts.errors import TrackerError, UsageError
from tracker.cli import cli
from tracker.recording.describe import read_value
from tracker.workspace import Workspace, open_workspace

SCORE = "artificial_analysis_intelligence_index"
DAY = date(2026, 6, 20)


def board(folder: Path, day: str = "2026-06-20", **sizes: float) -> Path:
    """A snapshot of models and the billions of their parameters, all of one licence."""
    models = [
        {"name": name, "creator": {"name": "DeepSeek", "country": "cn"},
         "release_date": "2026-01-01", "evaluations": {SCORE: 10 + at},
         "capabilities": {"total_parameters": size},
         "open_weights": {"is_open_weights": True, "license_name": "MIT"}}
        for at, (name, size) in enumerate(sizes.items())
    ]  # fmt: skip
    file = folder / f"aa-{day}-{'-'.join(sizes)}.json"
    file.write_text(json.dumps({"meta": {"fetched_at": f"{day}T00:00:00Z"}, "models": models}))
    return file


def run(workspace: Workspace, *args: str) -> Result:
    return CliRunner().invoke(cli, ["--workspace", str(workspace.folder), *args])


def sizes(workspace: Workspace) -> dict[str, float]:
    rows = workspace.facts(name="parameters").select("model", "number")
    return dict(rows.iter_rows())


def test_an_import_states_facts_and_undo_takes_them_back(empty: Workspace, tmp_path: Path) -> None:
    first = empty.import_files("aa", [board(tmp_path, A=7, B=30)])
    assert (first.added, first.facts) == (2, 4)
    again = empty.import_files("aa", [board(tmp_path, A=7, B=30)])
    assert (again.added, again.facts) == (0, 0)
    second = empty.import_files("aa", [board(tmp_path, B=30, C=70)], accept=["unjudged"], yes=True)
    assert second.facts == 2
    plan = empty.retract_all("wrong", import_id=first.import_id)
    # B's facts, and its own, are stated by the second as well: B's score differs.
    assert len(plan.facts) == 2
    assert sizes(empty) == {"B": 30.0, "C": 70.0}
    assert empty.status()["facts"] == 4


def test_a_dry_run_records_no_fact(empty: Workspace, tmp_path: Path) -> None:
    assert empty.import_files("aa", [board(tmp_path, A=7)], dry_run=True).facts == 2
    assert empty.facts().is_empty()


def test_facts_of_an_index_are_none(empty: Workspace, tmp_path: Path) -> None:
    """Taking back a version of an index leaves what is said of its models."""
    result = empty.import_files("aa", [board(tmp_path, A=7)])
    plan = empty.retract_all("wrong", import_id=result.import_id, version="4.1", dry_run=True)
    assert (plan.rows.height, plan.facts) == (1, [])
    plan = empty.retract_all("wrong", source="artificial-analysis", dry_run=True)
    assert (plan.rows.height, len(plan.facts)) == (1, 2)


def test_a_copy_brings_its_facts(empty: Workspace, tmp_path: Path) -> None:
    empty.import_files("aa", [board(tmp_path, A=7)])
    shutil.copytree(empty.folder, tmp_path / "copy")
    copy = open_workspace(tmp_path / "copy")
    copy.log_fact("A", "size_class", "small", observed_on=DAY)
    assert empty.merge(copy.folder, dry_run=True).facts == 1
    assert empty.facts(name="size_class").is_empty()
    assert empty.merge(copy.folder).facts == 1
    assert empty.facts(name="size_class")["text"].to_list() == ["small"]
    assert "1 rows of facts" not in run(empty, "merge", str(copy.folder)).output


def test_a_bloc_knows_what_was_known_then(empty: Workspace, tmp_path: Path) -> None:
    """Vintage: a size that is stated later does not move the frontier of an earlier day."""
    file = board(tmp_path, "2026-06-17", A=7, B=30, C=500)
    empty.import_files("aa", [file])
    empty.log_fact("C", "parameters", 20, observed_on=date(2026, 6, 25))

    def best(as_of: date, vintage: Any = "real") -> str:
        rows = empty.records(["CN+params<=40"], as_of=as_of, vintage=vintage)
        return str(rows["model"][-1])

    assert best(date(2026, 6, 24)) == "B"
    assert best(date(2026, 6, 25)) == "C"
    assert best(date(2026, 6, 24), "final") == "C"
    assert empty.list(bloc="params<=40", as_of=date(2026, 6, 24))["model"].to_list() == ["A", "B"]
    assert set(empty.list(bloc="licence:mit")["model"]) == {"A", "B", "C"}


def test_the_gap_says_of_whom_it_does_not_know(empty: Workspace, tmp_path: Path) -> None:
    empty.import_files("aa", [board(tmp_path, A=7, B=30, C=500)])
    empty.retract_fact(str(empty.facts("A", name="parameters")["fact_id"].item()), "not so")
    told = run(empty, "gap", "--leader", "params>40", "--follower", "params<=40")
    assert told.exit_code == 0, told.output
    note = "1 model is left out of 'params<=40': whether it belongs to it is not known."
    assert note in told.output
    document = run(empty, "gap", "--leader", "params>40", "--follower", "params<=40",
                   "--format", "json")  # fmt: skip
    assert json.loads(document.stdout)["unknown"] == {"leader": 1, "follower": 1}


def test_by_hand(empty: Workspace, tmp_path: Path) -> None:
    empty.import_files("aa", [board(tmp_path, A=7)])
    said = ("commercial_use", "--observed", "2026-06-21", "--value")
    made = run(empty, "fact", "log", "a", *said, "YES")
    assert made.exit_code == 0, made.output
    again = run(empty, "fact", "log", "A", *said, "yes")
    assert again.output.startswith("Not recorded again")
    row = empty.facts("A", name="commercial_use").row(0, named=True)
    assert (row["model"], row["text"], row["observed_on"]) == ("A", "true", date(2026, 6, 21))
    fact = str(empty.facts("A", name="parameters")["fact_id"].item())
    assert (
        run(empty, "fact", "correct", fact[:12], "--value", "8", "--note", "a slip").exit_code == 0
    )
    assert sizes(empty) == {"A": 8.0}
    new = str(empty.facts("A", name="parameters")["fact_id"].item())
    assert run(empty, "fact", "retract", new, "--reason", "another model").exit_code == 0
    assert sizes(empty) == {}
    told = run(empty, "fact", "list", "A", "--all").stdout
    assert [w in told for w in ("superseded", "retracted", "retraction", "a slip")] == [True] * 4


def test_facts_go_out_to_a_file(empty: Workspace, tmp_path: Path) -> None:
    empty.import_files("aa", [board(tmp_path, A=7)])
    out = tmp_path / "facts.json"
    assert run(empty, "fact", "list", "--out", str(out)).exit_code == 0
    rows = json.loads(out.read_text())
    assert {(r["name"], r["number"], r["text"]) for r in rows} == {
        ("parameters", 7.0, None), ("licence", None, "MIT"),
    }  # fmt: skip


def test_a_damaged_file_of_facts_is_found(empty: Workspace, tmp_path: Path) -> None:
    empty.import_files("aa", [board(tmp_path, A=7)])
    assert run(empty, "validate").exit_code == 0
    file = next((empty.folder / "facts").iterdir())
    shutil.copy(file, empty.folder / "facts" / file.name.replace("Z-", "Z-0")[:-8])
    assert run(empty, "validate").exit_code == 1


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("A", "wings", "2"), "There is no fact 'wings'"),
        (("A", "parameters", "many"), "a number of billions"),
        (("A", "parameters", "1e999"), "a number of billions"),
        (("A", "deprecated", "perhaps"), "true or false"),
        (("A", "licence", " "), "is empty"),
        (("A", "licence", "M\x00IT"), "invisible character"),
        (("Nobody", "licence", "MIT"), "There is no model 'Nobody'"),
        (("A", "licence", "MIT", "--observed", "2999-01-01"), "in the future"),
        (("A", "licence", "MIT", "--source", " "), "is empty"),
    ],
)
def test_what_is_no_fact(
    empty: Workspace, tmp_path: Path, args: tuple[str, ...], words: str
) -> None:
    empty.import_files("aa", [board(tmp_path, A=7)])
    model, name, value, *more = args
    done = run(empty, "fact", "log", model, name, "--value", value, *more)
    assert done.exit_code != 0
    with pytest.raises(TrackerError, match=words.replace("(", r"\(")):
        raise done.exception or AssertionError(done.output)
    assert empty.facts().height == 2


def test_a_flag_is_no_number() -> None:
    with pytest.raises(UsageError):
        read_value("parameters", True)
    assert read_value("deprecated", False) == {"text": "false", "number": None}
