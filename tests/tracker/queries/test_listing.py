"""Lists and histories hold the rows that they say."""

from datetime import date

import pytest

from forecasts.errors import UsageError
from tracker.queries.listing import Filters, history, list_observations
from tracker.workspace import Workspace

FACTS = {"index": "I", "version": "1", "observed_on": date(2026, 1, 5)}


@pytest.fixture
def three(empty: Workspace) -> Workspace:
    empty.log("Alpha 1", 5, lab="OpenAI", released_on=date(2025, 1, 1), note="first one", **FACTS)
    empty.log("Beta", 6, lab="DeepSeek", released_on=date(2025, 6, 1), open_weights=True, **FACTS)
    empty.log("Alpha 2", 7, lab="OpenAI", released_on=date(2026, 1, 2), index="J", version="2",
              observed_on=date(2026, 2, 1))  # fmt: skip
    return empty


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (Filters(), ["Alpha 1", "Beta", "Alpha 2"]),
        (Filters(bloc="CN+open"), ["Beta"]),
        (Filters(bloc="lab:openai"), ["Alpha 1", "Alpha 2"]),
        (Filters(lab="open ai"), ["Alpha 1", "Alpha 2"]),
        (Filters(since=date(2025, 6, 1)), ["Beta", "Alpha 2"]),
        (Filters(until=date(2025, 6, 1)), ["Alpha 1", "Beta"]),
        (Filters(text="FIRST"), ["Alpha 1"]),
        (Filters(text="beta"), ["Beta"]),
        (Filters(text="."), []),
        (Filters(index="J"), ["Alpha 2"]),
        (Filters(version="1"), ["Alpha 1", "Beta"]),
        (Filters(as_of=date(2026, 1, 31)), ["Alpha 1", "Beta"]),
        (Filters(lab="OpenAI", since=date(2026, 1, 1), index="I"), []),
    ],
)
def test_each_filter_restricts(three: Workspace, filters: Filters, names: list[str]) -> None:
    assert list_observations(three.data, filters)["model"].to_list() == names


def test_a_history_shows_what_became_of_each_row(three: Workspace) -> None:
    first = three.list(text="Alpha 1")["observation_id"].item()
    second = three.correct(first, value=5.5)
    three.retract(second, "no such model")
    rows = history(three.data, "alpha-1")
    assert rows["value"].to_list() == [5.0, 5.5, None]
    assert rows["state"].to_list() == ["superseded", "retracted", "retraction"]
    assert three.list()["model"].to_list() == ["Beta", "Alpha 2"]


def test_an_unknown_model_is_answered_with_names_that_look_like_it(three: Workspace) -> None:
    for name, near in (("Alph", "Alpha 1; Alpha 2"), ("Betta", "Beta")):
        with pytest.raises(UsageError, match=name) as caught:
            history(three.data, name)
        assert caught.value.hint == f"Did you mean: {near}?"
    with pytest.raises(UsageError) as caught:
        history(three.data, "zzzzzz")
    assert caught.value.hint == "`tracker list` names all."
