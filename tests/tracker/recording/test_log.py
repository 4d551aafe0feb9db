"""A release is logged with what is known of it, and what it changed is said."""

from datetime import date
from pathlib import Path

import pytest

from tests.conftest import june_workspace
from tracker.workspace import Workspace

DAY = date(2026, 6, 10)
FACTS = {"lab": "OpenAI", "index": "I", "version": "1", "observed_on": date(2025, 1, 2)}


def test_log_tells_what_changed_and_warns(demo: Workspace, tmp_path: Path) -> None:
    workspace = june_workspace(tmp_path / "w")
    quiet = workspace.log("GLM-9 (high)", 57.78, lab="Zhipu", observed_on=DAY)
    assert quiet.observation["lab"] == "Z AI"
    assert quiet.observation["country"] == "CN"
    assert quiet.effects[0].startswith("New CN frontier: GLM-9 (high) at 57.78, +1.2")
    assert quiet.effects[1].startswith("Gap US to CN: 8.30 -> 7.1")
    assert quiet.warnings == []
    odd = workspace.log("GLM 9(high)", 580, lab="Zhipu", observed_on=DAY, outside_bounds=True)
    assert len(odd.warnings) == 2  # far above, and a second value of the day
    assert workspace.log("GLMM-9", 10, lab="Zhipu").warnings


def test_the_same_fact_is_recorded_once(empty: Workspace) -> None:
    first = empty.log("M", 5.0, **FACTS)
    again = empty.log("M", 5.0, **FACTS)
    assert (first.added, again.added) == (True, False)
    assert first.observation_id == again.observation_id
    assert empty.store.rows().height == 1


@pytest.mark.parametrize(
    "name", ['a "quoted" name', "🚀 rocket", "דגם", "=1+1", "<b>x</b>", "a,b;c"]
)
def test_unusual_names_are_kept_as_they_are(empty: Workspace, tmp_path: Path, name: str) -> None:
    empty.log(name, 5.0, **FACTS)
    assert empty.list()["model"].to_list() == [name]


def test_a_retracted_fact_logged_again_is_explained(empty: Workspace) -> None:
    first = empty.log("M", 5.0, **FACTS).observation_id
    empty.retract(first, "wrong")
    again = empty.log("M", 5.0, **FACTS)
    assert not again.added
    assert "retracted" in again.effects[0]
    assert empty.log("M", 5.0, **FACTS, note="right after all").added
    assert empty.list()["value"].to_list() == [5.0]
