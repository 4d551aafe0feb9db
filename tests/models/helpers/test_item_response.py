"""The response curve, its derivatives and its Hessian against plain differences and matrices."""

import numpy as np
import pytest

from models.helpers.item_response import (
    Arrow,
    Parameters,
    Penalty,
    Posterior,
    Scores,
    expected_score,
    jacobian,
    make_scores,
)


@pytest.fixture
def scores() -> Scores:
    rng = np.random.default_rng(2)
    model, benchmark = np.divmod(np.arange(24), 4)
    keep = rng.random(24) > 0.2
    return make_scores(
        model[keep], benchmark[keep], rng.uniform(0, 1, 24)[keep], [0.0, 0.25, 0.5, 0.1],
        rng.uniform(0.5, 2, 24)[keep], n_models=6,
    )  # fmt: skip


@pytest.fixture
def point() -> Parameters:
    rng = np.random.default_rng(3)
    return Parameters(rng.normal(0, 1, 6), rng.normal(0, 1, 4), rng.normal(0, 0.3, 4))


def test_the_curve_is_that_of_birnbaum(scores: Scores, point: Parameters) -> None:
    for i, found in enumerate(expected_score(point, scores)):
        m, b = scores.model[i], scores.benchmark[i]
        low, slope = scores.lower[b], np.exp(point.log_slope[b])
        distance = point.ability[m] - point.difficulty[b]
        assert found == pytest.approx(low + (1 - low) / (1 + np.exp(-slope * distance)))
    # A hopeless model scores as a guess does, a perfect one everything, one at its difficulty half.
    far = Parameters(np.array([-50.0, 50.0, 0.0]), np.zeros(1), np.zeros(1))
    three = make_scores([0, 1, 2], [0, 0, 0], [0.2, 1.0, 0.6], [0.2])
    assert expected_score(far, three) == pytest.approx([0.2, 1.0, 0.6])


def differences(function, point: Parameters, step: float = 1e-5) -> np.ndarray:  # type: ignore[no-untyped-def]
    size = point.ability.size + 2 * point.difficulty.size
    return np.stack(
        [(function(point.moved(e)) - function(point.moved(-e))) / (2 * step)
         for e in step * np.eye(size)], axis=-1,
    )  # fmt: skip


def test_derivatives_are_those_of_differences(scores: Scores, point: Parameters) -> None:
    dense = differences(lambda x: expected_score(x, scores), point)
    rows, own = np.arange(scores.score.size), jacobian(point, scores)
    places = (scores.model, 6 + scores.benchmark, 10 + scores.benchmark)
    for at, columns in enumerate(places):
        assert own[:, at] == pytest.approx(dense[rows, columns], abs=1e-8)
        dense[rows, columns] = 0.0
    assert np.abs(dense).max() < 1e-9  # no other is not zero
    posterior = Posterior(scores, Penalty(0.05, 0.1), np.array([1.0, 2.0, 1.0, 0.0]))
    gradient, hessian = posterior.quadratic(point, exact=True)
    assert gradient == pytest.approx(differences(posterior.value, point), abs=1e-6)
    second = differences(posterior.gradient, point)
    dense = np.block(
        [[np.diag(hessian.ability), hessian.cross], [hessian.cross.T, hessian.own]]
    )  # fmt: skip
    assert dense == pytest.approx(second, abs=1e-4)


def test_a_benchmark_of_weight_two_is_two_copies_of_it(scores: Scores, point: Parameters) -> None:
    twice = Posterior(scores, Penalty(0.05, 0.1), np.array([2.0, 1.0, 1.0, 1.0]))
    first = scores.benchmark == 0
    copies = Scores(
        np.append(scores.model, scores.model[first]),
        np.append(scores.benchmark, np.full(first.sum(), 4)),
        np.append(scores.score, scores.score[first]),
        np.append(scores.lower, scores.lower[0]),
        np.append(scores.weight, scores.weight[first]),
        6,
    )
    same = Parameters(
        point.ability,
        np.append(point.difficulty, point.difficulty[0]),
        np.append(point.log_slope, point.log_slope[0]),
    )
    alone = Posterior(copies, Penalty(0.05, 0.1), np.ones(5))
    assert twice.value(point) == pytest.approx(alone.value(same))


def test_the_arrow_is_solved_as_the_dense_matrix() -> None:
    rng = np.random.default_rng(4)
    cross, half = rng.normal(size=(6, 4)), rng.normal(size=(4, 4))
    arrow = Arrow(rng.uniform(5, 9, 6), cross, half @ half.T + 20 * np.eye(4))
    dense = np.block([[np.diag(arrow.ability), cross], [cross.T, arrow.own]])
    right = rng.normal(size=10)
    assert arrow.solve(right) == pytest.approx(np.linalg.solve(dense, right))
    assert arrow.inverse() == pytest.approx(np.linalg.inv(dense))
    assert arrow.damped(np.ones(10)).diagonal() == pytest.approx(np.diag(dense) + 1)
    with pytest.raises(np.linalg.LinAlgError, match="positive definite"):
        Arrow(-arrow.ability, cross, arrow.own).factor()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"score": [0.5, 1.2]}, "between 0 and 1"), ({"model": [0, -1]}, "out of range"),
        ({"lower": [1.0]}, "in \\[0, 1\\)"), ({"weight": [1.0, 0.0]}, "positive and finite"),
        ({"benchmark": [0]}, "one equal, positive length"),
    ],
)  # fmt: skip
def test_scores_that_cannot_be_are_refused(change: dict[str, list[float]], why: str) -> None:
    good = {"model": [0, 1], "benchmark": [0, 0], "score": [0.5, 0.6], "lower": [0.0]}
    with pytest.raises(ValueError, match=why):
        make_scores(**{**good, **change})
    with pytest.raises(ValueError, match="penalties must be positive"):
        Penalty(0.0, 1.0)
