"""What is no file of a source ends in one sentence, and no more of it is read than may be."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from forecasts.errors import TrackerError
from forecasts.measures.prices import PRICE_INDEX, PRICE_VERSION
from tracker import sources
from tracker.catalogue import Catalogue
from tracker.sources import csv
from tracker.sources import rows as reading
from tracker.sources.rows import Reading, ReadOptions
from tracker.workspace import Workspace

OPTIONS = ReadOptions(Catalogue(), date.today(), "I", "1")
SCORE = "artificial_analysis_intelligence_index"


def read(kind: str, path: Path, content: bytes | str = b"", **options: Any) -> Reading:
    if content:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    given = ReadOptions(**{**vars(OPTIONS), **options})
    return sources.load(kind).read(path, given)


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
    "another encoding": (lambda: HEAD.encode() + b"\xc9,OpenAI,1\n", "line 2, byte 1"),
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


LIMITS = {
    "value": [("1e12", None), ("-1000000000000", None), ("1.1e12", "beyond 1e+12"),
              ("1e999", "not a finite number")],
    "country": [("US;cn", None), ("US,US", "names a country twice"),
                ("US,CN,FR,DE,GB,JP,KR,CA,IL,IN,AE", "more than 10 countries")],
    "released_on": [("1950-01-01", None), ("1949-12-31", "before 1950")],
}  # fmt: skip


@pytest.mark.parametrize("column", LIMITS)
def test_limits_of_a_cell(tmp_path: Path, column: str) -> None:
    for text, words in LIMITS[column]:
        row = {"model": "A", "lab": "OpenAI", "value": "1", column: text}
        cells = ";".join(row).replace(";", ",") + "\n" + ",".join(f'"{c}"' for c in row.values())
        found = read("csv", tmp_path / "t.csv", cells + "\n")
        if words is None:
            assert (found.rows.height, found.problems) == (1, [])
        else:
            assert [p.field for p in found.problems] == [column]
            assert words in found.problems[0].reason


def snapshot(*models: Any, **meta: Any) -> str:
    return json.dumps({"meta": {"fetched_at": "2026-06-10T00:00:00Z", **meta}, "models": models})


def model(**more: Any) -> dict[str, Any]:
    return {"name": "A", "creator": {"name": "OpenAI"}, "evaluations": {SCORE: 1}, **more}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 10_000 + "]" * 10_000, "nested more than 100 deep"),
        ("[" * 1_000_000 + "]" * 1_000_000, "nested more than 100 deep"),
        ('{"a":' * 5000 + "1" + "}" * 5000, "nested more than 100 deep"),
        ("[" + "[]," * 3_000_001 + "1]", "more than 3,000,000 values"),
        ("[" + "1" * 5000 + "]", "a whole number of 5,000 digits"),
        ("[NaN]", "holds NaN"),
        ("[-Infinity]", "holds -Infinity"),
        ('[{"a": 1, "a": 2}]', "two members named 'a'"),
        (snapshot(fetched_at=12), "meta.fetched_at"),
        (snapshot(fetched_at="9999-12-31T23:59:59-23:00"), "meta.fetched_at"),
        (snapshot(source_url=5), "meta.source_url is a number"),
        ('{"meta": [], "models": {}}', "another shape"),
        ('{"meta": {', "not complete JSON"),
    ],
)
def test_what_is_no_snapshot(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(TrackerError, match=r"s\.json") as caught:
        read("aa", tmp_path / "s.json", text)
    assert words in caught.value.message
    assert caught.value.hint


def test_brackets_in_text_are_no_depth(tmp_path: Path) -> None:
    found = read("aa", tmp_path / "s.json", snapshot(model(notes='\\"' + "[{" * 1000)))
    assert found.rows.height == 1


WRONG: dict[str, Any] = {
    "name": model(name=["x"]), "creator": model(creator=None), "evaluations": model(evaluations=""),
    "release_date": model(release_date=5),
    "creator.country": model(creator={"name": "OpenAI", "country": ["us"]}),
    "open_weights": model(open_weights=3), "reasoning_model": model(reasoning_model="yes"),
    "models": 5, SCORE: model(evaluations={SCORE: "1"}), "creator.name": model(creator={"name": 1}),
    "pricing.price_1m_blended_3_to_1": model(pricing={"price_1m_blended_3_to_1": -1}),
    "pricing": model(pricing=[]),
}  # fmt: skip


@pytest.mark.parametrize("field", WRONG)
def test_a_member_of_another_type_rejects_its_model_only(tmp_path: Path, field: str) -> None:
    found = read("aa", tmp_path / "s.json", snapshot(model(), WRONG[field]), prices=True)
    assert [(p.row, p.field) for p in found.problems] == [(2, field)]
    assert (found.rows.height, found.read) == (1, 2)


def test_half_a_character_is_a_problem_of_its_row(tmp_path: Path) -> None:
    found = read("aa", tmp_path / "s.json", snapshot(model(name="x\ud800"), model()))
    assert [(p.row, p.field) for p in found.problems] == [(1, "name")]
    assert found.problems[0].reason.isprintable()


def test_prices_are_an_index_of_their_own(empty: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "s.json"
    price = "price_1m_blended_3_to_1"
    file.write_text(snapshot(
        model(name="Free", pricing={price: 0}), model(name="Paid", pricing={price: 2.5}),
        model(name="None", pricing={price: None}), model(name="Absent"),
    ))  # fmt: skip
    assert empty.import_files("aa", [file]).read == 4
    result = empty.import_files("aa", [file], prices=True)
    assert (result.added, result.unchanged, result.skipped, result.rejected) == (2, 4, 0, 0)
    rows = empty.list(index=PRICE_INDEX, version=PRICE_VERSION).sort("model")
    assert rows.select("model", "value").rows() == [("Free", 0.0), ("Paid", 2.5)]


@pytest.mark.parametrize("kind", sources.SOURCES)
def test_paths_that_are_no_files(tmp_path: Path, kind: str) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for path, words in (
        (tmp_path, "is a folder"), (tmp_path / "none", "no file"), (loop, "symbolic links"),
        (Path("a\x00b"), "null byte"), (tmp_path / ("x" * 5000), "too long"),
    ):  # fmt: skip
        with pytest.raises(TrackerError) as caught:
            read(kind, path)
        assert words in caught.value.message
        assert caught.value.message.isprintable()


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no /dev/zero")
@pytest.mark.parametrize("kind", sources.SOURCES)
def test_an_endless_file_is_not_read_to_its_end(kind: str) -> None:
    with pytest.raises(TrackerError, match="/dev/zero"):
        read(kind, Path("/dev/zero"))


def test_a_pipe_can_be_read(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", f"print({(HEAD + 'A,OpenAI,1')!r})"], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        found = read("csv", Path(f"/dev/fd/{process.stdout.fileno()}"))
    assert found.rows.height == 1


def test_nothing_to_import_is_said(tmp_path: Path) -> None:
    assert read("csv", tmp_path / "t.csv", HEAD).notes == [f"{tmp_path / 't.csv'} holds no rows."]
    assert "holds no models" in read("aa", tmp_path / "s.json", snapshot()).notes[0]


def test_a_parquet_export_comes_back(demo: Workspace, empty: Workspace, tmp_path: Path) -> None:
    from tracker.results.exporting import export

    export(demo.store.current(), tmp_path / "e.parquet")
    result = empty.import_files("parquet", [tmp_path / "e.parquet"])
    assert (result.added, result.rejected) == (demo.store.current().height, 0)
    same = "observation_id"
    assert set(empty.store.rows()[same]) == set(demo.store.current()[same])


def test_a_correction_in_parquet_points_at_merge(empty: Workspace, tmp_path: Path) -> None:
    from tracker.results.exporting import export

    facts = {"lab": "OpenAI", "index": "I", "version": "1"}
    identity = empty.log("A", 1.0, **facts).observation_id
    empty.correct(identity, value=2.0)
    export(empty.store.current(), tmp_path / "e.parquet")
    found = read("parquet", tmp_path / "e.parquet")
    assert [(p.row, p.field) for p in found.problems] == [(1, "supersedes")]
    assert "tracker merge" in found.problems[0].reason


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
        "from tracker.catalogue import Catalogue; from tracker.sources import csv, ReadOptions\n"
        "options = ReadOptions(Catalogue(), date.today(), 'I', '1')\n"
        "print(csv.read(Path(sys.argv[1]), options).rows.height)\n"
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


def test_a_blend_that_is_not_stated_is_computed_and_says_so(tmp_path: Path) -> None:
    both = {"price_1m_input_tokens": 2, "price_1m_output_tokens": 10}
    models = [
        model(name="Stated", pricing={**both, "price_1m_blended_3_to_1": 3.5}),
        model(name="Computed", pricing=both),
        model(name="Half", pricing={"price_1m_input_tokens": 2}),
    ]
    found = read("aa", tmp_path / "s.json", snapshot(*models), prices=True)
    prices = found.rows.filter(index_name=PRICE_INDEX).sort("model")
    assert prices.select("model", "value", "estimated").rows() == [
        ("Computed", 4.0, True), ("Stated", 3.5, None),
    ]  # fmt: skip
