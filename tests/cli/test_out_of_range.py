"""What is out of range is said in one sentence; what cannot be written comes as escapes."""

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from tracker.workspace import Workspace

RUN = [sys.executable, "-c", "from tracker.cli import main; main()"]
ROOT = Path(__file__).parents[2]


def tracker(
    workspace: Workspace, *args: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*RUN, "--workspace", str(workspace.folder), *args], capture_output=True, text=True,
        check=False, stdin=subprocess.DEVNULL,
        encoding=environment.get("PYTHONIOENCODING", "utf-8"),
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["chart", "frontier", "--quarter", "0000Q1"], "'0000Q1' is not a quarter"),
        (["chart", "frontier", "--from", "0001-01-01"], "0001-01-01 is no day of a period"),
        (["chart", "releases", "--to", "0001-01-01"], "0001-01-01 is no day of a period"),
        (["chart", "gap", "--from", "9999-12-31"], "9999-12-31 is no day of a period"),
        (["ledger", "issue", "--seed", str(2**63)], "below 2^63"),
        (["forecast", "--seed", str(2**64)], "below 2^63"),
    ],
)
def test_numbers_and_days_out_of_range_are_wrong_calls(
    demo: Workspace, tmp_path: Path, args: list[str], words: str
) -> None:
    more = ["--out", str(tmp_path / "x.png")] if args[0] == "chart" else []
    done = tracker(demo, *args, *more)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Unexpected" not in done.stderr


def test_a_backend_that_is_none_does_not_matter(demo: Workspace, tmp_path: Path) -> None:
    done = tracker(demo, "chart", "gap", "--out", str(tmp_path / "x.svg"), MPLBACKEND="nonsense")
    assert (done.returncode, (tmp_path / "x.svg").exists()) == (0, True), done.stderr


def test_an_index_of_another_script_is_written_where_its_signs_are_missing(
    empty: Workspace,
) -> None:
    rows = [
        {"model": f"模{c}{i}", "lab": "无" + c, "country": c, "index_name": "指数",
         "index_version": "一", "value": 10.0 + i, "source": "源", "note": "注",
         "released_on": f"2025-{i + 1:02}-01", "observed_on": "2026-06-01"}
        for c in ("US", "CN") for i in range(9)
    ]  # fmt: skip
    days = pl.col("released_on", "observed_on").str.to_date()
    empty.store.append(pl.DataFrame(rows).with_columns(days))
    issue = ["ledger", "issue", "--draws", "100", "--horizon", "3", "--model", "persistence"]
    for args in (["gap"], issue, ["ledger", "list"], ["ledger", "score"], ["history", "模US1"]):
        done = tracker(empty, *args, PYTHONIOENCODING="latin-1")
        assert done.returncode == 0, done.stderr
        if args[:2] in (["gap"], ["ledger", "list"]):
            assert r"\u6307\u6570" in done.stdout
    refused = tracker(empty, "gap", "--index", "无", PYTHONIOENCODING="latin-1")
    assert (refused.returncode, "Unexpected" in refused.stderr) == (2, False)


def test_lines_for_the_eye_go_through_the_terminal() -> None:
    """click's own `echo` knows nothing of what a terminal can write: it gives bytes and JSON."""
    allowed = {"output.py", "terminal.py", "reference.py", "__init__.py"}
    files = (ROOT / "tracker" / "cli").glob("*.py")
    assert [f.name for f in files if "click.echo(" in f.read_text() and f.name not in allowed] == []
