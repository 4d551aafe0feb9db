"""Copies of a workspace that grew apart; helper modules beside the tests, imported by name."""

import shutil
import sys
from datetime import date
from pathlib import Path

import pytest

from tracker.workspace import Workspace, open_workspace

sys.path.insert(0, str(Path(__file__).parent))

FACTS = {"lab": "OpenAI", "index": "I", "version": "1", "observed_on": date(2025, 1, 2)}


def copy_of(workspace: Workspace, folder: Path) -> Workspace:
    shutil.copytree(workspace.folder, folder)
    return open_workspace(folder)


@pytest.fixture
def copies(empty: Workspace, tmp_path: Path) -> list[Workspace]:
    """Three copies that grew apart: own rows, rival corrections, one fact recorded by all."""
    first = empty.log("M", 5.0, **FACTS).observation_id
    second = empty.log("N", 9.0, **FACTS).observation_id
    made = [copy_of(empty, tmp_path / f"copy{i}") for i in range(3)]
    for i, copy in enumerate(made):
        copy.log(f"Own {i}", float(i), **FACTS)
        copy.log("Common", 4.0, **FACTS)
        mine = copy.correct(first, value=6.0 + i)
        if i == 1:
            copy.correct(mine, value=66.0)
    made[0].retract(second, "wrong")
    made[2].correct(second, value=8.0)
    return made
