"""Every version of every index that is known: its scale, and when it was seen."""

from collections.abc import Mapping

import polars as pl

from forecasts.errors import UsageError
from tracker.text.counting import counted
from tracker.workspace_data import WorkspaceData

SPEC = ("low", "high", "unit", "scale", "true_zero", "origin")


def list_indices(data: WorkspaceData) -> pl.DataFrame:
    """One row a version: index_name, index_version, observations, SPEC, first_seen, last_seen.

    Versions are those observed here and those of the catalogue; an index that only the workspace's
    settings name has the version None. The dates are the catalogue's and those of observations.
    """
    held = (
        data.store.snapshot()
        .standing.group_by("index_name", "index_version")
        .agg(
            observations=pl.len().cast(pl.Int64),
            first=pl.col("observed_on").min(),
            last=pl.col("observed_on").max(),
        )
        .collect(engine="streaming")
    )
    keys = ["index_name", "index_version"]
    known = data.catalogue.index_versions.select(*keys, "first_seen", "last_seen")
    both = held.join(known, on=keys, how="full", coalesce=True)
    only_set = sorted(set(data.index_settings) - set(both["index_name"]))
    more = pl.DataFrame({"index_name": only_set}, schema={"index_name": pl.String})
    both = pl.concat([both, more], how="diagonal").select(
        *keys,
        pl.col("observations").fill_null(0),
        first_seen=pl.min_horizontal("first", "first_seen"),
        last_seen=pl.max_horizontal("last", "last_seen"),
    )
    specs = [data.index_spec(name, version or "") for name, version in both[keys].iter_rows()]
    kinds = (pl.Float64, pl.Float64, pl.String, pl.String, pl.Boolean, pl.String)
    columns = {
        name: pl.Series([getattr(s, name) for s in specs], dtype=kind)
        for name, kind in zip(SPEC, kinds, strict=True)
    }
    return (
        both.with_columns(**columns)
        .select(*keys, "observations", *SPEC, "first_seen", "last_seen")
        .sort("observations", "index_name", "last_seen", "index_version",
              descending=[True, False, True, False], nulls_last=True)
    )  # fmt: skip


def refuse_values_outside(data: WorkspaceData, name: str, said: Mapping[str, object]) -> None:
    """Raise UsageError where values that stand lie outside the bounds said of an index."""
    low, high = said.get("low"), said.get("high")
    beyond: list[pl.Expr] = []
    if isinstance(low, float):
        beyond.append(pl.col("value") < low)
    if isinstance(high, float):
        beyond.append(pl.col("value") > high)
    if not beyond:
        return
    rows = data.store.snapshot().current(pl.col("index_name") == name)
    outside = rows.filter(pl.any_horizontal(beyond)).sort("value")
    if outside.height:
        ends = outside["value"]
        raise UsageError(
            f"{counted(outside.height, 'value', 'values')} recorded of '{name}' lie outside "
            f"these bounds, from {ends[0]:g} to {ends[-1]:g}; nothing was set.",
            "Correct or retract them first, or say other bounds.",
            "values_outside",
        )
