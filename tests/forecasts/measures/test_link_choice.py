"""Which method is chosen: by what is left out, against cross-validation written out."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from forecasts.measures.link_choice import Trial, by_total, choose, robust_size, try_methods
from forecasts.measures.link_methods import fit_values


@pytest.fixture(scope="module")
def measured() -> pl.DataFrame:
    rng = np.random.default_rng(5)
    x = rng.permutation(np.linspace(15, 65, 16))
    return pl.DataFrame(
        {
            "released_on": [date(2025, 1 + i % 12, 1 + i) for i in range(16)],
            "from_value": x,
            "to_value": -4 + 0.9 * x + rng.normal(0, 1, 16),
        }
    )


@pytest.fixture(scope="module")
def trials(measured: pl.DataFrame) -> dict[str, Trial]:
    return try_methods(measured, by_total)


def test_errors_are_those_of_models_that_were_left_out(
    measured: pl.DataFrame, trials: dict[str, Trial]
) -> None:
    x, y = measured["from_value"].to_numpy(), measured["to_value"].to_numpy()
    for i in (0, 7, 15):
        rest = np.arange(16) != i
        fits = fit_values(x[rest], y[rest], (x[i], x[i]))
        for name, fit in fits.items():
            assert trials[name].errors[i] == pytest.approx(y[i] - fit.predict(x[[i]])[0][0])
    for trial in trials.values():
        assert trial.rmse == pytest.approx(np.sqrt(np.mean(trial.errors**2)))
        top = np.argsort(-x)[:4]
        assert trial.rmse_top == pytest.approx(np.sqrt(np.mean(trial.errors[top] ** 2)))
        assert trial.rms_z == pytest.approx(np.sqrt(np.mean((trial.errors / trial.stderrs) ** 2)))


def test_the_top_and_the_newer_half_are_left_out_together(
    measured: pl.DataFrame, trials: dict[str, Trial]
) -> None:
    x, y = measured["from_value"].to_numpy(), measured["to_value"].to_numpy()
    days = measured["released_on"].to_physical().to_numpy()
    top, newer = np.argsort(-x)[:4], np.flatnonzero(days > np.median(days))
    for out, field in ((top, "rmse_beyond"), (newer, "rmse_later")):
        rest = np.setdiff1d(np.arange(16), out)
        fits = fit_values(x[rest], y[rest], (x[out].min(), x[out].max()))
        for name, fit in fits.items():
            errors = y[out] - fit.predict(x[out])[0]
            assert getattr(trials[name], field) == pytest.approx(np.sqrt(np.mean(errors**2)))


def test_without_days_or_enough_models_nothing_is_left_out_together(measured: pl.DataFrame) -> None:
    undated = try_methods(measured.drop("released_on"), by_total)
    assert {t.rmse_later for t in undated.values()} == {None}
    few = try_methods(measured[:5], by_total)
    assert {t.rmse_beyond for t in few.values()} == {None}


def trial(method: str, errors: list[float]) -> Trial:
    e = np.array(errors)
    rows = np.arange(e.size)
    return Trial(method, e, np.ones(e.size), 0.0, 0.0, None, None, 1.0, 1.0, ((rows, e),))


def test_a_later_method_must_be_clearly_better() -> None:
    wave = [1.0, -1.0, 0.5, -0.5, 0.8, -0.8]
    first = trial("linear", wave)
    assert (
        choose({"linear": first, "spline": trial("spline", [0.99 * e for e in wave])}) == "linear"
    )
    assert choose({"linear": first, "spline": trial("spline", [0.9 * e for e in wave])}) == "spline"


def test_a_model_that_nothing_fits_has_no_say() -> None:
    wave = [1.0, -1.0, 0.5, -0.5, 0.8, -0.8]
    first, other = trial("linear", [*wave, 40.0]), trial("spline", [*[1.5 * e for e in wave], 30.0])
    assert choose({"linear": first, "spline": other}) == "linear"
    # What leaves out the top weighs as much as what leaves out one.
    beyond = (np.arange(2), np.array([6.0, 6.0]))
    bad = replace(trial("linear", wave), blocks=((np.arange(6), np.array(wave)), beyond))
    assert choose({"linear": bad, "spline": trial("spline", [1.5 * e for e in wave])}) == "spline"


def test_the_robust_size_is_the_standard_deviation_of_normal_errors() -> None:
    errors = np.random.default_rng(0).normal(0, 3, 20_000)
    assert robust_size(errors) == pytest.approx(3, rel=0.03)
    assert robust_size(np.append(errors, np.full(200, 1e6))) == pytest.approx(3, rel=0.05)
