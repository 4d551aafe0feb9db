"""Numbers as people write them: read in the only way there is, or refused with both."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasts.errors import UsageError
from tracker.recording.importing import RejectedRows
from tracker.recording.log import Release, plan_release
from tracker.sources.formats.numbers import as_numbers, why_no_number
from tracker.workspace import Workspace


def read(cells: list[str], decimal: str | None = "auto") -> list[float | None]:
    text = pl.DataFrame({"value": cells}, schema={"value": pl.String})
    return as_numbers(text, ["value"], decimal)["value"].to_list()


COLUMNS: dict[str, tuple[list[str], str, list[float | None]]] = {
    "one comma, two readings": (["1,490"], "auto", [None]),
    "all grouped, two readings": (["1,490", "1,287"], "auto", [None, None]),
    "grouped beside hundreds": (["1,490", "987"], "auto", [1490, 987]),
    "hundreds beside three decimals": (["1,497", "987"], "auto", [None, 987]),
    "grouped beside decimals": (["1,490", "1287.5", "12.25"], "auto", [1490, 1287.5, 12.25]),
    "groups of groups": (["1,234,567", "1,490"], "auto", [1234567, 1490]),
    "both signs": (["1,490.5", "1,490"], "auto", [1490.5, 1490]),
    "one stray decimal": (["57,123", "48,456", "57.3"], "auto", [None, None, 57.3]),
    "decimal commas": (["57,1", "48,456"], "auto", [None, None]),
    "both signs, reversed": (["1.490,5", "1.490"], "auto", [None, None]),
    "points that group": (["1.490", "987"], "auto", [None, 987]),
    "three decimals": (["57.123", "48.456", "0.581"], "auto", [57.123, 48.456, 0.581]),
    "comma said": (["1,490", "1.490,5", "1.490", "57,1", "57.1"], ",",
                   [1.49, 1490.5, 1490, 57.1, None]),
    "point said": (["1,490", "57.1", "57,1", "1.490,5"], ".", [1490, 57.1, None, None]),
    "spaces and apostrophes": (["1 490", "1\u202f490,5", "1'490.5"], "auto", [1490, None, 1490.5]),
    "percent": (["42%", "42.5 %", "\u22121.5%"], "auto", [42, 42.5, -1.5]),
    "no groups": (["14,90", "1,4900", "0,490", "12,34,567", ",5"], ".", [None] * 5),
    "signs": (["-1,490.5", "+5", "1e3", ".5", "5."], "auto", [-1490.5, 5, 1000, 0.5, 5]),
    "none": (["inf", "1.2.3", "x", "--5", "5%%"], "auto", [float("inf"), None, None, None, None]),
}  # fmt: skip


@pytest.mark.parametrize("case", COLUMNS)
def test_a_column_decides_or_is_refused(case: str) -> None:
    cells, decimal, numbers = COLUMNS[case]
    assert read(cells, decimal) == [n if n != float("inf") else None for n in numbers]


def test_both_readings_are_named() -> None:
    assert why_no_number("1,490", "auto") == "'1,490' is 1490 or 1.49: say `decimal` . or ,"
    assert (
        why_no_number("-12,345", "auto") == "'-12,345' is -12345 or -12.345: say `decimal` . or ,"
    )
    comma = "'1.490,5' is 1490.5 with a decimal comma: say `decimal` ,"
    assert why_no_number("1.490,5", "auto") == comma
    assert why_no_number("2,000", "auto") == "'2,000' is 2000 or 2: say `decimal` . or ,"


@settings(max_examples=30)
@given(st.lists(st.floats(-1e9, 1e9).map(lambda x: round(x, 3)), min_size=1, max_size=8))
def test_grouping_never_changes_a_number(values: list[float]) -> None:
    assert read([f"{v:,.3f}" for v in values], ".") == values
    swapped = [f"{v:,.3f}".translate(str.maketrans(",.", ".,")) for v in values]
    assert read(swapped, ",") == values
    undecided = zip(read([f"{v:,}" for v in values]), values, strict=True)
    assert all(got in (None, value) for got, value in undecided)


@pytest.mark.parametrize(
    ("value", "hint"), [("1,287", "Write 1287 or 1.287."), ("-1,287", "Write -1287 or -1.287.")]
)
def test_log_names_both_readings(demo: Workspace, value: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        plan_release(demo.data, Release("New", value, lab="OpenAI"))
    assert caught.value.hint == hint


def test_log_reads_what_has_one_reading(demo: Workspace) -> None:
    for written, value in {"42%": 42, "1,490.5": 1490.5, "1 490": 1490}.items():
        plan = plan_release(
            demo.data, Release("New", written, lab="OpenAI", index="J", version="1")
        )
        assert plan.row["value"].item() == value


def table(folder: Path, text: str) -> Path:
    file = folder / "t.csv"
    file.write_text(text)
    return file


def test_an_import_names_both_readings(empty: Workspace, tmp_path: Path) -> None:
    file = table(tmp_path, 'model,lab,value\nA,OpenAI,"1,490"\nB,OpenAI,"1,287"\n')
    with pytest.raises(RejectedRows) as caught:
        empty.import_files("csv", [file], index="I", version="1", observed_on=date(2026, 1, 1))
    assert caught.value.result.problems[0]["reason"] == (
        "'1,490' is 1490 or 1.49: say `decimal` . or ,"
    )
    empty.import_files(
        "csv", [file], index="I", version="1", observed_on=date(2026, 1, 1), decimal="."
    )
    assert empty.list().sort("model")["value"].to_list() == [1490, 1287]


def test_marks_for_no_value_in_optional_columns(empty: Workspace, tmp_path: Path) -> None:
    marks = ["n/a", "N/A", "-", "NaN", "", " ", "null", "–"]
    lines = "".join(f"M{i},OpenAI,{m},{i},{m},{m},{m},{m}\n" for i, m in enumerate(marks))
    head = "model,lab,country,value,stderr,released_on,open_weights,source_url\n"
    done = empty.import_files(
        "csv", [table(tmp_path, head + lines)], index="I", version="1",
        observed_on=date(2026, 1, 1),
    )  # fmt: skip
    assert (done.added, done.rejected) == (len(marks), 0)
    rows = empty.list()
    left_open = ["stderr", "released_on", "open_weights", "source_url"]
    assert rows.select(pl.col(left_open).null_count()).row(0) == (len(marks),) * 4
    assert set(rows["country"]) == {"US"}


def test_a_share_among_percentages_is_refused(empty: Workspace, tmp_path: Path) -> None:
    file = table(tmp_path, "model,lab,value\nA,OpenAI,42%\nB,OpenAI,0.43\n")
    with pytest.raises(RejectedRows) as caught:
        empty.import_files("csv", [file], index="I", version="1", observed_on=date(2026, 1, 1))
    assert [p["row"] for p in caught.value.result.problems] == [3]
    assert "it is 0.43 or 43" in str(caught.value.result.problems[0]["reason"])
