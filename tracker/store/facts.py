"""Facts of models: an append-only table of sealed files beside the observations.

A row states one fact of one model (`forecasts.measures.facts`) on one day; corrections and
retractions are rows that name another, resolved as those of observations are. The id of a row is
the hash of what it states. Which import stated it stands beside it: a fact that two imports
stated is two rows of one id.
"""

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import polars as pl

from forecasts.errors import TrackerError, UsageError
from forecasts.measures.facts import DESCRIBED, FACTS, stages
from tracker.store.atomic import make_folder, sync_folder
from tracker.store.compaction import MANY
from tracker.store.locks import compacting, locked
from tracker.store.revisions import Acts, resolve
from tracker.store.schema import with_model_keys
from tracker.store.sealed_file import (
    LARGE,
    Damage,
    DamagedFile,
    Kind,
    SealedFile,
    open_sealed,
    open_standing,
    schema_of,
    seal,
    sealed_files,
)

FOLDER = "facts"
KIND = Kind("a file of facts", "gap_tracker_facts_format", 1)
COLUMNS: Mapping[str, pl.DataType] = {
    "fact_id": pl.String(),
    "model": pl.String(),
    "model_key": pl.String(),
    "name": pl.String(),
    "text": pl.String(),
    "number": pl.Float64(),
    "unit": pl.String(),
    "observed_on": pl.Date(),
    "recorded_at": pl.Datetime("us", "UTC"),
    "source": pl.String(),
    "source_url": pl.String(),
    "retracts": pl.String(),
    "supersedes": pl.String(),
    "note": pl.String(),
    "import_id": pl.String(),
}
# What a source or a person states.
STATED = ("model", "name", "text", "number", "observed_on", "source", "source_url", "note")
# What the id covers: neither when a row was recorded nor by which import.
_HASHED = tuple(c for c in COLUMNS if c not in {"fact_id", "recorded_at", "import_id"})


class DamagedFacts(DamagedFile):
    """A file of facts is not what was written."""

    where, fault = "file {} among the facts", "damaged_facts"


def no_facts() -> pl.DataFrame:
    """STATED without rows."""
    return pl.DataFrame(schema={c: COLUMNS[c] for c in STATED})


@dataclass(frozen=True)
class Facts:
    """The facts of one workspace (`folder` is its `facts`)."""

    folder: Path
    skip_damaged: bool = False
    recorded_before: datetime | None = None

    def scan(self) -> pl.LazyFrame:
        """COLUMNS of every row ever recorded, in no order.

        Raises DamagedFacts at a file that cannot be trusted unless `skip_damaged`.
        """
        files, damaged = self._opened()
        if damaged and not self.skip_damaged:
            raise DamagedFacts(damaged[0])
        rows = _scan(files)
        if self.recorded_before is not None:
            rows = rows.filter(pl.col("recorded_at") < self.recorded_before)
        return rows

    def rows(self, *where: pl.Expr) -> pl.DataFrame:
        """COLUMNS of every row for which all of `where` hold, oldest first."""
        return self.scan().filter(*where).collect().sort("recorded_at", "fact_id", "import_id")

    def standing(self, *where: pl.Expr) -> pl.DataFrame:
        """COLUMNS of the rows that stand for which all of `where` hold, each once, oldest first."""
        rows = self._standing().filter(*where).collect()
        rows = rows.sort("recorded_at", "fact_id", "import_id")
        return rows.unique("fact_id", keep="first", maintain_order=True)

    def counts(self) -> tuple[int, int]:
        """How many facts stand, and of how many models."""
        each = self._standing().select(pl.col("fact_id", "model_key").n_unique())
        facts, models = each.collect(engine="streaming").row(0)
        return int(facts), int(models)

    def _standing(self) -> pl.LazyFrame:
        rows, gone = self.scan().filter(pl.col("retracts").is_null()), self.acts().gone
        return rows.filter(~pl.col("fact_id").is_in(gone)) if gone else rows

    def stages(self) -> pl.DataFrame:
        """What was known of each model from each day on: `forecasts.measures.facts.stages`."""
        return _stages(self, tuple(sealed_files(self.folder)))

    def acts(self) -> Acts:
        """Corrections and retractions of facts."""
        act = pl.col("retracts").is_not_null() | pl.col("supersedes").is_not_null()
        columns = ("recorded_at", "supersedes", "retracts")
        found = self.scan().filter(act).select(pl.col("fact_id").alias("observation_id"), *columns)
        return resolve(found.collect())

    def of_model(self, key: str) -> pl.DataFrame:
        """Every row of a model with what became of it as `state`, by fact and day."""
        acts = self.acts().table
        taken = dict(acts.select("target", "kind").iter_rows())
        states = {"correction": "superseded", "retraction": "retracted"}
        state = pl.col("fact_id").replace_strict(taken, default=None, return_dtype=pl.String)
        return (
            self.rows(pl.col("model_key") == key)
            .unique("fact_id", keep="first", maintain_order=True)
            .with_columns(
                state=pl.when(pl.col("retracts").is_not_null())
                .then(pl.lit("retraction"))
                .otherwise(state.replace(states).fill_null("current"))
            )
            .sort("name", "observed_on", "recorded_at", "fact_id")
        )

    def find(self, fact_id: str) -> dict[str, object]:
        """The row that stands whose id is, or begins with, `fact_id`; raises UsageError when none
        or several."""
        found = self.standing().filter(pl.col("fact_id").str.starts_with(fact_id))
        if found.height == 1 and fact_id:
            return found.row(0, named=True)
        what = "No fact that stands has" if found.is_empty() else f"{found.height} facts have"
        raise UsageError(
            f"{what} an id that begins with '{fact_id}'.",
            "`tracker fact list` shows the ids.",
            code="unknown_fact",
        )

    def unknown(self, stated: pl.DataFrame, import_id: str | None = None) -> pl.DataFrame:
        """Those of `stated` (STATED) that are not recorded yet as stated by that import, complete
        but for the moment; facts that an import states as well are not stated anew by hand."""
        rows = _identified(stated, import_id)
        if rows.is_empty():
            return rows
        held = self._held(rows)
        if import_id is None:
            return rows.join(held.select("fact_id"), on="fact_id", how="anti")
        return rows.join(held, on=["fact_id", "import_id"], how="anti")

    @staticmethod
    def id_of(stated: pl.DataFrame) -> str:
        """The id of one stated row."""
        return str(_identified(stated)["fact_id"].item())

    def unheard(self, rows: pl.DataFrame) -> int:
        """How many of the facts in `rows`, as of `unknown`, were stated by nobody so far."""
        if rows.is_empty():
            return 0
        return rows.join(self._held(rows), on="fact_id", how="anti").height

    def _held(self, rows: pl.DataFrame) -> pl.DataFrame:
        """fact_id and import_id of the rows held that have the id of one of `rows`."""
        held = self.scan().select("fact_id", "import_id")
        return held.join(rows.lazy().select("fact_id"), on="fact_id", how="semi").collect(
            engine="streaming"
        )

    def record(self, rows: pl.DataFrame) -> None:
        """Keep complete rows, as of `unknown`, as one file; nothing if there are none."""
        if self.recorded_before is not None:
            raise UsageError(
                "`recorded_before` only reads.",
                "Leave it out to record something.",
                field="recorded_before",
            )
        if rows.height:
            now = datetime.now(UTC)
            make_folder(self.folder)
            moment = pl.lit(now).cast(COLUMNS["recorded_at"])
            seal(self.folder, rows.with_columns(recorded_at=moment), KIND, now)
            _tidy(self.folder)

    def correct(self, fact_id: str, changes: Mapping[str, object]) -> str:
        """Record a row that supersedes another with `changes` to it; returns its id."""
        old = self.find(fact_id)
        if all(old[name] == value for name, value in changes.items()):
            raise UsageError("The correction changes nothing.", "Give another value.")
        kept = {name: old[name] for name in STATED}
        return self._act({**kept, **changes, "supersedes": old["fact_id"]})

    def retract(self, fact_id: str, reason: str) -> str:
        """Record a row that takes another back, saying why; returns its id."""
        old = self.find(fact_id)
        return self._act(
            {**{n: old[n] for n in STATED}, "note": reason, "retracts": old["fact_id"]}
        )

    def retract_all(self, fact_ids: Sequence[str], reason: str) -> int:
        """Take back those of `fact_ids` that stand, as one file; returns how many these are."""
        rows = self.standing().filter(pl.col("fact_id").is_in(list(fact_ids)))
        acts = rows.select(*STATED, retracts="fact_id").with_columns(note=pl.lit(reason))
        self.record(_identified(acts))
        return rows.height

    def only_of(self, import_id: str, live: Sequence[str]) -> list[str]:
        """Ids of the facts that an import stated and no other of the imports `live`, and nobody by
        hand."""
        facts = self.scan().filter(pl.col("retracts").is_null()).select("fact_id", "import_id")
        rows = facts.collect()
        mine = rows.filter(pl.col("import_id") == import_id)["fact_id"].unique()
        others = rows.filter(
            pl.col("import_id").is_null()
            | (pl.col("import_id").is_in(list(live)) & (pl.col("import_id") != import_id))
        )
        return mine.filter(~mine.is_in(others["fact_id"].implode())).sort().to_list()

    def merge(self, other: "Facts", *, dry_run: bool = False) -> int:
        """Take over the rows of another copy, each with its moment; returns how many were new.

        Raises DamagedFacts at a file of the other that cannot be trusted, or whose rows do not
        have the ids of what they state.
        """
        theirs = other.rows()
        wrong = theirs.filter(_ids(theirs) != theirs["fact_id"])
        if wrong.height:
            reason = f"its row {wrong['fact_id'][0]}: fact_id is not the hash of what it states"
            raise DamagedFacts(Damage(str(other.folder), reason))
        on = ["fact_id", "import_id"]
        held = self.rows().group_by(on).agg(had=pl.col("recorded_at").min())
        both = _once(theirs).join(held, on=on, how="left", nulls_equal=True, maintain_order="left")
        # Of a row that both recorded the earlier moment counts.
        new = both.filter(pl.col("had").is_null() | (pl.col("recorded_at") < pl.col("had")))
        if new.height and not dry_run:
            make_folder(self.folder)
            seal(self.folder, new.select(list(COLUMNS)), KIND, datetime.now(UTC))
        return int(new["had"].null_count())

    def damaged(self) -> list[Damage]:
        """The files that cannot be trusted."""
        files, damaged = self._opened()
        rows = _scan(files).collect()
        wrong = rows.filter(_ids(rows) != rows["fact_id"])["fact_id"]
        if len(wrong):
            reason = f"its row {wrong[0]}: fact_id is not the hash of what it states"
            damaged = [*damaged, Damage(FOLDER, reason)]
        return damaged

    def _opened(self) -> tuple[list[SealedFile], list[Damage]]:
        return open_standing(self.folder, lambda files: _open(tuple(files)))

    def _act(self, row: Mapping[str, object]) -> str:
        kinds = {name: COLUMNS[name] for name in row}
        found = _identified(pl.DataFrame([dict(row)], schema=kinds))
        self.record(found)
        return str(found["fact_id"].item())


@lru_cache(maxsize=4)
def _stages(facts: Facts, files: tuple[Path, ...]) -> pl.DataFrame:
    """As `Facts.stages`; files never change, and so the same ones say the same."""
    described = pl.col("name").is_in(list(DESCRIBED))
    if not files:
        return stages(pl.DataFrame(schema=dict(COLUMNS)))
    columns = ("model_key", "name", "text", "number", "observed_on", "fact_id")
    rows = facts._standing().filter(described).select(columns).unique()
    return stages(rows.collect(engine="streaming"))


@lru_cache(maxsize=1)
def _open(files: tuple[Path, ...]) -> list[SealedFile | Damage]:
    """Each file checked, or what is wrong with it; a file never changes under its name."""
    return [_open_one(path) for path in files]


def _open_one(path: Path) -> SealedFile | Damage:
    file = open_sealed(path, KIND)
    if isinstance(file, Damage):
        return file
    schema = schema_of(file)
    if isinstance(schema, Damage):
        return schema
    if dict(schema) != dict(COLUMNS):
        return Damage(path.name, "its columns are not those of facts")
    return file


def _scan(files: Sequence[SealedFile]) -> pl.LazyFrame:
    frames = [pl.scan_parquet(file.source, glob=False) for file in files]
    return pl.concat([pl.LazyFrame(schema=dict(COLUMNS)), *frames])


def _tidy(folder: Path) -> None:
    """Put the small files together when there are many; for writers, after each write.

    The new file is there before the old ones go. A refusal by the disk, or by another process that
    is doing the same, is no failure of the write: the next one tries again.
    """
    if len(sealed_files(folder)) <= MANY:
        return
    with suppress(OSError), compacting(folder, wait=False) as had:
        files = sealed_files(folder)
        if had is False or len(files) <= MANY:
            return
        small = [path for path in files if path.stat().st_size <= LARGE]
        opened = [_open_one(path) for path in small]
        good = [file for file in opened if isinstance(file, SealedFile)]
        if len(good) < 2:
            return
        rows = _scan(good).collect().sort("recorded_at", "fact_id", "import_id")
        try:
            kept = seal(folder, _once(rows), KIND, datetime.now(UTC))
        except TrackerError:  # together they are more than one file may hold: they stay apart
            return
        with locked(folder, exclusive=True) as free:
            # Without the lock a reader could miss both places; the old files then wait.
            for file in good if free is not False else ():
                if file.path != kept:
                    file.path.unlink(missing_ok=True)
        sync_folder(folder)


def _once(rows: pl.DataFrame) -> pl.DataFrame:
    """Each row of one import, or of none, once, as it was first recorded."""
    return rows.unique(["fact_id", "import_id"], keep="first", maintain_order=True)


def _identified(stated: pl.DataFrame, import_id: str | None = None) -> pl.DataFrame:
    """Stated rows (some of STATED, `retracts`, `supersedes`) as COLUMNS, each id once."""
    given = {*stated.columns, "model_key", "unit"}
    rows = with_model_keys(stated).with_columns(
        *(pl.lit(None, COLUMNS[c]).alias(c) for c in _HASHED if c not in given),
        unit=pl.col("name").replace_strict(
            {name: fact.unit or None for name, fact in FACTS.items()}, default=None,
            return_dtype=pl.String,
        ),
        number=pl.when(pl.col("number") == 0).then(0.0).otherwise("number"),  # no negative zero
        recorded_at=pl.lit(None, COLUMNS["recorded_at"]),
        import_id=pl.lit(import_id, pl.String),
    )  # fmt: skip
    identified = rows.with_columns(fact_id=_ids(rows)).select(
        pl.col(name).cast(kind) for name, kind in COLUMNS.items()
    )
    return identified.unique("fact_id", keep="first", maintain_order=True)


def _ids(rows: pl.DataFrame) -> pl.Series:
    """The content hash of each row, of text that no library version writes otherwise."""
    numbers = [None if x is None else repr(x) for x in rows["number"].to_list()]
    written = rows.with_columns(
        pl.Series("number", numbers, pl.String), pl.col("observed_on").dt.strftime("%Y-%m-%d")
    )
    texts = written.select(
        pl.concat_str([pl.col(c).fill_null("\x00") for c in _HASHED], separator="\x1f")
    ).to_series()
    ids = [hashlib.blake2b(text.encode(), digest_size=16).hexdigest() for text in texts]
    return pl.Series("fact_id", ids, dtype=pl.String)
