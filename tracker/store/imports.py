"""Records of imports: what each one stated, and whether it saw the index whole.

An import is one sealed file of the folder `imports`, beside the observations and no part of them:
the same fact stated twice is one observation and stands in two records. A record is written after
the rows that it speaks of, so that it never states what is not there; an import cut off between
the two is whole once it is run again.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from forecasts.errors import TrackerError
from tracker.store.atomic import make_folder
from tracker.store.sealed_file import (
    Damage,
    Kind,
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


class DamagedImports(TrackerError):
    """A record of an import is not what was written."""

    def __init__(self, damage: Damage) -> None:
        super().__init__(
            f"The file {damage.file} among the imports cannot be used: {damage.reason}.",
            f"{damage.remedy}, or read the rest with `skip_damaged`.",
            code=damage.code if damage.code == "later_format" else "damaged_import",
        )


@dataclass(frozen=True)
class Imports:
    """The records of the imports of one workspace (`folder` is its `imports`)."""

    folder: Path
    skip_damaged: bool = False
    recorded_before: datetime | None = None

    def facts(self) -> pl.DataFrame:
        """COLUMNS, one row for each fact that an import stated, oldest import first.

        Raises DamagedImports at a file that cannot be trusted unless `skip_damaged`.
        """
        frames = [pl.DataFrame(schema=COLUMNS)]
        for path in sealed_files(self.folder):
            found = _read(path)
            if isinstance(found, pl.DataFrame):
                frames.append(found)
            elif not self.skip_damaged:
                raise DamagedImports(found)
        rows = pl.concat(frames)
        if self.recorded_before is not None:
            rows = rows.filter(pl.col("recorded_at") < self.recorded_before)
        return rows.sort("recorded_at", maintain_order=True).unique(
            ["import_id", "observation_id"], keep="first", maintain_order=True
        )

    def listed(self) -> pl.DataFrame:
        """import_id, recorded_at, source, files, facts, indices, observed_on (the last): one row
        an import, oldest first."""
        return (
            self.facts()
            .group_by("import_id", "recorded_at", "source", "files", maintain_order=True)
            .agg(
                facts=pl.len(),
                indices=pl.struct("index_name", "index_version").n_unique(),
                observed_on=pl.col("observed_on").max(),
            )
        )

    def record(self, rows: pl.DataFrame, source: str, files: list[str], *, whole: bool) -> str:
        """Keep what an import stated (`rows` of observations); returns its id.

        The same facts by the same source keep one record and one id.
        """
        identity = import_id(rows, source, whole=whole)
        if rows.is_empty() or identity in self.facts()["import_id"]:
            return identity
        moment = datetime.now(UTC)
        table = rows.select(
            import_id=pl.lit(identity),
            recorded_at=pl.lit(moment, COLUMNS["recorded_at"]),
            source=pl.lit(source),
            files=pl.lit("; ".join(files)),
            index_name="index_name",
            index_version="index_version",
            observed_on="observed_on",
            whole=pl.lit(whole),
            observation_id="observation_id",
        )
        make_folder(self.folder)
        seal(self.folder, table, RECORD, moment)
        return identity


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
        table = pl.read_parquet(file.source)
    except (Exception, pl.exceptions.PanicException) as error:
        return unreadable(path, error)
    if dict(table.schema) != COLUMNS or table.null_count().sum_horizontal().sum():
        return Damage(path.name, "its columns are not those of a record of an import")
    return table
