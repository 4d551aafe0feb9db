"""Questions about the rows themselves: which there are, what became of them, what changed."""

import difflib
from datetime import date, datetime
from typing import TYPE_CHECKING

import polars as pl

from forecasts.errors import UsageError
from forecasts.measures.blocs import parse_bloc
from forecasts.measures.difference import Difference, State, compare
from forecasts.measures.vintage import Vintage
from tracker.index_view import known_of
from tracker.store.schema import model_key

if TYPE_CHECKING:
    from tracker.workspace import Workspace


def list_observations(
    workspace: "Workspace",
    *,
    bloc: str | None = None,
    lab: str | None = None,
    since: date | None = None,
    until: date | None = None,
    text: str | None = None,
    index: str | None = None,
    version: str | None = None,
    as_of: date | None = None,
) -> pl.DataFrame:
    """Current observations in the store's columns, by release date.

    `since` and `until` bound the release date, `text` is looked for in model and note.
    """
    where: list[pl.Expr] = []
    if as_of is not None:
        where.append(pl.col("observed_on") <= as_of)
    if bloc is not None:
        where.append(parse_bloc(workspace.with_lab_names(bloc)).member)
    if lab is not None:
        where.append(pl.col("lab").str.to_lowercase() == workspace.lab_name(lab).lower())
    if since is not None:
        where.append(pl.col("released_on") >= since)
    if until is not None:
        where.append(pl.col("released_on") <= until)
    if text is not None:
        lowered = pl.col("model", "note").str.to_lowercase()
        where.append(pl.any_horizontal(lowered.str.contains(text.lower(), literal=True)))
    if index is not None:
        where.append(pl.col("index_name") == index)
    if version is not None:
        where.append(pl.col("index_version") == version)
    rows = workspace.store.snapshot().current(*where)
    return rows.sort("released_on", "model", "observed_on", "observation_id", nulls_last=True)


def history(workspace: "Workspace", model: str) -> pl.DataFrame:
    """Every row of a model with what became of it: SCHEMA and `state`.

    Raises UsageError when the model is unknown, naming those that look like it.
    """
    snapshot = workspace.store.snapshot()
    found = snapshot.rows(pl.col("model_key") == model_key(model))
    if found.is_empty():
        like = pl.col("model").str.to_lowercase().str.contains(model.lower(), literal=True)
        near = snapshot.rows(like)["model"].unique().sort().head(5).to_list()
        if not near:
            all_names = snapshot.scan.select("model").unique().collect(engine="streaming")["model"]
            folded = {name.casefold(): name for name in all_names.sort(descending=True)}
            close = difflib.get_close_matches(model.casefold(), folded, 5, 0.6)
            near = [folded[name] for name in close]
        hint = f"Did you mean: {'; '.join(near)}?" if near else "`tracker list` names all."
        raise UsageError(f"There is no model '{model}'.", hint, code="unknown_model")
    return snapshot.with_states(found).sort("recorded_at", "observed_on", "observation_id")


def diff(
    workspace: "Workspace",
    before: date | datetime,
    after: date | datetime,
    *,
    leader: str | None = None,
    follower: str | None = None,
    index: str | None = None,
    version: str | None = None,
    vintage: Vintage = "real",
    tolerance: float | None = None,
    as_of: date | None = None,
) -> Difference:
    """What changed between two days, as published; or between two moments, as recorded here.

    Two moments (datetimes) compare what this workspace knew, each as of `as_of` (the last day
    observed by then).
    """
    if before > after:
        raise UsageError(f"{before} is later than {after}.", "Name the earlier one first.")
    states: list[State] = []
    # What is called the default index does not change from one state to the other.
    name, chosen = workspace.choose_index(workspace.store.snapshot().indices, index, version)
    for when in (before, after):
        if isinstance(when, datetime):
            snapshot = workspace.as_recorded_before(when).store.snapshot()
            found = known_of(snapshot, name, chosen, as_of, vintage)
        else:
            found = known_of(workspace.store.snapshot(), name, chosen, when, vintage)
        states.append(State(found.rows, found.as_of, found.vintage))
    return compare(
        *states,
        index=(name, chosen),
        leader=workspace.with_lab_names(leader or workspace.settings.leader),
        follower=workspace.with_lab_names(follower or workspace.settings.follower),
        tolerance=workspace.settings.tolerance if tolerance is None else tolerance,
    )
