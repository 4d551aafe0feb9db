"""Fetched files: kept once, by the name of their content, with an index that outlives a crash."""

import hashlib
import json
from pathlib import Path

import pytest

from tracker.store.raw import INDEX, Fetched, RawFiles, sha256


def line(url: str, content: bytes, at: int = 0) -> Fetched:
    name = hashlib.sha256(content).hexdigest()
    return Fetched(url, f"2026-06-1{at}T00:00:00+00:00", f"{name}.json", name, len(content))


def test_the_same_bytes_are_kept_once(tmp_path: Path) -> None:
    raw = RawFiles(tmp_path / "raw")
    assert raw.fetches() == []
    first = raw.keep(b"one", ".json")
    assert first == f"{hashlib.sha256(b'one').hexdigest()}.json"
    stamp = (raw.folder / first).stat().st_mtime_ns
    assert raw.keep(b"one", ".json") == first
    assert (raw.folder / first).stat().st_mtime_ns == stamp
    raw.keep(b"two", ".json")
    assert len(list(raw.folder.iterdir())) == 2


def test_an_address_has_the_bytes_that_it_had_last(tmp_path: Path) -> None:
    raw = RawFiles(tmp_path)
    for at, content in enumerate((b"one", b"two", b"two", b"one")):
        raw.keep(content, ".json")
        raw.note(line("https://a.org", content, at))
    raw.note(line("https://b.org", b"two"))
    assert [f.bytes for f in raw.fetches()] == [3, 3, 3, 3]
    latest = raw.latest("https://a.org")
    assert latest is not None
    assert latest.sha256 == sha256(b"one")
    assert raw.content(latest) == b"one"
    assert raw.latest("https://c.org") is None


def test_bytes_that_changed_are_not_those(tmp_path: Path) -> None:
    raw, one = RawFiles(tmp_path), line("u", b"one")
    assert raw.content(one) is None
    raw.keep(b"one", ".json")
    assert raw.content(one) == b"one"
    (tmp_path / one.file).write_bytes(b"One")
    assert raw.content(one) is None
    raw.keep(b"one", ".json")
    assert raw.content(one) == b"one"


@pytest.mark.parametrize("cut", range(1, 40, 3))
def test_a_line_that_was_cut_off_is_passed_over_and_ended(tmp_path: Path, cut: int) -> None:
    raw = RawFiles(tmp_path)
    raw.note(line("u", b"one"))
    raw.note(line("v", b"two"))
    content = (tmp_path / INDEX).read_bytes()
    (tmp_path / INDEX).write_bytes(content[:-cut])
    # Without its end alone a line is whole.
    assert [f.url for f in raw.fetches()] == (["u", "v"] if cut == 1 else ["u"])
    raw.note(line("w", b"three"))
    assert [f.url for f in raw.fetches()][-1] == "w"
    assert len(raw.fetches()) == (3 if cut == 1 else 2)


@pytest.mark.parametrize(
    "name", ["../tracker.toml", "/etc/passwd", "..", ".", "a/b", ".hidden/../x", ""]
)
def test_a_name_that_leads_out_of_the_folder_is_passed_over(tmp_path: Path, name: str) -> None:
    raw = RawFiles(tmp_path)
    foreign = {**vars(line("u", b"one")), "file": name}
    (tmp_path / INDEX).write_text(json.dumps(foreign) + "\n")
    assert raw.fetches() == []


def test_lines_of_another_kind_are_passed_over(tmp_path: Path) -> None:
    raw = RawFiles(tmp_path)
    later = {**vars(line("u", b"one")), "of_a_later_version": 1}
    text = ["", "[]", "5", "null", "{}", "\x00", '{"url": "x"}', json.dumps(later)]
    (tmp_path / INDEX).write_text("\n".join(text) + "\n")
    assert [f.url for f in raw.fetches()] == ["u"]


def test_copies_take_over_what_the_other_fetched(tmp_path: Path) -> None:
    mine, theirs = RawFiles(tmp_path / "a"), RawFiles(tmp_path / "b")
    for raw, content, at in ((mine, b"one", 3), (theirs, b"two", 1), (theirs, b"one", 2)):
        raw.keep(content, ".json")
        raw.note(line("u", content, at))
    lost = line("v", b"lost")
    theirs.note(lost)
    before = sorted(p.name for p in mine.folder.iterdir())
    assert mine.merge(theirs, dry_run=True) == 2
    assert sorted(p.name for p in mine.folder.iterdir()) == before
    assert mine.merge(theirs) == 2
    assert mine.merge(theirs) == 0
    latest = mine.latest("u")
    assert latest is not None
    assert latest.fetched_at.startswith("2026-06-13")
    assert all(mine.content(found) is not None for found in mine.fetches())
    assert mine.latest("v") is None
