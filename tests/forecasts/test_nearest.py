"""The name that is probably meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasts.nearest import did_you_mean, nearest

CHARTS = ("frontier", "gap", "forecast-frontier", "forecast-gap", "closure", "theil-sen")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("gapp", ["gap"]), ("Forecast Gap", ["forecast-gap"]), ("forcast-gap", ["forecast-gap"]),
        ("theil", ["theil-sen"]), ("clsoure", ["closure"]), ("front", ["frontier"]),
        ("xyzzy", []), ("", []), ("-", []), ("g", []),
    ],
)  # fmt: skip
def test_names_like_one_that_nobody_knows(name: str, meant: list[str]) -> None:
    assert nearest(name, CHARTS) == meant


def test_several_names_come_likest_first() -> None:
    assert nearest("forecast", CHARTS, 2) == ["forecast-gap", "forecast-frontier"]
    assert nearest("gap", ("forecast-gap", "gap", "gaps"), 3) == ["gap", "gaps", "forecast-gap"]


def test_it_asks_only_where_there_is_something_to_ask() -> None:
    assert did_you_mean("gapp", CHARTS) == "Did you mean 'gap'? "
    assert did_you_mean("forecast", CHARTS, 2) == "Did you mean: forecast-gap; forecast-frontier? "
    assert did_you_mean("xyzzy", CHARTS) == ""


@given(st.text(max_size=20), st.lists(st.text(max_size=20), max_size=8), st.integers(1, 4))
def test_it_names_known_names_alone_and_one_that_is_known_first(
    name: str, known: list[str], count: int
) -> None:
    found = nearest(name, [*known, name], count)
    assert len(found) <= count
    assert set(found) <= {*known, name}
    if any(c.isalnum() for c in name):
        assert [c for c in found[0].casefold() if c.isalnum()] == [
            c for c in name.casefold() if c.isalnum()
        ]
