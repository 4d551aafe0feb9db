"""How often the judgement of a re-basing errs: simulated re-estimations and re-basings.

Prints the tables of docs/rebasing.md: `python benchmarks/rebasing.py`.
"""

from collections import Counter

import numpy as np

from forecasts.measures.rebasing import judge

RUNS = 1000
SIZES = (10, 20, 50, 100, 200, 500)
MEAN, SD = 25.0, 15.0  # of the values, as on the Intelligence Index


def share(size: int, slope: float, offset: float, noise: float, both: bool, case: str) -> float:
    """Share of RUNS in which `size` models are judged as `case`; noise and offset in SD."""
    found: Counter[str] = Counter()
    for run in range(RUNS):
        rng = np.random.default_rng([run, size])
        truth = rng.normal(MEAN, SD, size)
        old = truth + (noise * SD * rng.normal(size=size) if both else 0.0)
        new = slope * truth + offset * SD + noise * SD * rng.normal(size=size)
        found[judge(old, new).case] += 1
    return found[case] / RUNS


def table(title: str, rows: list[tuple[str, list[float]]]) -> None:
    """One table of shares in percent by number of models."""
    print(f"\n| {title} | {' | '.join(map(str, SIZES))} |")
    print(f"| --- |{' ---: |' * len(SIZES)}")
    for name, shares in rows:
        print(f"| {name} | {' | '.join(f'{100 * s:.1f}' for s in shares)} |")


def main() -> None:
    """Errors of both kinds."""
    table("Re-estimated, called re-based (%)", [
        (f"noise {noise:g} sd, in {'both values' if both else 'the new value'}",
         [share(n, 1, 0, noise, both, "re-based") for n in SIZES])
        for both in (False, True) for noise in (0.01, 0.03, 0.1, 0.2)
    ])  # fmt: skip
    for noise in (0.0, 0.03, 0.1):
        table(f"Re-based with noise of {noise:g} sd, not called so (%)", [
            (f"slope {slope:g}, offset {offset:g} sd",
             [1 - share(n, slope, offset, noise, False, "re-based") for n in SIZES])
            for slope, offset in ((0.7, 0), (0.8, 0), (0.9, 0), (0.95, 0), (0.98, 0), (0.99, 0),
                                  (1, -0.02), (1, -0.1), (1, -0.3))
        ])  # fmt: skip


if __name__ == "__main__":
    main()
