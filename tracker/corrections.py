"""Correct and retract with the same checks as any other row."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import polars as pl

from forecasts.errors import UsageError
from tracker.sources.reading import ReadOptions, check_rows
from tracker.store.schema import STATED, text_problem

if TYPE_CHECKING:
    from tracker.workspace import Workspace


def correct(workspace: "Workspace", observation_id: str, changes: dict[str, object]) -> str:
    """Supersede an observation with `changes`, checked; returns the id of the new row.

    Raises UsageError when nothing changes or a new value cannot be stored.
    """
    if not changes:
        raise UsageError("The correction changes nothing.", "Give at least one new value.")
    old = workspace.store.snapshot().find(observation_id)
    changed = {**{c: old[c] for c in STATED}, **changes}
    text = {
        c: None if v is None else str(v).lower() if isinstance(v, bool) else str(v)
        for c, v in changed.items()
    }
    schema = {"row": pl.Int64(), **{c: pl.String() for c in STATED}}
    options = ReadOptions(workspace.catalogue, datetime.now(UTC).date(), "", "")
    good, problems = check_rows(pl.DataFrame([{"row": 1, **text}], schema=schema), options)
    if problems:
        raise UsageError(f"--{problems[0].field}: {problems[0].reason}.", "", "bad_correction")
    checked = good.select(STATED).row(0, named=True)
    return workspace.store.correct(observation_id, {c: checked[c] for c in changes})


def retract(workspace: "Workspace", observation_id: str, reason: str) -> str:
    """Take an observation back, saying why; returns the id of the retraction."""
    problem = "is empty" if not reason.strip() else text_problem(reason)
    if problem:
        raise UsageError(f"--reason: the text {problem}.", "", "bad_reason")
    return workspace.store.retract(observation_id, reason)
