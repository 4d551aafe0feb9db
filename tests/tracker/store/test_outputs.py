"""What a person asks to be written never takes the place of what a workspace is made of."""

import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from forecasts.errors import UsageError
from tracker import linked
from tracker.cli import cli
from tracker.store import ledger, raw
from tracker.store.atomic import write_atomically
from tracker.store.outputs import FOLDERS, refuse_store, write_output
from tracker.workspace import Workspace, create_workspace, open_workspace

COMMANDS = {
    "export": (["export", "TARGET"], ".csv"),
    "chart": (["chart", "frontier", "--out", "TARGET"], ".png"),
    "report": (["report", "--quarter", "2026Q2", "--out", "TARGET"], ".html"),
    "backtest": (["backtest", "--report", "TARGET"], ".md"),
    "forecast": (["forecast", "--draws", "100", "--out", "TARGET"], ""),
}


@pytest.fixture
def own(demo: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(demo.folder, tmp_path / "w")
    (tmp_path / "w" / "imports").mkdir(exist_ok=True)
    (tmp_path / "w" / "ledger").mkdir(exist_ok=True)
    return open_workspace(tmp_path / "w")


def run(workspace: Workspace, *args: str) -> Result:
    return CliRunner().invoke(
        cli, ["--workspace", str(workspace.folder), *args], standalone_mode=False
    )


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes()
            for p in folder.rglob("*") if p.is_file()}  # fmt: skip


@pytest.mark.parametrize("where", ["observations", "ledger", "imports", "observations/deeper"])
@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_writes_into_the_store(own: Workspace, name: str, where: str) -> None:
    args, suffix = COMMANDS[name]
    before = files(own.folder)
    target = str(own.folder / where / f"out{suffix}") if suffix else str(own.folder / where)
    done = run(own, *(target if word == "TARGET" else word for word in args))
    assert isinstance(done.exception, UsageError), done.output
    assert done.exception.code in {"store_target", "no_folder"}
    assert files(own.folder) == before
    assert not (own.folder / "observations" / "deeper").exists()


def test_what_leads_into_the_store_is_seen(
    own: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [segment] = (own.folder / "observations").iterdir()
    link = tmp_path / "link.csv"
    link.symlink_to(segment)
    folder = tmp_path / "folder"
    folder.symlink_to(own.folder / "ledger")
    settings = tmp_path / "settings.csv"
    settings.symlink_to(own.folder / "tracker.toml")
    refused = [
        segment, link, folder / "x.csv", settings, own.folder / "tracker.toml",
        own.folder / "indices.toml", own.folder / "observations", own.folder / "observations" / "a",
        own.folder / "forecast" / ".." / "ledger" / "x.csv",
    ]  # fmt: skip
    for path in refused:
        with pytest.raises(UsageError, match="would be written into"):
            refuse_store(path)
    monkeypatch.chdir(own.folder / "observations")
    with pytest.raises(UsageError, match="would be written into"):
        write_output(Path("x.csv"), b"")
    with pytest.raises(UsageError, match="would be written into"):
        create_workspace(own.folder / "imports" / "w")
    # Segments without a workspace around them.
    shutil.copytree(own.store.folder, tmp_path / "bare")
    with pytest.raises(UsageError, match="would be written into"):
        refuse_store(tmp_path / "bare" / "x.csv")
    for path in (own.folder / "x.csv", own.folder / "forecast" / "x.csv", tmp_path / "tracker.toml",
                 tmp_path / "observations" / "x.csv", own.folder / "ledgers.csv"):  # fmt: skip
        refuse_store(path)


def test_the_folders_are_those_of_the_store(own: Workspace) -> None:
    named = {own.store.folder.name, own.data.imports.folder.name, own.data.facts.folder.name,
             ledger.FOLDER, raw.FOLDER, linked.FOLDER}  # fmt: skip
    assert named == set(FOLDERS)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444, 0o755])
def test_a_file_that_is_replaced_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    path, link = tmp_path / "out.csv", tmp_path / "link.csv"
    path.write_text("old")
    path.chmod(mode)
    link.symlink_to(path)
    for target in (path, link):
        write_atomically(target, b"new")
        assert (path.read_bytes(), path.stat().st_mode & 0o7777) == (b"new", mode)
    write_atomically(tmp_path / "new.csv", b"new")
    mask = os.umask(0)
    os.umask(mask)
    assert (tmp_path / "new.csv").stat().st_mode & 0o777 == 0o666 & ~mask
