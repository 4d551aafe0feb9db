"""The interval of a lag: against drawing by plain loops, coverage of known truth, properties."""

import runpy
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from frames import NEW_YEAR, RELEASES, Row, table
from hypothesis import given
from hypothesis import strategies as st

from forecasts.measures.blocs import parse_bloc
from forecasts.measures.frontier import Frontier, frontier, to_day
from forecasts.measures.gap import lag_days
from forecasts.measures.lag_interval import draw_lags, lag_interval, releases_of
from forecasts.measures.vintage import known_models
from models.contract import DAYS_PER_MONTH

TODAY = np.array([to_day(NEW_YEAR)])
MORE: list[Row] = [
    *RELEASES,
    ("a4", "US", "2024-08-15", 33), ("a5", "US", "2024-11-20", 41),
    ("b3", "CN", "2024-05-02", 14), ("b4", "CN", "2024-10-10", 31), ("b5", "CN", "2024-12-01", 29),
]  # fmt: skip


def lines(rows: list[Row] = MORE, **more: object) -> tuple[Frontier, Frontier]:
    models = known_models(table(rows, **more), NEW_YEAR, "real")
    return frontier(models, parse_bloc("US")), frontier(models, parse_bloc("CN"))


def by_loops(
    top: list[Row], low: list[Row], days: list[date], tolerance: float, stderr: float, draws: int
) -> np.ndarray:
    """Drawn lags in days by the definition, one model after another."""
    rng = np.random.default_rng(99)
    out = []
    for _ in range(draws):
        blocs = []
        for rows in (top, low):
            errors = {name: rng.normal(0, stderr) for name, *_ in rows}
            drawn = [rows[i] for i in rng.integers(0, len(rows), round(len(rows) ** 0.9))]
            blocs.append([(date.fromisoformat(d), v + errors[n]) for n, _, d, v in drawn])
        lags = []
        for day in days:
            seen = [[(d, v) for d, v in bloc if d <= day] for bloc in blocs]
            if not all(seen):
                lags.append(np.nan)
                continue
            best = [max(v for _, v in s) for s in seen]
            first = [d for d, v in seen[0] if v >= best[1] - tolerance]
            lags.append(0.0 if best[1] >= best[0] else float((day - min(first)).days))
        out.append(lags)
    return np.array(out)


@pytest.mark.parametrize(("stderr", "tolerance"), [(0.0, 0.0), (2.5, 0.0), (2.5, 3.0)])
def test_it_draws_what_plain_loops_draw(stderr: float, tolerance: float) -> None:
    days = [date(2024, 6, 30), date(2024, 9, 30), NEW_YEAR]
    drawn = draw_lags(
        *lines(stderr=stderr), np.array([to_day(d) for d in days]), tolerance, draws=6000
    )
    assert drawn is not None
    slow = by_loops(*([r for r in MORE if r[1] == b] for b in ("US", "CN")), days, tolerance,
                    stderr, 6000)  # fmt: skip
    assert np.isnan(drawn).mean(axis=0) == pytest.approx(np.isnan(slow).mean(axis=0), abs=0.03)
    for at in range(len(days)):
        one, other = (np.sort(x[:, at][np.isfinite(x[:, at])]) for x in (drawn, slow))
        every = np.union1d(one, other)
        shares = [np.searchsorted(x, every, side="right") / x.size for x in (one, other)]
        # Two samples of 6000 differ by more than this in one of ten thousand cases.
        assert np.abs(shares[0] - shares[1]).max() < 2.3 * np.sqrt(2 / 6000)


def test_a_model_and_its_variants_are_one_release() -> None:
    rows: list[Row] = [
        ("m (high)", "US", "2024-01-01", 12),
        ("m (low)", "US", "2024-01-01", 9),
        ("m (high)", "US", "2024-01-01", 12),
        ("n", "US", "2024-02-01", 3),
        ("f", "CN", "2024-02-01", 3),
    ]
    top, _ = lines(rows, stderr=0.5)
    found = releases_of(top)
    assert found.values.tolist() == [12.0, 3.0]
    assert found.stderrs.tolist() == [0.5, 0.5]


def test_few_models_have_no_interval() -> None:
    assert lag_interval(*lines(RELEASES), NEW_YEAR, 0.0) is None
    assert draw_lags(*lines(RELEASES), TODAY, 0.0) is None


def test_a_seed_gives_the_same_again() -> None:
    first = draw_lags(*lines(stderr=1.0), TODAY, 0.0, seed=5)
    assert np.array_equal(first, draw_lags(*lines(stderr=1.0), TODAY, 0.0, seed=5))  # type: ignore[arg-type]
    assert not np.array_equal(first, draw_lags(*lines(stderr=1.0), TODAY, 0.0, seed=6))  # type: ignore[arg-type]


def test_blocks_of_draws_change_nothing_but_the_numbers_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = draw_lags(*lines(stderr=1.0), TODAY, 0.0, draws=4000)
    monkeypatch.setattr("forecasts.measures.lag_interval._AT_ONCE", 700)
    blocks = draw_lags(*lines(stderr=1.0), TODAY, 0.0, draws=4000)
    assert whole is not None
    assert blocks is not None
    assert blocks.shape == whole.shape
    assert blocks.mean() == pytest.approx(whole.mean(), abs=6 * whole.std() / np.sqrt(4000))


levels = st.lists(st.floats(0, 100), min_size=5, max_size=12)


@given(levels, levels, st.integers(0, 20))
def test_the_interval_lies_in_what_can_be(
    top: list[float], low: list[float], tolerance: int
) -> None:
    first = date(2024, 1, 1)
    rows: list[Row] = [
        (f"{bloc}{i}", bloc, str(first + timedelta(days=29 * i + 7 * (bloc == "CN"))), value)
        for bloc, values in (("US", top), ("CN", low))
        for i, value in enumerate(values)
    ]
    leader, follower = lines(rows)
    found = lag_interval(leader, follower, NEW_YEAR, float(tolerance))
    assert found is not None
    assert 0 <= found[0] <= found[1] <= (NEW_YEAR - first).days / DAYS_PER_MONTH


def test_a_bloc_that_is_ahead_by_far_has_no_lag() -> None:
    far = [(n, "CN" if c == "US" else "US", d, v + 500 * (c == "US")) for n, c, d, v in MORE]
    leader, follower = lines(far, stderr=1.0)
    assert lag_days(leader, follower, TODAY, 0.0)[0] == 0
    assert lag_interval(leader, follower, NEW_YEAR, 0.0) == (0.0, 0.0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("world", "told"),
    [
        ("three a month each", 0.908),
        ("one in three months each", 0.831),
        ("six and two a month", 0.856),
        ("values about the line", 0.914),
        ("errors of 2 points", 0.979),
    ],
)
def test_it_covers_known_truth_as_often_as_is_told(world: str, told: float) -> None:
    """docs/methods.md tells the coverage in 1000 worlds; other worlds agree with it."""
    script = Path(__file__).parents[3] / "benchmarks" / "lag_coverage.py"
    program = runpy.run_path(str(script), run_name="lag_coverage")
    worlds = 300
    found = program["coverage"](program["WORLDS"][world], worlds, seed=1)["coverage"]
    stderr = np.sqrt(told * (1 - told) * (1 / worlds + 1 / 1000))
    assert abs(found - told) < 3.3 * stderr
