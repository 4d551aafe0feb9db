"""One of many processes on a workspace: logs, compacts or reads, and says on stdout what it did.

store_worker.py log FOLDER NAME COUNT      an id for each row, once it is recorded
store_worker.py compact FOLDER             until stdin ends; then how many times
store_worker.py read FOLDER                the same; no row once seen may ever be missing
"""

import sys
import threading

from tracker.store import compaction
from tracker.workspace import Workspace, open_workspace

FACTS = {"index": "I", "version": "1"}
LABS = ("OpenAI", "DeepSeek")
# Few enough that writers compact as well.
MANY = 12
SHARED_EVERY = 40


def log(folder: str, name: str, count: int) -> None:
    compaction.MANY = MANY
    for number in range(count):
        of = {**FACTS, "lab": LABS[number % 2]}
        value = float(number % 100)
        print(
            open_workspace(folder).log(f"{name} {number}", value, **of).observation_id, flush=True
        )
        if number % SHARED_EVERY == 0:  # every process states this as well
            shared = open_workspace(folder).log(f"Shared {number}", 50.0, **of)
            print(shared.observation_id, flush=True)


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


def look(workspace: Workspace, seen: set[str]) -> set[str]:
    ids = workspace.list()["observation_id"].to_list()
    assert len(ids) == len(set(ids)), "a row is there twice"
    assert seen <= set(ids), f"{len(seen - set(ids))} rows vanished"
    assert workspace.gap().index_name == "I"
    assert workspace.store.validate().damaged == []
    return set(ids)


if __name__ == "__main__":
    action, folder, *rest = sys.argv[1:]
    if action == "log":
        log(folder, rest[0], int(rest[1]))
    else:
        repeat(action, folder)
