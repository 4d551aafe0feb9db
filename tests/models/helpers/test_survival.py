"""Survival against published medians and statsmodels."""

import numpy as np
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from models.helpers.survival import kaplan_meier, km_median

# Remission in weeks under 6-mercaptopurine and placebo, Freireich et al. (1963), Blood 21; the
# medians 23 and 8 are those of Cox and Oakes (1984), Analysis of Survival Data.
TREATED = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
TREATED_SEEN = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def test_published_medians() -> None:
    assert km_median(TREATED, TREATED_SEEN) == 23
    assert km_median(PLACEBO, [1] * 21) == 8
    assert km_median([1, 2, 3], [1, 0, 0]) is None


@pytest.mark.parametrize("seed", range(5))
def test_survival_agrees_with_statsmodels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    time, seen = rng.integers(1, 15, 40).astype(float), rng.random(40) < 0.6
    times, survival = kaplan_meier(time, seen)
    theirs = SurvfuncRight(time, seen.astype(int))
    np.testing.assert_allclose(times, theirs.surv_times)
    np.testing.assert_allclose(survival, theirs.surv_prob)
