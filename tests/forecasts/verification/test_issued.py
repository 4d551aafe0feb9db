"""Issued forecasts say what the draws said, and are scored as plain twins score them."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from forecasts.forecasting.forecast import Forecast, forecast_gap
from forecasts.verification import issued as ledger
from forecasts.verification import scoring
from forecasts.verification.issued import SAID, Issued, Terms
from forecasts.verification.issued_scores import score, summarise
from tracker.store.schema import SCHEMA

AS_OF = date(2026, 1, 10)
NOW = datetime(2026, 1, 11, tzinfo=UTC)


def observations(*rows: tuple[str, date, float], seen: date = date(2026, 12, 31)) -> pl.DataFrame:
    """Rows of the store: country, release date, value."""
    facts = [
        {"observation_id": f"{i:04}", "model": f"M{i}", "model_key": f"m{i}", "lab": country,
         "country": country, "released_on": released, "value": value, "observed_on": seen,
         "index_name": "I", "index_version": "1", "estimated": False}
        for i, (country, released, value) in enumerate(rows)
    ]  # fmt: skip
    return pl.DataFrame(facts, schema=SCHEMA)


HISTORY = [
    (country, date(2024, 1, 1) + timedelta(days=30 * k + shift), 20.0 + rise * k + (k * 7 % 5))
    for country, shift, rise in (("US", 0, 1.1), ("CN", 11, 1.0))
    for k in range(24)
]


@pytest.fixture(scope="module")
def forecast() -> Forecast:
    return forecast_gap(
        observations(*HISTORY), leader="US", follower="CN", as_of=AS_OF, vintage="final",
        models=("random-walk-drift", "linear-trend"), horizon_months=12, draws=2000, seed=3,
    )  # fmt: skip


@pytest.fixture(scope="module")
def issued(forecast: Forecast) -> Issued:
    return ledger.issue(forecast, issued_at=NOW, data_until=AS_OF, program_version="0")


def pooled(forecast: Forecast) -> dict[str, Any]:
    return dict(forecast.paths) | {"pool": np.concatenate(list(forecast.paths.values()))}


def targets(both: Any) -> dict[str, Any]:
    return {"leader": both[:, 0], "follower": both[:, 1], "gap": both[:, 0] - both[:, 1]}


def energy(x: Any, y: float) -> float:
    """E|X - y| - E|X - X'| / 2 (Gneiting and Raftery 2007, JASA 102) of equally likely x."""
    return float(np.mean(np.abs(x - y)) - np.abs(x[:, None] - x[None, :]).mean() / 2)


def rows_of(issued: Issued, model: str, target: str, role: str | None = None) -> pl.DataFrame:
    rows = issued.said.filter(model=model, target=target)
    return rows if role is None else rows.filter(role=role)


def test_it_keeps_what_the_forecast_said(forecast: Forecast, issued: Issued) -> None:
    assert issued.headline == "pool"
    pool = rows_of(issued, "pool", "gap")
    assert pool["date"].to_list() == forecast.gap["date"].to_list() == issued.dates
    at = forecast.grid.months
    for model, paths in pooled(forecast).items():
        both = paths[:, :, at]
        for target, x in targets(both).items():
            kept = np.array(rows_of(issued, model, target)["quantiles"].to_list())[: len(at)]
            for k, level in enumerate(scoring.LEVELS):
                below, upto = (x < kept[:, k]).mean(axis=0), (x <= kept[:, k]).mean(axis=0)
                assert (below <= level + 1 / len(x)).all()
                assert (upto >= level - 1 / len(x)).all()
    closed = rows_of(issued, "pool", "closed")
    by_quarter = forecast.closure.by_quarter
    assert closed["date"].equals(by_quarter["date"])
    assert closed["probability"].to_list() == by_quarter["probability_closed"].to_list()
    ahead = rows_of(issued, "pool", "ahead")["probability"]
    assert ahead.to_list() == by_quarter["probability_ahead"].to_list()
    assert issued.probability_closed == forecast.closure.probability_within_horizon
    for row in forecast.by_model.iter_rows(named=True):
        last = rows_of(issued, row["model"], "closed", "model")["probability"][-1]
        assert last == row["probability_within_horizon"]
    baselines = issued.said.filter(role="baseline")["model"].unique().sort().to_list()
    assert baselines == ["persistence", "random-walk-drift"]


def test_crps_is_the_energy_form(forecast: Forecast, issued: Issued) -> None:
    later = observations(*HISTORY, ("US", date(2026, 2, 1), 52.0), ("CN", date(2026, 5, 1), 55.0))
    values = score(issued, later, date(2026, 12, 31)).values
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
    later = observations(*HISTORY, ("US", date(2026, 2, 10), 60.0), ("CN", date(2026, 2, 11), 58.0),
                         ("US", date(2026, 6, 1), 70.0))  # fmt: skip
    values = score(issued, later, date(2026, 3, 15)).values.filter(model="pool")
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
    rows = observations(*HISTORY)
    for until, months in ((AS_OF, 0), (date(2026, 2, 9), 0), (date(2026, 2, 10), 1)):
        values = score(issued, rows, until).values
        assert values["months"].unique().to_list() == list(range(1, months + 1))
    early = replace(issued, terms=replace(issued.terms, as_of=date(2026, 3, 10)))
    values = score(early, rows, date(2026, 4, 10)).values
    assert values["date"].unique().to_list() == [date(2026, 4, 10)]


def test_dates_that_could_be_known_are_marked(issued: Issued) -> None:
    rows = observations(*HISTORY)
    for circumstances in (
        {"issued_at": datetime(2026, 3, 10, 1, tzinfo=UTC)}, {"data_until": date(2026, 3, 10)},
    ):  # fmt: skip
        late = replace(issued, **circumstances)
        values = score(late, rows, date(2026, 5, 1)).values.filter(model="pool", target="gap")
        assert values["retrospective"].to_list() == [True, True, False]
    assert not score(issued, rows, date(2026, 5, 1)).values["retrospective"].any()


def test_the_id_is_of_the_content_alone(issued: Issued) -> None:
    said, terms = issued.said, issued.terms
    assert ledger.content_id(terms, said) == issued.forecast_id
    changed = {str: "x", int: 999, float: 0.125, date: date(2020, 1, 1), list[str]: ["x"],
               datetime | None: NOW}  # fmt: skip
    ids = {
        ledger.content_id(replace(terms, **{f.name: changed[f.type]}), said)  # type: ignore[index]
        for f in fields(Terms)
    }
    assert len(ids | {issued.forecast_id}) == len(fields(Terms)) + 1
    nudged = said.with_columns(pl.col("probability") + 1e-15)
    assert ledger.content_id(terms, nudged) != issued.forecast_id
    other = replace(issued, issued_at=NOW + timedelta(days=1), data_until=NOW.date())
    assert ledger.content_id(other.terms, other.said) == issued.forecast_id


def test_a_table_and_back(issued: Issued) -> None:
    back = ledger.from_table(ledger.to_table(issued))
    assert (back.terms, back.issued_at, back.data_until) == (issued.terms, NOW, AS_OF)
    assert back.said.equals(issued.said)
    assert ledger.content_id(back.terms, back.said) == back.forecast_id == issued.forecast_id
    with pytest.raises(ValueError, match="columns"):
        ledger.from_table(ledger.to_table(issued).drop("seed"))


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
            rows = observations(("US", AS_OF, 50.0), ("CN", AS_OF, 40.0),
                                ("US", day, float(top)), ("CN", day, float(low)))  # fmt: skip
            found.append(score(one, rows, day).values)
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
    values = score(
        synthetic(issued, said), observations(("US", AS_OF, 50.0), ("CN", AS_OF, 40.0)), day
    ).values
    assert values["pit"].to_list() == [pytest.approx(0.2)]
    assert values["in_80"].to_list() == [True]


def test_closing_is_scored_as_it_was_defined(issued: Issued) -> None:
    ends = [date(2026, 3, 31), date(2026, 6, 30), date(2026, 9, 30)]
    chances = dict(zip(ends, (0.1, 0.4, 0.8), strict=True))
    said = [{"target": t, "date": d, "probability": p}
            for t in ("closed", "ahead") for d, p in chances.items()]  # fmt: skip
    # The follower is ahead from 1 April to 21 April, and level with the old leader for good.
    rows = observations(("US", AS_OF, 50.0), ("CN", AS_OF, 40.0), ("CN", date(2026, 4, 1), 55.0),
                        ("US", date(2026, 4, 21), 60.0))  # fmt: skip
    until = date(2026, 8, 1)

    def happened(event: str, last: date = until, **terms: Any) -> list[bool]:
        events = score(synthetic(issued, said, **terms), rows, last).events
        return events.filter(event=event)["happened"].to_list()

    assert happened("closed") == [False, True]
    assert happened("ahead") == [False, False]
    assert happened("closed", hold_days=19) == [False, True]
    assert happened("closed", hold_days=20) == [False, False]
    assert happened("closed", hold_days=60) == [False]  # June is not settled before September
    assert happened("closed", tolerance=10.0) == [True, True]
    assert happened("closed", definition="today", hold_days=25) == [False, True]
    assert happened("closed", last=date(2026, 9, 30)) == [False, True, True]
    events = score(synthetic(issued, said), rows, until).events.filter(event="closed")
    assert events["brier"].to_list() == pytest.approx([0.01, 0.36])


def test_scores_stand_beside_the_baselines_of_the_same_day(issued: Issued) -> None:
    rows = observations(*HISTORY, ("US", date(2026, 2, 1), 52.0))
    scores = score(issued, rows, date(2026, 7, 10))
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
