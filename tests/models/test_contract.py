"""Every registered model obeys the contract; a model is one file and one line."""

from dataclasses import replace

import numpy as np
import pytest
from histories import HORIZON, history

from models import MODELS, load
from models.contract import (
    History,
    Horizon,
    LearningModel,
    NotEnoughHistory,
    Series,
    as_frontier,
    make_series,
)


@pytest.mark.parametrize("name", MODELS)
def test_draws_are_joint_futures_of_frontiers(name: str) -> None:
    ceiling = float(history().today.max()) + 5
    fitted = load(name).fit(history(ceiling))
    draws = fitted.simulate(HORIZON, 500, np.random.default_rng(0))
    assert draws.shape == (500, 2, 100)
    assert np.isfinite(draws).all()
    assert (np.diff(draws, axis=2) >= 0).all()
    assert (draws >= history().today[:, None]).all()
    assert (draws <= ceiling).all()


@pytest.mark.parametrize("name", MODELS)
def test_same_seed_same_draws(name: str) -> None:
    fitted = load(name).fit(history())
    first, second, other = (
        fitted.simulate(HORIZON, 200, np.random.default_rng(s)) for s in (1, 1, 2)
    )
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("name", MODELS)
def test_shift_and_scale_of_the_index_shift_and_scale_the_draws(name: str) -> None:
    # Curves of growth start from zero points: they follow the scale of the index alone.
    shift = 0 if name in {"log-linear", "logistic", "gompertz"} else 7
    plain = load(name).fit(history()).simulate(HORIZON, 200, np.random.default_rng(3))
    moved = (
        load(name)
        .fit(history(shift=shift, scale=2))
        .simulate(HORIZON, 200, np.random.default_rng(3))
    )
    np.testing.assert_allclose(moved, 2 * plain + shift, rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("name", MODELS)
def test_too_short_a_history_is_refused(name: str) -> None:
    one = Series("A", np.array([100]), np.array([1.0]), np.array([100]), np.array([1.0]))
    with pytest.raises(NotEnoughHistory):
        load(name).fit(History(110, (one, one)))


@pytest.mark.parametrize("name", MODELS)
def test_summary_is_finite(name: str) -> None:
    for estimate in load(name).fit(history()).summary().values():
        assert np.isfinite(estimate.value)


def test_a_model_is_one_line_of_registration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODELS, "again", "models.persistence:Persistence")
    assert load("again").fit(history()).summary()
    with pytest.raises(ValueError, match="persistence"):
        load("unknown")


def test_only_models_that_learn_say_so() -> None:
    assert [name for name in MODELS if isinstance(load(name), LearningModel)] == [
        "pooled-growth", "compound-poisson",
    ]  # fmt: skip


def test_a_series_is_known_until_a_day() -> None:
    days, values = np.array([30, 10, 20, 20]), np.array([5.0, 1.0, 4.0, 3.0])
    found = make_series("A", days, values)
    assert found.days.tolist() == [10, 20, 30]
    assert found.values.tolist() == [1, 4, 5]
    assert found.release_values.tolist() == [1, 3, 4, 5]
    np.testing.assert_equal(found.at(np.array([9, 10, 25, 40])), [np.nan, 1, 4, 5])
    early = found.until(20)
    assert (early.days.tolist(), early.release_days.tolist()) == ([10, 20], [10, 20, 20])
    lower = make_series("B", np.array([10, 20]), np.array([5.0, 2.0]))
    assert lower.days.tolist() == [10]


def test_paths_become_frontiers() -> None:
    known = replace(history(), ceiling=float(history().today.max()) + 1)
    top, low = known.today
    raw = np.array([[[top - 1, top + 2, top + 0.5], [low - 9, low + 0.25, low]]])
    found = as_frontier(raw, known)[0]
    assert found[0].tolist() == [top, top + 1, top + 1]
    assert found[1].tolist() == [low, low + 0.25, low + 0.25]
    assert Horizon(0, np.array([61])).months[0] == pytest.approx(61 / 30.4375)
