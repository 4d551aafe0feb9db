"""Re-naming a model: what is one model, and what is plainly two."""

from datetime import date

import pytest

from forecasts.errors import UsageError
from tracker.workspace import Workspace


def test_two_models_are_not_made_one(empty: Workspace) -> None:
    index = {"index": "I", "version": "1", "observed_on": date(2026, 5, 1)}
    for name, value, lab in (("A Preview", 66.0, "OpenAI"), ("A", 63.0, "OpenAI"),
                             ("B", 60.0, "DeepSeek")):  # fmt: skip
        empty.log(name, value, lab=lab, released_on=date(2026, 4, 1), **index)
    with pytest.raises(UsageError, match="of two labs, DeepSeek and OpenAI"):
        empty.alias("A Preview", "B", date(2026, 5, 1))
    assert empty.gap(index="I", version="1").leader.best["value"] == 66.0
    # Where both names have a value on one day, that of the new name counts, never their mean.
    empty.alias("A Preview", "A", date(2026, 5, 1))
    assert empty.gap(index="I", version="1").leader.best["value"] == 63.0
