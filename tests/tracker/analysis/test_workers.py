"""Processes that fit folds end with the one that started them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import june_workspace

ROOT = Path(__file__).parents[3]


def soon(what: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.05)
    return False


def members(group: int) -> list[int]:
    """Processes of a group that are no zombies."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            state, _, of = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
        except (OSError, ValueError):
            continue
        if entry.name.isdigit() and int(of) == group and state != "Z":
            found.append(int(entry.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc here")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_backtest_that_is_told_to_end_leaves_no_workers(
    tmp_path: Path, number: signal.Signals
) -> None:
    workspace = june_workspace(tmp_path / "w")
    code = "from tracker.cli import main; main()"
    args = ["backtest", "--jobs", "2", "--panel", "--workspace", str(workspace.folder)]
    with subprocess.Popen(
        [sys.executable, "-c", code, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            # Itself, the two workers and what tracks them.
            assert soon(lambda: len(members(process.pid)) >= 4, 120)
            process.send_signal(number)
            assert soon(lambda: process.poll() is not None, 60)
            assert process.returncode == (-number if number == signal.SIGTERM else 1)
            assert soon(lambda: not members(process.pid), 20)
        finally:
            for left in members(process.pid):
                os.kill(left, signal.SIGKILL)
