"""Labs and families are said once, in words that can be names."""

import pytest

from forecasts.errors import UsageError
from tracker.workspace import Workspace


def test_what_is_known_is_no_news(empty: Workspace) -> None:
    assert empty.add_lab("Wombat AI", countries=["au", "NZ"], aliases=["Wombat"])
    assert not empty.add_lab("Wombat AI", countries=["AU", "NZ"])
    assert not empty.add_lab("wombat  ai", aliases=["Wombat"])
    assert empty.add_lab("Wombat AI", countries=["AU"])
    assert not empty.add_lab("OpenAI", countries=["US"])
    assert empty.add_family("wombat-", "WOMBAT")
    assert not empty.add_family("Wombat-", "Wombat AI")
    assert not empty.add_family("claude", "Anthropic")
    labs, families = empty.labs(), empty.families()
    assert labs.filter(origin="workspace").rows() == [("Wombat AI", "AU", "Wombat", "workspace")]
    assert families.filter(origin="workspace").rows() == [("wombat-", "Wombat AI", "workspace")]
    assert labs.filter(lab="Celeris")["countries"].to_list() == [None]


@pytest.mark.parametrize(
    ("name", "said", "code"),
    [
        ("", {"countries": ["US"]}, "bad_lab"),
        (" ", {"countries": ["US"]}, "bad_lab"),
        ("x" * 101, {"countries": ["US"]}, "bad_lab"),
        ("a\u200bb", {"countries": ["US"]}, "bad_lab"),
        ("Wombat AI", {"aliases": ["a;b"]}, "bad_lab"),
        ("Wombat AI", {"aliases": [""]}, "bad_lab"),
        ("Wombat AI", {"countries": ["UK"]}, "bad_country"),
        ("Wombat AI", {"countries": ["USA"]}, "bad_country"),
        ("Wombat AI", {"countries": [""]}, "bad_country"),
        ("Wombat AI", {}, "nothing_said"),
    ],
)
def test_what_cannot_be_said_of_a_lab(
    empty: Workspace, name: str, said: dict[str, list[str]], code: str
) -> None:
    with pytest.raises(UsageError) as caught:
        empty.add_lab(name, **said)
    assert caught.value.code == code
    assert not list(empty.folder.glob("*.csv"))


def test_a_family_is_of_a_lab_that_is_known(empty: Workspace) -> None:
    with pytest.raises(UsageError) as caught:
        empty.add_family("wombat", "Antropic")
    assert (caught.value.code, caught.value.field) == ("unknown_lab", "lab")
    assert caught.value.hint.startswith("Did you mean 'Anthropic'? ")
    for prefix in ("", "-", "a\nb"):
        with pytest.raises(UsageError):
            empty.add_family(prefix, "Anthropic")
