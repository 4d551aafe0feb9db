"""Names with formulas, escapes and scripts of every width: kept as they are, shown harmlessly."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.results.exporting import GUARDED, export, guard
from tracker.sources.csv import _unguard
from tracker.store.schema import FORBIDDEN_TEXT
from tracker.text.printable import fit, printable, width
from tracker.workspace import Workspace, create_workspace

ROOT = Path(__file__).parents[3]
FACTS = {"lab": "OpenAI", "index": "I", "version": "1"}
FORMULAS = ["=1+1", "+1", "-1", "@x", "'=1", "''-x", "＝1", "plain", "'quoted'", "a=b"]
UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")

allowed = st.text(
    st.one_of(st.sampled_from("'=+-@,;\" aß日🚀"), st.characters(codec="utf-8")), min_size=1,
    max_size=30,
).filter(lambda t: not re.search(FORBIDDEN_TEXT, t) and t == t.strip(" \t"))  # fmt: skip


@given(st.lists(allowed, min_size=1, max_size=5))
def test_the_guard_is_taken_off_again(texts: list[str]) -> None:
    rows = pl.DataFrame({"model": texts})
    safe, changed = guard(rows)
    assert not safe["model"].str.contains("^[=+\\-@\t\r]").any()
    back, counted = _unguard(safe)
    assert back.equals(rows)
    assert counted == changed == sum(a != b for a, b in zip(texts, safe["model"], strict=True))
    assert changed == safe["model"].str.contains(GUARDED).sum()


@settings(max_examples=30, deadline=None)
@given(st.lists(allowed, min_size=1, max_size=4))
def test_what_is_exported_is_imported_unchanged(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("w")
    one, two = create_workspace(folder / "1"), create_workspace(folder / "2")
    for text in texts:
        one.log(text, 1.0, note=text, **FACTS)
    export(one.store.current(), folder / "e.csv")
    two.import_files("csv", [folder / "e.csv"])
    assert two.list().equals(one.list().with_columns(recorded_at=two.list()["recorded_at"]))


@given(st.text())
def test_printable_text_shows_itself(text: str) -> None:
    shown = printable(text)
    assert not UNSAFE.search(shown)
    assert "\n" not in shown
    assert printable(shown) == shown
    if text.isprintable():
        assert shown == text


def test_escapes_are_visible() -> None:
    assert printable("a\x1b[31m\x85\u202e\ud800\U000e0041") == (
        r"a\x1b[31m\x85\u202e\ud800\U000e0041"
    )


@given(st.text().map(printable), st.integers(1, 20), st.booleans())
def test_a_cell_takes_its_columns(text: str, columns: int, to_right: bool) -> None:
    assert width(fit(text, columns, to_right)) == columns


def test_widths() -> None:
    assert [width(t) for t in ("abc", "日本", "e\u0301", "🚀", "ﬁ")] == [3, 4, 1, 2, 1]


@pytest.fixture
def hostile(empty: Workspace) -> Workspace:
    for text in [*FORMULAS, "<b>x</b>", "../../etc/passwd", "日本語モデル", "e\u0301té"]:
        empty.log(text, 5.0, **FACTS)
    return empty


def run(*args: object, **env: str) -> "subprocess.CompletedProcess[bytes]":
    line = [os.fsencode(str(a)) for a in args]
    return subprocess.run(
        [sys.executable, "-c", "from tracker.cli import main; main()", *line],
        capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT), **env}, check=False,
    )  # fmt: skip


def test_csv_on_stdout_and_in_a_file_is_safe_and_says_so(
    hostile: Workspace, tmp_path: Path
) -> None:
    done = run("list", "--format", "csv", "--workspace", hostile.folder)
    lines = done.stdout.decode().splitlines()
    assert len(lines) == 15
    assert not [line for line in lines if re.search(r'(^|,)"?[=+@-]', line)]
    assert b"7 text cells begin like a formula" in done.stderr
    assert done.stderr.count(b"apostrophe") == 1
    file = tmp_path / "e.csv"
    said = run("export", file, "--workspace", hostile.folder)
    assert b"7 text cells begin like a formula" in said.stderr
    assert sorted(file.read_text("utf-8").splitlines()) == sorted(lines)
    back = hostile.import_files("csv", [file])
    assert (back.added, back.unchanged) == (0, 14)
    assert any("taken off 7 cells" in note for note in back.notes)
    for suffix in ("json", "parquet"):
        export(hostile.store.current(), tmp_path / f"e.{suffix}")
    plain = json.loads((tmp_path / "e.json").read_text("utf-8"))
    assert set(FORMULAS) <= {row["model"] for row in plain}
    assert set(FORMULAS) <= set(pl.read_parquet(tmp_path / "e.parquet")["model"])


def test_a_terminal_that_writes_ascii_only(hostile: Workspace) -> None:
    for settings_ in ({"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0",
                                                      "PYTHONCOERCECLOCALE": "0"}):  # fmt: skip
        for form in ("table", "json", "csv"):
            done = run("list", "--workspace", hostile.folder, "--format", form, **settings_)
            assert done.returncode == 0, done.stderr
            assert b"Traceback" not in done.stderr
        table = run("list", "--workspace", hostile.folder, **settings_).stdout
        if "PYTHONIOENCODING" in settings_:
            assert table.isascii()
            assert rb"\u65e5" in table
    lines = run("list", "--workspace", hostile.folder).stdout.decode().splitlines()
    assert len({width(line) for line in lines[1:]}) == 1


@pytest.mark.parametrize(
    "args",
    [
        ["log", "M\x1b[31m", "--value", "5", "--lab", "OpenAI"],
        ["log", "M\udcff", "--value", "5", "--lab", "OpenAI"],
        ["history", "M\udcff"], ["list", "--lab", "M\udcff\x1b"], ["show", "\x1b[2J"],
        ["import", "csv", "no\x1b[31m\udcff.csv"], ["import", "c\nError: sv", "x"],
        ["export", "e\x1b.txt"], ["gap", "--index", "\x9b31m"], ["\x1b[31m"], ["--\x1b"],
        ["gap", "--as-of", "\x1b[31m"], ["import", "csv", "x", "--map", "\x1b"],
    ],
)  # fmt: skip
def test_no_argument_is_echoed_raw(hostile: Workspace, args: list[str]) -> None:
    done = run(*args, "--workspace", hostile.folder)
    said = (done.stdout + done.stderr).decode("utf-8")  # and so no half of a character
    assert not UNSAFE.search(said)
    assert "Traceback" not in said
    assert "Unexpected" not in said
    assert not [line for line in said.splitlines()[1:] if line.startswith("Error")]


def test_foreign_columns_and_file_names_are_shown_harmlessly(
    hostile: Workspace, tmp_path: Path
) -> None:
    file = tmp_path / "t\x1b[31m.csv"
    file.write_text("model,lab,value,\x1b[2Jextra\nA,OpenAI,x\x1b,1\n")
    done = run("import", "csv", file, "--keep-good", "--workspace", hostile.folder)
    assert not UNSAFE.search((done.stdout + done.stderr).decode())
    assert rb"\x1b[2Jextra" in done.stderr
    file.write_text("name\x1b,score\nA,1\n")
    done = run("import", "csv", file, "--workspace", hostile.folder)
    assert rb"name\x1b" in done.stderr
    assert not UNSAFE.search(done.stderr.decode())


def test_undecodable_file_names_work(hostile: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "t\udcff.csv"
    Path(os.fsencode(file).decode("utf-8", "surrogateescape")).write_text(
        "model,lab,value\nNew,OpenAI,1\n"
    )
    for form in ("table", "json", "csv"):
        done = run("import", "csv", file, "--workspace", hostile.folder, "--index", "I",
                   "--index-version", "1", "--format", form)  # fmt: skip
        assert done.returncode == 0, done.stderr
