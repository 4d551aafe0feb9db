"""What is read in columns says the same as what is read record by record."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from forecasts.errors import TrackerError
from tracker.sources.file import SourceFile
from tracker.sources.formats import delimited
from tracker.sources.formats.delimited import open_table
from tracker.sources.formats.plain import plain_rows

CELLS = st.text(alphabet="ab\" ,;\n\ré\u3000\t\x0b\x85\u2028'", max_size=4)
Found = list[tuple[int, list[str]]] | str


def read(content: bytes, *, in_columns: bool) -> tuple[Found, list[str]]:
    """Rows of a table with their numbers, or why there are none, and the notes."""
    rows: list[tuple[int, list[str]]] = []
    notes: list[str] = []
    try:
        file = SourceFile(Path("t.csv"), content)
        with open_table(file, max_bytes=10**6, max_rows=50, separators=",;") as table:
            if in_columns:
                for block in table.blocks:
                    rows += [(row[0], list(row[1:])) for row in block.iter_rows()]
            rows += table.records
            notes = table.notes
    except TrackerError as error:
        return error.message, notes
    return rows, notes


def same(content: bytes, block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "_BLOCK", block)
        patch.setattr(delimited, "_LOOKED_AT", 2)
        assert read(content, in_columns=True) == read(content, in_columns=False)


@settings(max_examples=400)
@given(st.lists(st.lists(CELLS, min_size=2, max_size=3), max_size=8), st.integers(1, 40),
       st.sampled_from(["\n", "\r\n"]))  # fmt: skip
def test_written_tables(rows: list[list[str]], block: int, end: str) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator=end).writerows([["a", "b", "c"], *rows])
    same(out.getvalue().encode(), block)


@settings(max_examples=600)
@given(st.text(alphabet='ab",;\n\r é\u3000', max_size=60), st.integers(1, 40))
@example('a,""x"",c\n', 1)
@example('"a"",b,"c",d\n1,2,3\n', 1)
@example("1,2,3\n\n \n4,5,6\r\n\r\n", 9)
@example('1,2,"3"\r\n4,"5""6",7', 4)
@example("1,2,3\n4,5,6\r", 4)
@example("1,2,3\r4,5,6\n", 4)
def test_any_text(text: str, block: int) -> None:
    same(b"a,b,c\n" + text.encode(), block)


@pytest.mark.parametrize(
    "tail",
    [b"1,2,\xe9\n", "1,2,é\n".encode() + b"1,2,\xe9\n", b"1,2,\x00\n", b"1,2,3\n" * 60,
     b"1,2," + b"x" * 200_000 + b"\n", b"1,2\n", b"1,2,3,\n", b'"1\n2",2,3\n'],
)  # fmt: skip
@pytest.mark.parametrize("block", [1, 20, 10**6])
def test_what_is_no_plain_block_is_told_as_ever(tail: bytes, block: int) -> None:
    same(b"a,b,c\n" + b"1,2,3\n" * 9 + tail + b"4,5,6\n", block)


def test_a_plain_block_is_read_in_columns() -> None:
    rows = plain_rows('1,"2, ""3""",\n,é,"x"\n'.encode(), 3, ",")
    assert rows is not None
    assert rows.rows() == [("1", '2, "3"', ""), ("", "é", "x")]
    for other in (b"1,2\n", b'1,"2"x,3\n', b'1,"2\n",3\n', b"1,2,\xff\n", b",,\n"):
        assert plain_rows(other, 3, ",") is None
