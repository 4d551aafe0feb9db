"""The root of a covariance gives it back, and follows the scale of each parameter."""

import numpy as np
import pytest

from models.helpers.normal import root


@pytest.mark.parametrize("size", [1, 2, 4])
def test_the_root_of_a_covariance(size: int) -> None:
    rng = np.random.default_rng(size)
    half = rng.normal(size=(size, size))
    matrix = half @ half.T + np.eye(size)
    found = root(matrix)
    np.testing.assert_allclose(found @ found.T, matrix, rtol=1e-9)
    scale = 10.0 ** np.arange(size)
    moved = root(matrix * np.outer(scale, scale))
    np.testing.assert_allclose(moved, scale[:, None] * found, rtol=1e-9)


def test_a_covariance_without_full_rank_has_a_root() -> None:
    flat = np.array([[1.0, 1.0], [1.0, 1.0]])
    np.testing.assert_allclose(root(flat) @ root(flat).T, flat, atol=1e-3)
