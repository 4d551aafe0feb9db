"""A new version of an index is one of its component only where the component changed."""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from forecasts.measures.rebasing import judge
from tracker.sources.contract import Reading
from tracker.store.observations import Snapshot
from tracker.store.schema import STATED, identify, with_model_keys

_KEYS = ["index_name", "index_version", "model_key"]


def keep_component_versions(snapshot: Snapshot, readings: Sequence[Reading]) -> list[Reading]:
    """Readings in which a component whose values are those held keeps the version held.

    A component that is held under the version stated is left as it is, as is one of which too
    few models are held to tell.
    """
    names = sorted(set().union(*(r.components for r in readings)))
    if not names:
        return list(readings)
    held = _latest(snapshot.current(pl.col("index_name").is_in(names)))
    found: list[Reading] = []
    for reading in readings:
        kept = _kept(held, reading)
        rows = reading.rows
        if kept:
            version = pl.col("index_name").replace_strict(
                kept, default=pl.col("index_version"), return_dtype=pl.String
            )
            rows = rows.with_columns(index_version=version)
            told = ", ".join(f"{name} {version}" for name, version in kept.items())
            note = f"Unchanged components keep their version: {told}."
            reading = replace(reading, rows=rows, notes=[*reading.notes, note])
        of_components = identify(rows.select(STATED)).filter(pl.col("index_name").is_in(names))
        held = _latest(pl.concat([held, of_components.select(held.columns)]))
        found.append(reading)
    return found


def _kept(held: pl.DataFrame, reading: Reading) -> dict[str, str]:
    """The version that each unchanged component of a reading is held under."""
    stated = with_model_keys(reading.rows.select(STATED))
    kept: dict[str, str] = {}
    for name in sorted(reading.components):
        rows = stated.filter(index_name=name)
        before = held.filter(index_name=name)
        if rows.is_empty() or rows["index_version"][0] in before["index_version"]:
            continue
        last = before.group_by("index_version").agg(pl.col("observed_on").max())
        for version in last.sort("observed_on", descending=True)["index_version"]:
            pairs = before.filter(index_version=version).join(rows, on="model_key")
            judged = judge(pairs["value"].to_numpy(), pairs["value_right"].to_numpy())
            if judged.case == "same scale":
                kept[name] = version
                break
    return kept


def _latest(rows: pl.DataFrame) -> pl.DataFrame:
    columns = [*_KEYS, "observed_on", "value"]
    return (
        rows.select(columns)
        .filter(pl.col("value").is_not_null())
        .sort("observed_on", maintain_order=True)
        .unique(_KEYS, keep="last", maintain_order=True)
    )
