"""The rows themselves: which there are, and what became of them."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from forecasts.errors import UsageError
from forecasts.measures.blocs import parse_bloc
from forecasts.measures.vintage import ALIASES
from forecasts.nearest import did_you_mean
from tracker.aliases import Aliases
from tracker.index_view import unknown_index, unknown_version
from tracker.store.observations import Snapshot
from tracker.store.schema import model_key
from tracker.workspace_data import WorkspaceData

NEAR = 5  # models that an error names


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
    """Current observations by release date: SCHEMA and what `with_standing` adds.

    Raises UsageError for a bloc that is none, and for a lab, index or version that nobody knows.
    """
    snapshot = data.store.snapshot()
    _refuse_unknown(data, snapshot, filters)
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
    rows = snapshot.current(*where)
    if of_model:
        # Shown as stored, found by all that is known of the model.
        of_bloc = data.described(rows).filter(*of_model)
        rows = rows.join(of_bloc, on="observation_id", how="semi", maintain_order="left")
    rows = rows.sort("released_on", "model", "observed_on", "observation_id", nulls_last=True)
    return with_standing(data, rows)


def _refuse_unknown(data: WorkspaceData, snapshot: Snapshot, filters: Filters) -> None:
    terms = parse_bloc(data.with_lab_names(filters.bloc)).terms if filters.bloc else ()
    named = {term[4:] for alternative in terms for term in alternative if term[:4] == "lab:"}
    for lab in [*sorted(named), *([filters.lab] if filters.lab else [])]:
        refuse_unknown_lab(data, lab)
    indices = snapshot.indices
    if filters.index is not None and indices.height:
        known = indices["index_name"].unique().sort().to_list()
        if filters.index not in known:
            raise unknown_index(filters.index, known)
        indices = indices.filter(index_name=filters.index)
    if filters.version is not None and indices.height:
        known = indices["index_version"].unique().sort().to_list()
        if filters.version not in known:
            raise unknown_version(filters.index, filters.version, known)


def refuse_unknown_lab(data: WorkspaceData, lab: str) -> None:
    """Raise UsageError when neither the catalogue nor an observation has a lab of that name."""
    if data.catalogue.lab(lab) is not None:
        return
    observed = data.observed_labs()
    if lab.lower() not in {name.lower() for name in observed}:
        raise UsageError(
            f"There is no lab '{lab}'.",
            f"{did_you_mean(lab, [*data.catalogue.lab_names, *observed])}"
            "`tracker lab list` names all.",
            "unknown_lab",
            field="lab",
        )


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
        raise unknown_model(snapshot, model)
    rows = snapshot.with_states(found).sort("recorded_at", "observed_on", "observation_id")
    return with_standing(data, rows)


def unknown_model(snapshot: Snapshot, model: str) -> UsageError:
    """The error of a model that has no observation, naming those that look like it."""
    names = snapshot.scan.select("model").unique().collect(engine="streaming")["model"].sort()
    near = did_you_mean(model, names, NEAR)
    hint = near.strip() or "`tracker list` names all."
    return UsageError(f"There is no model '{model}'.", hint, code="unknown_model")
