"""The files of the ledger: each issued forecast is one sealed file of the folder `ledger`.

A file is one Parquet table (`to_table`), named by the moment of issue. Two copies of a workspace
merge their ledgers by copying files.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from forecasts.errors import TrackerError, UsageError
from forecasts.verification.issued import Issued, from_table, to_table
from tracker.store.atomic import make_folder
from tracker.store.sealed_file import (
    Damage,
    Kind,
    open_sealed,
    seal,
    sealed_files,
    unreadable,
)

FOLDER = "ledger"
FORECAST = Kind("a forecast", "gap_tracker_ledger_format", 1)


class DamagedLedger(TrackerError):
    """A file of the ledger is not what was written."""

    def __init__(self, damage: Damage) -> None:
        super().__init__(
            f"The ledger file {damage.file} cannot be used: {damage.reason}.",
            f"{damage.remedy}, or read the rest with `skip_damaged`.",
            code=damage.code if damage.code == "later_format" else "damaged_ledger",
        )


@dataclass(frozen=True)
class Ledger:
    """Everything that was issued, oldest first, and the files left out as damaged."""

    forecasts: list[Issued]
    damaged: list[Damage]

    def find(self, forecast_id: str) -> Issued:
        """The forecast whose id is, or begins with, `forecast_id`."""
        found = [f for f in self.forecasts if f.forecast_id.startswith(forecast_id.lower())]
        if len(found) == 1 and forecast_id:
            return found[0]
        what = f"{len(found)} forecasts have" if found else "No issued forecast has"
        raise UsageError(
            f"{what} an id that begins with '{forecast_id}'.",
            "`tracker ledger list` shows the ids.",
            code="unknown_forecast",
        )


def read_ledger(
    folder: Path, skip_damaged: bool = False, recorded_before: datetime | None = None
) -> Ledger:
    """Every issued forecast once, as first issued, oldest first.

    Raises DamagedLedger at the first file that cannot be trusted unless `skip_damaged`.
    """
    found: dict[str, Issued] = {}
    damaged: list[Damage] = []
    for path in sealed_files(folder):
        issued = _read(path)
        if isinstance(issued, Damage):
            if not skip_damaged:
                raise DamagedLedger(issued)
            damaged.append(issued)
        elif recorded_before is None or issued.issued_at < recorded_before:
            first = found.get(issued.forecast_id)
            if first is None or issued.issued_at < first.issued_at:
                found[issued.forecast_id] = issued
    order = sorted(found.values(), key=lambda f: (f.issued_at, f.forecast_id))
    return Ledger(order, damaged)


def write_issued(folder: Path, issued: Issued) -> Path:
    """Write one forecast, whole or not at all, and return its file."""
    make_folder(folder)
    return seal(folder, to_table(issued), FORECAST, issued.issued_at)


def _read(path: Path) -> Issued | Damage:
    file = open_sealed(path, FORECAST)
    if isinstance(file, Damage):
        return file
    try:
        table = pl.read_parquet(file.source, glob=False)
    except (Exception, pl.exceptions.PanicException) as error:
        return unreadable(path, error)
    try:
        return from_table(table)
    except ValueError as error:
        return Damage(path.name, str(error))
