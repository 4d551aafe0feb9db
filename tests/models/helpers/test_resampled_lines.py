"""Draws of refitted lines: a line, and a past distance from it."""

import numpy as np
import pytest
from histories import HORIZON, history

from models.helpers.resampled_lines import FittedLines


def test_draws_are_lines_shifted_by_a_distance() -> None:
    known = history()
    levels = known.today[:, None] + np.array([[1.0, 2.0], [3.0, 4.0]])
    slopes = np.array([[0.01, 0.02], [0.03, 0.05]])
    fitted = FittedLines(known, levels, slopes, (np.array([0.0, 0.5]), np.array([0.0])))
    draws = fitted.simulate(HORIZON, 300, np.random.default_rng(0))
    ahead = HORIZON.days - HORIZON.origin
    allowed = [levels[0, k] + d + slopes[0, k] * ahead for k in (0, 1) for d in (0.0, 0.5)]
    seen = np.unique(draws[:, 0], axis=0)
    assert len(seen) == 4
    for path in seen:
        assert any(np.allclose(path, line) for line in allowed)
    found = fitted.summary()
    assert found["B.slope"].value == pytest.approx(0.03 * 30.4375)
    assert found["A.level"].stderr == pytest.approx(0.5)
