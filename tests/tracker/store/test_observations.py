"""The append-only store: identity, corrections, damage, crash safety."""

from datetime import date
from pathlib import Path

import pytest

from forecasts.errors import TrackerError, UsageError
from tracker.store.sealed_file import sealed_files
from tracker.store.validation import Validation
from tracker.workspace import Workspace, create_workspace

FACTS = {"lab": "OpenAI", "index": "I", "version": "1", "observed_on": date(2025, 1, 2)}


def test_correction_and_retraction(empty: Workspace) -> None:
    first = empty.log("M", 5.0, **FACTS).observation_id
    second = empty.correct(first[:8], value=6.0)
    assert empty.list()["value"].to_list() == [6.0]
    with pytest.raises(TrackerError, match="no longer stands"):
        empty.correct(first, value=7.0)
    third = empty.correct(second, value=7.0)
    assert empty.list()["value"].to_list() == [7.0]
    empty.retract(third, "never said")
    assert empty.list().is_empty()
    assert empty.history("M")["state"].to_list() == [
        "superseded", "superseded", "retracted", "retraction",
    ]  # fmt: skip
    with pytest.raises(UsageError):
        empty.correct("ffff", value=1.0)


def test_rival_corrections_have_one_winner(empty: Workspace, tmp_path: Path) -> None:
    first = empty.log("M", 5.0, **FACTS).observation_id
    copy = create_workspace(tmp_path / "copy")
    for file in sealed_files(empty.store.folder):
        (copy.store.folder / file.name).write_bytes(file.read_bytes())
    empty.correct(first, value=6.0)
    copy.correct(first, value=7.0)
    for file in sealed_files(copy.store.folder):
        (empty.store.folder / file.name).write_bytes(file.read_bytes())
    assert empty.list()["value"].to_list() == [7.0]


def test_compaction_keeps_every_row(empty: Workspace) -> None:
    for value in range(5):
        empty.log(f"M{value}", float(value), **FACTS)
    before = empty.store.rows()
    assert empty.store.compact() == (5, 1)
    assert empty.store.rows().equals(before)
    assert empty.store.validate() == Validation(1, 5, [])
