"""Tables of a backtest: scores by model, target and horizon, events, and comparisons."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from forecasts.forecasting.forecast import QUANTILES
from forecasts.measures.frontier import to_day
from forecasts.verification import scoring
from forecasts.verification.backtest import TARGETS, Backtest
from models.contract import DAYS_PER_MONTH, FloatArray, IntArray

REFERENCE = "random-walk-drift"


def score_table(
    backtest: Backtest, since: date | None = None, targets: Sequence[str] = (*TARGETS, "frontier")
) -> pl.DataFrame:
    """One row per model, target and horizon, pooled over all folds with a known outcome.

    Targets are leader, follower and gap over all pairs, and `frontier`: each bloc's frontier once
    per origin, however many pairs it stands in. CRPS, MAE (of the median) and pinball loss are
    divided by the scale of the index, so that indices can be pooled; skill is 1 - CRPS / CRPS of
    the random walk with drift, and of persistence, on the folds that both could forecast, with a
    90% interval by resampling indices and blocks of origins.

    Args:
        since: only folds whose outcome is dated later.
        targets: those wanted.
    """
    rows: list[dict[str, object]] = []
    positions = {name: places(backtest, name) for name in targets}
    rng = np.random.default_rng(0)
    for h, months in enumerate(backtest.horizons):
        for target, (fold, column) in positions.items():
            outcome = backtest.outcomes[fold, column, h]
            known = np.isfinite(outcome)
            if since is not None:
                known &= _origins(backtest)[fold] + round(DAYS_PER_MONTH * months) > to_day(since)
            fold_known, column_known = fold[known], column[known]
            scores = [
                _scores(backtest, k, fold_known, column_known, h)
                for k in range(len(backtest.models))
            ]
            for k, model in enumerate(backtest.models):
                rows.append(
                    {"model": model, "target": target, "horizon_months": months}
                    | _row(backtest, k, fold_known, column_known, h, scores, rng)
                )
    return pl.DataFrame(rows, infer_schema_length=None)


def _origins(backtest: Backtest) -> IntArray:
    return backtest.folds["origin"].cast(pl.Int32).to_numpy().astype(np.int64)


def places(backtest: Backtest, target: str) -> tuple[IntArray, IntArray]:
    """Positions of a target: the fold and the column of each, (n,) both.

    A frontier is taken from the first pair that it stands in at an origin.
    """
    n = backtest.folds.height
    if target in TARGETS:
        return np.arange(n), np.full(n, TARGETS.index(target))
    keys = backtest.folds.with_row_index("fold").select(
        "fold", "index_name", "index_version", "kind", "origin", "leader", "follower"
    )
    long = pl.concat(
        [
            keys.select("fold", "index_name", "index_version", "origin", bloc=side).with_columns(
                column=pl.lit(at)
            )
            for at, side in enumerate(("leader", "follower"))
        ]
    ).unique(["index_name", "index_version", "bloc", "origin"], keep="first", maintain_order=True)
    return long["fold"].to_numpy().astype(np.int64), long["column"].to_numpy().astype(np.int64)


def _scores(backtest: Backtest, model: int, fold: IntArray, column: IntArray, h: int) -> FloatArray:
    """Scaled CRPS, nan where the model failed."""
    scale = backtest.folds["scale"].to_numpy()[fold]
    found = scoring.crps(
        backtest.quantiles[model, fold, column, h].astype(np.float64),
        backtest.outcomes[fold, column, h],
    )
    return found / scale


def _row(
    backtest: Backtest,
    model: int,
    fold: IntArray,
    column: IntArray,
    h: int,
    scores: list[FloatArray],
    rng: np.random.Generator,
) -> dict[str, object]:
    own = scores[model]
    good = np.isfinite(own)
    quantiles = backtest.quantiles[model, fold, column, h].astype(np.float64)[good]
    outcome = backtest.outcomes[fold, column, h][good]
    scale = backtest.folds["scale"].to_numpy()[fold][good]
    origins = _origins(backtest)[fold]
    row: dict[str, object] = {
        "forecasts": int(good.sum()),
        "failed": int((~good).sum()),
        "origins": int(np.unique(origins[good]).size),
        "crps": float(own[good].mean()) if good.any() else None,
        "mae": None,
        "pinball": None,
        "coverage_50": None,
        "coverage_80": None,
        "coverage_90": None,
        "pit": None,
        "skill": None,
        "skill_low": None,
        "skill_high": None,
        "skill_persistence": None,
    }
    if not good.any():
        return row
    levels = [scoring.quantile_at(quantiles, level) for level in QUANTILES]
    loss = scoring.pinball(np.stack(levels, axis=-1), outcome, np.array(QUANTILES))
    row["mae"] = float(np.mean(np.abs(outcome - levels[3]) / scale))
    row["pinball"] = float(np.mean(loss / scale[:, None]))
    for width in (50, 80, 90):
        inside = scoring.covered(quantiles, outcome, width / 100, scoring.SLACK * scale)
        row[f"coverage_{width}"] = float(inside.mean())
    pit = scoring.pit(quantiles, outcome, np.random.default_rng(0))
    row["pit"] = np.histogram(pit, 10, (0, 1))[0].tolist()
    for name, key in ((REFERENCE, "skill"), ("persistence", "skill_persistence")):
        if name not in backtest.models:
            continue
        reference = scores[backtest.models.index(name)]
        both = good & np.isfinite(reference)
        if not both.any():
            continue
        row[key] = scoring.skill(own[both], reference[both])
        if key == "skill" and name != backtest.models[model]:
            series = backtest.folds["index_name"][fold[both].tolist()].rank("dense").to_numpy() - 1
            number = np.unique(origins[both], return_inverse=True)[1]
            step = np.diff(np.unique(origins))
            every = float(step.min()) if step.size else 30.0
            block = max(1, round(backtest.horizons[h] * DAYS_PER_MONTH / every))
            row["skill_low"], row["skill_high"] = scoring.skill_interval(
                own[both], reference[both], series.astype(np.int64), number, block, rng
            )
    return row


def event_table(backtest: Backtest, since: date | None = None) -> pl.DataFrame:
    """Per model and horizon: Brier and log score and reliability of both events.

    `closure`: the follower closes the gap within the horizon; `reach`: at its end the follower
    stands at or above the leader's level of the origin. Skill is against the base rate of the
    same outcomes.
    """
    rows: list[dict[str, object]] = []
    for event, happened, chance in (
        ("closure", backtest.closed, backtest.p_closed),
        ("reach", backtest.reached, backtest.p_reached),
    ):
        for h, months in enumerate(backtest.horizons):
            for k, model in enumerate(backtest.models):
                good = np.isfinite(happened[:, h]) & np.isfinite(chance[k, :, h])
                if since is not None:
                    good &= _origins(backtest) + round(DAYS_PER_MONTH * months) > to_day(since)
                score = scoring.score_events(chance[k, good, h], happened[good, h])
                rows.append(
                    {"model": model, "event": event, "horizon_months": months, **vars(score)}
                )
    return pl.DataFrame(rows)


def reliability_table(backtest: Backtest, model: str) -> pl.DataFrame:
    """Probability and frequency of closure in ten bins, per horizon."""
    k = backtest.models.index(model)
    rows: list[dict[str, object]] = []
    for h, months in enumerate(backtest.horizons):
        good = np.isfinite(backtest.closed[:, h]) & np.isfinite(backtest.p_closed[k, :, h])
        if good.any():
            for p, y, n in zip(
                *scoring.reliability(backtest.p_closed[k, good, h], backtest.closed[good, h]),
                strict=True,
            ):
                rows.append(
                    {"horizon_months": months, "probability": p, "frequency": y, "pairs": int(n)}
                )
    return pl.DataFrame(rows)


def comparison_table(backtest: Backtest, model: str, others: Sequence[str]) -> pl.DataFrame:
    """Diebold-Mariano tests of one model against others on mean frontier scores by origin.

    The scores of all frontiers of an origin are averaged first: they are not independent, the
    origins are what repeats.
    """
    fold, column = places(backtest, "frontier")
    origins = _origins(backtest)[fold]
    step = np.diff(np.unique(origins))
    every = float(step.min()) if step.size else 30.0
    rows: list[dict[str, object]] = []
    for h, months in enumerate(backtest.horizons):
        ahead = max(1, round(months * DAYS_PER_MONTH / every))
        own = _scores(backtest, backtest.models.index(model), fold, column, h)
        for other in others:
            theirs = _scores(backtest, backtest.models.index(other), fold, column, h)
            both = np.isfinite(own) & np.isfinite(theirs)
            days, at = np.unique(origins[both], return_inverse=True)
            count = np.bincount(at, minlength=days.size)
            a = np.bincount(at, weights=own[both], minlength=days.size) / np.maximum(count, 1)
            b = np.bincount(at, weights=theirs[both], minlength=days.size) / np.maximum(count, 1)
            statistic, p = scoring.diebold_mariano(a, b, ahead)
            rows.append(
                {"model": model, "against": other, "horizon_months": months,
                 "origins": int(days.size), "statistic": statistic, "p_value": p}
            )  # fmt: skip
    return pl.DataFrame(rows)
