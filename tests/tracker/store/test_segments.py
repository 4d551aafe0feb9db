"""Segments: damage named, refusals of the disk, what other readers see."""

import os
from datetime import date

import polars as pl
import pytest

from tracker.store.schema import SCHEMA
from tracker.store.sealed_file import sealed_files
from tracker.store.segments import DamagedSegment
from tracker.workspace import Workspace, open_workspace

FACTS = {"lab": "OpenAI", "index": "I", "version": "1", "observed_on": date(2025, 1, 2)}


@pytest.mark.parametrize("harm", ["truncate", "flip", "zero", "foreign", "empty"])
def test_damage_is_named_and_can_be_skipped(empty: Workspace, harm: str) -> None:
    empty.log("M", 5.0, **FACTS)
    empty.log("N", 6.0, **FACTS)
    victim = sealed_files(empty.store.folder)[0]
    content = victim.read_bytes()
    if harm == "foreign":
        victim = victim.with_name("photo.parquet")
    changed = {
        "truncate": content[:-20], "flip": content[:99] + bytes([content[99] ^ 1]) + content[100:],
        "zero": bytes(len(content)), "foreign": b"x", "empty": b"",
    }[harm]  # fmt: skip
    victim.write_bytes(changed)
    with pytest.raises(DamagedSegment, match=victim.name):
        empty.list()
    rest = open_workspace(empty.folder, skip_damaged=True)
    assert "N" in rest.list()["model"].to_list()
    assert [d.file for d in empty.store.validate().damaged] == [victim.name]


@pytest.mark.parametrize("kind", ["dangling link", "pipe", "folder"])
def test_what_is_no_file_is_named(empty: Workspace, kind: str) -> None:
    empty.log("M", 5.0, **FACTS)
    name = "20260101T000000.000000Z-" + 32 * "0" + ".parquet"
    path = empty.store.folder / name
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("nowhere")
    with pytest.raises(DamagedSegment, match=name):
        empty.list()
    assert [d.file for d in empty.store.validate().damaged] == [name]
    assert open_workspace(empty.folder, skip_damaged=True).list()["model"].to_list() == ["M"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_refused_write_leaves_nothing(
    empty: Workspace, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    empty.log("M", 5.0, **FACTS)

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(f"os.{call}", refuse)
        with pytest.raises(OSError, match="No space"):
            empty.log("N", 6.0, **FACTS)
    assert empty.list()["model"].to_list() == ["M"]
    assert len(list(empty.store.folder.iterdir())) == 1


def test_any_parquet_reader_can_read_a_segment(empty: Workspace) -> None:
    empty.log("M", 5.0, **FACTS)
    rows = pl.read_parquet(empty.store.folder / "*.parquet")
    assert rows.schema == pl.Schema(SCHEMA)
