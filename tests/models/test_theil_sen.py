"""The Theil-Sen line beside scipy."""

import numpy as np
import pytest
from histories import history
from scipy.stats import theilslopes

from models.theil_sen import TheilSen, theil_sen


@pytest.mark.parametrize("seed", range(5))
def test_slope_and_intercept_are_those_of_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 30, (1, 15)).astype(float), rng.normal(size=(1, 15))
    slope, level = theil_sen(x, y)
    theirs = theilslopes(y[0], x[0], method="joint")
    assert slope[0] == pytest.approx(theirs.slope)
    assert level[0] == pytest.approx(theirs.intercept)


def test_one_wild_record_does_not_bend_it() -> None:
    known = history()
    found = TheilSen().fit(known).summary()["A.slope"].value
    theirs = theilslopes(known.blocs[0].values, known.blocs[0].days / 30.4375)
    assert found == pytest.approx(theirs.slope)
