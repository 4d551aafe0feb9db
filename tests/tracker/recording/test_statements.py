"""What an import states, and what is no view of a whole board."""

import json
from datetime import date
from pathlib import Path

import polars as pl

from tracker.workspace import Workspace

WHOLE = {"index": "I", "version": "1", "whole": True}


def board(path: Path, count: int, bad: str = "") -> Path:
    rows = [f"M{i},{'OpenAI' if i % 2 else 'DeepSeek'},2026-01-{1 + i:02d},{50 + i}"
            for i in range(count)]  # fmt: skip
    path.write_text("\n".join(["model,lab,released_on,value", *rows, *([bad] if bad else []), ""]))
    return path


def swept(workspace: Workspace) -> date | None:
    days = workspace.data.sweeps().filter(index_name="I")["observed_on"]
    return days.max() if days.len() else None  # type: ignore[return-value]


def test_a_board_of_which_a_row_was_refused_was_not_seen_whole(
    empty: Workspace, tmp_path: Path
) -> None:
    empty.import_files(
        "csv", [board(tmp_path / "a.csv", 20)], observed_on=date(2026, 5, 1), **WHOLE
    )
    assert swept(empty) == date(2026, 5, 1)
    bad = board(tmp_path / "b.csv", 19, "M19,OpenAI,2026-01-20,6 6x")
    done = empty.import_files("csv", [bad], observed_on=date(2026, 6, 1), keep_good=True, **WHOLE)
    assert done.rejected == 1
    assert swept(empty) == date(2026, 5, 1)
    assert empty.data.delisted().is_empty()


def test_a_part_of_a_board_is_no_board_of_which_most_models_are_gone(
    empty: Workspace, snapshots: dict[str, Path], tmp_path: Path
) -> None:
    empty.import_files("aa", [snapshots["05"]])
    body = json.loads(snapshots["06"].read_text())
    body["models"] = body["models"][:60]
    part = tmp_path / "aa-llms-2026-06-10.json"
    part.write_text(json.dumps(body))
    done = empty.import_files("aa", [part], yes=True)
    assert any("it is not taken for the whole board" in note for note in done.notes)
    last = empty.data.sweeps()["observed_on"].max()
    assert last == date(2026, 5, 10)
    assert empty.data.delisted().filter(pl.col("delisted_on") > date(2026, 5, 10)).is_empty()
