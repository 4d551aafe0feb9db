"""How often the 90% interval of the lag holds the true one, on releases of known truth.

Releases of both blocs come at random over three years; their values lie below a line that rises,
the follower's some months later, by random distances. The true lag is the median, over releases
drawn anew, of the lag of their true values. Run: python benchmarks/lag_coverage.py, with --power 1
for the ordinary bootstrap.
"""

import argparse
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.random import Generator

from forecasts.measures import lag_interval
from forecasts.measures.blocs import parse_bloc
from forecasts.measures.frontier import Frontier, frontier, to_date, to_day
from forecasts.measures.gap import lag_days
from models.contract import DAYS_PER_MONTH, FloatArray, IntArray

END = date(2026, 6, 30)
MONTHS = 36
SLOPE = 1.5  # points a month


@dataclass(frozen=True)
class World:
    """How releases come about.

    Attributes:
        rates: releases a month of leader and follower.
        behind: months by which the follower's line is later.
        below: mean distance of values below the line, in points.
        error: standard error of every value.
        shape: of the distances: `exponential`, or `normal` about a line.
    """

    rates: tuple[float, float] = (3.0, 3.0)
    behind: float = 7.0
    below: float = 8.0
    error: float = 0.0
    shape: str = "exponential"


WORLDS = {
    "three a month each": World(),
    "eight a month each": World(rates=(8, 8)),
    "one a month each": World(rates=(1, 1)),
    "one in three months each": World(rates=(0.34, 0.34)),
    "six and two a month": World(rates=(6, 2)),
    "two months behind": World(behind=2),
    "fifteen months behind": World(behind=15),
    "values about the line": World(shape="normal", below=6),
    "errors of 1 point": World(error=1),
    "errors of 2 points": World(error=2),
    "eight a month, errors of 2": World(rates=(8, 8), error=2),
}


def releases(world: World, at: int, rng: Generator) -> tuple[IntArray, FloatArray]:
    """Days and true values of one bloc, the leader (0) or the follower (1)."""
    count = max(int(rng.poisson(world.rates[at] * MONTHS)), 5)
    months = np.sort(rng.uniform(0, MONTHS, count))
    off = (
        rng.exponential(world.below, count)
        if world.shape == "exponential"
        else rng.normal(0, world.below, count)
    )
    days = to_day(END) - np.round((MONTHS - months) * DAYS_PER_MONTH).astype(np.int64)
    return days, SLOPE * (months - world.behind * at) - off


def as_frontier(bloc: str, days: IntArray, values: FloatArray, error: float) -> Frontier:
    """Releases as the measures take them."""
    names = [f"{bloc} {i}" for i in range(days.size)]
    rows = pl.DataFrame(
        {
            "model_key": names, "model": names, "lab": bloc, "country": bloc, "value": values,
            "released_on": [to_date(d) for d in days], "stderr": error or None,
            "open_weights": False,
        },
        schema_overrides={"stderr": pl.Float64},
    )  # fmt: skip
    return frontier(rows, parse_bloc(bloc))


def drawn_world(world: World, rng: Generator, error: float) -> tuple[Frontier, Frontier]:
    """Frontiers of both blocs with measured values."""
    lines = []
    for at, bloc in enumerate(("US", "CN")):
        days, values = releases(world, at, rng)
        lines.append(as_frontier(bloc, days, values + rng.normal(0, error, days.size), error))
    return lines[0], lines[1]


def coverage(world: World, worlds: int, seed: int = 0) -> dict[str, float]:
    """Share of intervals that hold the true lag, with their mean width and the true lag."""
    rng = np.random.default_rng(seed)
    today = np.array([to_day(END)])
    true = np.median([lag_days(*drawn_world(world, rng, 0.0), today, 0.0)[0] for _ in range(2000)])
    held, width, realised = 0, 0.0, 0
    for at in range(worlds):
        sizes = [releases(world, k, rng) for k in (0, 1)]
        clean = [as_frontier(b, *s, 0.0) for b, s in zip(("US", "CN"), sizes, strict=True)]
        noisy = [
            as_frontier(b, d, v + rng.normal(0, world.error, d.size), world.error)
            for b, (d, v) in zip(("US", "CN"), sizes, strict=True)
        ]
        drawn = lag_interval.draw_lags(*noisy, today, 0.0, draws=1000, seed=at)
        assert drawn is not None
        low, high = np.quantile(drawn, [0.05, 0.95])
        own = lag_days(*clean, today, 0.0)[0]
        held, realised = held + (low <= true <= high), realised + (low <= own <= high)
        width += (high - low) / DAYS_PER_MONTH
    return {
        "true_lag": float(true) / DAYS_PER_MONTH,
        "coverage": held / worlds,
        "coverage_realised": realised / worlds,
        "width": width / worlds,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--worlds", type=int, default=1000)
    parser.add_argument("--power", type=float, default=lag_interval.POWER)
    asked = parser.parse_args()
    lag_interval.POWER = asked.power
    rows = [{"world": name} | coverage(world, asked.worlds) for name, world in WORLDS.items()]
    with pl.Config(tbl_rows=-1, tbl_width_chars=120, float_precision=3, fmt_str_lengths=40):
        print(pl.DataFrame(rows))
