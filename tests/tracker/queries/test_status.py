"""The status counts what the store holds."""

from datetime import date

from tracker.queries.status import read_status
from tracker.workspace import Workspace

FACTS = {"lab": "OpenAI", "index": "I", "version": "1", "released_on": date(2026, 1, 1)}


def test_every_number_by_hand(empty: Workspace) -> None:
    first = empty.log("A", 5, observed_on=date(2026, 1, 1), **FACTS).observation_id
    empty.log("A", 6, observed_on=date(2026, 1, 1), source="other", **FACTS)
    empty.log("B", 7, observed_on=date(2026, 1, 9), **FACTS | {"index": "J"})
    empty.correct(first, value=5.5)
    found = read_status(empty.data)
    assert (found["segments"], found["rows"], found["observations"]) == (4, 4, 3)
    assert (found["models"], found["labs"]) == (2, 1)
    assert (found["first_observed_on"], found["last_observed_on"]) == (
        date(2026, 1, 1), date(2026, 1, 9),
    )  # fmt: skip
    assert found["contradictions"] == 1
    assert found["without_release_date"] == 0
    assert (found["damaged"], found["conflicts"]) == ([], [])
    indices = found["indices"]
    assert isinstance(indices, list)
    assert [(i["index_name"], i["observations"]) for i in indices] == [("I", 2), ("J", 1)]


def test_an_empty_workspace(empty: Workspace) -> None:
    found = read_status(empty.data)
    assert (found["rows"], found["last_observed_on"], found["indices"]) == (0, None, [])
