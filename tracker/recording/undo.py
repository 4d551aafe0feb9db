"""Take back many observations at once: those of an import, of a source, of a day."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from forecasts.errors import UsageError
from forecasts.measures.vintage import latest_statements
from forecasts.nearest import did_you_mean
from tracker.recording.impact import NOTHING, effects_of
from tracker.recording.one_row import refuse_reason
from tracker.store.observations import Snapshot
from tracker.workspace_data import WorkspaceData

_INDEX = ["index_name", "index_version"]


@dataclass(frozen=True)
class Undo:
    """Which observations to take back, and why: those for which all that is given holds.

    Attributes:
        import_id: what one import stated (its id, or the first digits of it) and nothing else
            holds up: no other import that states it, no act that recorded it on its own.
        source, observed_on: the rows of one source, of one day.
        index, version: of one index, one version; only beside one of the above.
    """

    reason: str
    import_id: str | None = None
    source: str | None = None
    observed_on: date | None = None
    index: str | None = None
    version: str | None = None


@dataclass(frozen=True)
class UndoPlan:
    """What an undo would take back, and what not.

    Attributes:
        rows: the observations that would be taken back.
        selected: observations that were asked for.
        otherwise: stay, as another import states them or they were recorded on their own.
        gone: no longer stand; `corrected` of them have a correction that stands, which stays.
        indices: index_name, index_version and rows of each index version that loses some.
        effects: what changes, in sentences.
    """

    undo: Undo
    import_id: str | None
    rows: pl.DataFrame
    selected: int
    otherwise: int
    gone: int
    corrected: int
    indices: list[dict[str, object]]
    effects: list[str]

    def document(self, *, done: bool) -> dict[str, object]:
        """The plan as it is shown, and whether it was carried out."""
        return {
            "retracted": self.rows.height,
            "import_id": self.import_id,
            "selected": self.selected,
            "stated_otherwise": self.otherwise,
            "gone_already": self.gone,
            "corrected": self.corrected,
            "indices": self.indices,
            "effects": self.effects,
            "observation_ids": self.rows["observation_id"].to_list(),
            "dry_run": not done,
        }


def plan_undo(data: WorkspaceData, undo: Undo) -> UndoPlan:
    """Find what an undo would take back and what that changes; records nothing.

    Raises UsageError when nothing is named, or no such import or row is known.
    """
    refuse_reason(undo.reason)
    if not (undo.import_id or undo.source or undo.observed_on):
        raise UsageError(
            "Nothing says what to take back.",
            "Name an observation by its id, or `import_id`, `source` or `observed_on`.",
        )
    snapshot = data.store.snapshot()
    identity = None if undo.import_id is None else data.imports.find(undo.import_id)
    where = [
        pl.col(column) == value
        for column, value in (
            ("source", undo.source),
            ("observed_on", undo.observed_on),
            ("index_name", undo.index),
            ("index_version", undo.version),
        )
        if value is not None
    ]
    facts = pl.col("retracts").is_null()
    kept = pl.DataFrame(schema={"observation_id": pl.String})
    if identity is not None:
        stated, kept = _stated_by(data, snapshot, identity)
        facts &= pl.col("observation_id").is_in(stated.implode())
    selected = snapshot.rows(facts, *where)
    if selected.is_empty() and identity is None:
        sources = snapshot.scan.select("source").unique().collect()["source"].sort()
        unknown = undo.source if undo.source not in {None, *sources} else None
        near = did_you_mean(unknown, sources) if unknown else ""
        raise UsageError("No observation is so.", f"{near}`tracker list` shows what there is.")
    gone = pl.col("observation_id").is_in(snapshot.acts.gone)
    standing = selected.filter(~gone)
    rows = standing.join(kept, on="observation_id", how="anti", maintain_order="left")
    corrected = _corrected(snapshot, selected.filter(gone))
    if identity is None:
        # The correction is among what was asked for itself where it is of the same source or day.
        corrected = corrected.join(rows, on="observation_id", how="anti")
    return UndoPlan(
        undo,
        identity,
        rows,
        selected.height,
        standing.height - rows.height,
        selected.height - standing.height,
        corrected.height,
        rows.group_by(_INDEX)
        .agg(rows=pl.len())
        .sort("rows", *_INDEX, descending=[True, False, False])
        .to_dicts(),
        _effects(data, snapshot, rows),
    )


def carry_out(data: WorkspaceData, plan: UndoPlan) -> UndoPlan:
    """Record a planned undo, as one segment; returns the plan."""
    data.store.retract_all(plan.rows, plan.undo.reason)
    undo = plan.undo
    if plan.import_id is not None and not (
        undo.source or undo.observed_on or undo.index or undo.version
    ):
        data.imports.withdraw(plan.import_id)
    return plan


def _stated_by(
    data: WorkspaceData, snapshot: Snapshot, identity: str
) -> tuple[pl.Series, pl.DataFrame]:
    """Ids of what an import stated, and of that the ids that something else holds up.

    That is another import that was not taken back, or an act of recording of which no import
    knows. An act of several rows all of which the import states was the import's own: cut off
    before its record was written.
    """
    ever = data.imports.ever()
    stated = ever.filter(import_id=identity)["observation_id"].unique()
    others = data.imports.facts().filter(pl.col("import_id") != identity)
    shared = others.filter(pl.col("observation_id").is_in(stated.implode()))["observation_id"]
    moments = (
        snapshot.scan.select("observation_id", "recorded_at")
        .join(stated.to_frame().lazy(), on="observation_id", how="semi")
        .unique()
        .collect(engine="streaming")
    )
    recorded = ever.select("observation_id", "recorded_at").unique()
    loose = moments.join(recorded, on=["observation_id", "recorded_at"], how="anti")
    acts = (
        snapshot.scan.select("observation_id", "recorded_at")
        .join(loose.lazy().select("recorded_at").unique(), on="recorded_at", how="semi")
        .unique()
        .group_by("recorded_at")
        .agg(rows=pl.len())
        .collect(engine="streaming")
    )
    mine = loose.group_by("recorded_at").agg(mine=pl.len()).join(acts, on="recorded_at")
    own = mine.filter((pl.col("mine") == pl.col("rows")) & (pl.col("rows") > 1))
    alone = loose.join(own, on="recorded_at", how="anti")["observation_id"]
    return stated, pl.concat([shared, alone]).unique().to_frame()


def _corrected(snapshot: Snapshot, gone: pl.DataFrame) -> pl.DataFrame:
    """observation_id of the corrections that stand in the place of rows that do not."""
    acts = snapshot.acts.table.filter(pl.col("decides"), kind="correction")
    roots = snapshot.acts.table.select("observation_id", "root")
    own = gone.select("observation_id").join(roots, on="observation_id", how="left")
    wanted = own.select(root=pl.coalesce("root", "observation_id")).unique()
    return acts.join(wanted, on="root", how="semi").select("observation_id")


def _effects(data: WorkspaceData, snapshot: Snapshot, rows: pl.DataFrame) -> list[str]:
    indices = rows.select(_INDEX).unique()
    of = snapshot.standing.join(indices.lazy(), on=_INDEX, how="semi")
    left = of.join(rows.lazy().select("observation_id"), on="observation_id", how="anti")
    before, after = (
        data.described(latest_statements(each, date.max, "final")) for each in (of, left)
    )
    found: list[str] = []
    for name, version in indices.sort(_INDEX).iter_rows():
        here = {"index_name": name, "index_version": version}
        countries = rows.filter(**here)["country"].unique().sort()
        told = effects_of(data, before.filter(**here), after.filter(**here), countries)
        found += [f"{name} {version}: {sentence}" for sentence in told if sentence != NOTHING]
    return found or [NOTHING]
