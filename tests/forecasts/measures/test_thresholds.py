"""Crossing of thresholds: by hand, and by loops over thresholds and models."""

from datetime import date, timedelta

import numpy as np
import pytest
from frames import NEW_YEAR, RELEASES, Row, table
from hypothesis import given
from hypothesis import strategies as st

from forecasts.measures.blocs import parse_bloc
from forecasts.measures.frontier import Frontier, frontier
from forecasts.measures.thresholds import threshold_crossings, thresholds
from forecasts.measures.vintage import known_models

MONTH = 30.4375
FIRST = date(2024, 1, 1)


def lines(rows: list[Row] = RELEASES) -> tuple[Frontier, Frontier]:
    models = known_models(table(rows), NEW_YEAR, "real")
    return frontier(models, parse_bloc("US")), frontier(models, parse_bloc("CN"))


def test_the_grid_is_round_and_within_what_is_known() -> None:
    found = thresholds(*lines())  # from 10, the first of both, to 30
    assert found.tolist() == list(range(11, 31))
    log = thresholds(*lines(), logarithmic=True)
    assert np.diff(np.log(log)) == pytest.approx(np.log(3) / 20)
    assert (log[0] > 10, log[-1]) == (True, 30.0)
    flat: list[Row] = [("a", "US", "2024-01-01", 5), ("b", "CN", "2024-02-01", 5)]
    assert thresholds(*lines(flat)).size == 0


def test_crossings_by_hand() -> None:
    found = threshold_crossings(*lines(), NEW_YEAR, thresholds(*lines()))
    # 11 to 20: a2 and b2; 21 and 22: a3 and b2; 23 to 30: a3 alone.
    assert found["threshold"].to_list() == [20, 22, 30]
    assert found["leader_model"].to_list() == ["a2", "a3", "a3"]
    assert found["follower_model"].to_list() == ["b2", "b2", None]
    assert found["censored"].to_list() == [False, False, True]
    days = [(date(2024, 8, 1) - date(2024, 3, 1)).days, (date(2024, 8, 1) - date(2024, 6, 1)).days,
            (NEW_YEAR - date(2024, 6, 1)).days]  # fmt: skip
    assert found["months"].to_list() == pytest.approx([d / MONTH for d in days])


values = st.lists(st.integers(0, 40), min_size=1, max_size=8)


@given(values, values, st.sets(st.integers(0, 45), min_size=1))
def test_crossings_are_those_of_loops(top: list[int], low: list[int], grid: set[int]) -> None:
    releases = {
        bloc: [(FIRST + timedelta(days=23 * i + 5 * (bloc == "CN")), v) for i, v in enumerate(each)]
        for bloc, each in (("US", top), ("CN", low))
    }
    rows: list[Row] = [(f"{bloc}{i}", bloc, str(day), v) for bloc, each in releases.items()
                       for i, (day, v) in enumerate(each)]  # fmt: skip
    pairs: dict[tuple[date, date | None], int] = {}
    for value in sorted(grid):
        first = [next((d for d, v in releases[b] if v >= value), None) for b in ("US", "CN")]
        if first[0] is not None:
            pairs[first[0], first[1]] = value
    found = threshold_crossings(*lines(rows), NEW_YEAR, np.array(sorted(grid), dtype=float))
    told = zip(found["leader_released_on"], found["follower_released_on"], strict=True)
    assert dict(zip(told, found["threshold"], strict=True)) == pairs
    months = [((follower or NEW_YEAR) - leader).days / MONTH for leader, follower in pairs]
    assert found["months"].to_list() == pytest.approx(months)
    assert found["censored"].to_list() == [follower is None for _, follower in pairs]
