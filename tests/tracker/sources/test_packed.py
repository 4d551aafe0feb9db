"""Files packed as gzip or zstd, and standard input: read as what they hold, within the limits."""

import bz2
import gzip
import io
import resource
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from forecasts.errors import TrackerError
from tracker.sources.file import SourceFile
from tracker.sources.formats.packed import Damaged, unpacked
from tracker.workspace import Workspace

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress, ".zst": zstandard.ZstdCompressor(write_checksum=True).compress,
}  # fmt: skip
OF = {"index": "I", "version": "1"}
TABLE = b"model,lab,value\nA,OpenAI,1\nB,OpenAI,2\n"


@given(st.lists(st.binary(max_size=300), max_size=4), st.sampled_from(sorted(PACKERS)))
def test_members_one_after_the_other_are_one_content(parts: list[bytes], kind: str) -> None:
    content = b"".join(map(PACKERS[kind], parts))
    plain = b"".join(parts)
    expected = plain if parts else content
    assert unpacked(io.BytesIO(content)).read() == expected


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("size", [0, 1, 5000, 3_000_000])
def test_a_content_of_any_size(kind: str, size: int) -> None:
    plain = bytes(range(251)) * (size // 251) + b"x" * (size % 251)
    file = SourceFile(Path("x"), PACKERS[kind](plain))
    assert file.open().read() == plain
    assert list(file.open()) == list(io.BytesIO(plain))


@pytest.mark.parametrize("kind", PACKERS)
def test_a_packed_file_is_the_same_import(empty: Workspace, tmp_path: Path, kind: str) -> None:
    plain, packed = tmp_path / "s-2026-06-10.csv", tmp_path / f"s-2026-06-10.csv{kind}"
    plain.write_bytes(TABLE)
    packed.write_bytes(PACKERS[kind](TABLE))
    result = empty.import_files("csv", [packed], **OF)
    assert (result.added, result.observed_on) == (2, date(2026, 6, 10))
    assert set(empty.store.current()["source"]) == {"csv:s-2026-06-10.csv"}
    # The suffix says nothing, and what it says may be wrong.
    bare = packed.rename(tmp_path / "s-2026-06-10.csv.gz")
    for file in (plain, bare):
        assert empty.import_files("csv", [file], **OF).unchanged == 2
    bare.write_bytes(TABLE)
    assert empty.import_files("csv", [bare], **OF).unchanged == 2


def test_a_packed_snapshot_and_a_packed_parquet(
    empty: Workspace, tmp_path: Path, snapshots: dict[str, Path]
) -> None:
    file = tmp_path / "aa.json.zst"
    file.write_bytes(PACKERS[".zst"](snapshots["06"].read_bytes()))
    added = empty.import_files("aa", [file]).added
    assert added > 400
    assert empty.import_files("aa", [snapshots["06"]]).unchanged == added
    out = io.BytesIO()
    empty.store.current().write_parquet(out)
    packed = SourceFile(Path("x.parquet.gz"), gzip.compress(out.getvalue()))
    assert empty.import_files("parquet", [packed]).unchanged == added


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("source", ["csv", "aa", "parquet", "epoch-benchmarks"])
def test_what_is_cut_off_or_damaged_is_one_sentence(
    empty: Workspace, kind: str, source: str
) -> None:
    whole = PACKERS[kind](TABLE * 2000)
    for content in (whole[:-9], whole[:30], whole[:20] + b"\xff" * 9 + whole[29:], whole + b"more"):
        with pytest.raises(TrackerError, match=r"cut off|damaged") as caught:
            empty.import_files(source, [SourceFile(Path(f"x.csv{kind}"), content)], **OF)
        assert caught.value.code == "bad_file"
    assert empty.store.rows().is_empty()


BOMB = """
import resource, sys
from pathlib import Path
from tracker.sources.file import SourceFile
from forecasts.errors import TrackerError
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    SourceFile(Path(sys.argv[1])).read(50_000_000)
except TrackerError as error:
    print(error.code, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize("kind", PACKERS)
def test_a_bomb_is_refused_without_unpacking_it(tmp_path: Path, kind: str) -> None:
    bomb = tmp_path / f"bomb{kind}"
    with bomb.open("wb") as file:
        if kind == ".gz":
            piece, times = gzip.compress(bytes(10_000_000)), 400
        else:  # blocks of one repeated byte, 128 KiB each in 4 bytes
            piece, times = (
                zstandard.ZstdCompressor(write_content_size=False).compress(bytes(100_000_000)),
                40,
            )
        for _ in range(times):
            file.write(piece)
    done = subprocess.run([sys.executable, "-c", BOMB, str(bomb)], capture_output=True, text=True)
    code, grown = done.stdout.split()
    assert code == "too_large"
    assert int(grown) < 250  # MB, of 4 GB


def test_a_window_larger_than_is_held_is_refused() -> None:
    # A frame header of a window of 2 GiB: magic, descriptor, window descriptor of exponent 21.
    frame = b"\x28\xb5\x2f\xfd" + b"\x00" + bytes([21 << 3]) + b"\x01\x00\x00"
    with pytest.raises(Damaged):
        unpacked(io.BytesIO(frame)).read()


def test_what_is_packed_otherwise_is_no_text(empty: Workspace) -> None:
    with pytest.raises(TrackerError, match="is not"):
        empty.import_files("csv", [SourceFile(Path("x.csv.bz2"), bz2.compress(TABLE))], **OF)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_standard_input(empty: Workspace, pack: Callable[[bytes], bytes]) -> None:
    command = [
        sys.executable, "-c", "from tracker.cli import main; main()", "import", "csv", "-",
        "--workspace", str(empty.folder), "--index", "I", "--index-version", "1",
        "--observed", "2026-06-10",
    ]  # fmt: skip
    done = subprocess.run(command, input=pack(TABLE), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert empty.store.current().height == 2
    assert set(empty.store.current()["source"]) == {"csv:-"}
    done = subprocess.run(command, input=b"", capture_output=True, check=False)
    assert (done.returncode, b"standard input is empty" in done.stderr) == (1, True)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 2_000_000
