"""What a bloc's name means."""

import pytest
from frames import RELEASES, table
from hypothesis import given
from hypothesis import strategies as st

from forecasts.errors import UsageError
from forecasts.measures.blocs import GROUPS, parse_bloc, spelt_out

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


@pytest.mark.parametrize(("wrong", "meant"), [("opne", "open"), ("propietary", "proprietary")])
def test_what_is_no_bloc_but_nearly_one(wrong: str, meant: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_bloc(f"CN+{wrong}")
    assert caught.value.hint.startswith(f"Did you mean '{meant}'? ")


def test_a_country_by_its_name_is_told_its_code() -> None:
    names = {"China": "CN", "Switzerland": "CH"}
    with pytest.raises(UsageError) as caught:
        parse_bloc("CN,swizerland", names=lambda: names)
    assert caught.value.hint.startswith("Did you mean 'CH'? ")


def test_the_european_union_has_27_members_and_counts_as_them() -> None:
    assert len(set(GROUPS["EU"])) == 27
    assert {"FR", "DE", "GR", "IE", "HR"} < set(GROUPS["EU"])
    assert not {"GB", "CH", "NO", "EL", "US"} & set(GROUPS["EU"])
    rows = table([("f", "FR", "2024-01-02", 5), ("g", "GB", "2024-01-02", 5),
                  ("p", "US,PL", "2024-01-02", 5), ("u", "US", "2024-01-02", 5)])  # fmt: skip
    assert set(rows.filter(parse_bloc("eu").member)["model"]) == {"f", "p"}
    assert set(rows.filter(parse_bloc("EU+US").member)["model"]) == {"p"}
    assert parse_bloc("EU").spec == "EU"
    assert parse_bloc("EU").terms == parse_bloc(",".join(GROUPS["EU"])).terms
    assert parse_bloc("EU,FR+open,EU+EU").terms == parse_bloc("EU").terms


def test_the_united_kingdom_is_written_in_two_ways() -> None:
    assert parse_bloc("uk").spec == "GB"
    assert names("UK") == names("GB")


def test_a_group_of_ones_own_is_spelt_out() -> None:
    groups = {"BRICS": ["BR", "CN"], "North-America": ["US", "CA"]}
    assert spelt_out("brics", groups) == "BR,CN"
    assert spelt_out("BRICS+open, north-america", groups) == "BR+open,CN+open,US,CA"
    assert spelt_out("US,lab:BRICS,EU", groups) == "US,lab:BRICS,EU"
    assert names(spelt_out("BRICS+open", groups)) == names("CN+open")


TERM = st.sampled_from(["US", "CN", "GB", "UK", "EU", "open", "proprietary", "lab:lab CN"])


@given(st.lists(st.lists(TERM, min_size=1, max_size=3), min_size=1, max_size=3))
def test_a_plus_narrows_and_binds_tighter_than_a_comma_widens(parts: list[list[str]]) -> None:
    expected = set().union(*(set.intersection(*map(names, part)) for part in parts))
    assert names(",".join("+".join(part) for part in parts)) == expected
