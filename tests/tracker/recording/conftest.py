"""A workspace to be changed; helper modules beside the tests, imported by name."""

import sys
from pathlib import Path

import pytest

from tests.conftest import june_workspace
from tracker.workspace import Workspace

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def own(tmp_path: Path) -> Workspace:
    """The bundled data, to be changed."""
    return june_workspace(tmp_path / "own")
