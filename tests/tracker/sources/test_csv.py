"""Tables of text: what is none ends in a sentence, rows of another length are named."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from reading import read

from forecasts.errors import TrackerError
from tracker.sources import csv
from tracker.sources import rows as reading

HEAD = "model,lab,value\n"


TABLES: dict[str, tuple[Callable[[], bytes], str]] = {
    "one endless line": (lambda: b"x" * 3_000_000, "line 1 is longer than 1,000,000 bytes"),
    "an endless line later": (
        lambda: HEAD.encode() + b"A,OpenAI,1\n" + b"y" * 3_000_000, "line 3 is longer"
    ),
    "a quotation that never closes": (
        lambda: (HEAD + 'A,"OpenAI,1\n' + "B,OpenAI,2\n" * 100_000).encode(), "line"
    ),
    "a record that never ends": (
        lambda: (HEAD + '"a\n",' * 400_000).encode(), "a record of more than 1,000,000 bytes"
    ),
    "columns by the thousand": (lambda: b"a," * 2000 + b"b\n1\n", "2,001 columns"),
    "a zero byte": (lambda: HEAD.encode() + b"A\x00,OpenAI,1\n", "line 2 holds a zero byte"),
    "no encoding that is known": (lambda: HEAD.encode() + b"\x81,OpenAI,1\n", "line 2, byte 1"),
    "a column twice": (lambda: b"model,lab,value,value\nA,OpenAI,1,2\n", "more than once"),
    "a header of quotation marks": (lambda: b'"","",\n', "names no columns"),
    "blank lines": (lambda: b"\n \n\n", "is empty"),
    "a stray quotation mark": (lambda: (HEAD + '"A"b,OpenAI,1\n').encode(), "row 2, line 2"),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLES)
def test_what_is_no_table(tmp_path: Path, case: str) -> None:
    make, words = TABLES[case]
    with pytest.raises(TrackerError, match=r"t\.csv") as caught:
        read("csv", tmp_path / "t.csv", make())
    assert words in caught.value.message
    assert caught.value.hint


def test_rows_of_another_length_are_named(tmp_path: Path) -> None:
    rows = "A,OpenAI,1\nB,OpenAI\nC,OpenAI,3,4\nD,OpenAI,5,,\n"
    found = read("csv", tmp_path / "t.csv", HEAD + rows)
    assert found.rows["model"].to_list() == ["A", "D"]
    assert [(p.row, p.field, p.reason) for p in found.problems] == [
        (3, "row", "has 2 cells where the header has 3"),
        (4, "row", "has 4 cells where the header has 3"),
    ]
    assert found.read == 4


def test_chunks_make_one_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv, "_CHUNK_ROWS", 3)
    rows = "".join(f"M{i},OpenAI,{'x' if i == 4 else i}\n" for i in range(10))
    found = read("csv", tmp_path / "t.csv", HEAD + rows)
    assert found.rows["value"].to_list() == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert [p.row for p in found.problems] == [6]


def test_more_rows_or_problems_than_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = HEAD + "A,OpenAI,1\n" * 5 + "B,OpenAI,x\n" * 5
    monkeypatch.setattr(reading, "MAX_PROBLEMS", 4)
    with pytest.raises(TrackerError, match="more than 4 problems, the first in row 7, value"):
        read("csv", tmp_path / "t.csv", text)
    monkeypatch.setattr(csv, "MAX_ROWS", 9)
    with pytest.raises(TrackerError, match="more than 9 rows"):
        read("csv", tmp_path / "t.csv", text)
    monkeypatch.setattr(csv, "MAX_BYTES", 50)
    with pytest.raises(TrackerError, match="larger than"):
        read("csv", tmp_path / "t.csv", text)


@pytest.mark.slow
def test_a_million_rows_in_bounded_memory(tmp_path: Path) -> None:
    file = tmp_path / "m.csv"
    with file.open("w") as out:
        out.write("model,lab,country,released_on,value,observed_on,source_url,note\n")
        for i in range(1_000_000):
            out.write(
                f"Model {i} with a name,OpenAI,US,2025-01-{1 + i % 28:02},{i / 7},2026-01-01,"
                f"https://example.org/{i},a note on {i}\n"
            )
    code = (
        "import sys; from datetime import date; from pathlib import Path\n"
        "from tracker.catalogue import Catalogue; from tracker.sources import csv\n"
        "from tracker.sources.contract import ReadOptions\n"
        "from tracker.sources.file import SourceFile\n"
        "options = ReadOptions(Catalogue(), date.today(), 'I', '1', observed_on=date(2026, 1, 1))\n"
        "print(csv.read(SourceFile(Path(sys.argv[1])), options).rows.height)\n"
        "print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True,
        cwd=Path(__file__).parents[3],
    )  # fmt: skip
    rows, peak = map(int, done.stdout.split())
    assert rows == 1_000_000
    assert peak < 1_000_000  # kB


def test_a_csv_row_that_points_at_another_is_refused(tmp_path: Path) -> None:
    text = "model,lab,value,supersedes\nA,OpenAI,1,\nB,OpenAI,2," + "0" * 32 + "\n"
    found = read("csv", tmp_path / "s.csv", text)
    assert found.rows["model"].to_list() == ["A"]
    assert [(p.row, p.field) for p in found.problems] == [(3, "supersedes")]
    assert "tracker merge" in found.problems[0].reason
