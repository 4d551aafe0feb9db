"""Other readers of the same folder: the queries of docs/store.md give what `list` gives."""

import re
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from tracker.store.schema import STATED, identify
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


@pytest.fixture
def skewed(empty: Workspace) -> Workspace:
    """Acts of copies with clocks of their own: what follows an act was recorded before it."""
    empty.log("M", 5.0, lab="OpenAI", index="I", version="1", observed_on=date(2025, 1, 2))
    first = empty.store.rows()
    moment = first["recorded_at"].item()

    def act(target: str, hours: int, value: float | None) -> str:
        named = {("retracts" if value is None else "supersedes"): pl.lit(target)}
        row = first.select(STATED).with_columns(value=pl.lit(value, pl.Float64), **named)
        made = identify(row, moment + timedelta(hours=hours))
        empty.store.write(made)
        return str(made["observation_id"].item())

    root = str(first["observation_id"].item())
    act(root, 3, None)
    act(act(act(root, 5, 6.0), 1, 7.0), 2, 8.0)
    act(act(root, 4, 9.0), 4, 10.0)
    assert empty.list()["value"].to_list() == [8.0]
    return empty


@pytest.mark.parametrize("which", ["merged", "demo", "skewed"])
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


@pytest.mark.parametrize("which", ["merged", "demo", "skewed"])
def test_plain_polars(
    which: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace: Workspace = request.getfixturevalue(which)
    monkeypatch.chdir(workspace.folder)
    names: dict[str, pl.DataFrame] = {}
    exec(block("python"), names)
    assert names["standing"].equals(workspace.store.current())
