"""`import --explain` shows what a table is taken for, and records nothing."""

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from forecasts.errors import UsageError
from tracker.cli import cli
from tracker.workspace import Workspace

TABLE = (
    "Scores\n\nModel;Organization;Score;Release date;Licence;Colour\n"
    "A 1;OpenAI;45.3;1 Feb 2025;Proprietary;red\nB 2;Moonshot;x;June 2025;MIT;blue\n"
    "C 3;Kimi;5;2025;MIT;blue\nD 4;Kimi;5;;MIT;blue\nE 5;Kimi;5;;MIT;blue\n"
)
MAPPING = {"value": "Score", "lab": "Organization", "released_on": "Release date"}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "t.csv"
    file.write_text(TABLE)
    return file


def test_columns_and_what_they_could_be(empty: Workspace, table: Path) -> None:
    found = empty.explain_table("csv", table)
    told = {c["column"]: (c["taken_for"], c["map"]) for c in found.columns}
    assert told == {
        "Model": ("model", None), "Organization": (None, "lab=Organization"),
        "Score": (None, "value=Score"), "Release date": (None, "released_on=Release date"),
        "Licence": (None, "open_weights=Licence"), "Colour": (None, None),
    }  # fmt: skip
    needed = [m for m in found.mappable if m["required"]]
    assert needed == [{"column": "value", "required": True, "map": "value=Score", "interval": None}]
    assert found.rows.is_empty()
    assert "has no column 'value'" in found.to_say[0]


def test_rows_as_they_would_be_stored(empty: Workspace, table: Path) -> None:
    given = {"index": "I", "version": "1", "observed_on": date(2026, 6, 1)}
    found = empty.explain_table("csv", table, mapping=MAPPING, **given)
    assert (found.read, found.good, found.rejected, found.to_say) == (5, 4, 1, [])
    assert [(p["row"], p["field"]) for p in found.problems] == [(4, "value")]
    assert found.rows["model"].to_list() == ["A 1", "C 3", "D 4"]
    assert empty.store.rows().is_empty()
    done = empty.import_files(
        "csv", [table], mapping=MAPPING, keep_good=True, accept=("unjudged",), **given
    )
    assert done.added == 4
    stored = empty.store.current().select(found.rows.columns)
    assert found.rows.join(stored, on=found.rows.columns, nulls_equal=True).height == 3


def test_what_nobody_says_is_null_and_asked_for(empty: Workspace, table: Path) -> None:
    found = empty.explain_table("csv", table, mapping=MAPPING)
    assert found.rows.height == 3
    assert found.rows.select("observed_on", "index_version", "observation_id").null_count().row(
        0
    ) == (3, 3, 3)
    assert any("`observed_on`" in text for text in found.to_say)


def test_other_sources_and_several_files_are_refused(empty: Workspace, table: Path) -> None:
    with pytest.raises(UsageError, match="'aa' is none") as caught:
        empty.explain_table("aa", table)
    assert caught.value.hint == "Tables: csv, parquet, xlsx, json."


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
def test_the_command_says_the_same(empty: Workspace, tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"t.{kind}"
    rows = pl.DataFrame({"model": ["A"], "Score": [1.5], "lab": ["OpenAI"]})
    {"csv": rows.write_csv, "json": rows.write_json, "parquet": rows.write_parquet}[kind](file)
    call = ["--workspace", str(empty.folder), "--format", "json", "import", kind, str(file),
            "--explain", "--map", "value=Score"]  # fmt: skip
    said = json.loads(CliRunner().invoke(cli, call).stdout)
    assert said["good"] == 1
    assert said["columns"][1] == {"column": "Score", "taken_for": "value", "map": None}
    call[3] = "table"
    shown = CliRunner().invoke(cli, call).stdout
    assert "--map country=COLUMN" in shown
    assert "model: A, model_key: a, lab: OpenAI, country: US" in shown
    assert "1 row read, 1 good, 0 rejected; nothing was recorded." in shown
    assert empty.store.rows().is_empty()
