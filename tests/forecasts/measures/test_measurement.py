"""Frontier, gap, lag, matches and closure: definitions on small cases and on the shared data."""

from datetime import date
from itertools import permutations
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasts.errors import TrackerError, UsageError
from forecasts.forecasting.closure import first_passage, make_grid
from forecasts.forecasting.forecast import forecast_gap
from forecasts.measures.blocs import parse_bloc
from forecasts.measures.gap import measure_gap
from forecasts.measures.variants import base_model
from forecasts.measures.vintage import known_models
from tracker.store.schema import identify
from tracker.workspace import Workspace, create_workspace

Row = tuple[str, str, str, float]
RELEASES: list[Row] = [
    ("a1", "US", "2024-01-01", 10),
    ("a2", "US", "2024-03-01", 20),
    ("b1", "CN", "2024-03-15", 10),
    ("a3", "US", "2024-06-01", 30),
    ("b2", "CN", "2024-08-01", 22),
]


def table(rows: list[Row], observed: str = "2025-01-01", **more: object) -> pl.DataFrame:
    frame = pl.DataFrame(
        [
            {
                "model": m, "lab": f"lab {c}", "country": c, "released_on": date.fromisoformat(d),
                "index_name": "I", "index_version": "1", "value": float(v), "source": "test",
                "observed_on": date.fromisoformat(observed), "open_weights": c == "CN", **more,
            }
            for m, c, d, v in rows
        ]
    )  # fmt: skip
    return identify(frame)


def us_cn(rows: pl.DataFrame, **more: object):
    settings = {"leader": "US", "follower": "CN", "as_of": date(2025, 1, 1)} | more
    return measure_gap(rows, **settings)


def test_gap_lag_and_matches_by_hand() -> None:
    gap = us_cn(table(RELEASES))
    assert gap.gap_points == 8
    # CN stands at 22; US first reached that with a3 on 2024-06-01.
    assert gap.lag_months == pytest.approx((date(2025, 1, 1) - date(2024, 6, 1)).days / 30.4375)
    matches = gap.matches.to_dicts()
    assert [m["follower_model"] for m in matches] == ["b1", "b2", None]
    assert [m["censored"] for m in matches] == [False, False, True]
    days = [(date(2024, 3, 15) - date(2024, 1, 1)).days, (date(2024, 8, 1) - date(2024, 3, 1)).days]
    assert [m["months"] for m in matches[:2]] == pytest.approx([d / 30.4375 for d in days])
    assert gap.match_months["n_censored"] == 1
    assert gap.lead == {
        "leader_days": (date(2025, 1, 1) - date(2024, 3, 15)).days + 1,
        "follower_days": 0, "tied_days": 0, "changes": 0,
    }  # fmt: skip


def test_tolerance_moves_the_lag_back() -> None:
    assert us_cn(table(RELEASES), tolerance=2).lag_months == pytest.approx(
        (date(2025, 1, 1) - date(2024, 3, 1)).days / 30.4375
    )


def test_a_follower_that_is_ahead() -> None:
    gap = us_cn(table([*RELEASES, ("b3", "CN", "2024-09-01", 40)]))
    assert gap.gap_points == -10
    assert gap.lag_months == 0
    assert gap.lead["changes"] == 1


def test_measurement_error_gives_an_interval() -> None:
    gap = us_cn(table(RELEASES, stderr=3.0))
    assert gap.gap_interval == pytest.approx((8 - 1.6448536 * 18**0.5, 8 + 1.6448536 * 18**0.5))
    assert us_cn(table(RELEASES)).gap_interval is None


def test_vintages() -> None:
    later = table([("b2", "CN", "2024-08-01", 29)], observed="2025-06-01")
    rows = pl.concat([table(RELEASES), later])
    assert us_cn(rows).gap_points == 8
    assert us_cn(rows, vintage="final").gap_points == 1
    assert us_cn(rows, as_of=date(2024, 7, 1), vintage="final").gap_points == 20
    with pytest.raises(TrackerError):
        us_cn(rows, as_of=date(2024, 7, 1))


@given(st.permutations(range(7)))
def test_the_order_of_rows_never_matters(order: list[int]) -> None:
    rows = pl.concat(
        [table(RELEASES), table([("a3", "US", "2024-06-01", 31), ("a3", "US", "2024-06-01", 29)])]
    )
    assert known_models(rows[order], date(2025, 1, 1), "real").equals(
        known_models(rows, date(2025, 1, 1), "real")
    )


def test_blocs() -> None:
    rows = table([*RELEASES, ("c", "US,GB", "2024-01-02", 5)])
    sizes = {
        spec: rows.filter(parse_bloc(spec).member).height
        for spec in ("US", "GB", "US,CN", "CN+open", "US+open", "lab:LAB cn", "proprietary")
    }
    assert sizes == {
        "US": 4, "GB": 1, "US,CN": 6, "CN+open": 2, "US+open": 0, "lab:LAB cn": 2, "proprietary": 4,
    }  # fmt: skip
    for wrong in ("", "USA", "lab:", "CN+", "CN,,US"):
        with pytest.raises(UsageError):
            parse_bloc(wrong)


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("GPT-5.5 (xhigh)", "GPT-5.5"),
        ("GLM-5.1 (Reasoning)", "GLM-5.1"),
        ("Claude Opus 4.8 (Adaptive Reasoning, Max Effort)", "Claude Opus 4.8"),
        ("Gemini 1.5 Pro (Sep '24)", "Gemini 1.5 Pro (Sep '24)"),
        ("GPT-4 (0613)", "GPT-4 (0613)"),
        ("Kimi K2 Thinking", "Kimi K2"),
    ],
)
def test_variants_are_grouped_by_name(name: str, base: str) -> None:
    assert pl.DataFrame({"m": [name]}).select(base_model(pl.col("m"))).item() == base


def test_first_passage_by_hand() -> None:
    days = np.array([7, 14, 21])
    paths = np.array([[[5, 5, 5], [1, 5, 6]], [[5, 6, 7], [1, 1, 1]]], dtype=float)
    assert first_passage(paths, days, 0.0).tolist() == [14, np.inf]
    assert first_passage(paths, days, 4.0).tolist() == [7, 7]


def test_grid_steps_by_calendar_month() -> None:
    grid = make_grid(date(2024, 1, 31), 2)
    steps = grid.horizon.days[grid.months]
    epoch = date(1970, 1, 1).toordinal()
    assert [date.fromordinal(epoch + int(d)) for d in steps] == [
        date(2024, 2, 29),
        date(2024, 3, 31),
    ]


def test_forecast_is_coherent_and_reproducible(demo: Workspace) -> None:
    first, second = (demo.forecast(draws=600, horizon_months=12) for _ in range(2))
    assert first.gap.equals(second.gap)
    levels = first.gap.select("q05", "q10", "q25", "q50", "q75", "q90", "q95").to_numpy()
    assert (np.diff(levels, axis=1) >= 0).all()
    quarters = first.closure.by_quarter
    assert quarters["probability_closed"].is_sorted()
    assert (quarters["probability_closed"] >= quarters["probability_ahead"]).all()
    assert quarters["probability_closed"][-1] == first.closure.probability_within_horizon
    assert first.gap.height == 12
    assert first.frontier.height == 24


def test_a_models_draws_do_not_depend_on_its_company(demo: Workspace) -> None:
    alone = demo.forecast(draws=300, models=["linear-trend"]).by_model
    beside = demo.forecast(draws=600, models=["persistence", "linear-trend"]).by_model
    assert alone.row(0) == beside.row(1)


def test_nothing_after_the_origin_matters() -> None:
    monthly = [
        (f"{c}{i}", c, str(date(2022 + i // 12, 1 + i % 12, 5)), 10 + i + 3 * (c == "US"))
        for i in range(30)
        for c in ("US", "CN")
    ]
    rows = table(monthly, observed="2024-06-30")
    late = [("late", "CN", "2024-09-01", 99), ("US3", "US", "2022-04-05", 90)]
    changed = pl.concat([rows, table(late, observed="2024-09-01")])
    origin = {"leader": "US", "follower": "CN", "as_of": date(2024, 6, 30), "draws": 300}
    assert forecast_gap(rows, **origin).gap.equals(forecast_gap(changed, **origin).gap)


def test_the_reference_figures(snapshots: dict[str, Path], tmp_path: Path) -> None:
    april = create_workspace(tmp_path / "april")
    april.import_files("aa", [snapshots["04"]])
    gap = april.gap()
    assert round(gap.gap_points, 2) == 5.77
    assert (gap.leader.best["model"], gap.leader.best["value"]) == ("Gemini 3.1 Pro Preview", 57.18)
    assert (gap.follower.best["base"], gap.follower.best["value"]) == ("GLM-5.1", 51.41)
    assert (gap.leader.days.size, gap.follower.days.size) == (21, 23)
    assert (gap.match_months["n"], gap.match_months["n_censored"]) == (21, 2)
    assert round(gap.match_months["mean"] or 0, 2) == 7.28
    june = create_workspace(tmp_path / "june")
    june.import_files("aa", [snapshots["06"]])
    gap = june.gap()
    assert round(gap.gap_points, 2) == 8.30
    assert (gap.match_months["n"], gap.match_months["n_censored"]) == (25, 5)


def test_the_order_of_imports_never_matters(snapshots: dict[str, Path], tmp_path: Path) -> None:
    seen = []
    for order in permutations(snapshots):
        workspace = create_workspace(tmp_path / "".join(order))
        for month in order:
            assert workspace.import_files("aa", [snapshots[month]]).added > 400
        again = workspace.import_files("aa", [snapshots[order[0]]])
        assert again.added == 0
        seen.append(workspace.records())
    assert all(s.equals(seen[0]) for s in seen)
