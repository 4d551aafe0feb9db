"""Records of imports: what each one stated, and whether it saw the index whole.

An import is one sealed file of the folder `imports`, beside the observations and no part of them:
the same fact stated twice is one observation and stands in two records. A record is written after
the rows that it speaks of, so that it never states what is not there; an import cut off between
the two is whole once it is run again. A record has the moment of the rows that the import added: a
row of another moment was recorded by something else.

An import that was taken back has a second record that says so. That is final: whatever the clocks
of the copies say, and in whatever order they are merged, it is withdrawn.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from forecasts.errors import UsageError
from tracker.store.atomic import make_folder
from tracker.store.sealed_file import (
    Damage,
    DamagedFile,
    Kind,
    SealedFile,
    open_sealed,
    seal,
    sealed_files,
    unreadable,
)

FOLDER = "imports"
RECORD = Kind("a record of an import", "gap_tracker_import_format", 1)
COLUMNS: dict[str, pl.DataType] = {
    "import_id": pl.String(),
    "recorded_at": pl.Datetime("us", "UTC"),
    "source": pl.String(),
    "files": pl.String(),
    "index_name": pl.String(),
    "index_version": pl.String(),
    "observed_on": pl.Date(),
    "whole": pl.Boolean(),
    "observation_id": pl.String(),
}
# Whether the record takes the import back; in the files alone.
_WITHDRAWN = "withdrawn"
_FILE = {**COLUMNS, _WITHDRAWN: pl.Boolean()}


class DamagedImports(DamagedFile):
    """A record of an import is not what was written."""

    where, fault = "file {} among the imports", "damaged_import"


@dataclass(frozen=True)
class Imports:
    """The records of the imports of one workspace (`folder` is its `imports`)."""

    folder: Path
    skip_damaged: bool = False
    recorded_before: datetime | None = None

    def facts(self) -> pl.DataFrame:
        """COLUMNS, one row for each fact that an import stated, oldest import first; imports that
        were taken back are left out.

        Raises DamagedImports at a file that cannot be trusted unless `skip_damaged`.
        """
        rows = self._rows()
        gone = rows.filter(_WITHDRAWN)["import_id"].unique()
        return _once(rows.filter(~pl.col("import_id").is_in(gone.implode())))

    def ever(self) -> pl.DataFrame:
        """COLUMNS, the facts of every record, also of imports taken back; where copies recorded
        one import at several moments, each of them."""
        return self._rows().filter(~pl.col(_WITHDRAWN)).select(list(COLUMNS))

    def days(self) -> pl.DataFrame:
        """import_id, recorded_at, index_name, index_version, observed_on and whole of what imports
        stated, each once and without the facts themselves; those taken back are left out.

        Raises DamagedImports at a file that cannot be trusted unless `skip_damaged`.
        """
        columns = [c for c in _FILE if c not in {"source", "files", "observation_id"}]
        frames = [pl.DataFrame(schema={c: _FILE[c] for c in columns})]
        for path in sealed_files(self.folder):
            file = open_sealed(path, RECORD)
            if isinstance(file, SealedFile):
                rows = pl.scan_parquet(file.source, glob=False).select(columns)
                frames.append(rows.unique().collect(engine="streaming"))
            elif not self.skip_damaged:
                raise DamagedImports(file)
        every = pl.concat(frames)
        if self.recorded_before is not None:
            every = every.filter(pl.col("recorded_at") < self.recorded_before)
        gone = every.filter(_WITHDRAWN)["import_id"].unique()
        return every.filter(~pl.col("import_id").is_in(gone.implode())).drop(_WITHDRAWN)

    def listed(self) -> pl.DataFrame:
        """import_id, recorded_at, source, files, facts, indices, observed_on (the last) and whether
        it was taken back (`withdrawn`): one row an import, oldest first."""
        rows = self._rows()
        gone = rows.filter(_WITHDRAWN)["import_id"].unique()
        return (
            _once(rows.filter(~pl.col(_WITHDRAWN)))
            .group_by("import_id", "recorded_at", "source", "files", maintain_order=True)
            .agg(
                facts=pl.len(),
                indices=pl.struct("index_name", "index_version").n_unique(),
                observed_on=pl.col("observed_on").max(),
            )
            .with_columns(withdrawn=pl.col("import_id").is_in(gone.implode()))
        )

    def was_withdrawn(self, identity: str) -> bool:
        """Whether an import of this id was taken back."""
        return bool(self._rows().filter(pl.col(_WITHDRAWN), import_id=identity).height)

    def find(self, identity: str) -> str:
        """The id of the import that is, or begins with, `identity`; raises when none or several."""
        known = self._rows()["import_id"].unique()
        found = known.filter(known.str.starts_with(identity))
        if len(found) == 1 and identity:
            return str(found[0])
        what = "No import has" if found.is_empty() else f"{len(found)} imports have"
        raise UsageError(
            f"{what} an id that begins with '{identity}'.",
            "`tracker status` shows the ids.",
            code="unknown_import",
            field="import_id",
        )

    def record(
        self, rows: pl.DataFrame, source: str, files: list[str], *, whole: bool,
        partial: Collection[tuple[str, str]] = (), identity: str = "",
    ) -> str:  # fmt: skip
        """Keep what an import stated (`rows` of observations, all of one moment); returns its id
        (`identity`, where it is known already).

        `partial` are index versions of which even a whole import saw some rows only.

        The same facts by the same source keep one record and one id; one that was taken back
        stays so.
        """
        identity = identity or import_id(rows, source, whole=whole)
        if rows.height and identity not in self._rows()["import_id"]:
            self._seal(
                rows.select(
                    import_id=pl.lit(identity),
                    recorded_at="recorded_at",
                    source=pl.lit(source),
                    files=pl.lit("; ".join(files)),
                    index_name="index_name",
                    index_version="index_version",
                    observed_on="observed_on",
                    whole=pl.lit(whole) & ~_among(partial),
                    observation_id="observation_id",
                    withdrawn=pl.lit(False),
                )
            )
        return identity

    def withdraw(self, identity: str) -> None:
        """Keep that an import was taken back."""
        if not self.was_withdrawn(identity):
            rows = self._rows().filter(import_id=identity)
            moment = pl.lit(datetime.now(UTC)).cast(COLUMNS["recorded_at"])
            self._seal(
                _once(rows).with_columns(
                    moment.alias("recorded_at"), pl.lit(True).alias(_WITHDRAWN)
                )
            )

    def merge(self, other: "Imports", *, dry_run: bool = False) -> int:
        """Take over the records of another copy; returns how many imports were not known here.

        Raises DamagedImports at a file of the other that cannot be trusted.
        """
        theirs = other._rows().sort("recorded_at", "import_id", "observation_id")
        mine = self._rows().select("import_id", "recorded_at", _WITHDRAWN).unique()
        new = theirs.join(mine, on=mine.columns, how="anti", maintain_order="left")
        if not dry_run:
            for (_, _, _), rows in new.group_by(mine.columns, maintain_order=True):
                self._seal(rows)
        return int(
            new.filter(~pl.col("import_id").is_in(mine["import_id"].implode()))[
                "import_id"
            ].n_unique()
        )

    def _rows(self) -> pl.DataFrame:
        """Every row of every file, oldest first."""
        frames = [pl.DataFrame(schema=_FILE)]
        for path in sealed_files(self.folder):
            found = _read(path)
            if isinstance(found, pl.DataFrame):
                frames.append(found)
            elif not self.skip_damaged:
                raise DamagedImports(found)
        rows = pl.concat(frames).sort("recorded_at", maintain_order=True)
        if self.recorded_before is not None:
            rows = rows.filter(pl.col("recorded_at") < self.recorded_before)
        return rows

    def _seal(self, rows: pl.DataFrame) -> None:
        make_folder(self.folder)
        seal(self.folder, rows, RECORD, rows["recorded_at"][0])


def import_id(rows: pl.DataFrame, source: str, *, whole: bool) -> str:
    """Hash of what an import stated, whatever its files are called: 32 hex digits."""
    digest = hashlib.blake2b(f"{source}\x1f{whole}\x1f".encode(), digest_size=16)
    digest.update("".join(rows["observation_id"].sort().to_list()).encode())
    return digest.hexdigest()


def _read(path: Path) -> pl.DataFrame | Damage:
    file = open_sealed(path, RECORD)
    if isinstance(file, Damage):
        return file
    try:
        table = pl.read_parquet(file.source, glob=False)
    except (Exception, pl.exceptions.PanicException) as error:
        return unreadable(path, error)
    if dict(table.schema) != _FILE or table.null_count().sum_horizontal().sum():
        return Damage(path.name, "its columns are not those of a record of an import")
    return table


def _among(versions: Collection[tuple[str, str]]) -> pl.Expr:
    """Whether a row is of one of these versions of an index."""
    of = pl.concat_str("index_name", "index_version", separator="\x1f")
    return of.is_in(["\x1f".join(pair) for pair in versions])


def _once(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(list(COLUMNS)).unique(
        ["import_id", "observation_id"], keep="first", maintain_order=True
    )
