"""What a workspace holds, in numbers."""

import polars as pl

from forecasts.measures.vintage import contradictions
from tracker.aliases import Aliases
from tracker.disagreement import disagreements_of
from tracker.queries.indices import SPEC, list_indices
from tracker.store.ledger import FOLDER, read_ledger, verify
from tracker.workspace_data import WorkspaceData


def read_status(data: WorkspaceData) -> dict[str, object]:
    """What a workspace holds: rows, models, labs, dates, damage, and each index."""
    snapshot = data.store.snapshot()
    rows, current = snapshot.rows(), snapshot.current()
    described = data.described(current)
    models = described.group_by("model_key").agg(pl.col("lab", "country").is_null().all())
    contradicting = contradictions(current)
    issued = read_ledger(data.folder / FOLDER, skip_damaged=True)
    swept = (
        data.sweeps()
        .sort("observed_on", pl.col("inferred").not_())
        .group_by("index_name", "index_version")
        .agg(last_sweep=pl.col("observed_on").last(), sweep_inferred=pl.col("inferred").last())
    )
    return {
        "workspace": str(data.folder),
        "segments": len(snapshot.segments),
        "rows": rows.height,
        "observations": current.height,
        "models": current["model_key"].n_unique(),
        "labs": current["lab"].drop_nulls().n_unique(),
        "models_without_lab": int(models["lab"].sum()),
        "models_without_country": int(models["country"].sum()),
        "first_observed_on": current["observed_on"].min(),
        "last_observed_on": current["observed_on"].max(),
        "last_recorded_at": rows["recorded_at"].max(),
        "without_release_date": current.filter(pl.col("released_on").is_null()).height,
        "contradictions": contradicting.height,
        "contradicting": contradicting.to_dicts(),
        "disagreements": disagreements_of(data, current).to_dicts(),
        "delisted": data.delisted().drop("model_key").to_dicts(),
        "aliases": Aliases(data.folder, data.store.recorded_before).rows().to_dicts(),
        "imports": data.imports.listed().to_dicts(),
        "damaged": [d.file for d in snapshot.damaged],
        "issued_forecasts": len(issued.forecasts),
        "damaged_forecasts": [d.file for d in issued.damaged],
        "ledger_faults": [c.fault for c in verify(issued) if c.fault],
        "conflicts": snapshot.conflicts().to_dicts(),
        "indices": current.group_by("index_name", "index_version")
        .agg(
            observations=pl.len(),
            first_observed_on=pl.col("observed_on").min(),
            last_observed_on=pl.col("observed_on").max(),
        )
        .join(swept, on=["index_name", "index_version"], how="left")
        .sort("observations", "index_name", "index_version", descending=[True, False, False])
        .join(
            list_indices(data).select("index_name", "index_version", *SPEC),
            on=["index_name", "index_version"],
            how="left",
            maintain_order="left",
        )
        .to_dicts(),
    }
