"""The tables of a backtest as one page of Markdown."""

from datetime import date, timedelta

import polars as pl

from forecasts.forecasting.forecast import DEFAULT_MODELS
from forecasts.verification.backtest import Backtest
from forecasts.verification.evaluation import (
    comparison_table,
    event_table,
    reliability_table,
    score_table,
)


def skill_report(backtest: Backtest) -> str:
    """Scores of all outcomes and of the last year's, events, reliability, tests, failures."""
    origins = backtest.folds["origin"]
    begin, last = origins.min(), origins.max()
    assert isinstance(begin, date)
    assert isinstance(last, date)
    year = last - timedelta(days=365)
    first = DEFAULT_MODELS[0] if DEFAULT_MODELS[0] in backtest.models else backtest.models[0]
    others = [name for name in backtest.models if name != first]
    parts = [
        f"{backtest.folds.height} pairs of blocs at {origins.n_unique()} origins from "
        f"{begin} to {last}, on {backtest.folds['index_name'].n_unique()} indices. Scores "
        "are divided by the range of the index; skill is 1 - CRPS / CRPS of the random walk with "
        "drift, with its 90% interval.",
    ]
    for title, since in (("All outcomes", None), (f"Outcomes after {year}", year)):
        table = score_table(backtest, since)
        for target, what in (("frontier", "frontiers, each once"), ("gap", "gaps of all pairs")):
            for months in (h for h in backtest.horizons if h in {1, 3, 6, 12} or h == max(
                backtest.horizons
            )):  # fmt: skip
                rows = table.filter(target=target, horizon_months=months).sort(
                    "crps", nulls_last=True
                )
                if rows["forecasts"].sum():
                    parts += [f"### {title}: {what}, {months} months", _scores(rows)]
    parts += ["### Every horizon of the default", _horizons(score_table(backtest), first)]
    events = event_table(backtest)
    for event, what in (
        ("closure", "the follower closes the gap within the horizon"),
        ("reach", "the follower stands at the leader's level of the origin"),
    ):
        parts += [f"### Event: {what}", _events(events.filter(event=event))]
    parts += [
        f"### Reliability of {first}: closure",
        _markdown(reliability_table(backtest, first), 2),
        f"### Diebold-Mariano tests of {first} (negative: {first} is better)",
        _markdown(comparison_table(backtest, first, others), 3),
    ]
    failures = backtest.failures.group_by("model", "reason").len("folds")
    if failures.height:
        ordered = failures.sort("model", "folds", descending=[False, True])
        parts += ["### Fits that could not be made", _markdown(ordered, 0)]
    return "\n\n".join(parts) + "\n"


def _scores(rows: pl.DataFrame) -> str:
    return _markdown(
        rows.select(
            "model", "forecasts", "failed", "crps", "mae",
            "coverage_50", "coverage_80", "coverage_90", "skill",
            pl.format("{} to {}", pl.col("skill_low").round(2), pl.col("skill_high").round(2))
            .alias("skill, 90%"),
            pl.col("skill_persistence").alias("skill over persistence"),
        ),
        3,
    )  # fmt: skip


def _horizons(table: pl.DataFrame, model: str) -> str:
    rows = table.filter(pl.col("model") == model, pl.col("target").is_in(["frontier", "gap"]))
    return _markdown(
        rows.sort("target", "horizon_months").select(
            "target", "horizon_months", "forecasts", "crps", "coverage_50", "coverage_80",
            "coverage_90", "skill", pl.col("pit").cast(pl.List(pl.String)).list.join(" "),
        ),
        3,
    )  # fmt: skip


def _events(rows: pl.DataFrame) -> str:
    return _markdown(rows.drop("event").sort("horizon_months", "brier"), 3)


def _markdown(table: pl.DataFrame, decimals: int) -> str:
    def cell(value: object) -> str:
        if value is None or (isinstance(value, float) and value != value):
            return "-"
        return f"{value:.{decimals}f}" if isinstance(value, float) else str(value)

    lines = [table.columns, ["---"] * table.width, *([cell(v) for v in r] for r in table.rows())]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
