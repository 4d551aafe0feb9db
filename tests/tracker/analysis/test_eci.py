"""Gap and lag on the Epoch Capabilities Index as published, beside loops in plain Python."""

import csv
import math
import random
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from tracker.sources import SOURCES
from tracker.store.schema import identify
from tracker.workspace import Workspace, create_workspace

FILE = Path(__file__).parents[4] / "shared" / "data" / "epoch" / "eci_scores-2026-08-11-sample.csv"
SEEN = date(2026, 8, 11)
MONTH = 30.4375
Z = 1.6448536269514722
COUNTRIES = {"United States of America": "US", "China": "CN", "France": "FR",
             "United Arab Emirates": "AE"}  # fmt: skip
TOLERANCES = [0.0, 0.5, 1.0]


@dataclass(frozen=True)
class Score:
    """A row of the file: the score, its standard error, the day of release, the country."""

    model: str
    value: float
    error: float
    day: date
    country: str
    lab: str


@pytest.fixture(scope="module")
def scores() -> list[Score]:
    if not FILE.is_file():
        pytest.skip("the shared sample of the ECI is not on this machine (../shared/data)")
    with FILE.open(encoding="utf-8", newline="") as file:
        return [
            Score(
                row["Model"], float(row["eci"]),
                (float(row["eci_ci_high"]) - float(row["eci_ci_low"])) / (2 * Z),
                date.fromisoformat(row["date"]), COUNTRIES[row["Country (of organization)"]],
                row["Organization"],
            )
            for row in csv.DictReader(file)
            if row["Country (of organization)"]
        ]  # fmt: skip


@pytest.fixture(scope="module", params=["rows", "source"])
def eci(
    request: pytest.FixtureRequest, scores: list[Score], tmp_path_factory: pytest.TempPathFactory
) -> Workspace:
    """The sample as rows that are stored, and by the source that reads it."""
    workspace = create_workspace(tmp_path_factory.mktemp("eci") / "w")
    if request.param == "source":
        if "epoch" not in SOURCES:
            pytest.skip("there is no source epoch")
        workspace.import_files("epoch", [FILE], observed_on=SEEN)
        return workspace
    import polars as pl

    workspace.store.append(
        identify(
            pl.DataFrame(
                [
                    {"model": s.model, "value": s.value, "stderr": s.error, "released_on": s.day,
                     "country": s.country, "lab": s.lab, "index_name": "Epoch Capabilities Index",
                     "index_version": "2026-08-11", "observed_on": SEEN, "source": "epoch"}
                    for s in scores
                ]
            )
        )
    )  # fmt: skip
    return workspace


def of(scores: list[Score], country: str, day: date = SEEN) -> list[Score]:
    return [s for s in scores if s.country == country and s.day <= day]


def lag(leader: list[Score], follower: list[Score], day: date, tolerance: float) -> float:
    """The lag in days by its definition."""
    level = max(s.value for s in follower)
    if level >= max(s.value for s in leader):
        return 0.0
    return float((day - min(s.day for s in leader if s.value >= level - tolerance)).days)


@pytest.mark.parametrize("tolerance", TOLERANCES)
def test_gap_and_lag(eci: Workspace, scores: list[Score], tolerance: float) -> None:
    gap = eci.gap(tolerance=tolerance)
    assert gap.as_of == SEEN
    us, cn = of(scores, "US"), of(scores, "CN")
    best = [max(each, key=lambda s: s.value) for each in (us, cn)]
    assert (gap.leader.best["model"], gap.follower.best["model"]) == tuple(b.model for b in best)
    wanted = best[0].value - best[1].value
    assert gap.gap_points == pytest.approx(wanted, abs=1e-12)
    half = Z * math.hypot(best[0].error, best[1].error)
    assert gap.gap_interval == pytest.approx((wanted - half, wanted + half), rel=1e-9)
    assert gap.lag_months == pytest.approx(lag(us, cn, SEEN, tolerance) / MONTH, rel=1e-12)


@pytest.mark.parametrize("tolerance", TOLERANCES)
def test_the_lag_at_every_month(eci: Workspace, scores: list[Score], tolerance: float) -> None:
    history = eci.gap(tolerance=tolerance).history
    assert history.height >= 20
    for row in history.iter_rows(named=True):
        us, cn = of(scores, "US", row["date"]), of(scores, "CN", row["date"])
        wanted = lag(us, cn, row["date"], tolerance) / MONTH
        assert row["lag_months"] == pytest.approx(wanted, abs=1e-9)
        points = max(s.value for s in us) - max(s.value for s in cn)
        assert row["gap_points"] == pytest.approx(points, abs=1e-9)


def redrawn(scores: list[Score], toss: random.Random) -> list[Score]:
    """Fewer models drawn again, each with an error: m = n^0.9 of n."""
    off = {s.model: s.value + toss.gauss(0, s.error) for s in scores}
    drawn = [toss.choice(scores) for _ in range(round(len(scores) ** 0.9))]
    return [Score(s.model, off[s.model], s.error, s.day, s.country, s.lab) for s in drawn]


@pytest.mark.parametrize("tolerance", TOLERANCES)
def test_the_interval_of_the_lag(eci: Workspace, scores: list[Score], tolerance: float) -> None:
    gap = eci.gap(tolerance=tolerance)
    assert gap.lag_interval is not None
    toss = random.Random(7)
    us, cn = of(scores, "US"), of(scores, "CN")
    drawn = [lag(redrawn(us, toss), redrawn(cn, toss), SEEN, tolerance) / MONTH
             for _ in range(4000)]  # fmt: skip
    low, high = gap.lag_interval
    assert low < gap.lag_months < high  # type: ignore[operator]
    # Quantiles of 2000 draws, of a distribution in steps: shares of 4000 others around them.
    for end, share in ((low, 0.05), (high, 0.95)):
        below = sum(x < end - 1e-9 for x in drawn) / len(drawn)
        upto = sum(x <= end + 1e-9 for x in drawn) / len(drawn)
        assert below - 0.02 <= share <= upto + 0.02


def test_the_lag_with_ties(eci: Workspace, scores: list[Score]) -> None:
    us, cn = of(scores, "US"), of(scores, "CN")
    best = max(cn, key=lambda s: s.value)
    records: list[Score] = []
    for s in sorted(us, key=lambda s: (s.day, -s.value)):
        if not records or s.value > records[-1].value:
            records.append(s)
    tied = [i for i, r in enumerate(records)
            if r.value - best.value <= Z * math.hypot(r.error, best.error)]  # fmt: skip
    assert tied
    assert tied[-1] < len(records) - 1
    wanted = (SEEN - records[tied[-1] + 1].day).days / MONTH
    table = eci.definitions(eci.gap())
    found = table.filter(definition="backward lag, ties level")["value"].item()
    assert found == pytest.approx(wanted, rel=1e-12)


def test_all_indices_has_the_same_lag(eci: Workspace) -> None:
    gap = eci.gap(tolerance=1.0)
    found = eci.all_indices(tolerance=1.0)
    row = found.table().row(0, named=True)
    assert (row["lag_months"], row["lag_low"], row["lag_high"]) == (
        gap.lag_months, *(gap.lag_interval or ()),
    )  # fmt: skip
    assert row["pooled_here"]
    assert found.over_all.mean == gap.lag_months
