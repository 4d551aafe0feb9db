"""What the union of all segments says: current rows, history, corrections, retractions."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from forecasts.errors import TrackerError, UsageError
from tracker.store.schema import SCHEMA, STATED, identify
from tracker.store.segments import Damage, read_segments, segment_files, write_segment


@dataclass(frozen=True)
class Store:
    """The append-only set of observations in one folder."""

    folder: Path
    skip_damaged: bool = False

    def read(self) -> tuple[pl.DataFrame, list[Damage]]:
        """Every row ever recorded, each once, oldest first, and the files left out as damaged."""
        frames, damaged = read_segments(self.folder, self.skip_damaged)
        if not frames:
            return pl.DataFrame(schema=SCHEMA), damaged
        rows = (
            pl.concat(frames)
            .sort("recorded_at", "observation_id")
            .unique("observation_id", keep="first", maintain_order=True)
        )
        return rows, damaged

    def rows(self) -> pl.DataFrame:
        """Every row ever recorded, corrections and retractions among them."""
        return self.read()[0]

    def current(self) -> pl.DataFrame:
        """The rows that stand today."""
        return current_rows(self.rows())

    def append(self, stated: pl.DataFrame) -> pl.DataFrame:
        """Record `stated` rows as one segment; returns those that were new.

        A fact that the store holds already, retracted ones included, is not recorded again.
        """
        rows = identify(stated)
        new = rows.join(self.rows(), on="observation_id", how="anti")
        if new.height:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_segment(self.folder, new)
        return new

    def find(self, observation_id: str) -> dict[str, object]:
        """The row whose id is, or begins with, `observation_id`; raises when none or several."""
        rows = self.rows().filter(pl.col("observation_id").str.starts_with(observation_id))
        if rows.height == 1 and observation_id:
            return rows.row(0, named=True)
        what = "No observation has" if rows.is_empty() else f"{rows.height} observations have"
        raise UsageError(
            f"{what} an id that begins with '{observation_id}'.",
            "`tracker list` and `tracker history MODEL` show the ids.",
            code="unknown_observation",
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

    def compact(self) -> tuple[int, int]:
        """Rewrite all segments as one; returns their numbers before and after.

        The new segment is on disk before the old ones go, so that a crash between leaves
        duplicates, which reading removes. A damaged segment stops it.
        """
        files = segment_files(self.folder)
        if len(files) < 2:
            return len(files), len(files)
        frames, _ = read_segments(self.folder)
        files = [f for f in files if f.exists()]
        rows = pl.concat(frames).sort("recorded_at", "observation_id")
        kept = write_segment(
            self.folder, rows.unique("observation_id", keep="first", maintain_order=True)
        )
        for path in files:
            if path != kept:
                path.unlink(missing_ok=True)
        return len(files), len(segment_files(self.folder))

    def validate(self) -> tuple[int, int, list[Damage]]:
        """Number of files, of readable rows, and the damaged files."""
        frames, damaged = read_segments(self.folder, skip_damaged=True)
        return len(segment_files(self.folder)), sum(f.height for f in frames), damaged

    def _standing(self, observation_id: str) -> dict[str, object]:
        row = self.find(observation_id)
        if self.current().filter(observation_id=row["observation_id"]).is_empty():
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
        frame = pl.DataFrame([kept], schema={k: SCHEMA[k] for k in kept})
        identity = identify(frame)["observation_id"].item()
        self.append(frame)
        return str(identity)


def current_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows that are neither superseded nor retracted, retractions themselves left out.

    Of several corrections of one row the one recorded last stands (then the higher id), whatever
    the order in which copies of a workspace were merged.
    """
    losers = (
        rows.filter(pl.col("supersedes").is_not_null())
        .sort("recorded_at", "observation_id")
        .filter(pl.col("observation_id") != pl.col("observation_id").last().over("supersedes"))
    )
    gone = pl.concat([rows["supersedes"], rows["retracts"], losers["observation_id"]]).drop_nulls()
    return rows.filter(
        pl.col("retracts").is_null() & ~pl.col("observation_id").is_in(gone.unique().to_list())
    )


def with_states(rows: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """`found`, a part of `rows`, with what became of each row as `state`.

    current, superseded, retracted, retraction, or overruled by a rival correction.
    """
    standing = current_rows(rows)["observation_id"].to_list()
    superseded = rows["supersedes"].drop_nulls().to_list()
    retracted = rows["retracts"].drop_nulls().to_list()
    of = pl.col("observation_id")
    return found.with_columns(
        state=pl.when(pl.col("retracts").is_not_null())
        .then(pl.lit("retraction"))
        .when(of.is_in(standing))
        .then(pl.lit("current"))
        .when(of.is_in(superseded))
        .then(pl.lit("superseded"))
        .when(of.is_in(retracted))
        .then(pl.lit("retracted"))
        .otherwise(pl.lit("overruled"))
    )
