"""Whenever the power goes, the store opens with every acknowledged row, the last operation whole
or not at all, and no damaged file among the segments.

Every prefix of the calls of an operation is followed by every disk that `power_cut` allows.
"""

import os
import random
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest
from disk_faults import between
from power_cut import Disk, Journal, Power, lay_out

from tracker.catalogue import Catalogue
from tracker.store import atomic, compaction, sealed_file
from tracker.workspace import Workspace, create_workspace, open_workspace

FACTS = {"lab": "OpenAI", "index": "I", "version": "1", "observed_on": date(2025, 1, 2)}
HELD = 4


@dataclass
class Outcome:
    """Disks tried, how many of them differed, and what was wrong with them."""

    states: int = 0
    different: set[int] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    whole: set[bool] = field(default_factory=set)


def log(workspace: Workspace) -> None:
    workspace.log("New", 7.0, **FACTS)


def import_csv(workspace: Workspace) -> None:
    file = workspace.folder.parent / "fifty.csv"
    rows = "\n".join(f"Imported {i},OpenAI,{i}" for i in range(50))
    file.write_text(f"model,lab,value\n{rows}\n")
    workspace.import_files(
        "csv", [file], index="I", version="1", observed_on=date(2025, 1, 2), accept=["unjudged"]
    )


def correct(workspace: Workspace) -> None:
    workspace.correct(workspace.store.rows()["observation_id"][0], value=6.5)


def retract(workspace: Workspace) -> None:
    workspace.retract(workspace.store.rows()["observation_id"][0], "never said")


def compact(workspace: Workspace) -> None:
    workspace.store.compact()


def log_that_compacts(workspace: Workspace) -> None:
    with patch.object(compaction, "MANY", HELD - 1):
        workspace.log("New", 7.0, **FACTS)


OPERATIONS: dict[str, tuple[Callable[[Workspace], None], int]] = {
    "log": (log, 1),
    "import": (import_csv, 50),
    "correct": (correct, 1),
    "retract": (retract, 1),
    "compact": (compact, 0),
    "log that compacts": (log_that_compacts, 1),
}


def cut_everywhere(
    folder: Path, operation: Callable[[Workspace], None], adds: int, cap: int
) -> Outcome:
    """Do `operation` on a small workspace and cut the power after each call of it."""
    workspace = create_workspace(folder / "w")
    for value in range(HELD):
        workspace.log(f"M{value}", float(value), **FACTS)
    held = workspace.store.rows()
    power, journal = Power.on(workspace.folder), Journal()
    with between(workspace.folder, journal):
        operation(workspace)
    outcome = Outcome()
    chance = random.Random(1)
    for number in range(len(journal.steps) + 1):
        acknowledged = number == len(journal.steps)
        for disk in power.states(cap, chance):
            outcome.states += 1
            key = hash((acknowledged, *sorted(disk.items(), key=lambda item: item[0])))
            if key not in outcome.different:
                outcome.different.add(key)
                judge(disk, workspace.folder, held, (adds,) if acknowledged else (0, adds), outcome)
        if not acknowledged:
            power.step(journal.steps[number])
    return outcome


def judge(
    disk: Disk, root: Path, held: pl.DataFrame, may_add: tuple[int, ...], outcome: Outcome
) -> None:
    after = root.parent / "after"
    lay_out(disk, root, after)
    workspace = open_workspace(after)
    damaged = [d.file for d in workspace.store.validate().damaged]
    if damaged:
        outcome.faults.append(f"damaged: {damaged}")
    else:
        rows = workspace.store.rows()
        known = pl.col("observation_id").is_in(held["observation_id"].to_list())
        added = rows.filter(~known).height
        outcome.whole.add(added > 0)
        if not rows.filter(known).equals(held):
            outcome.faults.append("a row that was held is lost or changed")
        if added not in may_add:
            outcome.faults.append(f"{added} rows were added")
    shutil.rmtree(after)


@pytest.mark.parametrize("name", OPERATIONS)
def test_power_cut(tmp_path: Path, name: str) -> None:
    operation, adds = OPERATIONS[name]
    outcome = cut_everywhere(tmp_path, operation, adds, cap=16)
    print(f"{name}: {outcome.states} disks, {len(outcome.different)} different")
    assert outcome.faults == []
    assert len(outcome.different) >= 8
    assert outcome.whole == ({False, True} if adds else {False})  # both were seen


@pytest.mark.slow
@pytest.mark.parametrize("name", OPERATIONS)
def test_power_cut_widely(tmp_path: Path, name: str) -> None:
    operation, adds = OPERATIONS[name]
    outcome = cut_everywhere(tmp_path, operation, adds, cap=1024)
    print(f"{name}: {outcome.states} disks, {len(outcome.different)} different")
    assert outcome.faults == []


def without_file_sync() -> AbstractContextManager[object]:
    true = os.fsync

    def only_folders(descriptor: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):
            true(descriptor)

    return patch.object(atomic.os, "fsync", only_folders)


def without_folder_sync() -> AbstractContextManager[object]:
    return patch.object(atomic, "sync_folder", lambda _: None)


def straight_to_its_place() -> AbstractContextManager[object]:
    def write(path: Path, content: bytes) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
        os.write(descriptor, content)
        os.fsync(descriptor)
        os.close(descriptor)
        atomic.sync_folder(path.parent)

    return patch.object(sealed_file, "write_atomically", write)


@pytest.mark.parametrize(
    ("omitted", "name", "fault"),
    [
        (without_file_sync, "log", "damaged"),
        (straight_to_its_place, "log", "damaged"),
        (without_folder_sync, "log", "0 rows were added"),
        (without_folder_sync, "compact", "a row that was held is lost"),
    ],
)
def test_the_model_finds_what_is_left_out(
    tmp_path: Path, omitted: Callable[[], AbstractContextManager[object]], name: str,
    fault: str,
) -> None:  # fmt: skip
    # A store that leaves out one step of its writing must be caught, else the tests above say
    # nothing.
    operation, adds = OPERATIONS[name]

    def broken(workspace: Workspace) -> None:
        # The hook stands outside, so that what is left out is not noted.
        with omitted():
            operation(workspace)

    outcome = cut_everywhere(tmp_path, broken, adds, cap=16)
    assert any(fault in found for found in outcome.faults)


def test_power_cut_of_the_first_log_without_a_folder(tmp_path: Path) -> None:
    # A version control system does not keep the empty folder of observations.
    workspace = create_workspace(tmp_path / "w")
    workspace.store.folder.rmdir()
    power, journal = Power.on(workspace.folder), Journal()
    with between(workspace.folder, journal):
        workspace.log("New", 7.0, **FACTS)
    for step in journal.steps:
        power.step(step)
    lost_rows = 0
    for number, disk in enumerate(power.states(16, random.Random(1))):
        after = tmp_path / f"after{number}"
        lay_out(disk, workspace.folder, after)
        lost_rows += open_workspace(after).store.rows().height != 1
    assert lost_rows == 0


def test_power_cut_of_a_new_workspace(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    power, journal = Power.on(root), Journal()
    with between(root, journal):
        create_workspace(root / "deep" / "w", demo=True)
    whole = Catalogue().observations().height
    chance = random.Random(1)
    found: set[int | None] = set()
    different: set[int] = set()
    after = tmp_path / "after"
    for step in [*journal.steps, None]:
        found.clear()
        for disk in power.states(256, chance):
            key = hash(tuple(sorted(disk.items(), key=lambda item: item[0])))
            if step is not None and key in different:
                continue
            different.add(key)
            shutil.rmtree(after, ignore_errors=True)
            lay_out(disk, root, after)
            there = after / "deep" / "w"
            made = (there / "tracker.toml").exists()
            found.add(open_workspace(there).store.rows().height if made else None)
            if not made and len(different) % 8 == 0:  # the next attempt succeeds
                assert create_workspace(there, demo=True).store.rows().height == whole
        assert found <= {None, whole}
        if step is not None:
            power.step(step)
    assert found == {whole}


def test_power_cut_of_a_new_folder(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    power, journal = Power.on(root), Journal()
    with between(root, journal):
        atomic.make_folder(root / "a" / "b" / "c")
    for step in journal.steps:
        power.step(step)
    assert [set(disk) for disk in power.states(16, random.Random(1))] == [
        {root / "a", root / "a" / "b", root / "a" / "b" / "c"}
    ]


def test_what_is_held_already_is_on_the_disk_before_it_is_acknowledged(tmp_path: Path) -> None:
    # The row of another process, or of a failed attempt, can be read before its name is safe.
    workspace = create_workspace(tmp_path / "w")
    refuse = patch.object(atomic, "sync_folder", side_effect=OSError(5, "Input/output error"))
    with refuse, pytest.raises(OSError, match="Input/output"):
        workspace.log("New", 7.0, **FACTS)
    journal = Journal()
    with between(workspace.folder, journal):
        assert not workspace.log("New", 7.0, **FACTS).added
    assert [(s.kind, s.path.name) for s in journal.steps] == [("fsync", "observations")]
