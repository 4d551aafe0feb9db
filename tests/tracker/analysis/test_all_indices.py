"""Every index at once: beside the gap of each alone, and by the command."""

import json
from datetime import date, timedelta

import polars as pl
import pytest
from statsmodels.stats.meta_analysis import combine_effects

from forecasts.errors import TrackerError, UsageError
from forecasts.measures.prices import PRICE_INDEX
from tracker.cli import run
from tracker.workspace import Workspace, create_workspace

LAST = date(2026, 6, 10)
Z = 1.6448536269514722
# Name, version, slope a month, months by which the follower is later, last sweep.
BOARDS = [
    ("Wide", "1", 1.2, 6, LAST - timedelta(days=30)),
    ("Narrow", "2", 0.4, 11, LAST),
    ("Third", "x", 2.0, 3, LAST - timedelta(days=179)),
    ("Old", "1", 1.0, 5, LAST - timedelta(days=181)),
    ("Narrow", "1", 0.5, 9, LAST - timedelta(days=60)),
    ("AA coding_index", "4.0", 1.0, 5, LAST),
    (PRICE_INDEX, "USD", 1.0, 5, LAST),
]


def board(name: str, version: str, slope: float, behind: int, seen: date) -> pl.DataFrame:
    """Releases every 30 days up to the sweep; those of the follower reach a level months later."""
    rows = []
    for country, late in (("US", 0), ("CN", behind)):
        for month in range(24):
            value = 40 + slope * (month - late) + 0.9 * slope * ((month * 7) % 3)
            rows.append(
                {"model": f"{country} {month}", "lab": country, "country": country,
                 "released_on": seen - timedelta(days=30 * (23 - month) + 5),
                 "index_name": name, "index_version": version, "value": value, "stderr": 0.3,
                 "observed_on": seen, "source": "board"}
            )  # fmt: skip
    return pl.DataFrame(rows)


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = create_workspace(tmp_path_factory.mktemp("several") / "w")
    for which in BOARDS:
        workspace.store.append(board(*which))
    workspace.log("US by hand", 70, lab="US", country="US", observed_on=LAST,
                  released_on=LAST, index="By hand", version="1")  # fmt: skip
    return workspace


def test_each_row_is_the_gap_of_that_index(several: Workspace) -> None:
    found = several.all_indices()
    assert found.as_of == LAST
    rows = found.table().filter(pl.col("gap_points").is_not_null())
    assert rows.height == len(BOARDS) - 1  # the price has none
    for row in rows.iter_rows(named=True):
        alone = several.gap(index=row["index_name"], version=row["index_version"])
        assert row["gap_points"] == alone.gap_points
        assert row["lag_months"] == alone.lag_months
        assert (row["lag_low"], row["lag_high"]) == alone.lag_interval
        assert row["as_of"] == alone.as_of
        assert row["last_sweep"] == alone.swept_until


def test_the_newest_versions_that_are_fresh_scores_are_pooled(several: Workspace) -> None:
    rows = several.all_indices().table()
    pooled = rows.filter("pooled_here").select("index_name", "index_version").rows()
    assert pooled == [("Narrow", "2"), ("Third", "x"), ("Wide", "1")]
    reasons = dict(rows.filter(~pl.col("pooled_here")).select("index_name", "reason").iter_rows())
    assert reasons["Old"] == f"last seen whole 181 days before {LAST}"
    assert reasons["Narrow"] == "an older version of the index"
    assert reasons["AA coding_index"] == "a component of another index"
    assert reasons[PRICE_INDEX] == "a price, no score"
    assert reasons["By hand"] == "never seen whole"


def test_the_pooled_lag_is_a_meta_analysis_of_the_rows(several: Workspace) -> None:
    found = several.all_indices()
    rows = found.table().filter("pooled_here")
    stderr = ((rows["lag_high"] - rows["lag_low"]) / (2 * Z)).clip(lower_bound=0.5).to_numpy()
    lags = rows["lag_months"].to_numpy()
    over = found.over_all
    theirs = combine_effects(lags, stderr**2, method_re="chi2")
    assert theirs.tau2 > 0
    assert over.mean == pytest.approx(theirs.mean_effect_re, rel=1e-10)
    assert over.tau == pytest.approx(theirs.tau2**0.5, rel=1e-10)
    assert over.median == sorted(lags)[1]
    # And by hand: DerSimonian and Laird's moments.
    w = [1 / s**2 for s in stderr]
    centre = sum(a * b for a, b in zip(w, lags, strict=True)) / sum(w)
    q = sum(a * (b - centre) ** 2 for a, b in zip(w, lags, strict=True))
    tau2 = max((q - 2) / (sum(w) - sum(a * a for a in w) / sum(w)), 0.0)
    again = [1 / (s**2 + tau2) for s in stderr]
    mean = sum(a * b for a, b in zip(again, lags, strict=True)) / sum(again)
    assert (over.mean, over.tau) == pytest.approx((mean, tau2**0.5), rel=1e-10)


def test_an_earlier_day_sees_what_was_seen_by_then(several: Workspace) -> None:
    day = LAST - timedelta(days=30)
    real = {(lag.index_name, lag.index_version): lag for lag in
            several.all_indices(as_of=day).lags}  # fmt: skip
    assert real["Narrow", "2"].gap is None
    assert real["Narrow", "2"].left_out(day) == "an older version of the index"
    assert real["Narrow", "1"].left_out(day) == ""
    assert real["Wide", "1"].as_of == day
    final = {(lag.index_name, lag.index_version): lag for lag in
             several.all_indices(as_of=day, vintage="final").lags}  # fmt: skip
    assert (final["Narrow", "2"].as_of, final["Narrow", "2"].last_sweep) == (day, LAST)
    alone = several.gap(index="Narrow", version="2", as_of=day, vintage="final")
    gap = final["Narrow", "2"].gap
    assert gap is not None
    assert (gap.gap_points, gap.lag_months) == (alone.gap_points, alone.lag_months)


def test_a_pair_and_a_tolerance_are_those_of_every_index(several: Workspace) -> None:
    turned = several.all_indices(leader="CN", follower="US").table().filter("pooled_here")
    assert (turned["lag_months"] == 0).all()
    near, far = (several.all_indices(tolerance=t).table().filter("pooled_here")["lag_months"]
                 for t in (0.0, 5.0))  # fmt: skip
    assert (far >= near).all()
    with pytest.raises(UsageError, match="tolerance"):
        several.all_indices(tolerance=-1.0)
    with pytest.raises(UsageError, match="not a bloc"):
        several.all_indices(leader="nowhere")


def test_an_empty_workspace_says_so(empty: Workspace) -> None:
    with pytest.raises(TrackerError, match="no observations"):
        empty.all_indices()


def test_the_command_gives_the_contract(
    several: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    where = ["--workspace", str(several.folder)]
    assert run(["gap", "--all-indices", "--format", "json", *where]) == 0
    said = json.loads(capsys.readouterr().out)
    wanted = {"index_name", "index_version", "gap_points", "lag_months", "lag_low", "lag_high",
              "last_sweep"}  # fmt: skip
    assert all(wanted <= set(row) for row in said["indices"])
    assert len(said["indices"]) == len(BOARDS) + 1
    assert {"median", "mean", "low", "high", "tau"} <= set(said["pooled"])
    over = several.all_indices().over_all
    assert (said["pooled"]["mean"], said["pooled"]["tau"]) == (over.mean, over.tau)
    assert run(["gap", "--all-indices", *where]) == 0
    told = capsys.readouterr().out
    assert "Pooled over 3 indices: median lag" in told
    assert "no: an older version of the index" in told
    assert run(["gap", "--all-indices", "--index", "Wide", *where]) == 2


def test_the_bundled_data_have_one_index_to_pool(demo: Workspace) -> None:
    found = demo.all_indices()
    assert found.over_all.indices == 1
    gap = demo.gap(no_link=True)  # each version by itself
    assert found.over_all.mean == gap.lag_months
    assert (found.over_all.low, found.over_all.high) == gap.lag_interval
