"""Normal draws that follow the scale of their parameters."""

import numpy as np

from models.contract import FloatArray


def root(matrix: FloatArray) -> FloatArray:
    """Lower triangular L with L L' = `matrix` (p, p), positive semidefinite.

    The triangular root, unlike the eigenvectors, scales with each parameter: the same random
    numbers give the same draws in other units. Each parameter keeps a trace of its own variance.
    """
    size = np.sqrt(np.maximum(np.diag(matrix), 1e-300))
    scaled = matrix / np.outer(size, size)
    for trace in (1e-12, 1e-9, 1e-6, 1e-3):
        try:
            return size[:, None] * np.linalg.cholesky(scaled + trace * np.eye(size.size))
        except np.linalg.LinAlgError:
            continue
    return np.diag(size)
