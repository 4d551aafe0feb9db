"""The panel: which frontiers there are, which pairs, and what models learn from it."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from frames import table

from forecasts.forecasting.panel import (
    build_panel,
    is_known,
    learn_models,
    make_folds,
    month_starts,
)
from forecasts.measures.frontier import to_day
from forecasts.measures.index_spec import IndexSpec, nothing_known
from forecasts.measures.prices import PRICE_INDEX
from models.contract import DAYS_PER_MONTH, FloatArray, History

ROWS = table(
    [
        (f"{c}{i}", c, str(date(2023 + i // 12, 1 + i % 12, 5)), level + i * pace)
        for c, level, pace in (("US", 20, 1), ("CN", 14, 1.5), ("FR", 14, 0.0))
        for i in range(24)
    ],
    "2025-06-01",
)


def test_members_are_the_frontiers_of_countries_weights_and_labs() -> None:
    found = build_panel(ROWS, lambda name, _: IndexSpec(name, high=50.0), date(2025, 1, 1))
    kinds = {(m.kind, m.series.bloc) for m in found}
    assert kinds == {
        ("country", "US"), ("country", "CN"), ("country", "FR"), ("weights", "open"),
        ("weights", "proprietary"), ("lab", "lab:lab US"), ("lab", "lab:lab CN"),
        ("lab", "lab:lab FR"),
    }  # fmt: skip
    us = next(m for m in found if m.series.bloc == "US")
    assert us.ceiling == 50
    assert us.end == to_day(date(2025, 1, 1))
    assert us.series.values.tolist() == list(range(20, 44))
    assert us.index.values[-1] == 14 + 23 * 1.5
    assert build_panel(ROWS, nothing_known, date(2030, 1, 1))[0].end == to_day(date(2025, 6, 1))


def test_few_models_and_prices_are_no_panel() -> None:
    assert build_panel(ROWS.head(9), nothing_known, date(2025, 1, 1)) == []
    prices = ROWS.with_columns(index_name=pl.lit(PRICE_INDEX))
    assert build_panel(prices, nothing_known, date(2025, 1, 1)) == []
    assert build_panel(ROWS, nothing_known, date(2025, 1, 1), "real") == []  # observed later


def test_folds_pair_blocs_of_one_kind_the_leader_first() -> None:
    members = [m for m in build_panel(ROWS, nothing_known, date(2025, 1, 1)) if m.kind == "country"]
    early, late = to_day(date(2023, 9, 1)), to_day(date(2024, 9, 1))
    folds = make_folds(members, np.array([early, late]))
    pairs = [(f.origin, f.leader.series.bloc, f.follower.series.bloc) for f in folds]
    # France never rises: it has one record, and is no bloc to judge on.
    assert pairs == [(early, "US", "CN"), (late, "CN", "US")]
    assert make_folds(members, np.array([to_day(date(2024, 12, 31)) + 1])) == []
    history = folds[0].history({})
    assert history.origin == early
    assert [s.days.max() <= early for s in history.blocs] == [True, True]
    assert not is_known(members[0], to_day(date(2023, 3, 1)))


def test_blocs_that_share_a_model_are_no_pair() -> None:
    joint = table(
        [("j", "GB,US", "2023-01-10", 1.0), ("k", "DE,FR", "2023-01-10", 1.0)], "2025-06-01"
    )
    british = ROWS.filter(country="CN").with_columns(
        country=pl.lit("GB"), model_key=pl.format("gb {}", "model_key")
    )
    rows = pl.concat([ROWS, british, joint])
    members = {m.series.bloc: m for m in build_panel(rows, nothing_known, date(2025, 1, 1))}
    assert members["US"].shares == {"GB"}
    assert members["GB"].shares == {"US"}
    assert members["CN"].shares == members["open"].shares == frozenset()
    folds = make_folds(list(members.values()), np.array([to_day(date(2023, 9, 1))]))
    pairs = {frozenset((f.leader.series.bloc, f.follower.series.bloc)) for f in folds
             if f.leader.kind == "country"}  # fmt: skip
    # China and Britain are level in September, and ties are left out.
    assert pairs == {frozenset(("US", "CN"))}


def test_month_starts() -> None:
    found = month_starts(date(2024, 1, 15), date(2024, 8, 1), 3)
    assert found.tolist() == [to_day(date(2024, 4, 1)), to_day(date(2024, 7, 1))]


def test_only_models_that_learn_are_taught(monkeypatch: pytest.MonkeyPatch) -> None:
    from models.pooled_growth import PooledGrowth

    calls: list[tuple[int, int, FloatArray | None]] = []

    def learn(self: object, panel: object, until: int, start: FloatArray | None) -> FloatArray:
        calls.append((len(panel), until, start))  # type: ignore[arg-type]
        return np.array([float(len(calls))])

    monkeypatch.setattr(PooledGrowth, "learn", learn)
    members = build_panel(ROWS, nothing_known, date(2025, 1, 1))
    until = to_day(date(2024, 6, 1))
    assert learn_models(["persistence", "nosuch"], members, until) == {}
    assert calls == []
    first = learn_models(["persistence", "pooled-growth"], members, until)
    again = learn_models(["pooled-growth"], members, until + 90, first)
    assert [(n, day) for n, day, _ in calls] == [(len(members), until), (len(members), until + 90)]
    assert calls[0][2] is None
    assert calls[1][2] is first["pooled-growth"]
    assert again["pooled-growth"].tolist() == [2.0]


def test_horizons_of_a_history_are_in_months() -> None:
    members = build_panel(ROWS, nothing_known, date(2025, 1, 1))
    fold = make_folds(members, np.array([to_day(date(2024, 9, 1))]))[0]
    seen: History = fold.history({})
    assert seen.common_start == to_day(date(2023, 1, 5))
    assert pytest.approx(30.4375) == DAYS_PER_MONTH
