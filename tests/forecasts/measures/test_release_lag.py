"""The lag between releases and with ties: by hand, by loops over releases, by normal draws."""

from datetime import date, timedelta

import numpy as np
import pytest
from frames import NEW_YEAR, RELEASES, Row, table
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from forecasts.measures.blocs import parse_bloc
from forecasts.measures.frontier import Frontier, frontier
from forecasts.measures.release_lag import release_bracket, tie_lag
from forecasts.measures.vintage import known_models

MONTH = 30.4375
FIRST = date(2024, 1, 1)
# US 10 on 1 January, 20 on 1 March, 30 on 1 June; CN 10 on 15 March, 22 on 1 August.


def lines(rows: list[Row] = RELEASES, **more: object) -> tuple[Frontier, Frontier]:
    models = known_models(table(rows, **more), NEW_YEAR, "real")
    return frontier(models, parse_bloc("US")), frontier(models, parse_bloc("CN"))


def since(day: date) -> float:
    return (NEW_YEAR - day).days / MONTH


def test_the_bracket_by_hand() -> None:
    found = release_bracket(*lines(), NEW_YEAR)
    below, above = since(date(2024, 3, 1)), since(date(2024, 6, 1))
    assert (found.least, found.most) == pytest.approx((above, below))
    # 22 lies a fifth of the way from 20 to 30.
    assert found.central == pytest.approx(below + (above - below) / 5)
    log = release_bracket(*lines(), NEW_YEAR, logarithmic=True)
    share = np.log(22 / 20) / np.log(30 / 20)
    assert log.central == pytest.approx(below + (above - below) * share)


def test_a_follower_above_all_or_below_all_of_the_leader() -> None:
    ahead: list[Row] = [*RELEASES, ("b3", "CN", "2024-10-01", 31)]
    found = release_bracket(*lines(ahead), NEW_YEAR)
    assert (found.least, found.central, found.most) == (0, 0, 0)
    low: list[Row] = [r for r in RELEASES if r[1] == "US"] + [("b", "CN", "2024-02-01", 4)]
    found = release_bracket(*lines(low), NEW_YEAR)
    assert (found.least, found.central, found.most) == (since(FIRST), None, None)


values = st.lists(st.integers(0, 40), min_size=1, max_size=8)


@given(values, values, st.sampled_from([0.0, 0.5, 3.0, 20.0]))
def test_bracket_and_ties_are_those_of_loops(top: list[int], low: list[int], error: float) -> None:
    rows: list[Row] = [
        (f"{bloc}{i}", bloc, str(FIRST + timedelta(days=23 * i + 5 * (bloc == "CN"))), float(v))
        for bloc, each in (("US", top), ("CN", low))
        for i, v in enumerate(each)
    ]
    leader, follower = lines(rows, stderr=error)
    best = max(low)
    records: list[tuple[date, int]] = []
    for _, _, day, value in rows[: len(top)]:
        if not records or value > records[-1][1]:
            records.append((date.fromisoformat(day), int(value)))
    above = [d for d, v in records if v > best]
    below = [d for d, v in records if v <= best]
    found = release_bracket(leader, follower, NEW_YEAR)
    if not above:
        assert (found.least, found.central, found.most) == (0, 0, 0)
    else:
        assert found.least == pytest.approx(since(above[0]))
        assert found.most == (pytest.approx(since(below[-1])) if below else None)
        if below:
            assert found.central is not None
            assert found.least <= found.central <= (found.most or 0.0)
    # A tie: the follower is ahead in at least one of twenty draws.
    spread = error * np.sqrt(2)
    chance = [norm.sf(v - best, scale=spread) if error else float(best >= v) for _, v in records]
    tied = [i for i, p in enumerate(chance) if p >= 0.05 - 1e-12]
    told = tie_lag(leader, follower, NEW_YEAR)
    assert told is not None
    if not tied:
        assert told.months is None
    elif tied[-1] == len(records) - 1:
        assert told.months == 0
    else:
        assert told.months == pytest.approx(since(records[tied[-1] + 1][0]))


def test_a_tie_is_one_of_twenty_draws() -> None:
    leader, follower = lines(stderr=3.5)  # 8 points behind the best, 1.645 * 3.5 * sqrt 2 = 8.14
    found = tie_lag(leader, follower, NEW_YEAR)
    assert found is not None
    assert (found.months, found.level_with) == (0.0, "a3")
    rng = np.random.default_rng(1)
    ahead = 22 + rng.normal(0, 3.5, 400_000) > 30 + rng.normal(0, 3.5, 400_000)
    assert 0.05 <= ahead.mean() < 0.056
    closer = tie_lag(*lines(stderr=3.4), NEW_YEAR)
    assert closer is not None
    assert (closer.months, closer.level_with) == (pytest.approx(since(date(2024, 6, 1))), "a2")


def test_without_standard_errors_there_is_no_tie() -> None:
    assert tie_lag(*lines(), NEW_YEAR) is None
