"""Other readers of the same folder: the queries of docs/store.md give what `list` gives."""

import re
from pathlib import Path

import polars as pl
import pytest

from tracker.workspace import Workspace

DOCS = Path(__file__).parents[3] / "docs" / "store.md"


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found.group(1)


@pytest.fixture
def merged(copies: list[Workspace]) -> Workspace:
    target = copies[0]
    for other in copies[1:]:
        target.merge(other.folder)
    # Rows that stand twice, as an interrupted compaction leaves them.
    target.store.write(target.store.rows().head(3))
    return target


@pytest.mark.parametrize("which", ["merged", "demo"])
def test_duckdb(
    which: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed")
    workspace: Workspace = request.getfixturevalue(which)
    monkeypatch.chdir(workspace.folder)
    duckdb.sql("set timezone = 'UTC'")
    found = duckdb.sql(block("sql"))
    ours = workspace.store.current()
    assert found.columns == ours.columns
    assert sorted(map(str, found.fetchall())) == sorted(map(str, ours.rows()))


@pytest.mark.parametrize("which", ["merged", "demo"])
def test_plain_polars(
    which: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace: Workspace = request.getfixturevalue(which)
    monkeypatch.chdir(workspace.folder)
    names: dict[str, pl.DataFrame] = {}
    exec(block("python"), names)
    assert names["standing"].equals(workspace.store.current())
