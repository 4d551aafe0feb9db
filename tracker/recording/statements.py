"""Rows of an import as statements: under their ids, and which of them the store does not hold."""

from collections.abc import Sequence

import polars as pl

from tracker.sources.contract import Reading
from tracker.sources.file import SourceFile
from tracker.sources.labs import open_facts
from tracker.store.observations import Snapshot
from tracker.store.schema import STATED, once, with_ids
from tracker.text.counting import counted
from tracker.text.printable import printable
from tracker.workspace_data import WorkspaceData


def stated_rows(
    files: Sequence[SourceFile], readings: Sequence[Reading]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Every row once, with its id and `left_open`, and observation_id, file and row of all."""
    stated = pl.concat([r.rows.select("row", *STATED, "left_open") for r in readings])
    rows = with_ids(stated).with_columns(stated["left_open"])
    counts = [reading.rows.height for reading in readings]
    names = [printable(file.path.name) for file in files]
    named = pl.concat(
        [
            pl.repeat(name, n, dtype=pl.String, eager=True)
            for name, n in zip(names, counts, strict=True)
        ]
    )
    places = stated.select("row").with_columns(rows["observation_id"], named.alias("file"))
    return once(rows), places


def new_rows(data: WorkspaceData, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Those of the rows that the store does not hold, and all under the ids that it holds or will.

    What a row left open may be known otherwise by now, and its lab by another name: a row that the
    store holds with other facts in its open cells, or of the lab as it was called, is the same
    statement.
    """
    store, lab_name = data.store, data.catalogue.lab_name
    identified = rows.drop("left_open")
    if identified.is_empty() or not store.snapshot().segments:
        return identified, identified
    held = store.held(identified)["observation_id"].unique()
    held_as = pl.DataFrame({"observation_id": held, "held": held})
    new = rows.join(held_as, on="observation_id", how="anti")
    if new.height:
        # An export states a correction without what it corrected.
        held_as = pl.concat([held_as, store.held_as_correction(new)])
        new = new.join(held_as, on="observation_id", how="anti")
    labs = {old: now for old in data.observed_labs() if (now := lab_name(old)) != old}
    other = pl.col("left_open").gt(0) | pl.col("lab").is_in(labs.values()).fill_null(False)
    for (bits,), part in new.filter(other).group_by("left_open"):
        found = store.held_but_for(part, open_facts(int(str(bits))), labs)
        held_as = pl.concat([held_as, found])
    if held_as.is_empty():
        return identified, identified
    both = identified.join(held_as, on="observation_id", how="left", maintain_order="left")
    return (
        both.filter(pl.col("held").is_null()).drop("held"),
        both.with_columns(observation_id=pl.coalesce("held", "observation_id")).drop("held"),
    )


def too_few(data: WorkspaceData, snapshot: Snapshot, rows: pl.DataFrame) -> list[str]:
    """A sentence for each index version of which `rows` list fewer than half of the models that
    the last sweep listed: that is a part of a board, and no board of which most models are gone."""
    index = ["index_name", "index_version"]
    last = data.sweeps().group_by(index).agg(pl.col("observed_on").max())
    before = (
        snapshot.standing.join(last.lazy(), on=[*index, "observed_on"], how="semi")
        .group_by(index)
        .agg(listed=pl.col("model_key").n_unique())
        .collect()
    )
    now = rows.group_by(index).agg(pl.col("model_key").n_unique())
    return [
        f"{row['index_name']} {row['index_version']}: this lists "
        f"{counted(row['model_key'], 'model', 'models')}, the last sweep listed {row['listed']}; "
        "it is not taken for the whole board "
        "(`whole` says that it is)."
        for row in now.join(before, on=index).sort(index).iter_rows(named=True)
        if row["model_key"] < 0.5 * row["listed"]
    ]
