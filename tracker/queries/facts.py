"""What is said of models beside their values: the latest of each fact, or every row."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from forecasts.errors import UsageError
from forecasts.measures.facts import FACTS, known_facts
from tracker.store.facts import COLUMNS
from tracker.store.schema import model_key
from tracker.workspace_data import WorkspaceData


@dataclass(frozen=True)
class FactFilters:
    """Which facts to list; None does not restrict.

    `as_of`: what was known on that day.
    """

    model: str | None = None
    name: str | None = None
    as_of: date | None = None


def list_facts(data: WorkspaceData, filters: FactFilters) -> pl.DataFrame:
    """The latest statement of each fact of each model, by model and fact: columns of the store.

    Raises UsageError for a name that no fact has.
    """
    if filters.name is not None:
        check_name(filters.name)
    found = known_facts(data.facts.standing(), filters.as_of or date.max, "real")
    if filters.model is not None:
        found = found.filter(model_key=model_key(filters.model))
    if filters.name is not None:
        found = found.filter(name=filters.name)
    return found.select(list(COLUMNS)).sort("model_key", "name")


def facts_history(data: WorkspaceData, model: str) -> pl.DataFrame:
    """Every row that was recorded of the facts of a model, and what became of each (`state`)."""
    return data.facts.of_model(model_key(model))


def check_name(name: str) -> None:
    """Raise UsageError when no fact has this name."""
    if name not in FACTS:
        raise UsageError(
            f"There is no fact '{name}'.", f"Facts: {', '.join(FACTS)}.", "unknown_fact_name",
            field="name",
        )  # fmt: skip
