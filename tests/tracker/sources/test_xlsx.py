"""Sheets of workbooks: what a cell shows is what is read, and no file does harm."""

import io
import time
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from reading import read
from workbooks import SHEET, rewritten, workbook

from forecasts.errors import TrackerError, UsageError
from tracker.sources.formats import workbook as sheets_of

HEAD = ["Model", "Lab", "Value", "Released on", "Open weights"]
ROW = ["A", "OpenAI", 45.5, datetime(2025, 2, 1), "MIT"]


def facts(path: Path, content: bytes, **options: Any) -> list[tuple[Any, ...]]:
    found = read("xlsx", path, content, **options)
    assert found.problems == []
    names = ("model", "lab", "value", "released_on", "released_precision", "open_weights")
    return found.rows.select(names).rows()


def test_a_sheet_below_titles(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["Scores of June"], [], HEAD, ROW, [], ["B", "Kimi", 40, "June 2025"]]
    content = workbook(rows)
    assert facts(tmp_path / "t.xlsx", content) == [
        ("A", "OpenAI", 45.5, date(2025, 2, 1), None, True),
        ("B", "Moonshot AI", 40.0, date(2025, 6, 30), "month", None),
    ]
    found = read("xlsx", tmp_path / "t.xlsx", content)
    assert found.rows["row"].to_list() == [4, 6]  # as the spreadsheet numbers them
    assert "Lines above the head that were passed over: 1." in found.notes


SHOWN: dict[str, tuple[object, str, float]] = {
    "a percentage": (0.453, "0.0%", 45.3),
    "a number": (0.453, "0.000", 0.453),
    "a percent sign as text of the format": (45.3, '0.0"%"', 45.3),
    "text": ("1,490.5", "General", 1490.5),
    "many digits": (0.1234567890123456, "0.00", 0.1234567890123456),
}


@pytest.mark.parametrize("case", SHOWN)
def test_a_number_is_what_the_cell_shows(tmp_path: Path, case: str) -> None:
    value, shown, expected = SHOWN[case]

    def build(book: Any) -> None:
        book.active["C2"].number_format = shown

    content = workbook([HEAD, ["A", "OpenAI", value]], build)
    assert facts(tmp_path / "t.xlsx", content)[0][2] == expected


DATES = {
    "yyyy-mm-dd": (date(2025, 6, 1), None), "d/m/yy": (date(2025, 6, 1), None),
    "mmm-yy": (date(2025, 6, 30), "month"), "mmmm yyyy": (date(2025, 6, 30), "month"),
    "[$-409]mmmm\\ yyyy;@": (date(2025, 6, 30), "month"), "yyyy": (date(2025, 12, 31), "year"),
    "[$-F800]dddd, mmmm dd, yyyy": (date(2025, 6, 1), None),
}  # fmt: skip


@pytest.mark.parametrize("shown", DATES)
def test_a_date_is_as_fine_as_its_format_shows(tmp_path: Path, shown: str) -> None:
    def build(book: Any) -> None:
        book.active["D2"].number_format = shown

    content = workbook([HEAD, ["A", "OpenAI", 1, datetime(2025, 6, 1)]], build)
    assert facts(tmp_path / "t.xlsx", content)[0][3:5] == DATES[shown]


def test_dates_counted_from_1904_are_the_same(tmp_path: Path) -> None:
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    def build(book: Any) -> None:
        book.epoch = CALENDAR_MAC_1904

    assert facts(tmp_path / "t.xlsx", workbook([HEAD, ROW], build))[0][3] == date(2025, 2, 1)


def test_merged_cells_hold_what_their_first_holds(tmp_path: Path) -> None:
    def build(book: Any) -> None:
        book.active.merge_cells("B2:B3")

    rows = [["model", "lab", "value"], ["A", "New Lab", 1], ["B", None, 2], ["C", None, 3]]
    found = read("xlsx", tmp_path / "t.xlsx", workbook(rows, build))
    assert found.rows["lab"].to_list() == ["New Lab", "New Lab", None]
    assert any(note.startswith("1 cell of a merged range holds") for note in found.notes)


def test_a_formula_counts_by_its_stored_result(tmp_path: Path) -> None:
    content = workbook([["model", "lab", "value"], ["A", "OpenAI", "=40+2"], ["B", "OpenAI", 1]])
    found = read("xlsx", tmp_path / "t.xlsx", content)
    assert [(p.row, p.field) for p in found.problems] == [(2, "value")]
    assert "formula without its result" in found.problems[0].reason
    assert found.rows["model"].to_list() == ["B"]

    def stored(sheet: bytes) -> bytes:
        found = sheet.replace(b"<v />", b"<v>42</v>").replace(b"<v></v>", b"<v>42</v>")
        return found.replace(b"<v/>", b"<v>42</v>")

    read_again = read("xlsx", tmp_path / "t.xlsx", rewritten(content, {SHEET: stored}))
    assert read_again.rows["value"].to_list() == [42.0, 1.0]


def sheets(book: Any) -> None:
    for name, state in (("Two", "visible"), ("Notes", "visible"), ("Old", "hidden")):
        sheet = book.create_sheet(name)
        sheet.sheet_state = state
        sheet.append(["hello"] if name == "Notes" else ["model", "lab", "value"])
        sheet.append([name, "OpenAI", 1])


def test_one_of_several_sheets_is_chosen_or_said(tmp_path: Path) -> None:
    content = workbook([["model", "lab", "value"], ["One", "OpenAI", 1]], sheets)
    with pytest.raises(UsageError, match=r"several sheets that could be meant: 'Sheet', 'Two'\."):
        read("xlsx", tmp_path / "t.xlsx", content)
    for said, model in (("Two", "Two"), ("two", "Two"), ("Old", "Old")):
        found = read("xlsx", tmp_path / "t.xlsx", content, sheet=said)
        assert found.rows["model"].to_list() == [model]
    with pytest.raises(UsageError, match=r"has no sheet 'Three'"):
        read("xlsx", tmp_path / "t.xlsx", content, sheet="Three")

    def alone(book: Any) -> None:
        sheets(book)
        del book["Two"]

    found = read("xlsx", tmp_path / "t.xlsx", workbook([["model", "value"], ["One", 1]], alone))
    assert found.rows["model"].to_list() == ["One"]
    assert "Read is the sheet 'Sheet'; others: 'Notes', 'Old' (hidden)." in found.notes


def packed(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def bent(old: bytes, new: bytes) -> Callable[[], bytes]:
    good = workbook([["model", "lab", "value"], ["A", "OpenAI", 1]])
    return lambda: rewritten(good, {SHEET: lambda sheet: sheet.replace(old, new)})


def entities(sheet: bytes) -> bytes:
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (i, b"&l%d;" % (i - 1) * 10) for i in range(1, 10))
    head = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">' + laughs + b"]>"
    return head + sheet.split(b"?>")[-1].replace(b"OpenAI", b"&l9;")


HARM: dict[str, tuple[Callable[[], bytes], str]] = {
    "a zip bomb": (lambda: packed({"xl/workbook.xml": b" " * 5_000_001}), "when unpacked"),
    "many parts": (
        lambda: packed({f"x{i}.xml": b"" for i in range(10_001)} | {"xl/workbook.xml": b""}),
        "10,002 parts",
    ),
    "entities": (
        lambda: rewritten(workbook([["model", "value"], ["A", "OpenAI"]]), {SHEET: entities}),
        "declares a document type",
    ),
    "an old workbook": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old .xls"),
    "text": (lambda: b"model,value\nA,1\n", "no .xlsx workbook"),
    "another archive": (lambda: packed({"a.txt": b"x"}), "no .xlsx workbook"),
    "half a workbook": (lambda: workbook([["model", "value"]])[:-400], "no .xlsx workbook"),
    "no XML": (bent(b"<sheetData>", b"<sheetData"), "cannot be read"),
    "a row far below": (bent(b'<row r="2"', b'<row r="99999999"'), "more than 1,048,576 rows"),
    "a cell far out": (bent(b'r="C2"', b'r="ZZZ2"'), "more than 1,000 columns"),
}


@pytest.mark.parametrize("case", HARM)
def test_no_workbook_does_harm(tmp_path: Path, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets_of, "MAX_UNPACKED", 5_000_000)
    make, words = HARM[case]
    content = make()
    began = time.process_time()
    with pytest.raises(TrackerError, match=r"t\.xlsx") as caught:
        read("xlsx", tmp_path / "t.xlsx", content)
    assert words in caught.value.message
    assert caught.value.hint
    assert time.process_time() - began < 20


def test_a_sheet_that_claims_to_be_endless_is_read(tmp_path: Path) -> None:
    claimed = bent(b'<dimension ref="A1:C2"', b'<dimension ref="A1:XFD1048576"')()
    began = time.process_time()
    assert read("xlsx", tmp_path / "t.xlsx", claimed).rows.height == 1
    assert time.process_time() - began < 5
