"""Latent abilities against a dense optimiser, finite differences, known truths and symmetries."""

import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares
from scipy.special import expit

from models.helpers.item_response import (
    MEAN_LOG_SLOPE_PENALTY,
    Parameters,
    Penalty,
    Posterior,
    Scores,
    expected_score,
    jacobian,
    make_scores,
)
from models.latent_ability import (
    Anchors,
    NotEnoughScores,
    bootstrap_ability,
    choose_penalty,
    fit_latent_ability,
    starting_values,
)

PENALTY = Penalty(1e-3, 1e-2)


def simulate(
    rng: np.random.Generator,
    models: int = 12,
    benchmarks: int = 8,
    density: float = 0.7,
    noise: float = 0.05,
    noise_by_score: bool = False,
) -> tuple[Scores, Parameters]:
    """Scores of models whose abilities are known; the last model has two scores only."""
    truth = Parameters(
        rng.normal(0, 1.5, models), rng.normal(0.3, 1.2, benchmarks), rng.normal(0, 0.3, benchmarks)
    )
    seen = rng.random((models, benchmarks)) < density
    seen[:2] = True
    seen[:, 0] = True
    seen[-1] = False
    seen[-1, rng.choice(benchmarks, 2, replace=False)] = True
    model, benchmark = np.nonzero(seen)
    lower = np.where(np.arange(benchmarks) % 3 == 0, 0.25, 0.0)
    blank = make_scores(model, benchmark, np.zeros(model.size), lower, n_models=models)
    mean = expected_score(truth, blank)
    sd = noise * 2 * np.sqrt(mean * (1 - mean)) if noise_by_score else noise
    return replace(blank, score=np.clip(rng.normal(mean, sd), 0, 1)), truth


def flat(x: Parameters) -> np.ndarray:
    return np.concatenate([x.ability, x.difficulty, x.log_slope])


def unflat(theta: np.ndarray, scores: Scores) -> Parameters:
    a, d, s = np.split(theta, [scores.n_models, scores.n_models + scores.n_benchmarks])
    return Parameters(a, d, s)


def dense_residuals(theta: np.ndarray, scores: Scores, penalty: Penalty) -> np.ndarray:
    """The same posterior as one residual vector, written from the definition."""
    x = unflat(theta, scores)
    b, low = scores.benchmark, scores.lower[scores.benchmark]
    curve = low + (1 - low) * expit(
        np.exp(x.log_slope[b]) * (x.ability[scores.model] - x.difficulty[b])
    )
    return np.concatenate(
        [
            np.sqrt(scores.weight) * (scores.score - curve),
            np.sqrt(penalty.location) * x.ability,
            np.sqrt(penalty.location) * (x.difficulty - x.difficulty.mean()),
            np.sqrt(penalty.slope) * (x.log_slope - x.log_slope.mean()),
            [np.sqrt(MEAN_LOG_SLOPE_PENALTY * scores.n_benchmarks) * x.log_slope.mean()],
        ]
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_optimum_is_that_of_dense_least_squares(seed: int) -> None:
    scores, _ = simulate(np.random.default_rng(seed))
    dense = least_squares(
        dense_residuals, flat(starting_values(scores)), args=(scores, PENALTY),
        xtol=1e-14, ftol=1e-14, gtol=1e-14,
    )  # fmt: skip
    fitted = fit_latent_ability(scores, PENALTY)
    assert fitted.objective == pytest.approx(dense.cost, rel=1e-9)
    np.testing.assert_allclose(flat(fitted.parameters), dense.x, atol=1e-5)


def test_the_covariance_is_the_inverse_of_the_hessian_of_the_dense_objective() -> None:
    scores, _ = simulate(np.random.default_rng(1), models=6, benchmarks=5, density=1.0)
    fitted = fit_latent_ability(scores, PENALTY)
    theta = flat(fitted.parameters)

    def objective(t: np.ndarray) -> float:
        return 0.5 * float(np.sum(dense_residuals(t, scores, PENALTY) ** 2))

    n, h = theta.size, 1e-4
    e = h * np.eye(n)
    hessian = np.array(
        [
            [
                objective(theta + e[i] + e[j]) - objective(theta + e[i] - e[j])
                - objective(theta - e[i] + e[j]) + objective(theta - e[i] - e[j])
                for j in range(n)
            ]
            for i in range(n)
        ]
    ) / (4 * h * h)  # fmt: skip
    expected = fitted.noise**2 * np.linalg.inv(hessian)
    np.testing.assert_allclose(fitted.covariance, expected, rtol=1e-3, atol=1e-6)


def derivative(f: Callable[[float], np.ndarray], h: float = 1e-3) -> np.ndarray:
    """Central difference at 0, of fourth order: the error is of the order of h^4."""
    return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.1, 3.0))
def test_derivatives_are_those_of_finite_differences(seed: int, spread: float) -> None:
    rng = np.random.default_rng(seed)
    scores, _ = simulate(rng)
    scores = replace(scores, weight=rng.uniform(0.2, 2.0, scores.score.size))
    posterior = Posterior(scores, PENALTY, rng.uniform(0.3, 2.0, scores.n_benchmarks))
    n, k = scores.n_models, scores.n_benchmarks
    x = Parameters(rng.normal(0, spread, n), rng.normal(0, spread, k), rng.normal(0, 0.5, k))
    axes = np.eye(n + 2 * k)
    gradient, hessian = posterior.quadratic(x, exact=True)
    whole = np.block([[np.diag(hessian.ability), hessian.cross], [hessian.cross.T, hessian.own]])
    numeric = [derivative(lambda h, e=e: posterior.value(x.moved(h * e))) for e in axes]
    np.testing.assert_allclose(gradient, numeric, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(posterior.gradient(x), gradient)
    numeric = [derivative(lambda h, e=e: posterior.gradient(x.moved(h * e))) for e in axes]
    np.testing.assert_allclose(whole, numeric, rtol=1e-6, atol=1e-7)

    numeric = [derivative(lambda h, e=e: expected_score(x.moved(h * e), scores)) for e in axes]
    at = np.stack([scores.model, n + scores.benchmark, n + k + scores.benchmark], axis=1)
    sparse = np.zeros((scores.score.size, n + 2 * k))
    np.put_along_axis(sparse, at, jacobian(x, scores), axis=1)
    np.testing.assert_allclose(sparse.T, numeric, rtol=1e-6, atol=1e-7)


def test_the_arrow_is_solved_and_inverted_as_its_dense_matrix() -> None:
    scores, truth = simulate(np.random.default_rng(3))
    _, arrow = Posterior(scores, PENALTY, np.ones(8)).quadratic(truth, exact=False)
    whole = np.block([[np.diag(arrow.ability), arrow.cross], [arrow.cross.T, arrow.own]])
    right = np.random.default_rng(0).normal(size=len(whole))
    np.testing.assert_allclose(arrow.solve(right), np.linalg.solve(whole, right), rtol=1e-8)
    np.testing.assert_allclose(arrow.inverse(), np.linalg.inv(whole), rtol=1e-7, atol=1e-9)


def test_scores_without_noise_give_the_truth_back() -> None:
    scores, truth = simulate(np.random.default_rng(4), models=30, benchmarks=15, noise=1e-9)
    fitted = fit_latent_ability(scores, Penalty(1e-10, 1e-10))
    low, high = np.argsort(truth.ability[:29])[[5, 25]]
    anchors = Anchors(int(low), int(high), float(truth.ability[low]), float(truth.ability[high]))
    scale = fitted.anchored(anchors)
    np.testing.assert_allclose(scale.value, truth.ability, atol=1e-4)
    np.testing.assert_allclose(scale.difficulty, truth.difficulty, atol=1e-4)
    np.testing.assert_allclose(scale.slope, np.exp(truth.log_slope), rtol=1e-4)
    assert fitted.noise < 1e-6


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.floats(-200, 200),
    st.floats(0.1, 100),
    st.floats(-200, 200),
    st.floats(0.1, 100),
)
def test_other_values_for_the_anchors_move_all_alike(
    seed: int, from_value: float, from_unit: float, to_value: float, to_unit: float
) -> None:
    scores, _ = simulate(np.random.default_rng(seed))
    fitted = fit_latent_ability(scores, PENALTY)
    low, high = (int(i) for i in np.argsort(fitted.parameters.ability)[[2, -3]])
    one = fitted.anchored(Anchors(low, high, from_value, from_value + from_unit))
    two = fitted.anchored(Anchors(low, high, to_value, to_value + to_unit))
    ratio = to_unit / from_unit
    moved = to_value + ratio * (one.value - from_value)
    np.testing.assert_allclose(two.value, moved, rtol=1e-7, atol=1e-7 * to_unit)
    np.testing.assert_allclose(two.stderr, ratio * one.stderr, rtol=1e-7)
    np.testing.assert_allclose(two.slope * ratio, one.slope, rtol=1e-7)
    assert two.value[[low, high]] == pytest.approx([to_value, to_value + to_unit])
    assert two.stderr[[low, high]].tolist() == [0.0, 0.0]
    np.testing.assert_allclose(np.sqrt(np.diag(two.covariance)), two.stderr)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_rows_models_and_benchmarks_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores, _ = simulate(rng)
    row, model, bench = (rng.permutation(k) for k in (scores.score.size, 12, 8))
    lower = np.empty(8)
    lower[bench] = scores.lower
    other = replace(
        scores.only(row), lower=lower,
        model=model[scores.model[row]], benchmark=bench[scores.benchmark[row]],
    )  # fmt: skip
    one, two = (fit_latent_ability(s, PENALTY) for s in (scores, other))
    np.testing.assert_allclose(two.parameters.ability[model], one.parameters.ability, atol=1e-6)
    np.testing.assert_allclose(two.prior_share[model], one.prior_share, rtol=1e-5)


def test_a_benchmark_that_counts_twice_is_two_copies_of_it() -> None:
    scores, _ = simulate(np.random.default_rng(5))
    copy = scores.benchmark == 3
    doubled = Scores(
        np.append(scores.model, scores.model[copy]),
        np.append(scores.benchmark, np.full(copy.sum(), 8)),
        np.append(scores.score, scores.score[copy]),
        np.append(scores.lower, scores.lower[3]),
        np.append(scores.weight, scores.weight[copy]),
        scores.n_models,
    )
    weight = np.ones(8)
    weight[3] = 2.0
    twice = fit_latent_ability(scores, PENALTY, benchmark_weight=weight)
    copies = fit_latent_ability(doubled, PENALTY)
    assert twice.objective == pytest.approx(copies.objective, rel=1e-9)
    np.testing.assert_allclose(twice.parameters.ability, copies.parameters.ability, atol=1e-6)


def test_weights_are_relative_and_precision_counts() -> None:
    scores, _ = simulate(np.random.default_rng(6))
    given = np.where(scores.model == 5, 25.0, 1.0)
    one, ten = (
        make_scores(scores.model, scores.benchmark, scores.score, scores.lower, w)
        for w in (given, 10 * given)
    )
    np.testing.assert_allclose(one.weight, ten.weight)
    plain, heavy = fit_latent_ability(scores, PENALTY), fit_latent_ability(one, PENALTY)
    own = scores.model == 5
    assert np.sum(heavy.residual[own] ** 2) < np.sum(plain.residual[own] ** 2)


def test_a_model_with_two_scores_gets_a_wide_interval() -> None:
    scores, truth = simulate(np.random.default_rng(7), models=40, benchmarks=25, density=0.8)
    fitted = fit_latent_ability(scores, PENALTY)
    low, high = (int(i) for i in np.argsort(truth.ability[:39])[[8, 30]])
    stderr = fitted.anchored(Anchors(low, high, 130, 150)).stderr
    near = np.abs(truth.ability - truth.ability[-1]) < 1.0
    others = near & (np.bincount(scores.model) > 10)
    assert others.sum() >= 5
    assert stderr[-1] > 1.8 * np.median(stderr[others])
    assert fitted.prior_share[-1] > 3 * fitted.prior_share[others].max()


def test_a_model_without_scores_is_left_to_the_prior() -> None:
    scores, _ = simulate(np.random.default_rng(8))
    fitted = fit_latent_ability(replace(scores, n_models=13), PENALTY)
    assert fitted.prior_share[-1] == pytest.approx(1.0)
    assert fitted.parameters.ability[-1] == pytest.approx(0.0)
    assert np.isnan(fitted.model_misfit().z[-1])


def test_a_benchmark_of_noise_is_found() -> None:
    rng = np.random.default_rng(9)
    scores, _ = simulate(rng, models=40, benchmarks=15, density=0.8)
    score = scores.score.copy()
    score[scores.benchmark == 6] = rng.permutation(score[scores.benchmark == 6])
    misfit = fit_latent_ability(replace(scores, score=score), PENALTY).benchmark_misfit()
    assert np.argmax(misfit.z) == 6
    assert misfit.z[6] > 3
    assert misfit.n_scores.sum() == score.size


def test_leverage_adds_up_to_the_effective_parameters() -> None:
    """A fact of penalised least squares; exact with the Gauss-Newton Hessian, near it here."""
    scores, _ = simulate(np.random.default_rng(10), models=30, benchmarks=12, noise=0.01)
    fitted = fit_latent_ability(scores, PENALTY)
    effective = scores.score.size - fitted.freedom
    assert fitted.leverage.sum() == pytest.approx(effective, rel=0.02)


def test_cross_validation_takes_the_least_error_and_uses_every_score_once() -> None:
    scores, _ = simulate(np.random.default_rng(11), models=30, benchmarks=12, noise=0.1)
    choice = choose_penalty(scores, np.random.default_rng(0))
    best = int(np.argmin(choice.error))
    assert choice.penalty == choice.tried[best]
    again = choose_penalty(scores, np.random.default_rng(0))
    np.testing.assert_array_equal(choice.error, again.error)
    # With as many folds as scores it is leave-one-out: the error by hand.
    few = scores.only(scores.model < 5)
    few = replace(few, n_models=5)
    one = choose_penalty(few, np.random.default_rng(1), few.score.size, 1, [1e-3], [1e-2])
    left = []
    for i in range(few.score.size):
        rest = np.arange(few.score.size) != i
        fitted = fit_latent_ability(few.only(rest), PENALTY)
        left.append(few.score[i] - expected_score(fitted.parameters, few)[i])
    assert one.error[0] == pytest.approx(np.sqrt(np.mean(np.square(left))), rel=1e-6)


def test_a_warm_start_does_not_change_the_replicates() -> None:
    scores, _ = simulate(np.random.default_rng(12))
    fitted = fit_latent_ability(scores, PENALTY)
    draws = bootstrap_ability(fitted, 5, np.random.default_rng(1))
    weights = 8 * np.random.default_rng(1).dirichlet(np.ones(8), 5)
    for draw, weight in zip(draws, weights, strict=True):
        cold = fit_latent_ability(scores, PENALTY, benchmark_weight=weight)
        np.testing.assert_allclose(draw, cold.parameters.ability, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"score": [0.1, 1.2]}, "fractions"),
        ({"score": [0.1, np.nan]}, "fractions"),
        ({"model": [0, -1]}, "out of range"),
        ({"benchmark": [0, 2]}, "out of range"),
        ({"lower": [0.0, 1.0]}, "lower"),
        ({"weight": [1.0, 0.0]}, "weights"),
        ({"model": [0]}, "length"),
    ],
)
def test_what_is_not_a_score_is_refused(change: dict[str, object], message: str) -> None:
    good = {"model": [0, 1], "benchmark": [0, 1], "score": [0.1, 0.2], "lower": [0.0, 0.0]}
    make_scores(**good)
    with pytest.raises(ValueError, match=message):
        make_scores(**{**good, **change})


def test_what_the_scores_cannot_say_is_refused() -> None:
    scores, _ = simulate(np.random.default_rng(13))
    fitted = fit_latent_ability(scores, PENALTY)
    low, high = (int(i) for i in np.argsort(fitted.parameters.ability)[[0, -1]])
    with pytest.raises(NotEnoughScores, match="order"):
        fitted.anchored(Anchors(high, low, 130, 150))
    with pytest.raises(ValueError, match="two models"):
        Anchors(1, 1, 130, 150)
    with pytest.raises(ValueError, match="positive"):
        Penalty(0.0, 1.0)
    with pytest.raises(NotEnoughScores, match="folds"):
        choose_penalty(scores.only(np.arange(3)), np.random.default_rng(0))
    with pytest.raises(NotEnoughScores, match="hardly more scores"):
        fit_latent_ability(make_scores([0, 1], [0, 0], [0.2, 0.8], [0.0]), Penalty(1e-9, 1e-9))


@pytest.mark.slow
@pytest.mark.parametrize("noise_by_score", [False, True])
def test_intervals_cover_the_truth(noise_by_score: bool) -> None:
    """90% intervals of 200 simulated tables, penalty chosen in each: by the Hessian and by the
    larger of its error and the bootstrap's, all models, the one with two scores, benchmarks. With
    noise that shrinks near 0 and 1 the equal noise of the fit is an approximation.
    """
    z, larger, sparse, hard, alike = [], [], [], [], []
    for seed in range(200):
        rng = np.random.default_rng([seed, 77])
        scores, truth = simulate(rng, 60, 20, 0.4, 0.06, noise_by_score)
        fitted = fit_latent_ability(scores, choose_penalty(scores, rng, repeats=1).penalty)
        order = np.argsort(truth.ability[:59])
        low, high = int(order[12]), int(order[46])
        anchors = Anchors(low, high, truth.ability[low], truth.ability[high])
        scale = fitted.anchored(anchors)
        draws = bootstrap_ability(fitted, 60, rng)
        offset, unit = anchors.map(draws)
        spread = np.std(offset[:, None] + unit[:, None] * draws, axis=0, ddof=1)
        rest = np.setdiff1d(np.arange(60), [low, high])
        error = (scale.value - truth.ability)[rest]
        z.append(error / scale.stderr[rest])
        larger.append(error / np.maximum(scale.stderr, spread)[rest])
        sparse.append(z[-1][-1])
        hard.append((scale.difficulty - truth.difficulty) / scale.difficulty_stderr)
        alike.append(np.corrcoef(scale.value[rest], truth.ability[rest])[0, 1])

    def inside(kind: list[np.ndarray]) -> float:
        return float(np.mean(np.abs(kind) < 1.6449))

    found = (
        f"coverage {inside(z):.3f}, larger error {inside(larger):.3f}, two scores "
        f"{inside(sparse):.3f}, benchmarks {inside(hard):.3f}, rms z "
        f"{np.sqrt(np.mean(np.square(z))):.2f}, correlation with the truth {np.mean(alike):.4f}"
    )
    sys.stdout.write(f"noise by score {noise_by_score}: {found}\n")  # shown by pytest -rP
    for kind in (z, larger, sparse, hard):
        assert 0.85 <= inside(kind) <= 0.95
    assert np.mean(alike) > 0.98
