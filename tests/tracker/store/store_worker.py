"""One of many processes on a workspace: logs, compacts or reads, and says on stdout what it did.

store_worker.py log FOLDER NAME COUNT      an id for each row, once it is recorded
store_worker.py compact FOLDER             until stdin ends; then how many times
store_worker.py read FOLDER                the same; no row once seen may ever be missing
"""

import sys
import threading

from forecasts.errors import TrackerError
from tracker.store import compaction
from tracker.workspace import open_workspace

FACTS = {"lab": "OpenAI", "index": "I", "version": "1"}
MANY = 12


def log(folder: str, name: str, count: int) -> None:
    compaction.MANY = MANY
    workspace = open_workspace(folder)
    for number in range(count):
        # One fact in ten is stated by every process alike.
        model = f"Shared {number}" if number % 10 == 9 else f"{name} {number}"
        result = workspace.log(model, float(number % 100), **FACTS)
        print(result.observation_id, flush=True)


def repeat(action: str, folder: str) -> None:
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    seen: set[str] = set()
    times = 0
    while not over.is_set():
        workspace = open_workspace(folder)
        if action == "compact":
            workspace.store.compact()
        else:
            seen = look(workspace, seen)
        times += 1
    print(times)


def look(workspace, seen: set[str]) -> set[str]:
    ids = workspace.list()["observation_id"].to_list()
    assert len(ids) == len(set(ids)), "a row is there twice"
    assert seen <= set(ids), f"{len(seen - set(ids))} rows vanished"
    try:
        workspace.gap(leader="US", follower="lab:OpenAI")
    except TrackerError as error:
        assert error.code == "empty_workspace", error.message  # noqa: PT017
    assert workspace.store.validate().damaged == []
    return set(ids)


if __name__ == "__main__":
    action, folder, *rest = sys.argv[1:]
    if action == "log":
        log(folder, rest[0], int(rest[1]))
    else:
        repeat(action, folder)
