"""A model of both blocs is never compared with itself, unless that is asked for."""

from datetime import date

import polars as pl
import pytest
from frames import table, view
from hypothesis import given
from hypothesis import strategies as st

from forecasts.errors import TrackerError, UsageError
from forecasts.measures.blocs import parse_bloc
from forecasts.measures.frontier import frontier
from forecasts.measures.gap import measure_gap
from forecasts.measures.pair import Sharing, divide, frontier_pair
from forecasts.request import SHARED, Pair, Shared

# J1 is the best of both blocs; a variant of it is a row of its own.
JOINT = [
    ("a", "US", "2024-01-01", 50),
    ("b", "GB", "2024-02-01", 40),
    ("J1", "US,GB", "2024-03-01", 60),
    ("J1 (high)", "US,GB", "2024-03-01", 58),
    ("c", "CN", "2024-04-01", 45),
]
US_GB = Pair("US", "GB")


def best(pair: Pair, seats: dict[str, str] | None = None) -> tuple[str, str, Sharing]:
    rows = table(JOINT).with_columns(lab=pl.lit("Joint"))
    found = frontier_pair(view(rows, seats=seats or {}), pair)
    return str(found.leader.best["model"]), str(found.follower.best["model"]), found.sharing


def test_a_model_of_both_blocs_counts_for_neither() -> None:
    assert best(US_GB) == ("a", "b", Sharing("neither", 1, 2))
    gap = measure_gap(view(table(JOINT)), US_GB)
    assert (gap.gap_points, gap.sharing) == (10.0, Sharing("neither", 1, 2))
    assert gap.counts["variants"].to_list() == [1, 1]


def test_or_for_both_or_for_the_bloc_of_its_labs_seat() -> None:
    assert best(Pair("US", "GB", "both")) == ("J1", "J1", Sharing("both", 1, 2))
    assert best(Pair("US", "GB", "lab"), {"Joint": "GB"}) == ("a", "J1", Sharing("lab", 1, 2))
    # A lab that is not known sits in the first country that is named.
    assert best(Pair("US", "GB", "lab")) == ("J1", "b", Sharing("lab", 1, 2))
    assert best(Pair("US", "GB", "lab"), {"Joint": "FR"}) == ("a", "b", Sharing("lab", 1, 2))
    # Open weights and China share models whatever the seat: these count for neither.
    found = frontier_pair(view(table(JOINT)), Pair("US,GB", "GB,CN", "lab"))
    assert [f.best["model"] for f in found.lines] == ["J1", "c"]


def test_blocs_that_share_nothing_are_as_they_were() -> None:
    for rule in SHARED:
        found = frontier_pair(view(table(JOINT)), Pair("US", "CN", rule))
        assert found.sharing == Sharing(rule, 0, 0)
        models = view(table(JOINT)).models()
        for line, bloc in zip(found.lines, ("US", "CN"), strict=True):
            assert line.records.equals(frontier(models, parse_bloc(bloc)).records)


@pytest.mark.parametrize("names", [("US", "us"), ("US,CN", "CN, US"), ("CN+open", "open+CN"),
                                   ("US", "US,US+open"), ("lab:X", "lab:x")])  # fmt: skip
def test_blocs_of_one_meaning_are_refused(names: tuple[str, str]) -> None:
    for rule in SHARED:
        with pytest.raises(UsageError) as caught:
            divide(view(table(JOINT)).models(), Pair(*names, rule), {})
        assert caught.value.code == "same_bloc"


def test_blocs_of_the_same_models_are_refused_by_every_rule() -> None:
    rows = table([("a", "US", "2024-01-01", 50), ("b", "US", "2024-02-01", 40)])
    for rule in SHARED:
        with pytest.raises(TrackerError, match="one set of models here: all 2"):
            frontier_pair(view(rows), Pair("US", "proprietary", rule))


def test_a_bloc_within_the_other_has_no_models_of_its_own() -> None:
    with pytest.raises(TrackerError, match="'GB' belongs to 'US' as well") as caught:
        frontier_pair(view(table([JOINT[0], JOINT[2]])), US_GB)
    assert caught.value.code == "empty_bloc"
    assert "`shared` both" in caught.value.hint
    with pytest.raises(TrackerError, match="No model of bloc 'FR'"):
        frontier_pair(view(table(JOINT)), Pair("US", "FR"))


def test_a_rule_that_is_none() -> None:
    with pytest.raises(UsageError, match="it is neither, both, lab"):
        _ = Pair("US", "GB", "all").rule  # type: ignore[arg-type]


COUNTRIES = st.sampled_from(["US", "GB", "CN", "US,GB", "GB,US", "CN,US", "US,GB,CN"])
BLOCS = st.sampled_from(["US", "GB", "CN", "US,CN", "open", "proprietary", "CN+open"])


@given(
    st.lists(COUNTRIES, min_size=1, max_size=12), BLOCS, BLOCS, st.sampled_from(SHARED),
)  # fmt: skip
def test_division_of_any_blocs(
    countries: list[str], leader: str, follower: str, rule: Shared
) -> None:
    rows = [(f"m{i}", c, str(date(2024, 1, 1 + i)), i) for i, c in enumerate(countries)]
    models = view(table(rows)).models()
    if leader == follower:
        return
    found = divide(models, Pair(leader, follower, rule), {})
    members = [set(models.filter(parse_bloc(bloc).member)["model"]) for bloc in (leader, follower)]
    first, second = (set(part["model"]) for part in found.rows)
    both = members[0] & members[1]
    assert found.sharing.variants == len(both)
    if rule == "both":
        assert [first, second] == members
        return
    assert not first & second  # nothing is compared with itself
    assert first - both == members[0] - both
    assert second - both == members[1] - both
    if rule == "neither":
        assert not (first | second) & both
