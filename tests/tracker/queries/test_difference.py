"""Two days compare what was published, two moments what was recorded here."""

from datetime import UTC, date, datetime

import pytest

from forecasts.errors import UsageError
from forecasts.request import Pair, Scope
from tracker.queries.difference import difference
from tracker.workspace import Workspace


def test_days_and_moments(empty: Workspace) -> None:
    def log(name: str, value: float, lab: str, observed: date) -> str:
        return empty.log(
            name, value, lab=lab, released_on=date(2026, 1, 1), observed_on=observed, index="I",
            version="1",
        ).observation_id  # fmt: skip

    log("A", 10, "OpenAI", date(2026, 1, 1))
    old = log("B", 5, "DeepSeek", date(2026, 1, 1))
    log("B", 7, "DeepSeek", date(2026, 3, 1))
    before = datetime.now(UTC)
    empty.correct(old, value=4)
    log("C", 12, "OpenAI", date(2026, 2, 1))
    after = datetime.now(UTC)

    def told(first: date, second: date, scope: Scope) -> tuple[list[str], list[tuple[object, ...]]]:
        found = difference(empty.data, first, second, scope, Pair(), None)
        changed = found.changed_values.select("model", "before", "after").rows()
        return found.new_models["model"].to_list(), changed

    days = told(date(2026, 1, 15), date(2026, 3, 15), Scope())
    assert days == (["C"], [("B", 4.0, 7.0)])
    assert told(before, after, Scope()) == (["C"], [])
    early = told(before, after, Scope(as_of=date(2026, 1, 15)))
    assert early == ([], [("B", 5.0, 4.0)])
    with pytest.raises(UsageError, match="is later than"):
        told(date(2026, 3, 15), date(2026, 1, 15), Scope())
    found = empty.diff(date(2026, 1, 15), date(2026, 3, 15), leader="CN", follower="US")
    assert (found.leader, found.follower) == ("CN", "US")
    assert found.gap_after is not None
    assert found.gap_after.gap_points == -5


def test_changed_dates_countries_and_names_are_said(empty: Workspace) -> None:
    facts = {"index": "I", "version": "1", "observed_on": date(2026, 1, 1)}
    first = empty.log("Ab", 10, lab="Some", country="US", released_on=date(2026, 1, 1), **facts)
    empty.log("C", 12, lab="OpenAI", released_on=date(2026, 1, 1), **facts)
    before = datetime.now(UTC)
    empty.correct(
        first.observation_id, released_on=date(2025, 12, 1), country="GB", lab="Other", model="ab"
    )
    found = empty.diff(before, datetime.now(UTC))
    assert found.changed_values.is_empty()
    assert found.changed_facts.rows() == [
        ("ab", "country", "US", "GB"),
        ("ab", "lab", "Some", "Other"),
        ("ab", "model", "Ab", "ab"),
        ("ab", "released_on", "2026-01-01", "2025-12-01"),
    ]
