"""What an import stated is kept beside the rows, once, and never before them."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from forecasts.errors import TrackerError
from tracker.store.imports import Imports
from tracker.workspace import Workspace

SEEN = date(2026, 6, 10)


def table(folder: Path, name: str, *models: str) -> Path:
    file = folder / name
    rows = "".join(f"{m},OpenAI,5{i},2026-06-01,page\n" for i, m in enumerate(models))
    file.write_text(f"model,lab,value,released_on,source\n{rows}")
    return file


def load(empty: Workspace, file: Path, **more: bool) -> str:
    result = empty.import_files("csv", [file], index="I", version="1", observed_on=SEEN, **more)
    return result.import_id


def test_two_imports_of_one_fact_are_two_records(empty: Workspace, tmp_path: Path) -> None:
    first = load(empty, table(tmp_path, "a.csv", "A", "B"))
    second = load(empty, table(tmp_path, "b.csv", "A"))
    assert first != second
    assert load(empty, table(tmp_path, "renamed.csv", "A", "B")) == first
    facts = empty.data.imports.facts()
    assert facts.group_by("import_id").len().sort("len")["len"].to_list() == [1, 2]
    assert empty.store.rows().height == 2
    ids = facts.filter(import_id=second)["observation_id"].to_list()
    assert ids == empty.store.rows().filter(model="A")["observation_id"].to_list()
    listed = empty.data.imports.listed()
    assert listed["files"].to_list() == ["a.csv", "b.csv"]
    assert listed["facts"].to_list() == [2, 1]


def test_a_table_is_whole_only_where_that_is_said(empty: Workspace, tmp_path: Path) -> None:
    file = table(tmp_path, "a.csv", "A")
    part, whole = load(empty, file), load(empty, file, whole=True)
    facts = empty.data.imports.facts()
    assert dict(facts.select("import_id", "whole").iter_rows()) == {part: False, whole: True}


def test_a_leaderboard_is_whole(empty: Workspace, snapshots: dict[str, Path]) -> None:
    result = empty.import_files("aa", [snapshots["04"]])
    facts = empty.data.imports.facts()
    assert facts["whole"].all()
    assert facts.height == result.added == empty.store.rows().height


def test_a_dry_run_records_no_import(empty: Workspace, tmp_path: Path) -> None:
    load(empty, table(tmp_path, "a.csv", "A"), dry_run=True)
    assert empty.data.imports.facts().is_empty()


def test_an_import_cut_off_before_its_record_is_whole_once_run_again(
    empty: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = table(tmp_path, "a.csv", "A")

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Imports, "record", killed)
        with pytest.raises(KeyboardInterrupt):
            load(empty, file)
    assert empty.store.rows().height == 1
    load(empty, file)
    assert empty.store.rows().height == 1
    assert empty.data.imports.facts().height == 1


@pytest.mark.parametrize("harm", ["changed", "foreign", "columns"])
def test_a_damaged_record_is_named(empty: Workspace, tmp_path: Path, harm: str) -> None:
    load(empty, table(tmp_path, "a.csv", "A"))
    folder = empty.data.imports.folder
    [file] = folder.iterdir()
    if harm == "changed":
        file.write_bytes(file.read_bytes() + b"x")
    elif harm == "foreign":
        (folder / "notes.txt").write_text("mine")
    else:
        from datetime import UTC, datetime

        from tracker.store.imports import RECORD
        from tracker.store.sealed_file import seal

        seal(folder, pl.DataFrame({"a": [1]}), RECORD, datetime.now(UTC))
    with pytest.raises(TrackerError, match="among the imports"):
        empty.data.imports.facts()
    left = Imports(folder, skip_damaged=True).facts()
    assert left.height == (0 if harm == "changed" else 1)
