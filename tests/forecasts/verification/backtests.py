"""Releases of known growth to backtest on, and when two backtests are the same."""

from datetime import date

import numpy as np
import polars as pl
from frames import table

from forecasts.verification import backtest as bt

FAST = ("pooled-growth", "persistence", "random-walk-drift")


def releases(months: int = 40, seed: int = 0) -> pl.DataFrame:
    """Three countries with a release a month from January 2022, observed in 2026."""
    rng = np.random.default_rng(seed)
    rows = []
    for country, level in (("US", 20.0), ("CN", 12.0), ("FR", 8.0)):
        for month in range(months):
            level += rng.gamma(1.0, 1.0)
            day = date(2022 + month // 12, month % 12 + 1, 5)
            rows.append((f"{country} {month}", country, str(day), level))
    return table(rows, "2026-01-01")


def same(a: bt.Backtest, b: bt.Backtest) -> bool:
    """Every number alike, those that are missing too."""
    return all(
        np.array_equal(getattr(a, n), getattr(b, n), equal_nan=True)
        for n in ("quantiles", "outcomes", "closed", "reached", "p_closed", "p_reached")
    )
