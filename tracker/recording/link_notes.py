"""What links a version of an index that comes for the first time to the one before it."""

from datetime import date

import polars as pl

from forecasts.measures.linking import Link, UnlinkedVersions
from forecasts.measures.prices import IS_SCORE
from tracker.linked import IndexHistory, fitted
from tracker.store.observations import Snapshot
from tracker.workspace_data import WorkspaceData


def link_notes(data: WorkspaceData, snapshot: Snapshot, new: pl.DataFrame) -> list[str]:
    """A sentence for each index of which the rows `new` bring a version that is not held; what
    measures a component of another has none."""
    held = snapshot.indices.select("index_name", "index_version")
    names = new.filter(IS_SCORE).filter(pl.col("index_name").is_in(held["index_name"].implode()))
    measures = data.catalogue.index_weights["measure"].drop_nulls().unique()
    names = names.filter(~pl.col("index_name").is_in(measures.implode()))
    versions = names.select("index_name", "index_version").unique(maintain_order=True)
    notes: list[str] = []
    for name, version in versions.join(held, on=held.columns, how="anti").iter_rows():
        known = data.history(snapshot, name)
        wanted = [name, *known.weights["measure"].drop_nulls()]
        more = data.as_counted(new.filter(pl.col("index_name").is_in(wanted)))
        rows = pl.concat([known.rows, more], how="diagonal_relaxed")
        history = IndexHistory(name, rows, known.weights)
        day = rows.filter(index_name=name)["observed_on"].max()
        assert isinstance(day, date)
        before = [v for v in history.versions(day) if v != version]
        if before:
            notes.append(_note(data, history, before[-1], str(version), day))
    return notes


def _note(data: WorkspaceData, history: IndexHistory, source: str, target: str, day: date) -> str:
    data.progress(f"linking {history.index_name} {source} to {target} ...")
    try:
        link = fitted(history.evidence(source, target, day), source, target, day)
    except UnlinkedVersions as error:
        return (
            f"{history.index_name} {source} is not linked to {target}: {error}. What {source} "
            "alone says stays on its own scale until more models are measured on both."
        )
    return _told(history.index_name, link)


def _told(index: str, link: Link) -> str:
    estimated = f" ({link.n_estimated} more are estimates)" if link.n_estimated else ""
    return (
        f"{index} {link.source} is linked to {link.target}: {link.n_measured} models measured on "
        f"both{estimated}, error {link.rmse:.1f} points, {link.rmse_top:.1f} at the top; nothing "
        "to do."
    )
