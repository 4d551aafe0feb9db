"""Colours, names and signs that charts have in common."""

import pytest

from tracker.charts.drawing.fonts import FIRST, families, lacks
from tracker.charts.drawing.text import fit_before, near_half, sentence, width
from tracker.charts.drawing.theme import FIXED, FOLLOWER, LEADER, colours


def test_a_bloc_has_its_colour_wherever_it_stands() -> None:
    assert colours(["US", "CN"]) == {"US": LEADER, "CN": FOLLOWER}
    assert colours(["CN", "US"]) == {"CN": FOLLOWER, "US": LEADER}
    assert colours(["proprietary", "open"]) == {b: FIXED[b] for b in ("proprietary", "open")}


@pytest.mark.parametrize("blocs", [["FR", "CN", "KR"], ["open", "FR", "US", "CN"], ["FR", "KR"]])
def test_no_two_blocs_of_a_figure_have_one_colour(blocs: list[str]) -> None:
    assert len(set(colours(blocs).values())) == len(blocs)


def test_a_long_name_keeps_what_stands_behind_it() -> None:
    text = fit_before("A very long name of a laboratory of many words", " (CN)", 100, 8.5)
    assert text.endswith("… (CN)")
    assert width(text, 8.5) <= 100


def test_sentences_begin_with_a_capital() -> None:
    assert sentence("open trails US") == "Open trails US"
    assert sentence("xAI trails US") == "xAI trails US"
    assert sentence("openness") == "openness"


def test_a_decimal_about_one_half() -> None:
    assert [near_half(v) for v in (0.497, 0.45, 0.44, 0.56)] == ["49.7%", "45.0%", "44%", "56%"]


def test_other_fonts_are_for_signs_that_the_first_lacks() -> None:
    assert families()[0] == FIRST
    assert lacks("\u901a\u4e49")
    assert not lacks("Caf\u00e9 \u2026 2026\n")
