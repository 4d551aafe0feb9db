"""What is known of the scale of an index: its ceiling, what lies outside, its bounds in words."""

from math import inf

import pytest

from forecasts.measures.index_spec import SCALES, IndexSpec, NaturalScale, nothing_known


@pytest.mark.parametrize(
    ("low", "high", "outside", "words"),
    [
        (0.0, 100.0, {-0.1: True, 0.0: False, 100.0: False, 100.1: True}, "from 0 to 100"),
        (0.0, None, {-0.1: True, 0.0: False, 1e12: False}, "from 0 upwards"),
        (None, 1.0, {-1e12: False, 1.0: False, 1.1: True}, "up to 1"),
        (None, None, {-1e12: False, 1e12: False}, ""),
    ],
)
def test_bounds_belong_to_the_index(
    low: float | None, high: float | None, outside: dict[float, bool], words: str
) -> None:
    spec = IndexSpec("I", low, high)
    assert {value: spec.outside(value) for value in outside} == outside
    assert spec.bounds == words


@pytest.mark.parametrize("scale", [*SCALES, None])
def test_the_ceiling_is_the_upper_bound_and_is_guessed_nowhere(scale: NaturalScale | None) -> None:
    assert IndexSpec("I", high=100.0, scale=scale).ceiling == 100.0
    assert IndexSpec("I", scale=scale).ceiling == (inf if scale == "log" else None)


def test_of_an_index_of_which_nothing_is_known_nothing_is_said() -> None:
    spec = nothing_known("I", "1")
    assert spec == IndexSpec("I")
    assert (spec.origin, spec.bounds, spec.ceiling, spec.true_zero) == ("unknown", "", None, None)
