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

    Raises UsageError when there is no model `old`, when the two are of two labs, or as
    `Aliases.add`.
    """
    problem = text_problem(new) or ("is empty" if not new.strip() else None)
    if problem:
        raise UsageError(f"The name of the new model {problem}.", "", "bad_model")
    snapshot = data.store.snapshot()
    if snapshot.rows(pl.col("model_key") == model_key(old)).is_empty():
        raise unknown_model(snapshot, old)
    _refuse_two(data, old, new)
    return Aliases(data.folder).add(old, new.strip(), start)


def _refuse_two(data: WorkspaceData, old: str, new: str) -> None:
    """Raise UsageError where `old` and `new` are plainly not one model under two names."""
    keys = [model_key(old), model_key(new)]
    snapshot = data.store.snapshot()
    rows = data.described(snapshot.current(pl.col("model_key").is_in(keys)))
    labs = rows.drop_nulls("lab").sort("observed_on").group_by("model_key").agg(
        pl.col("lab").last()
    )["lab"].unique()  # fmt: skip
    if len(labs) > 1:
        raise UsageError(
            f"'{old}' and '{new}' are of two labs, {labs.sort()[0]} and {labs.sort()[1]}.",
            "An alias is another name of one model.",
            "two_models",
        )
