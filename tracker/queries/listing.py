"""The rows themselves: which there are, and what became of them."""

import difflib
from dataclasses import dataclass
from datetime import date

import polars as pl

from forecasts.errors import UsageError
from forecasts.measures.blocs import parse_bloc
from forecasts.measures.facts import as_known
from forecasts.measures.vintage import ALIASES
from tracker.aliases import Aliases
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
    """Current observations by release date: SCHEMA and what `with_standing` adds."""
    where: list[pl.Expr] = []
    if filters.as_of is not None:
        where.append(pl.col("observed_on") <= filters.as_of)
    of_model: list[pl.Expr] = []
    if filters.bloc is not None:
        of_model.append(parse_bloc(data.with_lab_names(filters.bloc)).member)
    if filters.lab is not None:
        of_model.append(
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
    if of_model:
        # Shown as stored, found by all that is known of the model.
        known = as_known(data.as_counted(rows), filters.as_of or date.max, "real")
        of_bloc = known.filter(*of_model)
        rows = rows.join(of_bloc, on="observation_id", how="semi", maintain_order="left")
    rows = rows.sort("released_on", "model", "observed_on", "observation_id", nulls_last=True)
    return with_standing(data, rows)


def with_standing(data: WorkspaceData, rows: pl.DataFrame) -> pl.DataFrame:
    """Observations with `delisted_on`, from which day their model is no longer listed, and
    `counts_as` and `counts_from`, the last name that it counts as and since when."""
    gone = data.delisted().drop("model")
    aliases = (
        Aliases(data.folder, data.store.recorded_before)
        .table()
        .select("model_key", stage=pl.col(ALIASES).list.last())
        .select(
            "model_key",
            counts_as=pl.col("stage").struct.field("name"),
            counts_from=pl.col("stage").struct.field("from"),
        )
    )
    on = ["index_name", "index_version", "model_key"]
    return rows.join(gone, on, "left", maintain_order="left").join(
        aliases, "model_key", "left", maintain_order="left"
    )


def history(data: WorkspaceData, model: str) -> pl.DataFrame:
    """Every row of a model with what became of it: SCHEMA, `state` and those of `with_standing`.

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
    rows = snapshot.with_states(found).sort("recorded_at", "observed_on", "observation_id")
    return with_standing(data, rows)
