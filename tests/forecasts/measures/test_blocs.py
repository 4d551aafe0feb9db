"""What a bloc's name means."""

import polars as pl
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


SAID = MODELS.with_columns(
    reasoning=pl.Series([True, False, None, True, False, None]),
    parameters=pl.Series([1.0, 40.0, None, 671.0, 30.5, None]),
    active_parameters=pl.Series([1.0, 4.0, None, 37.0, 3.0, None]),
    size_class=pl.Series(["tiny", "small", None, "large", "small", None]),
    licence=pl.Series(["MIT", "Apache 2.0", None, "Mit", "apache-2.0", None]),
)


@pytest.mark.parametrize(
    ("spec", "at"),
    [
        ("reasoning", [0, 3]), ("non-reasoning", [1, 4]), ("Reasoning+US", [0, 3]),
        ("size:SMALL", [1, 4]), ("licence:mit", [0, 3]), ("license:Apache 2.0", [1, 4]),
        ("licence:apache-2.0+CN", [4]), ("params<=40", [0, 1, 4]), ("params<40", [0, 4]),
        ("PARAMS >= 40", [1, 3]), ("params>40.5", [3]), ("active<=3", [0, 4]),
        ("US+proprietary+reasoning", [0, 3]), ("params<=40,reasoning", [0, 1, 3, 4]),
    ],
)  # fmt: skip
def test_blocs_of_what_is_said_of_models(spec: str, at: list[int]) -> None:
    bloc = parse_bloc(spec)
    assert SAID.select(pl.arg_where(bloc.member)).to_series().to_list() == at
    assert parse_bloc(bloc.spec) is not bloc
    assert parse_bloc(bloc.spec).spec == bloc.spec


@pytest.mark.parametrize(
    ("one", "other"), [("reasoning", "non-reasoning"), ("params<=40", "params>40"),
                       ("open", "proprietary"), ("active<3", "active>=3")]
)  # fmt: skip
def test_a_model_of_which_it_is_not_known_is_in_neither(one: str, other: str) -> None:
    blocs = parse_bloc(one), parse_bloc(other)
    members = [SAID.filter(bloc.member).height for bloc in blocs]
    unknown = [SAID.filter(bloc.unknown)["model"].to_list() for bloc in blocs]
    assert unknown[0] == unknown[1]
    assert sum(members) + len(unknown[0]) == SAID.height
    # What decides already leaves nothing open.
    both = SAID.filter(parse_bloc(f"CN+{one}").unknown)["model"].to_list()
    assert both == [name for name in unknown[0] if name == "b1"]


def test_a_name_has_one_spelling() -> None:
    assert parse_bloc(" us + OPEN , lab: Nobody ").spec == "US+open,lab:Nobody"


@pytest.mark.parametrize("wrong", ["", "USA", "lab:", "CN+", "CN,,US", "params<=", "params=4",
                                   "params<=-1", "size:", "licence: ", "params<=1e3"])  # fmt: skip
def test_what_is_no_bloc(wrong: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_bloc(wrong)
    assert caught.value.code == "unknown_bloc"


TERM = st.sampled_from(["US", "CN", "GB", "open", "proprietary", "lab:lab CN"])


@given(st.lists(st.lists(TERM, min_size=1, max_size=3), min_size=1, max_size=3))
def test_a_plus_narrows_and_binds_tighter_than_a_comma_widens(parts: list[list[str]]) -> None:
    expected = set().union(*(set.intersection(*map(names, part)) for part in parts))
    assert names(",".join("+".join(part) for part in parts)) == expected
