"""The two ways to carry a value: maps of the total, and mixes of components."""

import numpy as np
import polars as pl
import pytest

from forecasts.measures.link_methods import (
    VALUE_METHODS,
    Component,
    fit_components,
    fit_values,
)


def made(n: int = 40, noise: float = 0.0, seed: int = 1) -> tuple[pl.DataFrame, np.ndarray]:
    """n models with three components, and the totals of weights 0.5, 0.3 and 0.2."""
    rng = np.random.default_rng(seed)
    ability = rng.uniform(10, 80, n)
    a, b, c = (np.clip(ability + rng.normal(0, 8, n), 1, 99) for _ in range(3))
    totals = 0.5 * a + 0.3 * b + 0.2 * c + rng.normal(0, noise, n) if noise else (
        0.5 * a + 0.3 * b + 0.2 * c
    )  # fmt: skip
    return pl.DataFrame({"a": a, "b": b, "c": c, "from_value": ability}), totals


KNOWN = [
    Component("a", 0.5, "a", "a"),
    Component("b", 0.3, "b", "b"),
    Component("c", 0.2, "c", "c"),
]


@pytest.mark.parametrize("method", VALUE_METHODS)
def test_an_exact_line_is_found_by_every_map_of_the_total(method: str) -> None:
    x = np.linspace(10, 60, 30)
    fit = fit_values(x, 2 + 0.8 * x, (10.0, 60.0))[method]
    at = np.linspace(12, 58, 9)
    value, stderr = fit.predict(at)
    assert value == pytest.approx(2 + 0.8 * at, abs=0.6)
    assert (stderr < 0.6).all()
    curves, sigma = fit.draw(50, np.random.default_rng(0))
    assert curves(at).shape == (50, 9)
    assert sigma.shape == (50,)
    assert (np.diff(curves(np.linspace(0, 100, 41)), axis=1) >= -1e-9).all()


def test_totals_of_known_weights_are_computed() -> None:
    frame, totals = made()
    fit = fit_components(frame, totals, KNOWN)
    assert fit is not None
    assert fit.published
    assert fit.weights == pytest.approx({"a": 0.5, "b": 0.3, "c": 0.2}, abs=0.02)
    other, expected = made(seed=9)
    value, stderr = fit.predict(other)
    assert np.abs(value - expected).max() < 0.3
    assert (stderr < 0.6).all()
    assert fit.scores(other).whole.all()
    assert fit.scores(other).held == pytest.approx(1.0)


def test_unknown_weights_are_learnt_and_a_guess_gives_way() -> None:
    frame, totals = made(n=80, noise=0.3)
    unknown = [Component(c.name, None, c.held, c.earlier) for c in KNOWN]
    wrong = [Component(c.name, 1 / 3, c.held, c.earlier, published=False) for c in KNOWN]
    for components in (unknown, wrong):
        fit = fit_components(frame, totals, components)
        assert fit is not None
        assert not fit.published
        assert fit.weights == pytest.approx({"a": 0.5, "b": 0.3, "c": 0.2}, abs=0.06)


def test_a_component_of_a_new_version_is_linked_first() -> None:
    frame, totals = made(n=60)
    old = frame.with_columns(c_old=pl.col("c") * 0.9 + 5)
    components = [*KNOWN[:2], Component("c", 0.2, "c", "c_old")]
    fit = fit_components(old, totals, components)
    assert fit is not None
    assert components[2].reversioned
    moved, stderr = fit.predict(old.drop("c"), as_moved=True)
    assert np.abs(moved - totals).max() < 1.0
    scores = fit.scores(old, as_moved=True)
    assert scores.values[:, 2] == pytest.approx(old["c"].to_numpy(), abs=3.0)
    assert not scores.whole.any()
    # Its error is in that of the total.
    assert (scores.errors[:, 2] > 0).all()
    assert (stderr >= scores.error(fit.mix.weights) - 1e-9).all()


def test_a_missing_score_costs_certainty() -> None:
    frame, totals = made(n=60)
    fit = fit_components(frame, totals, KNOWN)
    assert fit is not None
    gone = frame.with_columns(a=pl.when(pl.int_range(60) < 5).then(None).otherwise("a"))
    full, partial = fit.predict(frame), fit.predict(gone)
    assert (partial[1][:5] > 3 * full[1][:5]).all()
    assert np.abs((partial[0] - totals)[:5] / partial[1][:5]).max() < 4
    assert fit.scores(gone).held[:5] == pytest.approx(0.5, abs=0.05)
    assert not fit.scores(gone).whole[:5].any()


def test_without_any_component_there_is_no_mix() -> None:
    frame, totals = made()
    assert fit_components(frame.select("from_value"), totals, KNOWN) is None
