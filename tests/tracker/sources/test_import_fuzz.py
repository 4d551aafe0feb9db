"""Valid files of every import format, mutated: each goes in whole or is refused in a sentence.

An input is a pure function of format, seed and number. To replay one that failed:
`python tests/tracker/test_import_fuzz.py FORMAT SEED FIRST COUNT`.
"""

import copy
import io
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from forecasts.errors import TrackerError
from tracker import sources
from tracker.catalogue import Catalogue
from tracker.sources.rows import ReadOptions
from tracker.store.schema import EARLIEST, FORBIDDEN_TEXT, MAX_NUMBER, MAX_TEXT, REQUIRED
from tracker.workspace import Workspace, create_workspace

ROOT = Path(__file__).parents[3]
Files = dict[str, bytes]  # the first is the one to import

TOKENS = [
    b"\x00", b"\xef\xbb\xbf", b'"', b"'", b'"""', b",", b";", b"\t", b"\n", b"\r\n", b"\r", b"\\",
    b"1e999", b"-1e-999", b"1" * 400, b"1" * 5000, b"NaN", b"Infinity", b"-0", b"0x10", b"1_000",
    b"[" * 200, b"{" * 50, b"[" * 2000, b"]" * 20, b"null", b"true", b"{}", b"[]", b"\\ud800",
    b"\\u0000", b"\x1b[31m", b"\x7f", b"\xc2\x85", b"\xe2\x80\xae", b"\xff", b"\xed\xa0\x80",
    b"9999-12-31", b"0000-00-00", b"2024-02-30", b"1949-12-31", b"US,US", b"ZZ", b"=1+1", b"'=x",
    b"\xf0\x9f\x9a\x80", b"a" * 5000, b"model", b"value", b"PAR1", b"\xff\xff\xff\xff\x0f",
]  # fmt: skip
CELLS = [
    "", " ", "0", "-0", "-5", "1e12", "1000000000001", "1e999", "nan", "inf", "1,5", "1.5", "1.5.5",
    "+3", "--3", "1e-400", "9" * 400, "2025-01-01", "2999-01-01", "1949-12-31", "2025-02-30",
    "20250101", "2025-1-1", "٢٠٢٥-٠١-٠١", "US", "us;cn", "US,US", "XX", "US," * 11 + "CN", "true",
    "YES", "maybe", "=cmd()", "'=cmd()", "''@x", "-", "a\nb", "a\x1b[31mb", "a\u202eb", "\ufeffa",
    "\x85", "日本語", "e\u0301", "🚀", "ß", "x" * 199, "x" * 201, "x" * 4001, "x" * 20_000,
    '"', "a,b;c\td", "../../etc/passwd", "<b>x</b>", "OpenAI", "Nobody", "\u2028", "NULL",
]  # fmt: skip
VALUES: list[Any] = [
    None, True, False, 0, -1, 1.5, 1e300, 10**400, float("nan"), float("inf"), [], {}, [1],
    {"a": 1}, [[[[]]]], "\ud800", "\udfff\ud800", *CELLS,
]  # fmt: skip


@dataclass
class Format:
    """How valid files of a format are made and mutated, and the options to import them with."""

    source: str
    make: Callable[[random.Random], Files]
    reshape: Callable[[random.Random], Files]
    options: dict[str, Any]


def table(rng: random.Random) -> list[list[str]]:
    names = ["model", "lab", "country", "value", "stderr", "released_on", "observed_on", "note",
             "open_weights", "source_url"]  # fmt: skip
    names = names[: rng.randint(4, len(names))]
    rows = [names]
    for i in range(rng.randint(1, 8)):
        row = {
            "model": f"Model {rng.randint(0, 50)}.{i}", "lab": rng.choice(["OpenAI", "Kimi", "X"]),
            "country": rng.choice(["US", "CN", "US,CN"]), "value": f"{rng.uniform(-5, 100):.3f}",
            "stderr": f"{rng.random():.2f}", "released_on": f"2025-0{rng.randint(1, 9)}-11",
            "observed_on": "2026-01-02", "note": rng.choice(["", "a note", 'said "so"', "-x"]),
            "open_weights": rng.choice(["true", "false", ""]), "source_url": "https://example.org",
        }  # fmt: skip
        rows.append([row[name] for name in names])
    return rows


def write_table(rows: list[list[str]], separator: str, decimal: str) -> bytes:
    lines = []
    for row in rows:
        cells = []
        for at, cell in enumerate(row):
            if decimal == "," and at < len(rows[0]) and rows[0][at] in {"value", "stderr"}:
                cell = cell.replace(".", ",")
            quoted = any(c in cell for c in f'{separator}"\r\n')
            cells.append('"' + cell.replace('"', '""') + '"' if quoted else cell)
        lines.append(separator.join(cells))
    return ("\n".join(lines) + "\n").encode("utf-8", "surrogatepass")


def bend_table(rng: random.Random, rows: list[list[str]]) -> list[list[str]]:
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(rows))
        column = rng.randrange(max(len(rows[at]), 1))
        kind = rng.randrange(8)
        if kind < 4 and rows[at]:
            rows[at][min(column, len(rows[at]) - 1)] = rng.choice(CELLS)
        elif kind == 4:
            rows[at].insert(column, rng.choice(CELLS))
        elif kind == 5 and len(rows[at]) > 1:
            rows[at].pop(min(column, len(rows[at]) - 1))
        elif kind == 6:
            rows.insert(at, list(rows[at]))
        else:
            for row in rows:
                row.append(rng.choice([rows[0][0] if row is rows[0] else "", *CELLS[:9]]))
    return rows


def csv_format(separator: str, decimal: str) -> Format:
    return Format(
        "csv",
        lambda rng: {"t.csv": write_table(table(rng), separator, decimal)},
        lambda rng: {"t.csv": write_table(bend_table(rng, table(rng)), separator, decimal)},
        {"decimal": decimal, "index": "I", "version": "1"},
    )


def snapshot(rng: random.Random) -> dict[str, Any]:
    return {
        "meta": {"fetched_at": "2026-06-10T08:59:48+00:00", "source_url": "https://example.org"},
        "models": [
            {
                "name": f"M {rng.randint(0, 50)}.{i}",
                "release_date": rng.choice([None, "2025-03-04"]),
                "reasoning_model": rng.choice([True, False]),
                "creator": {"name": "OpenAI", "country": rng.choice(["us", None])},
                "evaluations": {
                    "artificial_analysis_intelligence_index": rng.choice([None, 12.5, 40]),
                    "artificial_analysis_intelligence_index_is_estimated": False,
                    "aa_lcr": rng.random(), "gpqa": None,
                },
                "pricing": {"price_1m_blended_3_to_1": rng.choice([None, 0, 1.5])},
                "open_weights": rng.choice([None, {"is_open_weights": True}]),
            }
            for i in range(rng.randint(1, 5))
        ],
    }  # fmt: skip


def bend_tree(rng: random.Random, tree: Any) -> Any:
    for _ in range(rng.randint(1, 3)):
        places: list[tuple[Any, Any]] = []
        stack = [tree]
        while stack:
            node = stack.pop()
            keys = node if isinstance(node, dict) else range(len(node))
            for key in keys:
                places.append((node, key))
                if isinstance(node[key], dict | list):
                    stack.append(node[key])
        if not places:
            return tree
        node, key = rng.choice(places)
        kind = rng.randrange(5)
        if kind == 0:
            del node[key]
        elif kind == 1 and isinstance(node, list):
            node.insert(key, copy.deepcopy(node[key]))
        elif kind == 2 and isinstance(node, dict):
            node[str(rng.choice(VALUES))] = node[key]
        else:
            node[key] = copy.deepcopy(rng.choice(VALUES))
    return tree


def write_json(tree: Any) -> Files:
    sys.set_int_max_str_digits(10_000)
    return {"s.json": json.dumps(tree, ensure_ascii=True).encode()}


EPOCH = [
    ["Model version", "Accuracy mean", "Accuracy SE", "task", "Source link"],
    ["gpt-4-0613", "61.5%", "1.0", "My bench", "https://example.org"],
    ["org/Thing-7B", "40%", "", "My bench", ""],
    ["claude-2.0", "", "", "My bench", ""],
]
VERSIONS = [
    ["id", "Model", "Version release date", "Hugging Face developer id"],
    ["gpt-4-0613", "GPT-4", "2023-06-13", ""],
    ["org/Thing-7B", "Thing", "2024/01/05", "deepseek-ai"],
    ["claude-2.0", "Claude 2", "2023-07-11", ""],
]


def epoch(rng: random.Random, bend: bool) -> Files:
    tables = {"external_benchmark_x.csv": copy.deepcopy(EPOCH),
              "model_versions.csv": copy.deepcopy(VERSIONS)}  # fmt: skip
    if bend:
        name = rng.choice(list(tables))
        tables[name] = bend_table(rng, tables[name])
    return {name: write_table(rows, ",", ".") for name, rows in tables.items()}


def frame(rng: random.Random) -> pl.DataFrame:
    names, *rows = table(rng)
    text = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String()), orient="row")
    return text.with_columns(
        pl.col("value").cast(pl.Float64),
        *(pl.col(c).str.to_date() for c in ("released_on", "observed_on") if c in names),
    )


def write_parquet(rng: random.Random, rows: pl.DataFrame) -> Files:
    buffer = io.BytesIO()
    kind = rng.choice(["zstd", "snappy", "gzip", "lz4", "uncompressed"])
    rows.write_parquet(buffer, compression=kind, row_group_size=rng.choice([None, 2]))
    return {"t.parquet": buffer.getvalue()}


def bend_frame(rng: random.Random, rows: pl.DataFrame) -> pl.DataFrame:
    name = rng.choice(rows.columns)
    n = rows.height
    odd: list[Callable[[], pl.Series]] = [
        lambda: pl.Series(name, [rng.choice(CELLS) for _ in range(n)], dtype=pl.String),
        lambda: pl.Series(name, [rng.choice([0, -1, 2**62]) for _ in range(n)], dtype=pl.Int64),
        lambda: pl.Series(name, [rng.choice([float("nan"), 1e13, -0.0, float("inf")])] * n),
        lambda: pl.Series(name, [b"\xff"] * n, dtype=pl.Binary),
        lambda: pl.Series(name, [[1]] * n),
        lambda: pl.Series(name, [{"a": "x"}] * n),
        lambda: pl.Series(name, [None] * n, dtype=pl.Null),
        lambda: pl.Series(name, ["a"] * n).cast(pl.Categorical),
        lambda: pl.Series(name, [date(3000, 1, 1), *[None] * (n - 1)], dtype=pl.Date),
        lambda: pl.Series(name, [datetime(2025, 1, 1, rng.choice([0, 5]))] * n),
        lambda: pl.Series(name, [True] * n),
        lambda: pl.Series(name, [3] * n, dtype=pl.Duration("us")),
        lambda: pl.Series(name, ["1.5"] * n).cast(pl.Decimal(10, 2)),
    ]
    kind = rng.randrange(6)
    if kind == 0:
        return rows.drop(name)
    if kind == 1:
        return rows.with_columns(pl.Series(rng.choice(["supersedes", "retracts"]), ["x"] * n))
    if kind == 2:
        return (
            rows.rename({name: rng.choice(["note", "stderr", "\x1b", "", "x" * 500])}, strict=False)
            if rows.columns.count(name) and not {"note", "stderr"} & set(rows.columns)
            else rows
        )
    return rows.with_columns(rng.choice(odd)())


FORMATS: dict[str, Format] = {
    "csv": csv_format(",", "."),
    "csv-comma": csv_format(";", ","),
    "aa": Format(
        "aa",
        lambda rng: write_json(snapshot(rng)),
        lambda rng: write_json(bend_tree(rng, snapshot(rng))),
        {"components": True, "prices": True},
    ),
    "epoch-benchmarks": Format(
        "epoch-benchmarks", lambda rng: epoch(rng, False), lambda rng: epoch(rng, True), {}
    ),
    "parquet": Format(
        "parquet",
        lambda rng: write_parquet(rng, frame(rng)),
        lambda rng: write_parquet(rng, bend_frame(rng, frame(rng))),
        {"index": "I", "version": "1"},
    ),
}


def mutate(rng: random.Random, content: bytes, other: bytes) -> bytes:
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        size = len(content)
        at = rng.randrange(size + 1)
        if rng.random() < 0.3:  # towards the end, where Parquet keeps what it says of itself
            at = max(size - rng.randrange(1, 400), 0)
        length = rng.choice([1, 2, 8, 40, 200])
        kind = rng.randrange(7)
        if kind == 0 and at < size:
            content = (
                content[:at] + bytes([content[at] ^ 1 << rng.randrange(8)]) + content[at + 1 :]
            )
        elif kind == 1:
            content = content[:at]
        elif kind == 2:
            content = content[:at] + content[at + length :]
        elif kind == 3:
            content = content[:at] + content[at : at + length] * rng.randint(2, 4) + content[at:]
        elif kind == 4:
            start = rng.randrange(len(other) + 1)
            content = content[:at] + other[start : start + length] + content[at:]
        elif kind == 5 and at < size:
            content = content[:at] + rng.randbytes(length) + content[at + length :]
        else:
            content = content[:at] + rng.choice(TOKENS) + content[at:]
    return content


def make_input(name: str, seed: int, number: int) -> tuple[Files, random.Random]:
    rng = random.Random(f"{name}:{seed}:{number}")
    kind = FORMATS[name]
    way = rng.randrange(5)
    if way < 2:
        return kind.reshape(rng), rng
    files = kind.make(rng)
    if way == 4:  # a valid file among them, now and then
        return (files if rng.random() < 0.2 else kind.reshape(rng)), rng
    victim = rng.choice([*files, next(iter(files))])
    other = next(iter(kind.make(rng).values()))
    files[victim] = mutate(rng, files[victim], other)
    return files, rng


class Bench:
    """Runs inputs against a workspace, made anew before it grows large, and counts."""

    def __init__(self, name: str, seed: int, folder: Path) -> None:
        self.name, self.seed, self.folder = name, seed, folder
        self.kind = FORMATS[name]
        self.accepted = self.refused = self.used = 0
        self.catalogue = Catalogue()
        self.workspace: Workspace | None = None

    def run(self, number: int) -> None:
        """One input; AssertionError with the way to replay it when anything is wrong."""
        try:
            self._run(number)
        except BaseException as error:
            replay = f"{self.name} {self.seed} {number} 1"
            raise AssertionError(f"replay with: {__file__} {replay}: {error!r}") from error

    def _run(self, number: int) -> None:
        files, rng = make_input(self.name, self.seed, number)
        for name, content in files.items():
            (self.folder / name).write_bytes(content)
        path = self.folder / next(iter(files))
        given = self.kind.options
        options = ReadOptions(
            self.catalogue, datetime.now(UTC).date(), "I", "1", given.get("index"),
            given.get("version"), None, {}, given.get("decimal", "."),
            given.get("components", False), given.get("prices", False),
        )  # fmt: skip
        try:
            reading = sources.load(self.kind.source).read(path, options)
        except TrackerError as error:
            one_sentence(error)
            self.refused += 1
            return
        bad = {p.row for p in reading.problems}
        assert reading.read == reading.rows.height + len(bad) + len(reading.skipped)
        self._import(path, rng)

    def _import(self, path: Path, rng: random.Random) -> None:
        if self.workspace is None or self.used == 8:
            self.used = 0
            folder = Path(tempfile.mkdtemp(dir=self.folder))
            self.workspace = create_workspace(folder / "w")
        self.used += 1
        store = self.workspace.store
        before, rows = contents(store.folder), store.rows()
        try:
            result = self.workspace.import_files(
                self.kind.source, [path], keep_good=rng.random() < 0.5,
                same_version=rng.random() < 0.8, **self.kind.options,
            )  # fmt: skip
        except TrackerError as error:
            one_sentence(error)
            assert contents(store.folder) == before
            self.refused += 1
            return
        counted = result.added + result.unchanged + result.rejected + result.skipped
        assert result.read == counted
        assert min(result.added, result.unchanged, result.rejected, result.skipped) >= 0
        after = store.rows()
        assert after.height == rows.height + result.added
        within_limits(after.join(rows, on="observation_id", how="anti"))
        self.accepted += 1


def contents(folder: Path) -> dict[str, int]:
    return {str(f): f.stat().st_size for f in folder.rglob("*") if f.is_file()}


def one_sentence(error: TrackerError) -> None:
    assert error.message
    assert "Traceback" not in error.message
    assert len(error.message) < 3000
    error.message.encode("utf-8", "surrogateescape")


def within_limits(rows: pl.DataFrame) -> None:
    if rows.is_empty():
        return
    for name, limit in MAX_TEXT.items():
        assert (rows[name].str.len_chars().max() or 0) <= limit  # type: ignore[operator]
        assert not rows[name].str.contains(FORBIDDEN_TEXT).any()
    for name in ("value", "stderr"):
        assert rows[name].drop_nulls().is_finite().all()
        assert (rows[name].abs().max() or 0) <= MAX_NUMBER  # type: ignore[operator]
    today = datetime.now(UTC).date()
    for name in ("released_on", "observed_on"):
        assert rows[name].drop_nulls().is_between(EARLIEST, today).all()
    assert sum(rows.select(REQUIRED).null_count().row(0)) == 0


def run(name: str, seed: int, first: int, count: int, folder: Path) -> Bench:
    """Run `count` inputs of a format."""
    bench = Bench(name, seed, folder)
    for number in range(first, first + count):
        bench.run(number)
    return bench


@pytest.mark.parametrize("name", FORMATS)
def test_mutated_files_go_in_whole_or_not_at_all(tmp_path: Path, name: str) -> None:
    bench = run(name, 1, 0, 150, tmp_path)
    assert bench.accepted > 10
    assert bench.refused > 10


@pytest.mark.slow
def test_a_hundred_thousand_mutated_files() -> None:
    done: list[str] = []
    work = [(n, seed) for seed in (2, 3, 4, 5, 6) for n in FORMATS]
    while work:
        pair, work = work[:2], work[2:]
        running = [
            subprocess.Popen(
                [sys.executable, __file__, name, str(seed), "0", "4100"], text=True,
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": str(ROOT), "POLARS_MAX_THREADS": "1"},
            )
            for name, seed in pair
        ]  # fmt: skip
        for process in running:
            out, _ = process.communicate()
            assert process.returncode == 0, out
            done.append(out)
    print("".join(done))  # noqa: T201
    assert sum(int(line.split()[1]) for line in done) >= 100_000


def main(name: str, seed: str, first: str, count: str) -> None:
    """Run inputs in a folder in memory and say what became of them."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        bench = run(name, int(seed), int(first), int(count), Path(folder))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{name}: {count} inputs: {bench.accepted} accepted, {bench.refused} refused, "  # noqa: T201
          f"peak {peak} MB")  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
