"""What is no file of a source ends in one sentence, and no more of it is read than may be."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from reading import read

from forecasts.errors import TrackerError
from tracker import sources
from tracker.workspace import Workspace

SCORE = "artificial_analysis_intelligence_index"


HEAD = "model,lab,value\n"


LIMITS = {
    "value": [("1e12", None), ("-1000000000000", None), ("1.1e12", "beyond 1e+12"),
              ("1e999", "not a finite number")],
    "country": [("US;cn", None), ("US,US", "names a country twice"),
                ("US,CN,FR,DE,GB,JP,KR,CA,IL,IN,AE", "more than 10 countries")],
    "released_on": [("1950-01-01", None), ("1949-12-31", "before 1950")],
}  # fmt: skip


@pytest.mark.parametrize("column", LIMITS)
def test_limits_of_a_cell(tmp_path: Path, column: str) -> None:
    for text, words in LIMITS[column]:
        row = {"model": "A", "lab": "OpenAI", "value": "1", column: text}
        cells = ";".join(row).replace(";", ",") + "\n" + ",".join(f'"{c}"' for c in row.values())
        found = read("csv", tmp_path / "t.csv", cells + "\n")
        if words is None:
            assert (found.rows.height, found.problems) == (1, [])
        else:
            assert [p.field for p in found.problems] == [column]
            assert words in found.problems[0].reason


def snapshot(*models: Any, **meta: Any) -> str:
    return json.dumps({"meta": {"fetched_at": "2026-06-10T00:00:00Z", **meta}, "models": models})


def model(**more: Any) -> dict[str, Any]:
    return {"name": "A", "creator": {"name": "OpenAI"}, "evaluations": {SCORE: 1}, **more}


@pytest.mark.parametrize("kind", sources.SOURCES)
def test_paths_that_are_no_files(tmp_path: Path, kind: str) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for path, words in (
        (tmp_path, "is a folder"), (tmp_path / "none", "no file"), (loop, "symbolic links"),
        (Path("a\x00b"), "null byte"), (tmp_path / ("x" * 5000), "too long"),
    ):  # fmt: skip
        with pytest.raises(TrackerError) as caught:
            read(kind, path)
        assert words in caught.value.message
        assert caught.value.message.isprintable()


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no /dev/zero")
@pytest.mark.parametrize("kind", sources.SOURCES)
def test_an_endless_file_is_not_read_to_its_end(kind: str) -> None:
    with pytest.raises(TrackerError, match="/dev/zero"):
        read(kind, Path("/dev/zero"))


def test_a_pipe_can_be_read(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", f"print({(HEAD + 'A,OpenAI,1')!r})"], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        found = read("csv", Path(f"/dev/fd/{process.stdout.fileno()}"))
    assert found.rows.height == 1


def test_nothing_to_import_is_said(tmp_path: Path) -> None:
    assert read("csv", tmp_path / "t.csv", HEAD).notes == [f"{tmp_path / 't.csv'} holds no rows."]
    assert "holds no models" in read("aa", tmp_path / "s.json", snapshot()).notes[0]


def test_a_parquet_export_comes_back(demo: Workspace, empty: Workspace, tmp_path: Path) -> None:
    from tracker.results.exporting import export

    export(demo.store.current(), tmp_path / "e.parquet")
    result = empty.import_files("parquet", [tmp_path / "e.parquet"])
    assert (result.added, result.rejected) == (demo.store.current().height, 0)
    same = "observation_id"
    assert set(empty.store.rows()[same]) == set(demo.store.current()[same])


def test_a_correction_in_parquet_points_at_merge(empty: Workspace, tmp_path: Path) -> None:
    from tracker.results.exporting import export

    facts = {"lab": "OpenAI", "index": "I", "version": "1"}
    identity = empty.log("A", 1.0, **facts).observation_id
    empty.correct(identity, value=2.0)
    export(empty.store.current(), tmp_path / "e.parquet")
    found = read("parquet", tmp_path / "e.parquet")
    assert [(p.row, p.field) for p in found.problems] == [(1, "supersedes")]
    assert "tracker merge" in found.problems[0].reason
