"""Tables as people save them: whatever the separator, the encoding and what stands above."""

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reading import read

from forecasts.errors import TrackerError, UsageError
from tracker.sources import SOURCES, load
from tracker.sources.file import SourceFile
from tracker.sources.parquet import read as read_parquet

ROWS = [["Étoile 1", "OpenAI", "45.5", "a note, with ; | and\ttab"], ["B 2", "Kimi", "40", '"x"']]
NAMES = ["model", "lab", "value", "note"]
FACTS = pl.DataFrame(
    [["Étoile 1", "OpenAI", 45.5, ROWS[0][3].replace("\t", " ")],
     ["B 2", "Moonshot AI", 40.0, '"x"']],
    schema=NAMES, orient="row",
)  # fmt: skip
ABOVE = ["", "Scores of June\n\n", "Scores, of June 2025\nin points\n", "\n\n\n"]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]


def written(separator: str, end: str, above: str, heads: list[str] = NAMES) -> str:
    def line(cells: list[str]) -> str:
        quoted = ('"' + c.replace("\t", " ").replace('"', '""') + '"' for c in cells)
        return separator.join(quoted) + end

    return above.replace("\n", end) + "".join(map(line, [heads, *ROWS]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(ABOVE), st.sampled_from(ENCODINGS), st.booleans(),
)  # fmt: skip
def test_every_way_of_saving_a_table_gives_its_rows(
    tmp_path: Path, separator: str, end: str, above: str, encoding: str, directive: bool
) -> None:
    text = written(separator, end, above)
    if directive:
        text = f"sep={separator}{end}{text}"
    found = read("csv", tmp_path / "t.csv", text.encode(encoding))
    assert found.problems == []
    assert found.rows.select(NAMES).equals(FACTS)
    told = " ".join(found.notes)
    assert ("UTF-16" in told) == encoding.startswith("utf-16")
    assert ("Windows-1252" in told) == (encoding == "cp1252")
    assert ("passed over" in told) == bool(above.strip())
    assert ("carriage returns" in told) == (end == "\r")


def test_rows_are_counted_from_the_top_of_the_file(tmp_path: Path) -> None:
    text = "Title\n\nmodel;lab;value\nA;OpenAI;1\nB;OpenAI;x\n"
    found = read("csv", tmp_path / "t.csv", text)
    assert [(p.row, p.field) for p in found.problems] == [(4, "value")]


def test_a_head_that_needs_a_mapping_is_found_by_it(tmp_path: Path) -> None:
    text = "Title, of two\nsystem;who;points\nA;OpenAI;1\n"
    mapping = {"model": "system", "lab": "who", "value": "points"}
    found = read("csv", tmp_path / "t.csv", text, mapping=mapping)
    assert found.rows["model"].to_list() == ["A"]
    with pytest.raises(TrackerError, match="its columns are: system, who, points") as caught:
        read("csv", tmp_path / "t.csv", "Title\nsystem;who;points\nA;OpenAI;1\n")
    assert "`mapping` model=system; `explain`" in (caught.value.hint or "")


def test_names_that_differ_by_case_and_spaces_alone_are_taken(tmp_path: Path) -> None:
    text = "Model,LAB,Value,Released on,open-weights,Value 2\nA,OpenAI,1,2025-01-02,MIT,9\n"
    found = read("csv", tmp_path / "t.csv", text)
    row = found.rows.row(0, named=True)
    assert (row["model"], row["value"], str(row["released_on"])) == ("A", 1.0, "2025-01-02")
    assert row["open_weights"] is True
    assert "Columns not used: Value 2." in found.notes
    both = "model,Model,lab,value\nA,B,OpenAI,1\n"
    assert read("csv", tmp_path / "t.csv", both).rows["model"][0] == "A"
    with pytest.raises(TrackerError, match="has no column 'model'"):
        read("csv", tmp_path / "t.csv", "Model,MODEL,lab,value\nA,B,OpenAI,1\n")


def test_text_of_two_encodings_is_refused(tmp_path: Path) -> None:
    head = b"model,lab,value\n"
    for lines in (b"\xc3\xa9,X,1\n\xe9,X,2\n", b"\xe9,X,1\n\x81,X,2\n"):
        with pytest.raises(TrackerError, match=r"line 3, byte 1"):
            read("csv", tmp_path / "t.csv", head + lines)
    with pytest.raises(TrackerError, match="UTF-16"):
        read("csv", tmp_path / "t.csv", b"\xff\xfem\x00o\x00\x00\xd8")


def test_blanks_below_are_filled_if_asked_and_told_if_not(tmp_path: Path) -> None:
    text = "lab,country,model,value\nNew,FR,A,1\n,,B,2\nOther,CA,C,3\n,,D,4\n"
    asked = read("csv", tmp_path / "t.csv", text, fill_down="lab,country")
    assert asked.rows["lab"].to_list() == ["New", "New", "Other", "Other"]
    assert asked.rows["country"].to_list() == ["FR", "FR", "CA", "CA"]
    assert "The lab of 2 rows is that of the row above." in asked.notes
    plain = read("csv", tmp_path / "t.csv", text)
    assert plain.rows["lab"].to_list() == ["New", None, "Other", None]
    told = "The lab is blank in 2 rows below one that has it; where that one is meant, say `fill_"
    assert any(note.startswith(told) for note in plain.notes)
    with pytest.raises(UsageError, match="'labs' is not a column"):
        read("csv", tmp_path / "t.csv", text, fill_down="labs")


def test_filling_goes_on_over_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load("csv"), "_CHUNK_ROWS", 2)
    text = "lab,model,value,released_on\nNew,A,1,01/02/2025\n,B,2,03/02/2025\n,C,3,25/02/2025\n"
    found = read("csv", tmp_path / "t.csv", text, fill_down="lab")
    assert found.rows["lab"].to_list() == ["New"] * 3
    assert found.rows["released_on"].cast(pl.String).to_list() == [
        "2025-02-01", "2025-02-03", "2025-02-25",
    ]  # fmt: skip
    assert found.rows["row"].to_list() == [2, 3, 4]


def test_rows_without_a_value_are_skipped_and_counted(tmp_path: Path) -> None:
    text = "model,lab,value\nA,OpenAI,1\nB,OpenAI,–\nOpen models,,\nC,OpenAI,n/a\n"
    found = read("csv", tmp_path / "t.csv", text)
    assert found.rows["model"].to_list() == ["A"]
    assert [p.row for p in found.skipped] == [3, 4, 5]
    assert found.read == 4
    assert "3 rows have no value and were skipped: 3, 4, 5." in found.notes


def test_problems_name_row_column_and_what_to_do(tmp_path: Path) -> None:
    text = (
        "model,lab,value,country,open weights,released_on\n"
        "A,X,1,Chnia,MIT,2025-01-01\nB,X,1,US,custom,2025-01-01\nC,X,1,UK,API,01/02/2025\n"
    )
    found = read("csv", tmp_path / "t.csv", text)
    assert [(p.row, p.field) for p in found.problems] == [
        (2, "country"), (3, "open_weights"), (4, "released_on"),
    ]  # fmt: skip
    reasons = [p.reason for p in found.problems]
    assert "China would be CN" in reasons[0]
    assert "write yes or no" in reasons[1]
    assert "say `dates` dmy or mdy" in reasons[2]


def test_words_that_say_unknown_leave_a_cell_open(tmp_path: Path) -> None:
    text = "model,lab,value,country,open weights,released_on,reasoning\n" \
        "A,X,1,unknown,Unknown,TBD,?\nB,X,2,UK,MIT,1 Feb 2025,no\nC,X,3,-,n/a,–,\n"  # fmt: skip
    found = read("csv", tmp_path / "t.csv", text)
    assert found.problems == []
    names = ("country", "open_weights", "released_on", "reasoning")
    rows = found.rows.select(names).rows()
    assert rows[0] == rows[2] == (None, None, None, None)
    assert [str(v) for v in rows[1]] == ["GB", "True", "2025-02-01", "False"]


JSON: dict[str, object] = {
    "a list": [{"model": "A", "lab": "OpenAI", "value": 1.5, "open_weights": True}],
    "one list in an object": {"made": "x", "rows": [{"model": "A", "lab": "OpenAI", "value": 1.5,
                                                     "open_weights": "MIT"}]},
    "text for numbers": [{"model": "A", "lab": "OpenAI", "value": "1.5", "open_weights": "yes"}],
}  # fmt: skip


@pytest.mark.parametrize("case", JSON)
def test_json_of_objects(tmp_path: Path, case: str) -> None:
    found = read("json", tmp_path / "t.json", json.dumps(JSON[case]))
    assert found.problems == []
    names = ("model", "lab", "value", "open_weights")
    assert found.rows.select(names).rows() == [("A", "OpenAI", 1.5, True)]


def test_json_entries_of_another_kind_are_told_by_row(tmp_path: Path) -> None:
    rows = [{"model": "A", "lab": "OpenAI", "value": 1}, 5, {"model": "B", "value": [1]},
            {"model": "\ud800", "value": 1}]  # fmt: skip
    found = read("json", tmp_path / "t.json", json.dumps(rows))
    assert [(p.row, p.field) for p in found.problems] == [(2, "row"), (3, "value"), (4, "model")]
    assert found.rows["model"].to_list() == ["A"]
    for other in ("5", '{"a": 1}', '{"a": [], "b": []}', '"x"'):
        with pytest.raises(TrackerError, match="another shape"):
            read("json", tmp_path / "t.json", other)


def test_a_decimal_comma_of_text_leaves_numbers_of_json_alone(tmp_path: Path) -> None:
    rows = [{"model": "A", "lab": "X", "value": 1.234}, {"model": "B", "lab": "X", "value": "1,5"}]
    found = read("json", tmp_path / "t.json", json.dumps(rows), decimal=",")
    assert found.rows["value"].to_list() == [1.234, 1.5]


@pytest.mark.parametrize("decimal", ["auto", ".", ","])
def test_kinds_of_parquet_columns(tmp_path: Path, decimal: str) -> None:
    from datetime import UTC, datetime
    from decimal import Decimal

    moments = [datetime(2025, 2, 1, tzinfo=UTC), datetime(2025, 2, 1, 23, 30, tzinfo=UTC)]
    rows = pl.DataFrame({
        "model": pl.Series(["A", "B"]).cast(pl.Categorical),
        "lab": pl.Series(["OpenAI", "Kimi"]).cast(pl.Enum(["OpenAI", "Kimi"])),
        "value": pl.Series([Decimal("45.120"), Decimal("1.490")]),
        "stderr": pl.Series([1.5, 2.25], dtype=pl.Float32),
        "released_on": moments,
        "observed_on": pl.Series([datetime(2026, 1, 1)] * 2).dt.replace_time_zone("Asia/Shanghai"),
        "open_weights": pl.Series(["MIT", "Closed"]).cast(pl.Categorical),
    })  # fmt: skip
    rows.write_parquet(tmp_path / "t.parquet")
    found = read("parquet", tmp_path / "t.parquet", decimal=decimal)
    assert found.problems == []
    names = ("model", "lab", "value", "stderr", "released_on", "open_weights")
    assert [tuple(map(str, row)) for row in found.rows.select(names).rows()] == [
        ("A", "OpenAI", "45.12", "1.5", "2025-02-01", "True"),
        ("B", "Moonshot AI", "1.49", "2.25", "2025-02-01", "False"),
    ]
    from reading import OPTIONS

    seen = read_parquet(SourceFile(tmp_path / "t.parquet"), OPTIONS)
    assert seen.rows["observed_on"].cast(pl.String).to_list() == ["2026-01-01"] * 2


def test_tables_share_their_options() -> None:
    tables = [name for name in SOURCES if hasattr(load(name), "columns")]
    assert tables == ["csv", "parquet", "xlsx", "json"]
    common = {"mapping", "decimal", "dates", "interval", "fill_down"}
    assert all(common <= {o.name for o in load(t).OPTIONS} for t in tables)  # type: ignore[attr-defined]
