"""The lag on every index as a document for programs and as sentences for people."""

from dataclasses import asdict
from typing import Any

import polars as pl

from forecasts.measures.pooled_lag import FRESH_DAYS, AllIndices
from tracker.text.counting import counted
from tracker.text.numbers import fixed, points
from tracker.text.summary import months_range


def all_indices_document(found: AllIndices) -> dict[str, Any]:
    """The lags in the keys of the command contract."""
    return {
        "as_of": found.as_of,
        "vintage": found.vintage,
        "leader": found.leader,
        "follower": found.follower,
        "tolerance": found.tolerance,
        "indices": found.table(),
        "pooled": asdict(found.over_all),
    }


def all_indices_heading(found: AllIndices) -> str:
    """What was measured, as of when."""
    return (
        f"{found.leader} against {found.follower} on every index, as of {found.as_of}, vintage "
        f"{found.vintage}; each on the last day to which it is known, each version by itself"
    )


def all_indices_lines(found: AllIndices) -> list[str]:
    """The lag over all indices in sentences."""
    over = found.over_all
    if over.median is None or over.least is None or over.most is None or over.mean is None:
        return [
            "  Pooled: none. An index is pooled that was seen whole within "
            f"{FRESH_DAYS} days and is no component or price."
        ]
    if over.indices == 1:
        return [f"  Pooled: one index alone, {over.mean:.2f} months{_range(over.low, over.high)}"]
    lines = [
        f"  Pooled over {over.indices} indices: median lag {over.median:.2f} months, from "
        f"{over.least:.2f} to {over.most:.2f}",
        f"  Random-effects mean {over.mean:.2f} months{_range(over.low, over.high)}; between "
        f"indices a standard deviation of {over.tau:.2f} months",
    ]
    if over.prediction_low is not None and over.prediction_high is not None:
        lines.append(
            "  On one more index it would lie, with 90% probability, from "
            f"{max(over.prediction_low, 0.0):.2f} to {over.prediction_high:.2f} months"
        )
    least = int(found.table().filter("pooled_here")["at_least"].sum())
    if least:
        lines.append(
            f"  {counted(least, 'lag is', 'lags are')} only known to be so long at least: the "
            "leader's first model on the index stood above the follower."
        )
    return [*lines, "  Indices share models: their lags are not independent."]


def over_all_told(found: AllIndices) -> str:
    """The lag over all indices in one sentence; empty where fewer than two are pooled."""
    over = found.over_all
    if over.indices < 2 or over.mean is None or over.median is None:
        return ""
    return (
        f"Over {over.indices} indices: median {over.median:.1f}, random-effects mean "
        f"{over.mean:.1f} months (90% {over.low:.1f} to {over.high:.1f})."
    )


def _range(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else months_range((low, high))


def all_indices_shown(found: AllIndices) -> pl.DataFrame:
    """The lags as text for the eye: one row per index version, in the order of the table."""
    gaps = {(lag.index_name, lag.index_version): lag.gap for lag in found.lags}
    rows = []
    for row in found.table().iter_rows(named=True):
        gap = gaps[row["index_name"], row["index_version"]]
        lag = row["lag_months"]
        rows.append(
            (
                f"{row['index_name']} {row['index_version']}",
                None if gap is None else f"{points(gap.scale, gap.gap_points)} {gap.scale.unit}",
                None if lag is None else (">= " if row["at_least"] else "") + fixed(lag, 2),
                None
                if row["lag_low"] is None
                else f"{row['lag_low']:.2f} to {row['lag_high']:.2f}",
                None if gap is None else f"{row['matched']} of {row['records']}",
                row["last_sweep"],
                "yes" if row["pooled_here"] else f"no: {row['reason']}",
            )
        )
    columns = ("index", "gap", "lag_months", "interval_90", "matched", "last_sweep", "pooled")
    return pl.DataFrame(rows, schema=columns, orient="row", infer_schema_length=None)
