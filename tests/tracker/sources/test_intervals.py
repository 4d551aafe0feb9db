"""Standard errors of intervals, against the normal distribution of scipy."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import read
from scipy.stats import norm

from forecasts.errors import UsageError
from tracker.sources.formats.numbers import as_numbers
from tracker.sources.intervals import machine_number

HEAD = "model,lab,value,lo,hi\n"


@given(st.floats(-100, 100), st.floats(0.01, 50), st.sampled_from([50.0, 68.27, 80, 90, 95, 99.9]))
def test_the_interval_of_a_normal_gives_its_standard_error(
    tmp_path_factory: pytest.TempPathFactory, value: float, stderr: float, level: float
) -> None:
    low, high = map(float, norm.interval(level / 100, value, stderr))
    path = tmp_path_factory.mktemp("i") / "t.csv"
    text = f"{HEAD}A,OpenAI,{value!r},{low!r},{high!r}\n"
    found = read("csv", path, text, interval=f"lo,hi,{level}", decimal=".")
    assert found.problems == []
    assert found.rows["stderr"][0] == pytest.approx(stderr, rel=1e-9, abs=1e-12)


def test_ends_are_checked_by_row_and_column(tmp_path: Path) -> None:
    rows = "A,OpenAI,5,4,6\nB,OpenAI,5,6,4\nC,OpenAI,5,,6\nD,OpenAI,5,–,n/a\nE,OpenAI,5,x,6\n"
    found = read("csv", tmp_path / "t.csv", HEAD + rows, interval="lo,hi,90")
    assert [(p.row, p.field, p.reason) for p in found.problems] == [
        (3, "lo", "6 is above hi, 4"),
        (4, "lo", "is missing, and the other end of the interval is there"),
        (6, "lo", "'x' is not a finite number"),
    ]
    assert found.rows["model"].to_list() == ["A", "D"]
    assert found.rows["stderr"].to_list() == [pytest.approx(1 / 1.6448536269514722), None]
    told = "Standard errors of 1 row are the 90% interval lo to hi divided by 3.29."
    assert told in found.notes


def test_a_skewed_interval_is_told(tmp_path: Path) -> None:
    rows = "A,OpenAI,50,49,56\nB,OpenAI,50,48,52\n"
    found = read("csv", tmp_path / "t.csv", HEAD + rows, interval="lo,hi,90")
    assert any(note.startswith("1 interval reaches more than half as far") for note in found.notes)


def test_a_decimal_comma_is_that_of_the_ends_too(tmp_path: Path) -> None:
    text = "model;lab;value;low, 90;high\nA;OpenAI;1.000,5;998,855;1.002,145\n"
    found = read("csv", tmp_path / "t.csv", text, interval="low, 90,high,90%", decimal=",")
    assert found.rows.select("value", "stderr").row(0) == (1000.5, pytest.approx(1.0001, abs=1e-4))


WRONG = {
    "lo,hi": "no level", "lo,hi,0": "no level", "lo,hi,100": "no level", "lo,hi,nan": "no level",
    "lo,up,90": "no two columns", "lo,lo,90": "no two columns", "90": "no two columns",
}  # fmt: skip


@pytest.mark.parametrize("said", WRONG)
def test_what_is_no_interval(tmp_path: Path, said: str) -> None:
    with pytest.raises(UsageError, match=WRONG[said]):
        read("csv", tmp_path / "t.csv", HEAD + "A,OpenAI,5,4,6\n", interval=said)


def test_two_standard_errors_are_refused(tmp_path: Path) -> None:
    text = "model,lab,value,lo,hi,stderr\nA,OpenAI,5,4,6,1\n"
    with pytest.raises(UsageError, match="both say the standard error"):
        read("csv", tmp_path / "t.csv", text, interval="lo,hi,90")


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([".", ",", "auto"]))
def test_a_machine_number_is_the_same_by_any_rule(number: float, decimal: str) -> None:
    import polars as pl

    text = pl.DataFrame({"v": [machine_number(number), "1"]})
    assert as_numbers(text, ["v"], decimal)["v"][0] == number
