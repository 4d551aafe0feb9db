"""What a workspace holds, in numbers."""

from typing import TYPE_CHECKING

import polars as pl

from forecasts.measures.vintage import contradictions

if TYPE_CHECKING:
    from tracker.workspace import Workspace


def read_status(workspace: "Workspace") -> dict[str, object]:
    """What a workspace holds: rows, models, labs, dates, damage, and each index."""
    snapshot = workspace.store.snapshot()
    rows, current = snapshot.rows(), snapshot.current()
    contradicting = contradictions(current)
    return {
        "workspace": str(workspace.folder),
        "segments": len(snapshot.segments),
        "rows": rows.height,
        "observations": current.height,
        "models": current["model_key"].n_unique(),
        "labs": current["lab"].n_unique(),
        "first_observed_on": current["observed_on"].min(),
        "last_observed_on": current["observed_on"].max(),
        "last_recorded_at": rows["recorded_at"].max(),
        "without_release_date": current.filter(pl.col("released_on").is_null()).height,
        "contradictions": contradicting.height,
        "contradicting": contradicting.to_dicts(),
        "damaged": [d.file for d in snapshot.damaged],
        "conflicts": snapshot.conflicts().to_dicts(),
        "indices": current.group_by("index_name", "index_version")
        .agg(
            observations=pl.len(),
            first_observed_on=pl.col("observed_on").min(),
            last_observed_on=pl.col("observed_on").max(),
        )
        .sort("observations", "index_name", "index_version", descending=[True, False, False])
        .to_dicts(),
    }
