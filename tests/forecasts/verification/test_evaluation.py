"""Tables of a backtest, each beside the same by plain loops."""

from datetime import date

import numpy as np
import pytest

from forecasts.measures.frontier import to_day
from forecasts.verification import backtest as bt
from forecasts.verification import scoring
from forecasts.verification.evaluation import (
    comparison_table,
    event_table,
    places,
    reliability_table,
    score_table,
)


def test_scores_are_means_over_the_folds_with_an_outcome(result: bt.Backtest) -> None:
    table = score_table(result)
    scale = result.folds["scale"].to_list()
    for k, model in enumerate(result.models):
        for h, months in enumerate(result.horizons):
            own, errors, inside = [], [], []
            for fold in range(result.folds.height):
                outcome = result.outcomes[fold, 2, h]
                quantiles = result.quantiles[k, fold, 2, h].astype(float)
                if np.isfinite(outcome) and np.isfinite(quantiles).all():
                    weight = np.where(quantiles < outcome, scoring.LEVELS, 1 - scoring.LEVELS)
                    own.append(2 * np.mean(weight * np.abs(outcome - quantiles)) / scale[fold])
                    errors.append(abs(outcome - np.median(quantiles)) / scale[fold])
                    low, high = scoring.interval(quantiles, 0.9)
                    inside.append(low - 1e-3 * scale[fold] <= outcome <= high + 1e-3 * scale[fold])
            row = table.filter(model=model, target="gap", horizon_months=months).row(0, named=True)
            assert row["forecasts"] == len(own)
            assert row["crps"] == pytest.approx(np.mean(own))
            assert row["mae"] == pytest.approx(np.mean(errors))
            assert row["coverage_90"] == pytest.approx(np.mean(inside))
            assert sum(row["pit"]) == len(own)


def test_skill_is_against_the_random_walk_with_drift(result: bt.Backtest) -> None:
    table = score_table(result)
    drift = table.filter(model="random-walk-drift")
    assert (drift["skill"] == 0).all()
    row = table.filter(model="persistence", target="leader", horizon_months=3).row(0, named=True)
    other = drift.filter(target="leader", horizon_months=3)["crps"].item()
    assert row["skill"] == pytest.approx(1 - row["crps"] / other)
    assert row["skill_low"] <= row["skill"] <= row["skill_high"]


def test_each_frontier_counts_once_an_origin(result: bt.Backtest) -> None:
    fold, column = places(result, "frontier")
    rows = result.folds.rows(named=True)
    found = [
        (rows[f]["index_name"], rows[f]["origin"], rows[f][("leader", "follower")[c]])
        for f, c in zip(fold.tolist(), column.tolist(), strict=True)
    ]
    everyone = {(r["index_name"], r["origin"], r[s]) for r in rows for s in ("leader", "follower")}
    assert len(found) == len(set(found))
    assert set(found) == everyone


def test_only_outcomes_after_a_day(result: bt.Backtest) -> None:
    since = date(2025, 1, 1)
    late = score_table(result, since, ["gap"])
    assert late["target"].unique().to_list() == ["gap"]
    for row in late.filter(model="persistence").iter_rows(named=True):
        h = result.horizons.index(row["horizon_months"])
        expected = sum(
            to_day(origin) + round(30.4375 * row["horizon_months"]) > to_day(since)
            and np.isfinite(result.outcomes[i, 2, h])
            for i, origin in enumerate(result.folds["origin"].to_list())
        )
        assert row["forecasts"] == expected


def test_events_are_scored_by_brier(result: bt.Backtest) -> None:
    events = event_table(result)
    assert set(events["event"]) == {"closure", "reach"}
    k, h = result.models.index("pooled-growth"), result.horizons.index(6)
    p, y = result.p_reached[k, :, h], result.reached[:, h]
    good = np.isfinite(p) & np.isfinite(y)
    row = events.filter(model="pooled-growth", event="reach", horizon_months=6).row(0, named=True)
    assert row["brier"] == pytest.approx(np.mean((p[good] - y[good]) ** 2))
    bins = reliability_table(result, "pooled-growth")
    assert bins["frequency"].is_between(0, 1).all()
    closed = np.isfinite(result.closed) & np.isfinite(result.p_closed[k])
    for at, months in enumerate(result.horizons):
        assert bins.filter(horizon_months=months)["pairs"].sum() == closed[:, at].sum()


def test_models_are_compared_on_the_means_of_origins(result: bt.Backtest) -> None:
    found = comparison_table(result, "pooled-growth", ["persistence"])
    assert found["horizon_months"].to_list() == list(result.horizons)
    back = comparison_table(result, "persistence", ["pooled-growth"])
    assert found["statistic"].to_list() == pytest.approx((-back["statistic"]).to_list())
    assert found["p_value"].to_list() == pytest.approx(back["p_value"].to_list())
    fold, _ = places(result, "frontier")
    origins = {result.folds["origin"][int(f)] for f in fold}
    assert found["origins"][0] == len(origins)
