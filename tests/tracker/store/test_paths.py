"""A path is a name: signs that are patterns elsewhere are none in the path of a workspace."""

from datetime import date
from pathlib import Path

import pytest

from tracker.store import sealed_file
from tracker.workspace import create_workspace, open_workspace

NAMES = ["a[1]", "[", "]", "b*", "c?", "~", "~root", "~/inner", "d{1,2}", "file:", "s3:", "a%20b"]


@pytest.mark.parametrize("large", [True, False], ids=["large", "small"])
@pytest.mark.parametrize("name", NAMES)
def test_a_workspace_in_a_folder_of_any_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, large: bool
) -> None:
    if large:
        monkeypatch.setattr(sealed_file, "LARGE", 10)
    monkeypatch.chdir(tmp_path)
    facts = {"lab": "OpenAI", "index": "I", "version": "1", "observed_on": date(2025, 1, 2)}
    workspace = create_workspace(Path(name) / "w")
    workspace.log("M", 5.0, **facts)
    workspace.log("N", 6.0, **facts)
    table = Path(name) / "t.csv"
    table.write_text("model,lab,value\nO,OpenAI,7\n")
    workspace.import_files("csv", [table], index="I", version="1", observed_on=date(2025, 1, 2),
                           accept=["unjudged"])  # fmt: skip
    for path in (Path(name) / "w", tmp_path / name / "w"):
        again = open_workspace(path)
        assert sorted(again.list()["model"]) == ["M", "N", "O"]
        assert again.store.validate().damaged == []
        assert again.data.imports.facts().height == 1
    other = create_workspace(tmp_path / "other")
    assert other.merge(workspace.folder).added == 3
    workspace.store.compact()
    assert workspace.list().height == 3
