"""Parquet bombs: small files that want to become large, and files that lie about themselves.

Each is imported by a process of its own, whose peak memory is measured.
"""

import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="peak memory is read from /proc"
)
ROOT = Path(__file__).parents[3]
BOUND = 1000  # megabytes of the whole process, libraries included
READ = """
import json, sys
from datetime import date
from pathlib import Path
from forecasts.errors import TrackerError
from tracker import sources
from tracker.catalogue import Catalogue
from tracker.sources.rows import ReadOptions
try:
    options = ReadOptions(Catalogue(), date.today(), "I", "1")
    said = f"read {sources.load('parquet').read(Path(sys.argv[1]), options).read}"
except TrackerError as error:
    said = f"{error.message} {error.hint}"
# Not ru_maxrss, which begins with what the parent process held.
status = Path("/proc/self/status").read_text()
print(json.dumps([said, int(status.split("VmHWM:")[1].split()[0]) // 1024]))
"""


def read(path: Path) -> tuple[str, int]:
    """What reading a file says, and the peak memory of the process in megabytes."""
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=120,
    )  # fmt: skip
    assert done.stderr == ""
    said, peak = json.loads(done.stdout)
    return said, peak


def row(**more: object) -> pl.DataFrame:
    return pl.DataFrame({"model": ["A"], "lab": ["OpenAI"], "value": [1.0]} | {
        k: v if isinstance(v, list | pl.Series) else [v] for k, v in more.items()
    })  # fmt: skip


# Thrift's compact protocol, for footers and page headers that no writer makes. A struct is a
# list of (field number, kind, value); kinds: 5 and 6 whole numbers, 8 text, 9 list, 12 struct.


def varint(number: int) -> bytes:
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def encode(kind: int, value: object) -> bytes:
    if isinstance(value, int):
        return varint(value << 1 if value >= 0 else (-value << 1) - 1)
    if isinstance(value, bytes):
        return varint(len(value)) + value
    assert isinstance(value, list)
    if kind == 9:
        inner, items = value
        return bytes([0xF0 | inner]) + varint(len(items)) + b"".join(
            encode(inner, item) for item in items
        )  # fmt: skip
    out, before = b"", 0
    for field, inner, item in value:
        out += bytes([(field - before) << 4 | inner]) + encode(inner, item)
        before = field
    return out + b"\x00"


def parquet(
    body: bytes, *, states: int, values: int = 1, rows: int = 1, codec: int = 2,
    footer_states: int | None = None, footer_values: int = 1,
) -> bytes:  # fmt: skip
    """Columns model, lab and value, all of them the one page `body` of text (codec 2: gzip)."""
    page = encode(12, [
        (1, 5, 0), (2, 5, states), (3, 5, len(body)),
        (5, 12, [(1, 5, values), (2, 5, 0), (3, 5, 3), (4, 5, 3)]),
    ]) + body  # fmt: skip
    names = [b"model", b"lab", b"value"]
    elements = [[(4, 8, b"root"), (5, 5, 3)]] + [
        [(1, 5, 6), (3, 5, 0), (4, 8, name), (6, 5, 0)] for name in names
    ]
    chunks = [
        [(2, 6, 4), (3, 12, [
            (1, 5, 6), (2, 9, [5, [0]]), (3, 9, [8, [name]]), (4, 5, codec),
            (5, 6, footer_values), (6, 6, states if footer_states is None else footer_states),
            (7, 6, len(page)), (9, 6, 4),
        ])]
        for name in names
    ]  # fmt: skip
    groups = [[(1, 9, [12, chunks]), (2, 6, len(page)), (3, 6, rows)]]
    footer = encode(12, [(1, 5, 1), (2, 9, [12, elements]), (3, 6, rows), (4, 9, [12, groups])])
    return b"PAR1" + page + footer + len(footer).to_bytes(4, "little") + b"PAR1"


def text_page(size: int) -> bytes:
    """A plain page of one text of so many bytes, before it is packed."""
    return size.to_bytes(4, "little") + b"x" * size


def gzip(content: bytes) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return packer.compress(content) + packer.flush()


def test_the_maker_makes_parquet(tmp_path: Path) -> None:
    file = tmp_path / "t.parquet"
    file.write_bytes(parquet(gzip(text_page(3)), states=7))
    assert pl.read_parquet(file).to_dicts() == [{"model": "xxx", "lab": "xxx", "value": "xxx"}]
    assert read(file)[0] == "read 1"


BIG = 300_000_000
LIES: dict[str, tuple[Callable[[], bytes], str]] = {
    "a long text, honestly": (
        lambda: parquet(gzip(text_page(BIG)), states=BIG + 4),
        "bytes when unpacked; 400,000,000 are allowed",
    ),
    "a footer that says little of a large page": (
        lambda: parquet(gzip(text_page(BIG)), states=BIG + 4, footer_states=10),
        "bytes when unpacked; 400,000,000 are allowed",
    ),
    "a text of 100 MB in each column": (
        lambda: parquet(gzip(text_page(10**8)), states=10**8 + 4), "in one page when unpacked"
    ),
    "a page that unpacks to more than it says": (
        lambda: parquet(gzip(text_page(BIG)), states=100), "not usable Parquet"
    ),
    "a page that says 2 GB and holds nothing": (
        lambda: parquet(gzip(b""), states=2**31 - 1), "when unpacked"
    ),
    "a page of a billion values": (
        lambda: parquet(gzip(text_page(3)), states=7, values=10**9), "1,000,000,000 rows"
    ),
    "a footer of 2**40 rows": (
        lambda: parquet(gzip(text_page(3)), states=7, rows=2**40), "rows; 2,000,000 are allowed"
    ),
    "a footer of two rows where there is one": (
        lambda: parquet(gzip(text_page(3)), states=7, rows=2), "not usable Parquet"
    ),
    "a negative size": (lambda: parquet(gzip(text_page(3)), states=-7), "not usable Parquet"),
    "an unknown codec": (
        lambda: parquet(gzip(text_page(3)), states=7, codec=99), "not usable Parquet"
    ),
    "a footer longer than the file": (
        lambda: b"PAR1" + b"\xff" * 20 + b"\xff\xff\xff\x7fPAR1", "cut off"
    ),
    "a footer nested 100,000 deep": (
        lambda: b"PAR1" + b"\x1c" * 100_000 + (100_000).to_bytes(4, "little") + b"PAR1",
        "nested too deep",
    ),
    "a footer that lists four thousand million": (
        lambda: b"PAR1" + b"\x19\xfc\xff\xff\xff\xff\x0f" + (7).to_bytes(4, "little") + b"PAR1",
        "damaged",
    ),
    "text": (lambda: b"model,lab,value\nA,OpenAI,1\n", "not usable Parquet"),
}  # fmt: skip


@pytest.mark.parametrize("case", LIES)
def test_a_lie_ends_in_a_sentence(tmp_path: Path, case: str) -> None:
    make, words = LIES[case]
    file = tmp_path / "bomb.parquet"
    file.write_bytes(make())
    said, peak = read(file)
    assert words in said
    assert "bomb.parquet" in said
    assert peak < BOUND


def test_a_hundred_million_rows_in_little(tmp_path: Path) -> None:
    file, n = tmp_path / "bomb.parquet", 100_000_000
    one = pl.select(model=pl.repeat(True, n))  # a bit each, while the bomb is made
    one.select("model", lab="model", value="model").write_parquet(file)
    assert file.stat().st_size < 1_000_000
    said, peak = read(file)
    assert "100,000,000 rows; 2,000,000 are allowed" in said
    assert peak < 200


def test_a_long_text_in_every_row_is_found_by_its_length(tmp_path: Path) -> None:
    file, n = tmp_path / "bomb.parquet", 1000
    pl.select(
        model=pl.repeat("x" * 100_000, n), lab=pl.repeat("OpenAI", n), value=pl.repeat(1.0, n)
    ).write_parquet(file)
    said, peak = read(file)
    assert "row 1, model: the text is longer than 16,000 bytes" in said
    assert peak < BOUND


@pytest.mark.slow
def test_the_largest_file_that_is_allowed(tmp_path: Path) -> None:
    file, n = tmp_path / "large.parquet", 2_000_000
    number = pl.int_range(0, n).cast(pl.String)
    pl.select(
        model="a model named " + number, lab=pl.repeat("OpenAI", n), value=pl.int_range(0, n),
        note="a note that is rather long, to have weight: " + number + number,
        source_url="https://example.org/a/long/path/" + number,
    ).write_parquet(file)  # fmt: skip
    said, peak = read(file)
    assert said == "read 2000000"
    assert peak < 1.5 * BOUND


KINDS: dict[str, Callable[[], pl.DataFrame]] = {
    "List": lambda: row(note=[[1]]),
    "Struct": lambda: row(note={"a": 1}),
    "Binary": lambda: row(note=b"x"),
    "Categorical": lambda: row(note=pl.Series(["x"], dtype=pl.Categorical)),
    "Decimal": lambda: row().with_columns(pl.col("value").cast(pl.Decimal(10, 2))),
    "Duration": lambda: row().with_columns(value=pl.duration(days=1)),
    "Time": lambda: row().with_columns(note=pl.time(1, 2)),
    "10,000 columns; 1,000 are allowed": lambda: pl.DataFrame({f"c{i}": [1] for i in range(10**4)}),
    "no column 'model'": lambda: pl.DataFrame(),
    "no column 'value'": lambda: pl.DataFrame({"model": ["A"]}),
}


@pytest.mark.parametrize("words", KINDS)
def test_other_kinds_of_columns_end_in_a_sentence(tmp_path: Path, words: str) -> None:
    file = tmp_path / "odd.parquet"
    KINDS[words]().write_parquet(file)
    said, peak = read(file)
    assert words in said
    assert peak < 300
