"""Ten thousand joint draws, and a bootstrap beside the same in a plain Python loop."""

import random
import time

import numpy as np

from forecasts.forecasting.closure import make_grid
from forecasts.measures.frontier import to_date
from models import load
from models.contract import History, Series
from models.linear_trend import resampled_slopes

DRAWS = 10_000


def loop_bootstrap(days: list[float], values: list[float], resamples: int) -> list[float]:
    """Slopes of lines through the records of resampled releases, as it is first written down."""
    slopes: list[float] = []
    n = len(days)
    for _ in range(resamples):
        pick = sorted({random.randrange(n) for _ in range(n)})
        best = float("-inf")
        x: list[float] = []
        y: list[float] = []
        for i in pick:
            if values[i] > best:
                best = values[i]
                x.append(days[i])
                y.append(best)
        mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
        across = sum((a - mean_x) ** 2 for a in x)
        if across > 0:
            slopes.append(
                sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / across
            )
    return slopes


def main() -> None:
    rng = np.random.default_rng(0)
    blocs = []
    for name in ("US", "CN"):
        days = np.sort(rng.choice(np.arange(19400, 20600), 25, replace=False))
        values = np.cumsum(rng.gamma(2.0, 1.0, 25))
        blocs.append(Series(name, days, values, days, values))
    history = History(20610, (blocs[0], blocs[1]), 100.0)
    grid = make_grid(to_date(20610), 24)
    fitted = load("pooled-growth").fit(history)
    start = time.perf_counter()
    fitted.simulate(grid.horizon, DRAWS, rng)
    took = time.perf_counter() - start
    print(f"{DRAWS:,} joint draws of pooled-growth over 24 months: {took:.2f} s")
    days = np.sort(rng.choice(np.arange(19400, 20600), 150, replace=False))
    values = (days - 19400) / 30 + rng.gamma(2.0, 5.0, 150)
    many = Series("US", days, values, days, values)
    start = time.perf_counter()
    resampled_slopes(many, DRAWS, rng)
    fast = time.perf_counter() - start
    start = time.perf_counter()
    loop_bootstrap(days.tolist(), values.tolist(), DRAWS)
    slow = time.perf_counter() - start
    print(f"bootstrap of a frontier trend, 150 releases, {DRAWS:,} resamples: arrays {fast:.2f} s, "
          f"plain loop {slow:.1f} s, ratio {slow / fast:.0f}")  # fmt: skip


if __name__ == "__main__":
    main()
