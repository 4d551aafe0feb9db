"""What a bloc's name means."""

import pytest
from frames import RELEASES, table
from hypothesis import given
from hypothesis import strategies as st

from forecasts.errors import UsageError
from forecasts.measures.blocs import parse_bloc

MODELS = table([*RELEASES, ("c", "US,GB", "2024-01-02", 5)])


def names(spec: str) -> set[str]:
    return set(MODELS.filter(parse_bloc(spec).member)["model"])


def test_blocs_by_hand() -> None:
    us, cn = {"a1", "a2", "a3", "c"}, {"b1", "b2"}
    expected = {"US": us, "gb": {"c"}, "US,CN": us | cn, "CN+open": cn, "US+open": set(),
                "lab:LAB cn": cn, "proprietary": us}  # fmt: skip
    assert {spec: names(spec) for spec in expected} == expected


def test_a_name_has_one_spelling() -> None:
    assert parse_bloc(" us + OPEN , lab: Nobody ").spec == "US+open,lab:Nobody"


@pytest.mark.parametrize("wrong", ["", "USA", "lab:", "CN+", "CN,,US"])
def test_what_is_no_bloc(wrong: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_bloc(wrong)
    assert caught.value.code == "unknown_bloc"


TERM = st.sampled_from(["US", "CN", "GB", "open", "proprietary", "lab:lab CN"])


@given(st.lists(st.lists(TERM, min_size=1, max_size=3), min_size=1, max_size=3))
def test_a_plus_narrows_and_binds_tighter_than_a_comma_widens(parts: list[list[str]]) -> None:
    expected = set().union(*(set.intersection(*map(names, part)) for part in parts))
    assert names(",".join("+".join(part) for part in parts)) == expected
