"""The rows themselves: which there are, and what became of them."""

import difflib
from dataclasses import dataclass
from datetime import date

import polars as pl

from forecasts.errors import UsageError
from forecasts.measures.blocs import parse_bloc
from tracker.store.schema import model_key
from tracker.workspace_data import WorkspaceData


@dataclass(frozen=True)
class Filters:
    """Which observations to list; None does not restrict.

    `since` and `until` bound the release date, `text` is looked for in model and note.
    """

    bloc: str | None = None
    lab: str | None = None
    since: date | None = None
    until: date | None = None
    text: str | None = None
    index: str | None = None
    version: str | None = None
    as_of: date | None = None


def list_observations(data: WorkspaceData, filters: Filters) -> pl.DataFrame:
    """Current observations in the store's columns, by release date."""
    where: list[pl.Expr] = []
    if filters.as_of is not None:
        where.append(pl.col("observed_on") <= filters.as_of)
    if filters.bloc is not None:
        where.append(parse_bloc(data.with_lab_names(filters.bloc)).member)
    if filters.lab is not None:
        where.append(
            pl.col("lab").str.to_lowercase() == data.catalogue.lab_name(filters.lab).lower()
        )
    if filters.since is not None:
        where.append(pl.col("released_on") >= filters.since)
    if filters.until is not None:
        where.append(pl.col("released_on") <= filters.until)
    if filters.text is not None:
        lowered = pl.col("model", "note").str.to_lowercase()
        where.append(pl.any_horizontal(lowered.str.contains(filters.text.lower(), literal=True)))
    if filters.index is not None:
        where.append(pl.col("index_name") == filters.index)
    if filters.version is not None:
        where.append(pl.col("index_version") == filters.version)
    rows = data.store.snapshot().current(*where)
    return rows.sort("released_on", "model", "observed_on", "observation_id", nulls_last=True)


def history(data: WorkspaceData, model: str) -> pl.DataFrame:
    """Every row of a model with what became of it: SCHEMA and `state`.

    Raises UsageError when the model is unknown, naming those that look like it.
    """
    snapshot = data.store.snapshot()
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
