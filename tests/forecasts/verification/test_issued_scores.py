"""Issued forecasts are scored as plain twins score them."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest
from issuing import AS_OF, HISTORY, pooled, rows_of, seen, targets
from scipy import stats

from forecasts.forecasting.forecast import Forecast
from forecasts.measures.view import IndexView
from forecasts.request import Shared
from forecasts.verification import scoring
from forecasts.verification.issued import SAID, Issued
from forecasts.verification.issued_scores import fan, score, summarise


def energy(x: Any, y: float) -> float:
    """E|X - y| - E|X - X'| / 2 (Gneiting and Raftery 2007, JASA 102) of equally likely x."""
    return float(np.mean(np.abs(x - y)) - np.abs(x[:, None] - x[None, :]).mean() / 2)


def test_crps_is_the_energy_form(forecast: Forecast, issued: Issued) -> None:
    later = seen(*HISTORY, ("US", date(2026, 2, 1), 52.0), ("CN", date(2026, 5, 1), 55.0),
                 until=date(2026, 12, 31))  # fmt: skip
    values = score(issued, later).values
    assert values.height == 3 * 3 * 11  # the twelfth month ends in January 2027
    for row in values.iter_rows(named=True):
        said = rows_of(issued, row["model"], row["target"], row["role"]).filter(date=row["date"])
        kept = np.array(said["quantiles"].item())
        # Exactly that of fifty equally likely outcomes (Broecker 2012, QJRMS 138).
        assert row["crps"] == pytest.approx(energy(kept, row["observed"]), rel=1e-9)
        both = pooled(forecast)[row["model"]][:, :, forecast.grid.months[row["months"] - 1]]
        x = np.sort(targets(both)[row["target"]])
        # The midpoint rule over fifty levels is off by less than its integrand varies in one.
        alpha = (np.arange(x.size) + 0.5) / x.size
        integrand = 2 * ((row["observed"] < x) - alpha) * (x - row["observed"])
        bound = np.abs(np.diff(integrand)).sum() / scoring.K
        assert abs(row["crps"] - energy(x, row["observed"])) < bound


def test_observed_is_the_frontier_of_the_day(issued: Issued) -> None:
    later = seen(*HISTORY, ("US", date(2026, 2, 10), 60.0), ("CN", date(2026, 2, 11), 58.0),
                 ("US", date(2026, 6, 1), 70.0), until=date(2026, 3, 15))  # fmt: skip
    values = score(issued, later).values.filter(model="pool")
    top = max(v for c, _, v in HISTORY if c == "US")
    low = max(v for c, _, v in HISTORY if c == "CN")
    got = {(r["target"], r["date"]): r["observed"] for r in values.iter_rows(named=True)}
    assert top < 60
    assert low < 58
    assert got == {
        ("leader", date(2026, 2, 10)): 60.0, ("follower", date(2026, 2, 10)): low,
        ("gap", date(2026, 2, 10)): 60.0 - low, ("leader", date(2026, 3, 10)): 60.0,
        ("follower", date(2026, 3, 10)): 58.0, ("gap", date(2026, 3, 10)): 2.0,
    }  # fmt: skip


def test_nothing_of_the_day_of_the_forecast_or_beyond_the_data_is_scored(issued: Issued) -> None:
    for until, months in ((AS_OF, 0), (date(2026, 2, 9), 0), (date(2026, 2, 10), 1)):
        values = score(issued, seen(*HISTORY, until=until)).values
        assert values["months"].unique().to_list() == list(range(1, months + 1))
    early = replace(issued, terms=replace(issued.terms, as_of=date(2026, 3, 10)))
    values = score(early, seen(*HISTORY, until=date(2026, 4, 10))).values
    assert values["date"].unique().to_list() == [date(2026, 4, 10)]


def test_dates_that_could_be_known_are_marked(issued: Issued) -> None:
    known = seen(*HISTORY, until=date(2026, 5, 1))
    for circumstances in (
        {"issued_at": datetime(2026, 3, 10, 1, tzinfo=UTC)}, {"data_until": date(2026, 3, 10)},
    ):  # fmt: skip
        late = replace(issued, **circumstances)
        values = score(late, known).values.filter(model="pool", target="gap")
        assert values["retrospective"].to_list() == [True, True, False]
    assert not score(issued, known).values["retrospective"].any()


def synthetic(issued: Issued, said: list[dict[str, Any]], **terms: Any) -> Issued:
    rows = [{"model": "m", "role": "model", "quantiles": None, "probability": None, **r}
            for r in said]  # fmt: skip
    made = replace(issued.terms, models=["m"], leader_value=50.0, follower_value=40.0, **terms)
    return replace(issued, terms=made, said=pl.DataFrame(rows, schema=SAID))


def test_pit_and_coverage_of_forecasts_of_known_truth(issued: Issued) -> None:
    rng = np.random.default_rng(5)
    day = date(2026, 2, 10)
    law = {"leader": stats.norm(90, 3), "follower": stats.norm(70, 2),
           "gap": stats.norm(20, np.hypot(3, 2))}  # fmt: skip
    said = [{"target": t, "date": day, "quantiles": f.ppf(scoring.LEVELS).tolist()}
            for t, f in law.items()]  # fmt: skip
    one = synthetic(issued, said, scale=0.0)
    pits: dict[float, list[pl.DataFrame]] = {1.0: [], 2.0: []}
    for stretch, found in pits.items():
        for top, low in rng.normal((90, 70), np.array((3, 2)) * stretch, size=(200, 2)):
            known = seen(("US", AS_OF, 50.0), ("CN", AS_OF, 40.0), ("US", day, float(top)),
                         ("CN", day, float(low)), until=day)  # fmt: skip
            found.append(score(one, known).values)
    for target in law:
        good = pl.concat(pits[1.0]).filter(target=target)
        bad = pl.concat(pits[2.0]).filter(target=target)
        assert stats.kstest(good["pit"].to_numpy(), "uniform").pvalue > 0.01
        assert stats.kstest(bad["pit"].to_numpy(), "uniform").pvalue < 1e-4
        for width in (80, 90):
            share = width / 100
            margin = 3 * np.sqrt(share * (1 - share) / good.height)
            assert good[f"in_{width}"].mean() == pytest.approx(share, abs=margin)
            assert bad[f"in_{width}"].mean() < share - margin


def test_the_pit_of_an_unmoved_frontier_is_the_middle_of_its_mass(issued: Issued) -> None:
    day = date(2026, 2, 10)
    said = [{"target": "leader", "date": day, "quantiles": [50.0] * 20 + [60.0] * 30}]
    known = seen(("US", AS_OF, 50.0), ("CN", AS_OF, 40.0), until=day)
    values = score(synthetic(issued, said), known).values
    assert values["pit"].to_list() == [pytest.approx(0.2)]
    assert values["in_80"].to_list() == [True]


def test_closing_is_scored_as_it_was_defined(issued: Issued) -> None:
    ends = [date(2026, 3, 31), date(2026, 6, 30), date(2026, 9, 30)]
    chances = dict(zip(ends, (0.1, 0.4, 0.8), strict=True))
    said = [{"target": t, "date": d, "probability": p}
            for t in ("closed", "ahead") for d, p in chances.items()]  # fmt: skip
    # The follower is ahead from 1 April to 21 April, and level with the old leader for good.
    until = date(2026, 8, 1)
    known = seen(("US", AS_OF, 50.0), ("CN", AS_OF, 40.0), ("CN", date(2026, 4, 1), 55.0),
                 ("US", date(2026, 4, 21), 60.0), until=until)  # fmt: skip

    def happened(event: str, last: date = until, **terms: Any) -> list[bool]:
        events = score(synthetic(issued, said, **terms), known.on(last)).events
        return events.filter(event=event)["happened"].to_list()

    assert happened("closed") == [False, True]
    assert happened("ahead") == [False, False]
    assert happened("closed", hold_days=19) == [False, True]
    assert happened("closed", hold_days=20) == [False, False]
    assert happened("closed", hold_days=60) == [False]  # June is not settled before September
    assert happened("closed", tolerance=10.0) == [True, True]
    assert happened("closed", definition="today", hold_days=25) == [False, True]
    assert happened("closed", last=date(2026, 9, 30)) == [False, True, True]
    events = score(synthetic(issued, said), known).events.filter(event="closed")
    assert events["brier"].to_list() == pytest.approx([0.01, 0.36])


def test_a_gap_that_closed_at_the_ceiling_is_scored_as_an_exhausted_index(issued: Issued) -> None:
    end = date(2026, 6, 30)
    said = [{"target": t, "date": end, "probability": p}
            for t, p in (("closed", 0.3), ("ahead", 0.2), ("exhausted", 0.6))]  # fmt: skip
    # Both arrive at 100, the leader first; or the follower is level before the leader gets there.
    late = seen(("US", AS_OF, 50.0), ("CN", AS_OF, 40.0), ("US", date(2026, 4, 1), 100.0),
                ("CN", date(2026, 5, 1), 100.0), until=end)  # fmt: skip
    early = seen(("US", AS_OF, 50.0), ("CN", AS_OF, 40.0), ("CN", date(2026, 3, 1), 60.0),
                 ("US", date(2026, 4, 1), 100.0), until=end)  # fmt: skip

    def happened(known: IndexView, ceiling: float | None) -> dict[str, bool]:
        events = score(synthetic(issued, said, ceiling=ceiling), known).events
        return dict(events.select("event", "happened").rows())

    assert happened(late, 100.0) == {"closed": False, "ahead": False, "exhausted": True}
    assert happened(early, 100.0) == {"closed": True, "ahead": False, "exhausted": False}
    # A forecast that did not tell them apart is scored by what it meant.
    assert happened(late, None) == {"closed": True, "ahead": True, "exhausted": False}


def test_models_of_both_blocs_are_scored_as_they_counted(issued: Issued) -> None:
    day = date(2026, 2, 10)
    said = [{"target": "gap", "date": day, "quantiles": [0.0] * 50}]
    known = seen(("US", AS_OF, 50.0), ("GB", AS_OF, 40.0), ("GB,US", date(2026, 2, 1), 70.0),
                 until=day)  # fmt: skip

    def observed(rule: Shared) -> list[float]:
        terms = {"follower": "GB", "shared": rule}
        return score(synthetic(issued, said, **terms), known).values["observed"].to_list()

    assert observed("neither") == [10.0]
    assert observed("both") == [0.0]
    assert observed("lab") == [-20.0]  # the lab is not known: the first country that is named


def test_scores_stand_beside_the_baselines_of_the_same_day(issued: Issued) -> None:
    scores = score(issued, seen(*HISTORY, ("US", date(2026, 2, 1), 52.0), until=date(2026, 7, 10)))
    gap = scores.values.filter(model="pool", target="gap")
    said = rows_of(issued, "persistence", "gap", "baseline").filter(
        pl.col("date") <= gap["date"].max()
    )
    expected = scoring.crps(np.array(said["quantiles"].to_list()), gap["observed"].to_numpy())
    assert gap["crps_persistence"].to_list() == pytest.approx(expected.tolist())
    assert "persistence" not in scores.values["model"]
    means = summarise(scores.values).filter(model="pool", target="gap").row(0, named=True)
    assert means["dates"] == 6
    assert means["skill_persistence"] == pytest.approx(1 - gap["crps"].mean() / expected.mean())


def test_the_fan_is_what_was_said_of_the_gap_beside_what_came(issued: Issued) -> None:
    known = seen(*HISTORY, ("US", date(2026, 2, 1), 52.0), until=date(2026, 3, 15))
    found = fan(issued, known)
    assert found["date"].to_list() == [AS_OF, *issued.dates]
    kept = np.array(rows_of(issued, "pool", "gap").sort("date")["quantiles"].to_list())
    for name, level in (("low_90", 0.05), ("median", 0.5), ("high_80", 0.9)):
        assert found[name][1:].to_list() == scoring.quantile_at(kept, level).tolist()
    now = issued.terms.leader_value - issued.terms.follower_value
    assert found.select("low_90", "median", "high_90").row(0) == (now, now, now)
    scored = score(issued, known).values.filter(model="pool", target="gap")
    assert found["observed"].drop_nulls().to_list() == scored["observed"].to_list()
