"""Whatever call to the file system fails or is the last: an operation is there whole or not at all.

Each trial makes a workspace, runs one command in a process that is refused, or killed at, one call
(`disk_faults`), then looks at what is left the way any later command would, without repair.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from disk_faults import ERRORS, MODES
from publisher import Publisher, document

from tracker.catalogue import Catalogue
from tracker.store import compaction
from tracker.store.raw import RawFiles
from tracker.store.sealed_file import sealed_files
from tracker.workspace import Workspace, create_workspace, open_workspace

HERE = Path(__file__).parent
WORKER = str(HERE / "store_worker.py")
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
FACTS = {"lab": "OpenAI", "index": "I", "version": "1"}
HELD = 5
DEMO_ROWS = Catalogue().observations().height


class Trials:
    """The process that runs commands in forks of itself, and a server that they may ask."""

    def __init__(self, server: Publisher) -> None:
        self.server = server
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "trial_server.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
        )

    def run(self, root: Path, args: list[str], **fault: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps({"root": str(root), "args": args, **fault}), file=self.process.stdin)
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer


@pytest.fixture(scope="module")
def trials() -> Iterator[Trials]:
    with Publisher() as server:
        server.gives(document(PUBLISHED, "text/csv", etag='"one"'))
        served = Trials(server)
        yield served
        served.process.stdin.close()  # type: ignore[union-attr]
        served.process.stdout.close()  # type: ignore[union-attr]
        assert served.process.wait(10) == 0


@dataclass(frozen=True)
class Operation:
    """A command on a workspace of HELD observations in as many segments, and the rows it adds."""

    args: tuple[str, ...]
    adds: int
    many: int = 0  # segments that a write may leave before it compacts some; 0: as usual


LOG = ("log", "New", "--lab", "OpenAI", "--value", "7")
OPERATIONS = {
    "log": Operation(LOG, 1),
    "import": Operation(
        (
            "import",
            "csv",
            "FILE",
            "--index",
            "I",
            "--index-version",
            "1",
            "--observed",
            "2025-01-02",
            "--accept",
            "unjudged",
        ),
        50,
    ),
    "correct": Operation(("correct", "FIRST", "--value", "6.5"), 1),
    "retract": Operation(("retract", "FIRST", "--reason", "never said"), 1),
    "compact": Operation(("compact",), 0),
    "log that compacts": Operation(LOG, 1, many=4),
    "init --demo": Operation(("init", "--demo"), DEMO_ROWS),
    "pull": Operation(("pull", "epoch", "--base-url", "SERVER"), 3),
}
PUBLISHED = b"""Model,Display name,eci,eci_ci_low,eci_ci_high,date,Organization,Country
a,A,150,149,151,2026-06-01,OpenAI,United States of America
b,B,148,147,149,2026-06-02,DeepSeek,China
c,C,149,148,150,2026-06-03,Google,United States of America
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("template")
    workspace = create_workspace(folder / "w")
    for value in range(HELD):
        workspace.log(f"M{value}", float(value), **FACTS)
    rows = "\n".join(f"Imported {i},OpenAI,{i}" for i in range(50))
    (folder / "fifty.csv").write_text(f"model,lab,value\n{rows}\n")
    return workspace


class Trial:
    """One command with one fault on a copy of the template, and what it left."""

    def __init__(self, trials: Trials, template: Workspace, where: Path, name: str) -> None:
        self.trials, self.template = trials, template
        self.operation = OPERATIONS[name]
        self.is_new = name.startswith("init")
        self.folder = where / "w"
        self.held = template.store.rows()

    def run(self, at: int = 0, mode: str = "") -> dict[str, Any]:
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.is_new:
            self.folder.mkdir()
        else:
            shutil.copytree(self.template.folder, self.folder)
        return self.trials.run(self.folder, self.args(), at=at, mode=mode, many=self.operation.many)

    def args(self) -> list[str]:
        words = {
            "FILE": str(self.template.folder.parent / "fifty.csv"),
            "FIRST": self.held["observation_id"][0],
            "SERVER": self.trials.server.url,
        }
        args = [words.get(word, word) for word in self.operation.args]
        return ["--workspace", str(self.folder), *args]

    def check(self, at: int, mode: str) -> None:
        """Run it with a fault and assert that nothing is lost, torn or in the way."""
        answer = self.run(at, mode)
        assert answer["killed"] == (mode not in ERRORS), answer
        said = answer["said"]
        assert "Traceback" not in said
        assert "Unexpected" not in said
        assert answer["exit"] in ((None,) if answer["killed"] else (0, 1)), said
        if self.is_new and not (self.folder / "tracker.toml").exists():
            assert answer["exit"] != 0
            answer = self.run_again()
        self.inspect(acknowledged=answer["exit"] == 0)
        if "pull" in self.operation.args:
            self.pull_again()

    def run_again(self) -> dict[str, Any]:
        return self.trials.run(self.folder, self.args())

    def pull_again(self) -> None:
        """The next pull makes whole what was cut off: the bytes, where they are from, the rows."""
        answer = self.run_again()
        assert answer["exit"] == 0, answer["said"]
        raw = RawFiles(self.folder / "raw")
        [line] = raw.fetches()
        assert raw.content(line) == PUBLISHED
        facts = open_workspace(self.folder).data.imports.facts().filter(source="epoch")
        assert facts.height == self.operation.adds
        assert facts["files"].unique().to_list() == [f"raw/{line.file}"]

    def inspect(self, acknowledged: bool) -> None:
        workspace = open_workspace(self.folder)
        rows = workspace.store.rows()
        held = pl.col("observation_id").is_in(self.held["observation_id"].to_list())
        if not self.is_new:
            assert rows.filter(held).equals(self.held)
        added = rows.filter(~held)
        whole = (self.operation.adds,) if acknowledged else (0, self.operation.adds)
        assert added.height in whole
        assert workspace.store.validate().damaged == []
        # Any other reader of the folder sees whole files and the same rows, some twice perhaps.
        assert set(raw_ids(workspace)) == set(rows["observation_id"])
        # The next command works without repair.
        assert workspace.log("Next", 9.0, **FACTS).added
        after = workspace.store.rows()
        assert after.head(-1).equals(rows)
        self.sweep(workspace, after)

    def sweep(self, workspace: Workspace, rows: pl.DataFrame) -> None:
        left = [p for p in workspace.store.folder.iterdir() if p.suffix == ".tmp"]
        if not left:
            return
        compaction.sweep(workspace.store.folder)
        assert all(p.exists() for p in left)  # young: it may be somebody's work under way
        long_ago = time.time() - 2 * compaction.ABANDONED
        for path in left:
            os.utime(path, (long_ago, long_ago))
        workspace.store.compact()
        assert not any(p.exists() for p in left)
        assert workspace.store.rows().equals(rows)


def raw_ids(workspace: Workspace) -> list[str]:
    files = workspace.store.folder.glob("*.parquet")
    return [i for file in files for i in pl.read_parquet(file)["observation_id"]]


@pytest.mark.parametrize("name", ["log", "import", "correct", "log that compacts", "init --demo"])
def test_killed_where_it_hurts(
    trials: Trials, template: Workspace, tmp_path: Path, name: str
) -> None:
    trial = Trial(trials, template, tmp_path, name)
    answer = trial.run()
    assert answer["exit"] == 0, answer["said"]
    calls = answer["calls"]
    writes = [n for n, kind in enumerate(calls, 1) if kind == "write"]
    unlinks = [n for n, kind in enumerate(calls, 1) if kind == "unlink"]
    renames = [n for n, kind in enumerate(calls, 1) if kind == "replace"]
    trial.check(writes[-1], "kill_half")
    trial.check(renames[-1], "kill_before")
    trial.check(renames[0], "kill_after")
    trial.check(unlinks[len(unlinks) // 2], "kill_after")
    trial.check(writes[0], "ENOSPC")


@pytest.mark.slow
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_call_fails_or_is_the_last(
    trials: Trials, template: Workspace, tmp_path: Path, name: str
) -> None:
    trial = Trial(trials, template, tmp_path, name)
    answer = trial.run()
    assert answer["exit"] == 0, answer["said"]
    calls = answer["calls"]
    done = dict.fromkeys(MODES, 0)
    for mode in MODES:
        for at, kind in enumerate(calls, start=1):
            if mode == "kill_half" and kind != "write":
                continue
            trial.check(at, mode)
            done[mode] += 1
    counts = ", ".join(f"{mode} {count}" for mode, count in done.items())
    print(f"{sum(done.values())} trials: every one of the {len(calls)} calls of {name}: {counts}")


def kill_at_random(folder: Path, times: int, seed: int) -> tuple[int, int]:
    """Kill a writer `times` times; returns rows acknowledged and rows held at the end."""
    chance = random.Random(seed)
    if not (folder / "tracker.toml").exists():
        create_workspace(folder)
    promised: set[str] = set()
    for number in range(times):
        writer = subprocess.Popen(
            [sys.executable, WORKER, "log", str(folder), f"W{number}", "9999"],
            stdout=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
        )
        assert writer.stdout is not None
        promised.add(writer.stdout.readline().strip())
        time.sleep(chance.uniform(0, 0.7))
        writer.kill()
        text = writer.communicate()[0]
        promised.update(line for line in text.split("\n")[:-1] if line)
        workspace = open_workspace(folder)
        ids = workspace.store.rows()["observation_id"].to_list()
        assert len(ids) == len(set(ids))
        assert promised <= set(ids)
        # Of each killed process one row at most stands that it had no time to acknowledge.
        assert len(ids) - len(promised) <= number + 1
        assert workspace.store.validate().damaged == []
    return len(promised), len(ids)


def test_killed_at_random_times(tmp_path: Path) -> None:
    promised, held = kill_at_random(tmp_path / "w", 2, seed=1)
    assert held >= promised >= 2


@pytest.mark.slow
def test_killed_at_random_times_100(tmp_path: Path) -> None:
    promised, held = kill_at_random(tmp_path / "w", 100, seed=2)
    files = len(sealed_files(tmp_path / "w" / "observations"))
    print(f"100 random kills: {promised} rows acknowledged, {held} held, {files} segments")
