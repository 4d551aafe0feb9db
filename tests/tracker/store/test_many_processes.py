"""Many processes on one workspace: they log, compact and read at once, and no row is missed."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from store_worker import FACTS, SHARED_EVERY

from tracker.store import sealed_file, segments
from tracker.store.sealed_file import SealedFile, sealed_files
from tracker.workspace import Workspace, create_workspace, open_workspace

WORKER = str(Path(__file__).parent / "store_worker.py")
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
COMMAND = [sys.executable, "-c", "from tracker.cli import main; main()"]


def start(*args: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, WORKER, *args],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )


def finish(process: "subprocess.Popen[str]") -> str:
    out, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    return out


def all_at_once(folder: Path, writers: int, logs: int, readers: int) -> dict[str, object]:
    """Writers of `logs` rows each, one compactor, readers; asserts, then says what happened."""
    workspace = create_workspace(folder)
    workspace.log("Leader", 50.0, lab="OpenAI", **FACTS)
    workspace.log("Follower", 40.0, lab="DeepSeek", **FACTS)
    begun = time.monotonic()
    idle = [start("compact", str(folder)), *(start("read", str(folder)) for _ in range(readers))]
    writing = [start("log", str(folder), f"W{n}", str(logs)) for n in range(writers)]
    acknowledged: list[str] = []

    def listen(process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        for line in process.stdout:
            acknowledged.append(line.strip())

    listeners = [threading.Thread(target=listen, args=(p,)) for p in writing]
    for listener in listeners:
        listener.start()
    looks = 0
    while any(listener.is_alive() for listener in listeners):
        promised = set(acknowledged)
        # Who starts to read now finds what was acknowledged before.
        assert promised <= set(open_workspace(folder).store.rows()["observation_id"])
        looks += 1
        time.sleep(0.05)
    for process in writing:
        assert process.stderr is not None
        assert process.wait(60) == 0, process.stderr.read()
        for pipe in (process.stdin, process.stdout, process.stderr):
            assert pipe is not None
            pipe.close()
    duration = time.monotonic() - begun
    compactions, *reads = [int(finish(process)) for process in idle]

    rows = open_workspace(folder).store.rows()
    shared = len(range(0, logs, SHARED_EVERY))
    assert rows["observation_id"].n_unique() == rows.height
    assert set(acknowledged) <= set(rows["observation_id"])
    expected = {f"W{n} {i}" for n in range(writers) for i in range(logs)}
    expected |= {f"Shared {i}" for i in range(0, logs, SHARED_EVERY)} | {"Leader", "Follower"}
    assert set(rows["model"]) == expected
    assert rows.height == writers * logs + shared + 2
    found = workspace.store.validate()
    assert found.damaged == []
    names = [p.name for p in (folder / "observations").iterdir()]
    assert not [name for name in names if name.endswith(".tmp")]
    return {
        "rows": rows.height, "seconds": round(duration, 1), "segments": found.segments,
        "compactions": compactions, "reads": reads, "looks": looks,
    }  # fmt: skip


def test_few_writers_a_compactor_and_a_reader(tmp_path: Path) -> None:
    done = all_at_once(tmp_path / "w", writers=3, logs=8, readers=1)
    assert done["rows"] == 3 * 8 + 1 + 2


@pytest.mark.slow
def test_8_writers_of_200_rows_a_compactor_and_2_readers(tmp_path: Path) -> None:
    done = all_at_once(tmp_path / "w", writers=8, logs=200, readers=2)
    print(f"8 x 200 rows, and 5 that all state: {done}")
    assert done["rows"] == 1600 + 5 + 2


def test_commands_at_once(tmp_path: Path) -> None:
    workspace = create_workspace(tmp_path / "w")
    (tmp_path / "two.csv").write_text("model,lab,value\nX,OpenAI,1\nY,DeepSeek,2\n")
    of = ["--index", "I", "--index-version", "1"]
    calls = [
        *(["log", f"M{i}", "--value", str(i), "--lab", "OpenAI", *of] for i in range(2)),
        [
            "import",
            "csv",
            str(tmp_path / "two.csv"),
            *of,
            "--observed",
            "2026-01-01",
            "--accept",
            "unjudged",
        ],
        ["compact"],
        ["list"],
    ]
    running = [
        subprocess.Popen(
            [*COMMAND, "--workspace", str(workspace.folder), "--format", "json", *call],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT,
        )
        for call in calls
    ]  # fmt: skip
    answers = [json.loads(finish(process)) for process in running]
    assert [a["added"] for a in answers[:3]] == [True, True, 2]
    assert workspace.list()["model"].sort().to_list() == ["M0", "M1", "X", "Y"]
    assert workspace.store.validate().damaged == []


class TornListing(list[Any]):
    """A folder read in two halves with a pause between, as a large one is."""

    def __enter__(self) -> "TornListing":
        return self

    def __exit__(self, *_: object) -> None:
        return None


@contextmanager
def listing_pauses_for(compaction: threading.Thread, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """The first listing of this thread reads the later names, lets `compaction` run for as long as
    it wants (half a second at most), and then reads the earlier names."""
    true, mine = os.scandir, threading.get_ident()
    listings: list[str] = []

    def scandir(folder: Any) -> Any:
        if threading.get_ident() != mine or listings:
            return true(folder)
        listings.append("torn")
        names = sorted(e.name for e in true(folder))
        middle = names[len(names) // 2]
        later = [e for e in true(folder) if e.name >= middle]
        compaction.start()
        compaction.join(0.5)
        earlier = [e for e in true(folder) if e.name < middle]
        return TornListing([*later, *earlier])

    patch.setattr(os, "scandir", scandir)
    yield
    patch.undo()
    compaction.join(10)
    assert listings == ["torn"]
    assert not compaction.is_alive()


@pytest.fixture
def eight(empty: Workspace) -> Workspace:
    for value in range(8):
        empty.log(f"M{value}", float(value), lab="OpenAI", observed_on=date(2025, 1, 2), **FACTS)
    return empty


def listed_while_compacting(workspace: Workspace, patch: pytest.MonkeyPatch) -> list[str]:
    """What one listing finds that a whole compaction tries to fall into."""
    compaction = threading.Thread(target=workspace.store.compact)
    with listing_pauses_for(compaction, patch):
        files = sealed_files(workspace.store.folder)
    found = [segments.open_segment(path) for path in files]
    good = [s for s in found if isinstance(s, SealedFile)]
    return sorted(segments.scan(good).collect()["model"].unique())


ALL = [f"M{value}" for value in range(8)]


def test_a_listing_without_the_lock_misses_rows(
    eight: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the lock is for: the listing passed the place of the new file before it was there, and
    # that of half of the old files after they were gone.
    @contextmanager
    def no_lock(*_: object, **__: object) -> Iterator[bool]:
        yield True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealed_file, "locked", no_lock)
        assert set(listed_while_compacting(eight, monkeypatch)) < set(ALL)
    assert eight.list()["model"].sort().to_list() == ALL


def test_a_compaction_waits_for_a_listing(
    eight: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert listed_while_compacting_keeps(eight, monkeypatch) == ALL
    assert len(sealed_files(eight.store.folder)) == 1


def test_a_compaction_that_cannot_wait_leaves_the_old_files(
    eight: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tracker.store.locks._PATIENCE", 0.05)
        assert listed_while_compacting_keeps(eight, monkeypatch) == ALL
    assert len(sealed_files(eight.store.folder)) == 9
    assert eight.store.compact() == (9, 1)
    assert eight.list()["model"].sort().to_list() == ALL


def test_without_locks_the_listing_is_made_again(
    eight: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tracker.store.locks.fcntl", None)
        assert listed_while_compacting(eight, monkeypatch) == ALL


def listed_while_compacting_keeps(workspace: Workspace, patch: pytest.MonkeyPatch) -> list[str]:
    """The same for a reader, which opens the files once more where some vanished."""
    compaction = threading.Thread(target=workspace.store.compact)
    with listing_pauses_for(compaction, patch):
        return workspace.store.rows()["model"].sort().to_list()
