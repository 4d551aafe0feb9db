"""What the union of all segments says: rows, the ones that stand, corrections, retractions."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

import polars as pl

from forecasts.errors import TrackerError, UsageError
from tracker.store import compaction
from tracker.store import revisions as acts_of
from tracker.store.revisions import Acts
from tracker.store.schema import SCHEMA, STATED, identify
from tracker.store.segments import (
    Damage,
    DamagedSegment,
    Segment,
    make_folder,
    open_segments,
    scan,
    segment_files,
    sync_folder,
    write_segment,
)
from tracker.store.validation import Validation, broken_rule_of, validate

SETTLED = "settled: a rival of this correction was acted on"


class Snapshot:
    """A store as it stood at one moment; what is written later does not show in it.

    `recorded_before` leaves out what was recorded at or after that moment.
    """

    def __init__(
        self,
        segments: list[Segment],
        damaged: list[Damage],
        recorded_before: datetime | None = None,
    ) -> None:
        self.segments = segments
        self.damaged = damaged
        self.recorded_before = recorded_before

    @cached_property
    def scan(self) -> pl.LazyFrame:
        """Every row ever recorded, in no order; a row that two segments hold comes twice."""
        rows = scan(self.segments)
        if self.recorded_before is not None:
            rows = rows.filter(pl.col("recorded_at") < self.recorded_before)
        return rows

    @cached_property
    def acts(self) -> Acts:
        """Corrections and retractions."""
        wanted = pl.col("supersedes").is_not_null() | pl.col("retracts").is_not_null()
        return acts_of.resolve(self.scan.filter(wanted).select(acts_of.COLUMNS).collect())

    @cached_property
    def standing(self) -> pl.LazyFrame:
        """Rows neither superseded nor retracted, retractions left out; may come twice."""
        rows = self.scan.filter(pl.col("retracts").is_null())
        gone = self.acts.gone
        return rows.filter(~pl.col("observation_id").is_in(gone)) if gone else rows

    def rows(self, *where: pl.Expr) -> pl.DataFrame:
        """Every row ever recorded for which all of `where` hold, each once, oldest first."""
        return _once(self.scan.filter(*where))

    def current(self, *where: pl.Expr) -> pl.DataFrame:
        """The rows that stand for which all of `where` hold, each once, oldest first."""
        return _once(self.standing.filter(*where))

    @cached_property
    def indices(self) -> pl.DataFrame:
        """index_name, index_version, observations, last_observed_on; most observations first."""
        return (
            self.standing.group_by("index_name", "index_version")
            .agg(observations=pl.len(), last_observed_on=pl.col("observed_on").max())
            .collect(engine="streaming")
            .sort("observations", "index_name", "index_version", descending=[True, True, False])
        )

    def find(self, observation_id: str) -> dict[str, object]:
        """The row whose id is, or begins with, `observation_id`; raises when none or several."""
        rows = self.rows(pl.col("observation_id").str.starts_with(observation_id))
        if rows.height == 1 and observation_id:
            return rows.row(0, named=True)
        what = "No observation has" if rows.is_empty() else f"{rows.height} observations have"
        raise UsageError(
            f"{what} an id that begins with '{observation_id}'.",
            "`tracker list` and `tracker history MODEL` show the ids.",
            code="unknown_observation",
        )

    def conflicts(self) -> pl.DataFrame:
        """Rival corrections and retractions of one row, as copies that grew apart leave them.

        root, observation_id, model, kind, value, recorded_at, decides, note.
        """
        found = self.acts.conflicts()
        told = self.rows(pl.col("observation_id").is_in(found["observation_id"].to_list()))
        return found.join(
            told.select("observation_id", "model", "value", "note"), on="observation_id",
            how="left", maintain_order="left",
        ).select(
            "root", "observation_id", "model", "kind", "value", "recorded_at", "decides", "note"
        )  # fmt: skip

    def with_states(self, found: pl.DataFrame) -> pl.DataFrame:
        """`found`, some of the rows, with what became of each as `state`.

        current, superseded, retracted, retraction, or overruled by a rival act.
        """
        table = self.acts.table
        of = pl.col("observation_id")
        targets = {
            kind: table.filter(kind=kind)["target"].to_list()
            for kind in ("correction", "retraction")
        }
        decides = table.filter("decides")["observation_id"].to_list()
        is_act = pl.col("retracts").is_not_null() | pl.col("supersedes").is_not_null()
        return found.with_columns(
            state=pl.when(is_act & ~of.is_in(table["target"].to_list()) & ~of.is_in(decides))
            .then(pl.lit("overruled"))
            .when(pl.col("retracts").is_not_null())
            .then(pl.lit("retraction"))
            .when(of.is_in(targets["correction"]))
            .then(pl.lit("superseded"))
            .when(of.is_in(targets["retraction"]))
            .then(pl.lit("retracted"))
            .otherwise(pl.lit("current"))
        )


@dataclass(frozen=True)
class Merged:
    """What a merge did: `read` = `added` + `unchanged`, and the conflicts of the union."""

    read: int
    added: int
    unchanged: int
    conflicts: pl.DataFrame


@dataclass(frozen=True)
class Store:
    """The append-only set of observations in one folder.

    `recorded_before`: read as the store was then; such a store cannot be written.
    """

    folder: Path
    skip_damaged: bool = False
    recorded_before: datetime | None = None
    _last: list[Snapshot] = field(default_factory=list, repr=False, compare=False)

    def snapshot(self) -> Snapshot:
        """The store as it stands now.

        Raises DamagedSegment when a file is damaged and `skip_damaged` is off.
        """
        # Segments never change: the same files are the same rows, checked already.
        if self._last and [s.path for s in self._last[0].segments] == segment_files(self.folder):
            return self._last[0]
        segments, damaged = open_segments(self.folder, self.skip_damaged)
        self._last[:] = [Snapshot(segments, damaged, self.recorded_before)]
        return self._last[0]

    def rows(self) -> pl.DataFrame:
        """Every row ever recorded, corrections and retractions among them, oldest first."""
        return self.snapshot().rows()

    def current(self) -> pl.DataFrame:
        """The rows that stand."""
        return self.snapshot().current()

    def append(self, stated: pl.DataFrame) -> pl.DataFrame:
        """Record `stated` rows as one segment; returns those that were new.

        A fact that the store holds already, retracted ones included, is not recorded again.
        """
        return self._add(identify(stated))

    def _add(self, rows: pl.DataFrame) -> pl.DataFrame:
        self._refuse_the_past()
        new = rows.join(self.held(rows), on="observation_id", how="anti", maintain_order="left")
        self.write(new)
        return new

    def write(self, rows: pl.DataFrame) -> None:
        """Record complete rows as one segment, nothing if there are none."""
        self._refuse_the_past()
        if rows.height:
            make_folder(self.folder)
            write_segment(self.folder, rows)
            compaction.tidy(self.folder)
        elif self.folder.is_dir():
            # What is held already may be another's, its name not yet on the disk.
            sync_folder(self.folder)

    def held(self, rows: pl.DataFrame) -> pl.DataFrame:
        """observation_id and recorded_at of those of `rows` that the store holds."""
        found = self.snapshot().scan
        if rows.height == 1:
            # The id covers these as well; a reader passes over row groups by them.
            one = rows.row(0, named=True)
            found = found.filter(
                index_name=one["index_name"], model_key=one["model_key"],
                observed_on=one["observed_on"], observation_id=one["observation_id"],
            )  # fmt: skip
        ids = rows.lazy().select("observation_id")
        return (
            found.select("observation_id", "recorded_at")
            .join(ids, on="observation_id", how="semi")
            .collect(engine="streaming")
        )

    def correct(self, observation_id: str, changes: dict[str, object]) -> str:
        """Record a row that supersedes another with `changes` to its columns; returns its id."""
        old = self._standing(observation_id)
        if all(old[name] == value for name, value in changes.items()):
            raise UsageError("The correction changes nothing.", "Give at least one new value.")
        return self._record({**old, **changes, "supersedes": old["observation_id"]})

    def retract(self, observation_id: str, reason: str) -> str:
        """Record a row that takes another back, saying why; returns its id."""
        old = self._standing(observation_id)
        return self._record(
            {
                **old,
                "value": None,
                "stderr": None,
                "note": reason,
                "retracts": old["observation_id"],
            }
        )

    def merge(self, other: "Store", *, dry_run: bool = False) -> Merged:
        """Take over every row of another store, each with the moment it was recorded there.

        Of a fact that both recorded the earlier moment counts, so that the result is the same
        whichever copy takes over the other, and the same as of copying the files.
        Raises DamagedSegment when a file of the other is damaged or a row of it breaks a rule.
        """
        theirs = other.snapshot()
        for segment in theirs.segments:
            reason = broken_rule_of(segment)
            if reason is not None:
                raise DamagedSegment(Damage(str(segment.path), reason))
        rows = theirs.rows()
        held = self.held(rows).group_by("observation_id").agg(had=pl.col("recorded_at").min())
        new = rows.join(held, on="observation_id", how="left", maintain_order="left").filter(
            pl.col("had").is_null() | (pl.col("recorded_at") < pl.col("had"))
        )
        added = int(new["had"].is_null().sum())
        union = Snapshot([*self.snapshot().segments, *theirs.segments], [])
        if not dry_run:
            self.write(new.select(list(SCHEMA)))
        return Merged(rows.height, added, rows.height - added, union.conflicts())

    def compact(self) -> tuple[int, int]:
        """Rewrite all small segments as one; returns the number of files before and after."""
        return compaction.compact(self.folder)

    def validate(self, progress: Callable[[str], None] = lambda _: None) -> Validation:
        """Check every file and every row of it."""
        return validate(self.folder, progress)

    def _refuse_the_past(self) -> None:
        if self.recorded_before is not None:
            raise UsageError("--recorded-before only reads.", "Leave it out to record something.")

    def _standing(self, observation_id: str) -> dict[str, object]:
        snapshot = self.snapshot()
        row = snapshot.find(observation_id)
        if row["retracts"] is not None or row["observation_id"] in snapshot.acts.gone:
            raise TrackerError(
                f"Observation {observation_id} no longer stands: it was superseded or retracted.",
                f"`tracker history {str(row['model'])!r}` shows what stands in its place.",
                code="not_current",
            )
        return row

    def _record(self, row: dict[str, object]) -> str:
        kept = {k: row.get(k) for k in (*STATED, "supersedes", "retracts")}
        # A row describes one act: what the superseded row itself superseded is not repeated.
        if kept["retracts"] is not None:
            kept["supersedes"] = None
        frame = identify(pl.DataFrame([kept], schema={k: SCHEMA[k] for k in kept}))
        acted_on = str(kept["supersedes"] or kept["retracts"])
        self._add(pl.concat([frame, self._settled(acted_on, frame["recorded_at"].item())]))
        return str(frame["observation_id"].item())

    def _settled(self, acted_on: str, moment: datetime) -> pl.DataFrame:
        """Retractions of what rivals the row acted on, recorded an instant before the act."""
        snapshot = self.snapshot()
        rivals = snapshot.acts.rivals(acted_on)
        rows = snapshot.rows(pl.col("observation_id").is_in(rivals))
        stated = rows.select(*STATED, pl.col("observation_id").alias("retracts")).with_columns(
            value=pl.lit(None, pl.Float64), stderr=pl.lit(None, pl.Float64), note=pl.lit(SETTLED)
        )
        return identify(stated, moment - timedelta(microseconds=1))


def _once(rows: pl.LazyFrame) -> pl.DataFrame:
    return (
        rows.collect(engine="streaming")
        .sort("recorded_at", "observation_id")
        .unique("observation_id", keep="first", maintain_order=True)
    )
