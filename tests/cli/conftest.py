"""The command as a person runs it."""

from collections.abc import Callable

import pytest

from tracker.cli import run
from tracker.workspace import Workspace


@pytest.fixture
def tracker(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs the command on a workspace and returns its exit code, stdout and stderr."""

    def call(workspace: Workspace, *args: object) -> tuple[int, str, str]:
        code = run(["--workspace", str(workspace.folder), *map(str, args)])
        done = capsys.readouterr()
        assert "Traceback" not in done.err
        return code, done.out, done.err

    return call
