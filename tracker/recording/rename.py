"""Say that a model was re-named."""

from datetime import date

import polars as pl

from forecasts.errors import UsageError
from tracker.aliases import Aliases
from tracker.queries.listing import unknown_model
from tracker.store.schema import model_key, text_problem
from tracker.workspace_data import WorkspaceData


def rename(data: WorkspaceData, old: str, new: str, start: date) -> bool:
    """From `start` on the observations of `old` count as of `new`; whether that is news.

    Raises UsageError when there is no model `old`, or as `Aliases.add`.
    """
    problem = text_problem(new) or ("is empty" if not new.strip() else None)
    if problem:
        raise UsageError(f"The name of the new model {problem}.", "", "bad_model")
    snapshot = data.store.snapshot()
    if snapshot.rows(pl.col("model_key") == model_key(old)).is_empty():
        raise unknown_model(snapshot, old)
    return Aliases(data.folder).add(old, new.strip(), start)
