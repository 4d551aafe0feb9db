"""The files of the ledger: each issued forecast is one sealed file of the folder `ledger`.

A file is one Parquet table (`to_table`), named by the moment of issue. It holds the ids of the
forecasts before it, so that a forecast that is removed, changed or dated back shows. Two copies of
a workspace merge their ledgers by copying files: what they issued apart are then two branches.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from forecasts.errors import TrackerError, UsageError
from forecasts.verification.issued import FIRST_FORMAT, FORMAT, Issued, from_table, to_table
from tracker.store.atomic import make_folder, write_atomically
from tracker.store.sealed_file import (
    Damage,
    DamagedFile,
    Kind,
    open_sealed,
    seal,
    sealed_files,
    unreadable,
)

FOLDER = "ledger"
FORECAST = Kind("a forecast", "gap_tracker_ledger_format", FORMAT)
_STAMP = "%Y%m%dT%H%M%S.%fZ"


class DamagedLedger(DamagedFile):
    """A file of the ledger is not what was written."""

    where, fault = "ledger file {}", "damaged_ledger"


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

    def last(self) -> Issued:
        """The forecast issued last; raises TrackerError where there is none."""
        if not self.forecasts:
            raise TrackerError(
                "No forecast has been issued.", "`tracker ledger issue` makes one.",
                code="unknown_forecast",
            )  # fmt: skip
        return self.forecasts[-1]

    @property
    def heads(self) -> tuple[str, ...]:
        """Ids of the forecasts that no other one names as issued before it."""
        named = {previous for f in self.forecasts for previous in f.previous}
        return tuple(sorted(f.forecast_id for f in self.forecasts if f.forecast_id not in named))

    def same(self, content: str) -> Issued | None:
        """The first forecast that says this already, if any."""
        return next((f for f in self.forecasts if f.content == content), None)


@dataclass(frozen=True)
class Check:
    """What holds of one issued forecast: `fault` is empty where all does.

    A forecast of the first format has an id that says nothing of its moment and is named by none
    before it: that it was not dated back or left out cannot be told (`vouched` is false).
    """

    forecast_id: str
    issued_at: datetime
    format: int
    vouched: bool
    fault: str


def verify(ledger: Ledger) -> list[Check]:
    """What holds of each forecast of a ledger, oldest first.

    Ids are recomputed when a file is read; here each is held against those it names as issued
    before it. A ledger rewritten as a whole, every id made anew, cannot be noticed without an id
    that was published elsewhere.
    """
    at = {f.forecast_id: f for f in ledger.forecasts}
    return [
        Check(f.forecast_id, f.issued_at, f.format, f.format != FIRST_FORMAT, _fault(f, at))
        for f in ledger.forecasts
    ]


def _fault(issued: Issued, at: dict[str, Issued]) -> str:
    if issued.forecast_id != issued.right_id:
        return "its id is not that of its content"
    gone = [name for name in issued.previous if name not in at]
    if gone:
        return f"the forecast {gone[0][:12]}, issued before it, is missing"
    later = [name for name in issued.previous if at[name].issued_at >= issued.issued_at]
    if later:
        return f"it is dated before the forecast {later[0][:12]}, which was issued before it"
    chained = [f for f in at.values() if f.format != FIRST_FORMAT]
    first = min(chained, key=lambda f: (f.issued_at, f.forecast_id), default=issued)
    if issued.format != FIRST_FORMAT and not issued.previous and issued is not first:
        return "it names none before it, though others were issued earlier"
    return ""


def read_ledger(
    folder: Path, skip_damaged: bool = False, recorded_before: datetime | None = None
) -> Ledger:
    """Every issued forecast once, oldest first.

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


def take_over(folder: Path, other: Path, *, dry_run: bool = False) -> int:
    """Copy the files of another ledger that this one lacks; returns their number.

    Raises DamagedLedger when a file of the other cannot be trusted: then nothing is copied.
    """
    wanted: list[Path] = []
    for path in sealed_files(other):
        issued = _read(path)
        if isinstance(issued, Damage):
            raise DamagedLedger(issued)
        if not (folder / path.name).exists():
            wanted.append(path)
    if wanted and not dry_run:
        make_folder(folder)
        for path in wanted:
            write_atomically(folder / path.name, path.read_bytes())
    return len(wanted)


def damaged_files(folder: Path) -> Iterable[Damage]:
    """What is wrong with files of the ledger, none if nothing is."""
    return [found for path in sealed_files(folder) if isinstance(found := _read(path), Damage)]


def _read(path: Path) -> Issued | Damage:
    file = open_sealed(path, FORECAST)
    if isinstance(file, Damage):
        return file
    try:
        table = pl.read_parquet(file.source, glob=False)
    except (Exception, pl.exceptions.PanicException) as error:
        return unreadable(path, error)
    try:
        issued = from_table(table, file.format or FIRST_FORMAT)
        moment = issued.issued_at.strftime(_STAMP)
    except (ValueError, OverflowError, TypeError, pl.exceptions.PolarsError) as error:
        return Damage(path.name, str(error) or "it is not a forecast")
    if not path.name.startswith(moment):
        return Damage(path.name, "its name is of another moment than its content")
    return issued
