"""The ledger of a workspace: issued forecasts as immutable files in its folder `ledger`.

A file is one Parquet table (`to_table`), named as segments are: the moment of
issue and a checksum of the content. Two copies of a workspace merge their ledgers by copying files.
"""

import hashlib
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from forecasts.errors import TrackerError, UsageError
from forecasts.measures.frontier import to_day
from forecasts.measures.gap import frontier_pair
from forecasts.verification import issued as ledger
from forecasts.verification import issued_scores as ledger_scores
from forecasts.verification.issued import Issued
from forecasts.verification.issued_scores import Scores
from tracker import __version__
from tracker.index_view import known_of
from tracker.store.observations import Store
from tracker.store.schema import text_problem
from tracker.store.segments import Damage, segment_files, write_atomically

if TYPE_CHECKING:
    from tracker.workspace import Workspace

FOLDER = "ledger"
FORMAT_KEY, FORMAT_VERSION = "gap_tracker_ledger_format", 1
MAX_NOTE = 4000
_NAME = re.compile(r"\d{8}T\d{6}\.\d{6}Z-([0-9a-f]{32})\.parquet")


class DamagedLedger(TrackerError):
    """A file of the ledger is not what was written."""

    def __init__(self, damage: Damage) -> None:
        super().__init__(
            f"The ledger file {damage.file} cannot be used: {damage.reason}.",
            f"{damage.remedy}, or read the rest with --skip-damaged.",
            code="damaged_ledger" if damage.code == "damaged_segment" else damage.code,
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
    for path in segment_files(folder):
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


def _read(path: Path) -> Issued | Damage:
    name = _NAME.fullmatch(path.name)
    if name is None:
        return Damage(path.name, "it is not a forecast of this program")
    try:
        content = path.read_bytes()
    except OSError as error:
        return Damage(path.name, f"it cannot be read ({error.strerror})")
    if _checksum(content) != name.group(1):
        return Damage(path.name, "its content does not match the checksum in its name")
    try:
        version = int(pl.read_parquet_metadata(io.BytesIO(content)).get(FORMAT_KEY, "0"))
        if version > FORMAT_VERSION:
            reason = f"it has format {version}, written by a later version of this program"
            return Damage(path.name, reason, "Update gap-tracker", "later_format")
        table = pl.read_parquet(content)
    except (Exception, pl.exceptions.PanicException) as error:  # whatever foreign bytes can raise
        return Damage(path.name, f"it is not readable Parquet ({type(error).__name__})")
    try:
        return ledger.from_table(table)
    except ValueError as error:
        return Damage(path.name, str(error))


def write_issued(folder: Path, issued: Issued) -> Path:
    """Write one forecast, whole or not at all, and return its file."""
    folder.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    ledger.to_table(issued).write_parquet(
        buffer, compression="zstd", metadata={FORMAT_KEY: str(FORMAT_VERSION)}
    )
    content = buffer.getvalue()
    stamp = issued.issued_at.strftime("%Y%m%dT%H%M%S.%fZ")
    path = folder / f"{stamp}-{_checksum(content)}.parquet"
    write_atomically(path, content)
    return path


def _checksum(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


@dataclass(frozen=True)
class IssueResult:
    """`issued` is the forecast that the ledger holds; `file` is None where it held it before."""

    issued: Issued
    added: bool
    file: Path | None


def issue_forecast(
    workspace: "Workspace",
    note: str = "",
    progress: Callable[[str], None] = lambda _: None,
    **options: Any,
) -> IssueResult:
    """Make a forecast as `Workspace.forecast` does and keep it; twice the same is kept once."""
    problem = text_problem(note)
    if problem or len(note) > MAX_NOTE:
        raise UsageError(f"The note {problem or f'is longer than {MAX_NOTE} characters'}.")
    folder = workspace.folder / FOLDER
    held = read_ledger(folder, workspace.store.skip_damaged)
    forecast = workspace.forecast(**options, progress=progress)
    everything = Store(workspace.store.folder, workspace.store.skip_damaged).snapshot().indices
    last = everything.filter(index_name=forecast.index_name, index_version=forecast.index_version)[
        "last_observed_on"
    ].item()
    issued = ledger.issue(
        forecast,
        issued_at=datetime.now(UTC),
        data_until=last,
        program_version=__version__,
        recorded_before=workspace.store.recorded_before,
        note=note,
    )
    for earlier in held.forecasts:
        if earlier.forecast_id == issued.forecast_id:
            return IssueResult(earlier, False, None)
    return IssueResult(issued, True, write_issued(folder, issued))


@dataclass(frozen=True)
class Standing:
    """An issued forecast and how far reality has come.

    `reached` of its `dates` lie within the observations of its index version, the last of which
    is of `observed_until` (None: there are none any more); `reason` says why the others, or all,
    cannot be scored, empty when every date is scored.
    """

    issued: Issued
    dates: int
    reached: int
    observed_until: date | None
    reason: str


def standing(workspace: "Workspace", issued: Issued, indices: pl.DataFrame) -> Standing:
    """How far reality has come for one forecast, by the `indices` of a snapshot."""
    terms, dates = issued.terms, issued.dates
    of_index = indices.filter(index_name=terms.index_name).sort("last_observed_on", "index_version")
    own = of_index.filter(index_version=terms.index_version)["last_observed_on"]
    last = own.item() if own.len() else None
    reached = 0 if last is None else sum(terms.as_of < day <= last for day in dates)
    name = f"{terms.index_name} {terms.index_version}"
    newest = of_index.tail(1)
    if reached == len(dates):
        reason = ""
    elif last is None:
        reason = f"There are no observations of {name} any more."
    elif newest["last_observed_on"].item() > last:
        reason = (
            f"{name} was last observed on {last} and version {newest['index_version'].item()} has "
            "taken its place: later dates cannot be scored, values of two versions are not mixed."
        )
    else:
        reason = f"{name} is known to {last}; the next date is {dates[reached]}."
    return Standing(issued, len(dates), reached, last, reason)


@dataclass(frozen=True)
class ScoredLedger:
    """Scores of the forecasts asked for, and how each stands."""

    scores: Scores
    standings: list[Standing]
    damaged: list[Damage]


def score_ledger(workspace: "Workspace", forecasts: Sequence[str] = ()) -> ScoredLedger:
    """Score the issued forecasts with these ids (or beginnings of ids; all if none is named).

    Raises:
        UsageError: there is no such forecast.
        DamagedLedger: a file is damaged and damaged ones are not to be left out.
    """
    held = workspace.issued()
    chosen = held.forecasts
    if forecasts:
        wanted = {held.find(name).forecast_id for name in forecasts}
        chosen = [f for f in held.forecasts if f.forecast_id in wanted]
    indices = workspace.store.snapshot().indices
    known: dict[tuple[str, str], Any] = {}
    standings: list[Standing] = []
    values, events = [], []
    for issued in chosen:
        found = standing(workspace, issued, indices)
        standings.append(found)
        if found.observed_until is None:
            continue
        key = (issued.terms.index_name, issued.terms.index_version)
        if key not in known:
            known[key] = known_of(workspace.store.snapshot(), *key, None, "final").rows
        scores = ledger_scores.score(issued, known[key], found.observed_until)
        values.append(scores.values)
        events.append(scores.events)
    return ScoredLedger(
        Scores(
            pl.concat([pl.DataFrame(schema=ledger_scores.VALUES), *values]),
            pl.concat([pl.DataFrame(schema=ledger_scores.EVENTS_SCORED), *events]),
        ),
        standings,
        held.damaged,
    )


@dataclass(frozen=True)
class Track:
    """Issued forecasts of the gap of one pair on one index version, and what came.

    Attributes:
        as_of: the last day of observations; vintage: that of the observed values.
        fans: forecast_id, issued_at, as_of, model (the headline), date, low_90, low_80, median,
            high_80, high_90, then observed, in_80, in_90 (null on dates that have not come) and
            retrospective; the first row of each forecast is its own day, where all are the gap
            that was known then, the last is twice as far as the dates that have come, or half a
            year.
        line: date, gap_points: the observed gap from half a year before the first forecast, a
            right-continuous step at each record.
    """

    index_name: str
    index_version: str
    leader: str
    follower: str
    as_of: date
    vintage: str
    fans: pl.DataFrame
    line: pl.DataFrame


def track_record(
    workspace: "Workspace",
    *,
    leader: str | None = None,
    follower: str | None = None,
    index: str | None = None,
    version: str | None = None,
    most: int = 4,
) -> Track:
    """The newest issued forecasts (`most` of them) of the pair and index issued last.

    Those with dates that have come go first; options left out take what was issued last.
    Raises TrackerError when none was issued, or none of that pair and index.
    """
    asked = {
        "index_name": index, "index_version": version,
        "leader": leader and workspace.with_lab_names(leader),
        "follower": follower and workspace.with_lab_names(follower),
    }  # fmt: skip
    found = workspace.issued().forecasts
    for key, wanted in asked.items():
        found = [f for f in found if wanted in (None, getattr(f.terms, key))]
    if not found:
        blocs = " and ".join(str(v) for v in (asked["leader"], asked["follower"]) if v)
        on = " ".join(str(v) for v in (asked["index_name"], asked["index_version"]) if v)
        what = " on ".join(part for part in (blocs, on) if part)
        raise TrackerError(
            f"No forecast has been issued{f' for {what}' if what else ''}.",
            "Issue one with `tracker ledger issue`; `tracker ledger list` shows those there are.",
            code="no_issued_forecast",
        )
    terms = found[-1].terms
    same = [f for f in found if all(getattr(f.terms, k) == getattr(terms, k) for k in asked)]
    known = workspace.known(terms.index_name, terms.index_version, None, "final")
    came = [f for f in same if f.dates[0] <= known.as_of]
    chosen = (came or same)[-most:]
    pair = frontier_pair(known.rows, terms.leader, terms.follower, known.as_of, "final")
    # What is to come takes no more room than what came, or than half a year.
    reached = max(sum(day <= known.as_of for day in f.dates) for f in chosen)
    shown = max(6, 2 * reached)
    fans = pl.concat(
        [ledger_scores.fan(f, known.rows, known.as_of).head(shown + 1) for f in chosen]
    )
    start = to_day(min(f.terms.as_of for f in chosen)) - 183
    return Track(
        terms.index_name, terms.index_version, terms.leader, terms.follower, known.as_of,
        "final", fans, ledger_scores.gap_steps(*pair, start, to_day(known.as_of)),
    )  # fmt: skip


def list_table(standings: Sequence[Standing]) -> pl.DataFrame:
    """Issued forecasts, oldest first.

    forecast_id, issued_at, as_of, vintage, index_name, index_version, leader, follower, models,
    horizon_months, probability_closed (within the horizon), dates, reached, observed_until,
    reason, retrospective (its first date could be known when it was issued), then the rest of its
    terms and the records that stood.
    """
    kinds = {
        "forecast_id": pl.String(), "issued_at": pl.Datetime("us", "UTC"), "as_of": pl.Date(),
        "vintage": pl.String(), "index_name": pl.String(), "index_version": pl.String(),
        "leader": pl.String(), "follower": pl.String(), "models": pl.List(pl.String()),
        "horizon_months": pl.Int64(), "probability_closed": pl.Float64(), "dates": pl.Int64(),
        "reached": pl.Int64(), "observed_until": pl.Date(), "reason": pl.String(),
        "retrospective": pl.Boolean(), "seed": pl.Int64(), "draws": pl.Int64(),
        "tolerance": pl.Float64(), "definition": pl.String(), "hold_days": pl.Int64(),
        "leader_model": pl.String(), "leader_value": pl.Float64(), "follower_model": pl.String(),
        "follower_value": pl.Float64(), "program_version": pl.String(), "note": pl.String(),
    }  # fmt: skip
    rows: list[dict[str, object]] = []
    for s in standings:
        row = vars(s) | vars(s.issued.terms) | vars(s.issued)
        row |= {
            "probability_closed": s.issued.probability_closed,
            "retrospective": s.issued.is_retrospective(s.issued.dates[0]),
        }
        rows.append({c: row[c] for c in kinds})
    return pl.DataFrame(rows, schema=kinds)
