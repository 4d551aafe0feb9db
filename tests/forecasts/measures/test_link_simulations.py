"""Simulated re-basings of known truth: errors as stated, at the top and beyond the common range."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
import pytest

from forecasts.measures.link_methods import Component
from forecasts.measures.linking import fit_link

DAY = date(2026, 6, 16)
MODELS = 70
SIMULATIONS = 200


@dataclass(frozen=True)
class Coverage:
    """Shares of moved models' later values within the 90% interval of the draws, and z."""

    everywhere: float
    top: float
    beyond: float
    rms_z: float
    rms_z_top: float


def _map(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    """A random increasing map of 0 to 100: slope 0.5 to 1.3, bent either way or not."""
    u = x / 100.0
    bend = rng.normal(0.0, 0.35)
    return rng.normal(-5, 5) + 100.0 * rng.uniform(0.7, 1.1) * (u + bend * (u**2 - u))


def rebasing(kind: str, rng: np.random.Generator) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Common models, and moved ones with the value that they would have been given."""
    x = np.sort(np.clip(rng.normal(40, 14, MODELS), 3, 85))
    noise = rng.uniform(2.0, 5.0) if kind == "noise" else rng.uniform(0.5, 1.5)
    y = _map(rng, x) + rng.normal(0, noise, MODELS)
    known = np.arange(MODELS - 6)  # the six best are beyond what both versions measured
    n = int(rng.integers(20, 41))
    if kind == "dropped":  # few are measured anew, the strong first
        n = int(rng.integers(10, 16))
        chance = np.where(known > MODELS / 2, 4.0, 1.0)
        common = rng.choice(known, n, replace=False, p=chance / chance.sum())
    else:
        common = rng.choice(known, n, replace=False)
    given = y.copy()
    if kind == "settings":  # a tenth of the common models were measured otherwise
        odd = rng.choice(common, max(n // 10, 1), replace=False)
        given[odd] += rng.choice([-1.0, 1.0], odd.size) * rng.uniform(5, 15, odd.size)
    return _frames(x, y, given, common)


def _frames(
    x: np.ndarray, y: np.ndarray, given: np.ndarray, common: np.ndarray, **scores: np.ndarray
) -> tuple[pl.DataFrame, pl.DataFrame]:
    every = pl.DataFrame(
        {
            "model_key": [f"m{i}" for i in range(x.size)],
            "from_value": x,
            "to_value": given,
            "truth": y,
            "from_estimated": False,
            "to_estimated": False,
            **scores,
        }
    )
    moved = np.setdiff1d(np.arange(x.size), common)
    return every[np.sort(common)], every[moved]


WEIGHTS = np.array([0.2, 0.16, 0.14, 0.12, 0.12, 0.1, 0.1, 0.06])


def rebasing_of_components(
    rng: np.random.Generator,
) -> tuple[pl.DataFrame, pl.DataFrame, list[Component]]:
    """Eight components of one ability: one re-versioned, two replaced and not held."""
    ability = np.sort(rng.normal(0, 1, MODELS))
    hard = rng.uniform(-1, 2, 8)
    load = rng.uniform(0.7, 1.5, 8)
    own = rng.normal(0, 0.45, (MODELS, 8))
    scores = 100 / (1 + np.exp(-(load * (ability[:, None] - hard) + own)))
    later = scores.copy()
    later[:, 0] = np.clip(0.9 * scores[:, 0] - 8 + rng.normal(0, 3, MODELS), 0, 100)
    # The replacements: harder, and only akin to what they replace.
    for j in (1, 2):
        kin = 0.5 * own[:, j] + rng.normal(0, 0.45, MODELS)
        later[:, j] = 100 / (1 + np.exp(-(load[j] * (ability - hard[j] - 0.7) + kin)))
    x = scores.mean(axis=1)
    y = later @ WEIGHTS + rng.normal(0, 0.3, MODELS)
    order = np.argsort(x)
    common = rng.choice(order[:-6], int(rng.integers(20, 41)), replace=False)
    held = {f"c{j}": scores[:, j] for j in range(8)}
    pairs, moved = _frames(x, y, y, common, **held, c0_later=later[:, 0])
    moved = moved.with_columns(c0_later=pl.lit(None, dtype=pl.Float64))
    components = [
        Component("c0", WEIGHTS[0], "c0_later", "c0"),
        Component("c1", WEIGHTS[1], None, "c1"),
        Component("c2", WEIGHTS[2], None, "c2"),
        *(Component(f"c{j}", WEIGHTS[j], f"c{j}", f"c{j}") for j in range(3, 8)),
    ]
    return pairs, moved, components


def study(kind: str, simulations: int) -> Coverage:
    """Link each simulated re-basing and look where the moved models' values fall."""
    inside, z, place = [], [], []
    for i in range(simulations):
        rng = np.random.default_rng([i, len(kind)])
        components: list[Component] = []
        if kind == "components":
            pairs, moved, components = rebasing_of_components(rng)
        else:
            pairs, moved = rebasing(kind, rng)
        link = fit_link(pairs, "1", "2", DAY, components=components, pool=moved)
        drawn = link.draw(400, np.random.default_rng(i)).models(moved)
        low, high = np.quantile(drawn, [0.05, 0.95], axis=0)
        truth = moved["truth"].to_numpy()
        at = moved["from_value"].to_numpy()
        to = link.move(moved)
        inside.append((truth >= low) & (truth <= high))
        z.append((truth - to["value"].to_numpy()) / to["stderr"].to_numpy())
        known = pairs["from_value"].to_numpy()
        place.append(np.where(at > known.max(), 2, np.where(at > np.quantile(known, 0.75), 1, 0)))
    hit, apart, where = (np.concatenate(a) for a in (inside, z, place))
    return Coverage(
        float(hit.mean()),
        float(hit[where == 1].mean()),
        float(hit[where == 2].mean()),
        float(np.sqrt(np.mean(apart**2))),
        float(np.sqrt(np.mean(apart[where > 0] ** 2))),
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["monotone", "noise", "dropped", "settings", "components"])
def test_intervals_cover_at_the_top_and_beyond(kind: str) -> None:
    found = study(kind, SIMULATIONS)
    assert 0.85 <= found.everywhere <= 0.95, found
    assert 0.85 <= found.top <= 0.95, found
    assert 0.85 <= found.beyond <= 0.95, found
    assert 0.8 <= found.rms_z <= 1.3, found


def test_a_few_simulated_rebasings_are_recovered() -> None:
    found = study("settings", 3)
    assert found.everywhere > 0.8
    assert found.rms_z < 1.6
