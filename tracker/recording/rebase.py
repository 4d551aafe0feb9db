"""Notice an index that was re-based: most values it already gave are suddenly others."""

from dataclasses import dataclass

import polars as pl

from tracker.store.schema import with_model_keys


@dataclass(frozen=True)
class Shift:
    """How an import would change a version; `examples` has model, held and new, largest first."""

    index_name: str
    index_version: str
    compared: int
    changed: int
    median_change: float
    examples: pl.DataFrame


def find_shifts(current: pl.DataFrame, incoming: pl.DataFrame) -> list[Shift]:
    """Versions of which `incoming` changes most of the compared values of `current`.

    A value counts as changed when it moves by more than 1% of the standard deviation of the held
    values: one source rounds to two decimals, another does not, and that is no change. Fewer than
    five compared models tell something only when they are at least half of those held.
    """
    keys = ["index_name", "index_version", "model_key"]
    held = _latest(current, keys, "held")
    new = _latest(with_model_keys(incoming), keys, "new").drop("model")
    both = held.with_columns(
        spread=pl.col("held").std().over(keys[:2]).fill_null(0.0),
        models=pl.len().over(keys[:2]),
    ).join(new, on=keys)
    scale = pl.when(pl.col("spread") > 0).then("spread").otherwise(pl.col("held").abs())
    both = both.with_columns(change=pl.col("new") - pl.col("held")).with_columns(
        changed=pl.col("change").abs() > 0.01 * scale
    )
    shifts: list[Shift] = []
    for (name, version), rows in both.group_by(keys[:2], maintain_order=True):
        changed = int(rows["changed"].sum())
        enough = rows.height >= 5 or 2 * rows.height >= rows["models"][0]
        if enough and 2 * changed > rows.height:
            examples = rows.sort(pl.col("change").abs(), descending=True).head(5)
            shifts.append(
                Shift(
                    str(name),
                    str(version),
                    rows.height,
                    changed,
                    float(rows["change"].median()),  # type: ignore[arg-type]
                    examples.select("model", "held", "new"),
                )
            )
    return shifts


def _latest(rows: pl.DataFrame, keys: list[str], name: str) -> pl.DataFrame:
    return (
        rows.filter(pl.col("value").is_not_null())
        .sort("observed_on", "value", maintain_order=True)
        .group_by(keys, maintain_order=True)
        .agg(pl.col("model").last(), pl.col("value").last().alias(name))
    )
