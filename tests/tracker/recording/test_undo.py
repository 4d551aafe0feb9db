"""Many observations taken back at once: what one import alone stated, a source, a day."""

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from forecasts.errors import UsageError
from tracker.cli import cli
from tracker.store.imports import Imports
from tracker.workspace import Workspace, create_workspace

SEEN, LATER = date(2026, 6, 10), date(2026, 7, 1)
WHY = "the wrong file"


def load(workspace: Workspace, *models: str, seen: date = SEEN, **more: bool) -> str:
    file = workspace.folder.parent / f"{'-'.join(models)}.csv"
    rows = "".join(f"{m},{'DeepSeek' if m < 'C' else 'OpenAI'},5{ord(m)},2026-06-01,page,false\n"
                   for m in models)  # fmt: skip
    file.write_text(f"model,lab,value,released_on,source,estimated\n{rows}")
    result = workspace.import_files(
        "csv", [file], index="I", version="1", observed_on=seen, accept=["unjudged"], **more
    )
    return result.import_id


def models(workspace: Workspace) -> str:
    return "".join(workspace.list()["model"].sort())


def run(workspace: Workspace, *args: str) -> Result:
    return CliRunner().invoke(cli, ["--workspace", str(workspace.folder), *args])


def log(workspace: Workspace, model: str) -> str:
    return workspace.log(
        model, float(f"5{ord(model)}"), lab="DeepSeek", index="I", version="1",
        released_on=date(2026, 6, 1), observed_on=SEEN, source="page",
    ).observation_id  # fmt: skip


def test_an_import_is_taken_back_but_for_what_others_state(empty: Workspace) -> None:
    log(empty, "A")
    first = load(empty, "A", "B", "C", "D")
    second = load(empty, "B", "E")
    plan = empty.retract_all(WHY, import_id=first[:9], dry_run=True)
    assert (plan.selected, plan.rows.height, plan.otherwise) == (4, 2, 2)
    assert models(empty) == "ABCDE"
    assert empty.retract_all(WHY, import_id=first).rows.height == 2
    assert models(empty) == "ABE"
    # B stood by the second import, which is what states it alone now.
    empty.retract_all(WHY, import_id=second)
    assert models(empty) == "A"
    listed = empty.data.imports.listed()
    assert listed["withdrawn"].to_list() == [True, True]
    assert empty.data.imports.facts().is_empty()
    # Stated again it is not recorded again, and that is said.
    assert load(empty, "A", "B", "C", "D") == first
    assert models(empty) == "A"
    # One segment each, and the past is as it was.
    assert len(empty.store.snapshot().segments) == 1 + 2 + 2
    with pytest.raises(UsageError, match="No import has"):
        empty.retract_all(WHY, import_id="zz")


def test_an_import_of_nothing_new_takes_nothing_of_others_back(empty: Workspace) -> None:
    first, again = load(empty, "A", "B"), load(empty, "A")
    assert empty.retract_all(WHY, import_id=again).rows.is_empty()
    assert models(empty) == "AB"
    empty.retract_all(WHY, import_id=first)
    assert models(empty) == ""


def test_an_import_cut_off_before_its_record_can_be_taken_back_once_run_again(
    empty: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Imports, "record", killed)
        with pytest.raises(KeyboardInterrupt):
            load(empty, "A", "B")
    identity = load(empty, "A", "B")
    assert empty.retract_all(WHY, import_id=identity).rows.height == 2


def test_an_undo_cut_off_before_its_record_is_whole_once_run_again(
    empty: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = load(empty, "A", "B", whole=True)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Imports, "withdraw", killed)
        with pytest.raises(KeyboardInterrupt):
            empty.retract_all(WHY, import_id=identity)
    assert models(empty) == ""
    assert empty.data.sweeps().is_empty()
    assert empty.retract_all(WHY, import_id=identity).rows.is_empty()
    assert empty.data.imports.listed()["withdrawn"].to_list() == [True]


def test_what_an_import_taken_back_saw_whole_is_no_sweep(empty: Workspace) -> None:
    load(empty, "A", "B", "C", whole=True)
    wrong = load(empty, "A", "B", "C", "D", seen=LATER, whole=True)
    load(empty, "A", seen=LATER)
    assert empty.data.sweeps()["observed_on"].to_list() == [SEEN, LATER]
    empty.retract_all(WHY, import_id=wrong)
    # A stands on that day by the other import, which did not see the index whole.
    assert LATER in empty.list()["observed_on"].to_list()
    assert empty.data.sweeps()["observed_on"].to_list() == [SEEN]


def test_a_correction_of_an_imported_row_stays(empty: Workspace) -> None:
    identity = load(empty, "A", "B")
    row = empty.list(text="A")["observation_id"][0]
    empty.correct(row, value=51.0)
    plan = empty.retract_all(WHY, import_id=identity)
    assert (plan.rows.height, plan.gone, plan.corrected) == (1, 1, 1)
    assert empty.list()["value"].to_list() == [51.0]


def test_rows_of_a_source_or_a_day(empty: Workspace) -> None:
    load(empty, "A", "B")
    load(empty, "C", "D", seen=LATER)
    empty.log("E", 1.0, lab="OpenAI", index="I", version="2", observed_on=LATER)
    plan = empty.retract_all(WHY, observed_on=LATER, version="1", dry_run=True)
    assert sorted(plan.rows["model"]) == ["C", "D"]
    empty.retract_all(WHY, observed_on=LATER)
    assert models(empty) == "AB"
    empty.retract_all(WHY, source="page")
    assert models(empty) == ""
    with pytest.raises(UsageError, match="No observation is so"):
        empty.retract_all(WHY, source="nobody")
    with pytest.raises(UsageError, match="Nothing says what"):
        empty.retract_all(WHY, index="I")


def test_the_command_shows_what_it_would_do_and_asks_once(empty: Workspace) -> None:
    identity = load(empty, "A", "B", "C")
    refused = run(empty, "retract", "--import", identity, "--reason", WHY)
    assert refused.exit_code != 0
    assert models(empty) == "ABC"
    shown = run(empty, "retract", "--import", identity, "--reason", WHY, "--dry-run")
    assert "Of 3 observations 3 would be taken back." in shown.stderr
    assert "I 1: No US model is left on this index." in shown.stderr
    assert models(empty) == "ABC"
    done = run(empty, "--format", "json", "retract", "--import", identity, "--reason", WHY, "--yes")
    body = json.loads(done.stdout)
    assert (body["retracted"], body["import_id"], body["dry_run"]) == (3, identity, False)
    assert body["indices"] == [{"index_name": "I", "index_version": "1", "rows": 3}]
    assert models(empty) == ""
    imports = json.loads(run(empty, "--format", "json", "status").stdout)["imports"]
    assert [i["withdrawn"] for i in imports] == [True]


def test_a_merge_brings_the_records_of_imports_and_their_withdrawals(
    empty: Workspace, tmp_path: Path
) -> None:
    other = create_workspace(tmp_path / "other" / "w")
    identity = load(other, "A", "B", whole=True)
    assert empty.merge(other.folder, dry_run=True).imports == 1
    assert empty.data.imports.facts().is_empty()
    assert empty.merge(other.folder).imports == 1
    assert empty.data.imports.facts().equals(other.data.imports.facts())
    assert empty.data.sweeps().equals(other.data.sweeps())
    assert empty.merge(other.folder).imports == 0
    files = len(list(empty.data.imports.folder.iterdir()))
    assert files == 1
    other.retract_all(WHY, import_id=identity)
    empty.merge(other.folder)
    assert empty.data.imports.listed()["withdrawn"].to_list() == [True]
    assert models(empty) == ""
    # The other way round, a copy that still has the import does not bring it back.
    third = create_workspace(tmp_path / "third" / "w")
    load(third, "A", "B", whole=True)
    third.merge(empty.folder)
    assert third.data.imports.facts().is_empty()
