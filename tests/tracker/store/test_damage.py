"""A file that is not what was written is named, stops the command, and is left out on demand."""

import hashlib
import io
import json
import os
import random
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from tracker.cli import run
from tracker.store import compaction
from tracker.store.locks import locked
from tracker.store.observations import Store
from tracker.store.schema import SCHEMA
from tracker.store.sealed_file import sealed_files
from tracker.store.segments import SEGMENT, DamagedSegment, write_segment
from tracker.workspace import Workspace

FACTS = {"lab": "OpenAI", "index": "I", "version": "1", "observed_on": date(2025, 1, 2)}
KEPT = Path(__file__).parent / "segments"


@pytest.fixture
def pair(empty: Workspace) -> Workspace:
    """Two observations, M and N, in a segment each."""
    empty.log("M", 5.0, **FACTS)
    empty.log("N", 6.0, **FACTS)
    return empty


def named(content: bytes, stamp: str = "20260410T120000.000000Z") -> str:
    return f"{stamp}-{hashlib.blake2b(content, digest_size=16).hexdigest()}.parquet"


def place(workspace: Workspace, rows: pl.DataFrame, version: str | None = "2") -> Path:
    """Write `rows` as a segment whose checksum is right, whatever they hold."""
    buffer = io.BytesIO()
    rows.write_parquet(buffer, metadata=None if version is None else {SEGMENT.format_key: version})
    path = workspace.store.folder / named(buffer.getvalue())
    path.write_bytes(buffer.getvalue())
    return path


def other_rows(workspace: Workspace) -> pl.DataFrame:
    """A row that obeys every rule and is not in `workspace`."""
    found = workspace.store.rows().head(1)
    return found.with_columns(model=pl.lit("Z"), model_key=pl.lit("z"))


def truncated(workspace: Workspace) -> Path:
    path = sealed_files(workspace.store.folder)[0]
    path.write_bytes(path.read_bytes()[:-20])
    return path


def zeroed(workspace: Workspace) -> Path:
    path = sealed_files(workspace.store.folder)[0]
    path.write_bytes(bytes(path.stat().st_size))
    return path


def emptied(workspace: Workspace) -> Path:
    path = sealed_files(workspace.store.folder)[0]
    path.write_bytes(b"")
    return path


def foreign(workspace: Workspace) -> Path:
    path = workspace.store.folder / "holiday.jpg"
    path.write_bytes(b"\xff\xd8\xff")
    return path


def no_parquet(workspace: Workspace) -> Path:
    path = workspace.store.folder / named(b"PAR1 and nothing else PAR1")
    path.write_bytes(b"PAR1 and nothing else PAR1")
    return path


def a_folder(workspace: Workspace) -> Path:
    path = workspace.store.folder / named(b"folder")
    path.mkdir()
    return path


def a_loop(workspace: Workspace) -> Path:
    path = workspace.store.folder / named(b"loop")
    path.symlink_to(path)
    return path


def a_link_to_nothing(workspace: Workspace) -> Path:
    path = workspace.store.folder / named(b"nothing")
    path.symlink_to(workspace.folder / "nothing")
    return path


def a_pipe(workspace: Workspace) -> Path:
    path = workspace.store.folder / named(b"pipe")
    os.mkfifo(path)
    return path


def other_columns(workspace: Workspace) -> Path:
    return place(workspace, pl.DataFrame({"observation_id": ["a"], "x": [1]}))


def later_format(workspace: Workspace) -> Path:
    rows = other_rows(workspace).with_columns(new_column=pl.lit([1, 2]))
    return place(workspace, rows, version="3")


DAMAGES = (
    truncated, zeroed, emptied, foreign, no_parquet, a_folder, a_loop, a_link_to_nothing, a_pipe,
    other_columns, later_format,
)  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_named_and_never_left_out_silently(
    pair: Workspace, capsys: pytest.CaptureFixture[str], damage: Callable[[Workspace], Path]
) -> None:
    path = damage(pair)
    codes: dict[object, str] = {
        later_format: "later_format", foreign: "foreign_file", a_loop: "unreadable_segment",
        a_link_to_nothing: "unreadable_segment",
    }  # fmt: skip
    code = codes.get(damage, "damaged_segment")
    of = ["--workspace", str(pair.folder), "--format", "json"]

    assert run([*of, "validate"]) == 1
    out, _ = capsys.readouterr()
    assert [d["file"] for d in json.loads(out)["damaged"]] == [path.name]

    assert run([*of, "list"]) == 1
    out, said = capsys.readouterr()
    error = json.loads(said)["error"]
    assert (out, error["code"]) == ("", code)
    assert path.name in error["message"]
    assert error["message"].count(". ") == 0  # one sentence
    assert "--skip-damaged" in error["hint"]

    assert run([*of, "--skip-damaged", "list"]) == 0
    out, said = capsys.readouterr()
    left = {row["model"] for row in json.loads(out)}
    assert left == ({"N"} if damage in (truncated, zeroed, emptied) else {"M", "N"})
    assert said.startswith(f"Left out: {path.name}: ")

    # What is damaged is not compacted away, and does not vanish.
    with pytest.raises(DamagedSegment):
        pair.store.compact()
    assert os.path.lexists(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(pair: Workspace) -> None:
    path = sealed_files(pair.store.folder)[0]
    path.chmod(0)
    assert [d.file for d in pair.store.validate().damaged] == [path.name]
    with pytest.raises(DamagedSegment, match="cannot be read"):
        pair.list()


def test_swapped_names_are_both_named(pair: Workspace) -> None:
    first, second = sealed_files(pair.store.folder)
    first.rename(first.with_name("x"))
    second.rename(first)
    first.with_name("x").rename(second)
    assert [d.file for d in pair.store.validate().damaged] == [first.name, second.name]


def flip(pair: Workspace, positions: list[int]) -> None:
    path = sealed_files(pair.store.folder)[0]
    content = path.read_bytes()
    for position in positions:
        changed = bytearray(content)
        changed[position // 8] ^= 1 << position % 8
        path.write_bytes(changed)
        assert [d.file for d in pair.store.validate().damaged] == [path.name]
        assert Store(pair.store.folder, skip_damaged=True).current()["model"].to_list() == ["N"]
    path.write_bytes(content)
    assert pair.store.validate().damaged == []


def bits(pair: Workspace) -> int:
    return 8 * sealed_files(pair.store.folder)[0].stat().st_size


def test_a_flipped_bit_is_found(pair: Workspace) -> None:
    flip(pair, random.Random(1).sample(range(bits(pair)), 40))


@pytest.mark.slow
def test_every_flipped_bit_is_found(pair: Workspace) -> None:
    positions = list(range(0, bits(pair), 7))
    flip(pair, positions)
    print(f"{len(positions)} of {bits(pair)} bits flipped, each found")


LATER = datetime.now(UTC).date() + timedelta(days=3)
BROKEN_ROWS: dict[str, dict[str, object]] = {
    "model_key": {"model_key": "another"},
    "observation_id": {"value": 99.0},
    "observed_on": {"observed_on": LATER},
    "released_on": {"released_on": LATER},
    "value": {"value": float("nan")},
    "source": {"source": None},
    "released_precision": {"released_precision": "week"},
}


@pytest.mark.parametrize("column", BROKEN_ROWS)
def test_a_row_that_breaks_a_rule_is_found_and_replaces_nothing(
    pair: Workspace, column: str
) -> None:
    # The checksum is right: somebody wrote this file on purpose. It claims to be the row of M,
    # recorded earlier, and one compaction would have put it in the place of the true one.
    true = pair.store.rows()
    forged = true.head(1).with_columns(
        pl.lit(value, SCHEMA[name]).alias(name) for name, value in BROKEN_ROWS[column].items()
    )
    path = place(pair, forged.with_columns(pl.col("recorded_at") - timedelta(days=1)))
    damaged = pair.store.validate().damaged
    assert [d.file for d in damaged] == [path.name]
    assert column in damaged[0].reason
    with pytest.raises(DamagedSegment, match=path.name):
        pair.store.compact()
    for _ in range(2):  # nor does the compaction of a writer take it along
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(compaction, "MANY", 2)
            compaction.tidy(pair.store.folder)
    path.unlink()
    assert pair.store.rows().equals(true)
    assert pair.store.validate().damaged == []


def test_pages_that_cannot_be_read_do_not_fail_a_write(
    pair: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = bytearray(sealed_files(pair.store.folder)[0].read_bytes())
    content[4:200] = bytes(196)
    path = pair.store.folder / named(bytes(content))
    path.write_bytes(content)
    assert [d.file for d in pair.store.validate().damaged] == [path.name]
    monkeypatch.setattr(compaction, "MANY", 2)
    compaction.tidy(pair.store.folder)
    assert path.exists()


def test_a_file_in_the_place_of_the_folder_is_no_empty_store(pair: Workspace) -> None:
    shutil.rmtree(pair.store.folder)
    pair.store.folder.write_bytes(b"")
    with pytest.raises(NotADirectoryError):
        pair.list()


def test_a_refused_listing_after_a_write_is_no_failure_of_it(
    pair: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> list[Path]:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(compaction, "sealed_files", refuse)
    assert pair.log("O", 7.0, **FACTS).added


def test_a_listing_without_the_lock_is_made_until_two_agree(
    pair: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    true, listings = os.scandir, []

    def torn(folder: Path) -> object:
        listings.append(folder)
        # The first listing passed the place of the new file before it was there.
        return Listing([] if len(listings) == 1 else list(true(folder)))

    monkeypatch.setattr(os, "scandir", torn)
    monkeypatch.setattr("tracker.store.locks._PATIENCE", 0.01)
    with locked(pair.store.folder, exclusive=True):
        assert len(sealed_files(pair.store.folder)) == 2
    assert len(listings) == 3
    listings.clear()
    monkeypatch.setattr("tracker.store.locks.fcntl", None)
    assert len(sealed_files(pair.store.folder)) == 2
    assert len(listings) == 3


class Listing(list[os.DirEntry[str]]):
    def __enter__(self) -> "Listing":
        return self

    def __exit__(self, *_: object) -> None:
        return None


def test_a_segment_of_format_1_is_read_to_the_same_rows() -> None:
    expected = pl.read_json(KEPT / "rows.json", schema=SCHEMA)
    store = Store(KEPT / "format_1")
    assert store.rows().equals(expected)
    assert store.current()["value"].to_list() == [67.0]
    assert store.validate().damaged == []


def test_a_segment_without_a_format_is_read_with_its_missing_columns_empty() -> None:
    store = Store(KEPT / "format_0")
    row = store.rows().row(0, named=True)
    assert (row["model"], row["value"], row["recorded_at"]) == (
        "GPT-5 (high)", 68.5, datetime(2026, 4, 9, 12, 0, 0, 123456, UTC),
    )  # fmt: skip
    assert (row["reasoning"], row["estimated"], row["note"]) == (None, None, None)
    assert store.validate().damaged == []


@pytest.mark.parametrize("left", [1, 5, 12])
def test_a_segment_without_a_format_and_without_needed_columns_is_named(
    tmp_path: Path, left: int
) -> None:
    rows = Store(KEPT / "format_1").rows()
    buffer = io.BytesIO()
    rows.select(rows.columns[:left]).write_parquet(buffer)
    digest = hashlib.blake2b(buffer.getvalue(), digest_size=16).hexdigest()
    path = tmp_path / f"20260410T120000.000000Z-{digest}.parquet"
    path.write_bytes(buffer.getvalue())
    with pytest.raises(DamagedSegment, match="its columns are not those of an observation"):
        Store(tmp_path).rows()
    assert [d.file for d in Store(tmp_path).validate().damaged] == [path.name]


def test_formats_are_compacted_together(tmp_path: Path) -> None:
    for folder in ("format_0", "format_1"):
        shutil.copytree(KEPT / folder, tmp_path / "s", dirs_exist_ok=True)
    store = Store(tmp_path / "s")
    rows = store.rows()
    assert store.compact() == (2, 1)
    assert store.rows().equals(rows)
    assert rows.height == 5


def test_what_is_written_today_is_format_2(tmp_path: Path) -> None:
    path = write_segment(tmp_path, Store(KEPT / "format_1").rows())
    assert pl.read_parquet_metadata(path)[SEGMENT.format_key] == "2"
    kept = next((KEPT / "format_2").iterdir())
    assert pl.read_parquet_schema(path) == pl.read_parquet_schema(kept)
    assert Store(tmp_path).rows().equals(Store(KEPT / "format_1").rows())


def test_a_segment_of_format_2_knows_dates_to_the_month() -> None:
    store = Store(KEPT / "format_2")
    row = store.rows().row(0, named=True)
    assert (row["model"], row["lab"], row["released_on"], row["released_precision"]) == (
        "Kept", None, date(2025, 6, 30), "month",
    )  # fmt: skip
    assert row["observation_id"] == "bb7fe6f6ee81be7f80ce460b94283c43"
    assert store.validate().damaged == []


def test_there_is_nothing_to_compact_without_a_folder(empty: Workspace) -> None:
    empty.store.folder.rmdir()
    assert empty.store.compact() == (0, 0)
