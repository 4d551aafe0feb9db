"""Forecasts issued from a workspace: kept in its ledger, listed and scored."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from forecasts.errors import TrackerError, UsageError
from forecasts.measures.frontier import to_day
from forecasts.measures.gap import gap_steps
from forecasts.measures.pair import frontier_pair
from forecasts.measures.value_scale import ValueScale
from forecasts.measures.view import IndexView
from forecasts.request import ForecastRequest, Pair, Scope
from forecasts.verification import issued as ledger
from forecasts.verification import issued_scores as ledger_scores
from forecasts.verification.issued import Issued
from forecasts.verification.issued_scores import Scores
from tracker import __version__
from tracker.analysis.forecasting import forecast_of
from tracker.store.ledger import FOLDER, Ledger, read_ledger, write_issued
from tracker.store.observations import Store
from tracker.store.schema import text_problem
from tracker.store.sealed_file import Damage
from tracker.sweeps import swept_until
from tracker.workspace_data import WorkspaceData

MAX_NOTE = 4000


def issued_in(data: WorkspaceData) -> Ledger:
    """Every forecast that was issued in a workspace."""
    store = data.store
    return read_ledger(data.folder / FOLDER, store.skip_damaged, store.recorded_before)


@dataclass(frozen=True)
class IssueResult:
    """`issued` is the forecast that the ledger holds; `file` is None where it held it before."""

    issued: Issued
    added: bool
    file: Path | None


def issue_forecast(
    data: WorkspaceData,
    request: ForecastRequest,
    note: str = "",
    progress: Callable[[str], None] = lambda _: None,
) -> IssueResult:
    """Make a forecast and keep it; twice the same is kept once."""
    problem = text_problem(note)
    if problem or len(note) > MAX_NOTE:
        raise UsageError(f"The note {problem or f'is longer than {MAX_NOTE} characters'}.")
    folder = data.folder / FOLDER
    held = read_ledger(folder, data.store.skip_damaged)
    forecast = forecast_of(data, request, progress)
    everything = Store(data.store.folder, data.store.skip_damaged).snapshot().indices
    last = everything.filter(index_name=forecast.index_name, index_version=forecast.index_version)[
        "last_observed_on"
    ].item()
    issued = ledger.issue(
        forecast,
        issued_at=datetime.now(UTC),
        data_until=last,
        program_version=__version__,
        note=note,
        previous=held.heads,
    )
    earlier = held.same(issued.content)
    if earlier is not None:
        return IssueResult(earlier, False, None)
    return IssueResult(issued, True, write_issued(folder, issued))


@dataclass(frozen=True)
class Standing:
    """An issued forecast and how far reality has come.

    `reached` of its `dates` lie within the time over which its index version is known, up to the
    last sweep, `observed_until` (None: there is none); `reason` says why the others, or all,
    cannot be scored, empty when every date is scored.
    """

    issued: Issued
    dates: int
    reached: int
    observed_until: date | None
    reason: str


def standing(
    issued: Issued, indices: pl.DataFrame, swept: Mapping[tuple[str, str], date]
) -> Standing:
    """How far reality has come for one forecast, by the `indices` of a snapshot and its sweeps.

    What a single log states after the last sweep does not say how a frontier stood on a date.
    """
    terms, dates = issued.terms, issued.dates
    of_index = indices.filter(index_name=terms.index_name).sort("last_observed_on", "index_version")
    last = swept.get((terms.index_name, terms.index_version))
    reached = 0 if last is None else sum(terms.as_of < day <= last for day in dates)
    name = f"{terms.index_name} {terms.index_version}"
    newest = of_index.tail(1)
    if reached == len(dates):
        reason = ""
    elif of_index.filter(index_version=terms.index_version).is_empty():
        reason = f"There are no observations of {name} any more."
    elif last is None:
        reason = f"{name} was never seen whole here: import it, and the dates can be scored."
    elif newest["last_observed_on"].item() > last:
        reason = (
            f"{name} was last seen whole on {last}, and version "
            f"{newest['index_version'].item()} has taken its place: later dates cannot be scored, "
            "values of two versions are not mixed."
        )
    else:
        reason = f"{name} was last seen whole on {last}; the next date is {dates[reached]}."
    return Standing(issued, len(dates), reached, last, reason)


@dataclass(frozen=True)
class ScoredLedger:
    """Scores of the forecasts asked for, and how each stands."""

    scores: Scores
    standings: list[Standing]
    damaged: list[Damage]


def score_ledger(data: WorkspaceData, forecasts: Sequence[str] = ()) -> ScoredLedger:
    """Score the issued forecasts with these ids (or beginnings of ids; all if none is named).

    Raises:
        UsageError: there is no such forecast.
        DamagedLedger: a file is damaged and damaged ones are not to be left out.
    """
    held = issued_in(data)
    chosen = held.forecasts
    if forecasts:
        wanted = {held.find(name).forecast_id for name in forecasts}
        chosen = [f for f in held.forecasts if f.forecast_id in wanted]
    indices, swept = data.store.snapshot().indices, swept_until(data.sweeps())
    known: dict[tuple[str, str], IndexView] = {}
    standings: list[Standing] = []
    values, events = [], []
    for issued in chosen:
        found = standing(issued, indices, swept)
        standings.append(found)
        if found.observed_until is None:
            continue
        key = (issued.terms.index_name, issued.terms.index_version)
        if key not in known:
            known[key] = data.view(Scope(*key, None, "final", no_link=True))
        scores = ledger_scores.score(issued, known[key].on(found.observed_until))
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
        scale: how values of the index are told.
        line: date, gap_points, gap_doublings: the observed gap from half a year before the first
            forecast, a right-continuous step at each record.
    """

    index_name: str
    index_version: str
    leader: str
    follower: str
    as_of: date
    vintage: str
    fans: pl.DataFrame
    line: pl.DataFrame
    scale: ValueScale


def track_record(data: WorkspaceData, scope: Scope, pair: Pair, most: int = 4) -> Track:
    """The newest issued forecasts (`most` of them) of the pair and index issued last.

    Those with dates that have come go first; options left out take what was issued last.
    Raises TrackerError when none was issued, or none of that pair and index.
    """
    asked = {
        "index_name": scope.index, "index_version": scope.version,
        "leader": data.with_lab_names(pair.leader) if pair.leader else None,
        "follower": data.with_lab_names(pair.follower) if pair.follower else None,
        "shared": pair.shared,
    }  # fmt: skip
    found = issued_in(data).forecasts
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
    known = data.view(Scope(terms.index_name, terms.index_version, None, "final", no_link=True))
    known = known.on(known.swept_until or known.as_of)
    came = [f for f in same if f.dates[0] <= known.as_of]
    chosen = (came or same)[-most:]
    lines = frontier_pair(known, terms.pair).lines
    # What is to come takes no more room than what came, or than half a year.
    reached = max(sum(day <= known.as_of for day in f.dates) for f in chosen)
    shown = max(6, 2 * reached)
    fans = pl.concat([ledger_scores.fan(f, known).head(shown + 1) for f in chosen])
    start = to_day(min(f.terms.as_of for f in chosen)) - 183
    return Track(
        terms.index_name, terms.index_version, terms.leader, terms.follower, known.as_of,
        "final", fans, gap_steps(*lines, start, to_day(known.as_of)), known.scale(),
    )  # fmt: skip


def list_table(standings: Sequence[Standing]) -> pl.DataFrame:
    """Issued forecasts, oldest first.

    forecast_id, issued_at, as_of, vintage, index_name, index_version, leader, follower, models,
    horizon_months, probability_closed (within the horizon), probability_exhausted (null where the
    forecast does not tell one from the other), dates, reached, observed_until,
    reason, retrospective (its first date could be known when it was issued), then the rest of its
    terms and the records that stood.
    """
    kinds = {
        "forecast_id": pl.String(), "issued_at": pl.Datetime("us", "UTC"), "as_of": pl.Date(),
        "vintage": pl.String(), "index_name": pl.String(), "index_version": pl.String(),
        "leader": pl.String(), "follower": pl.String(), "models": pl.List(pl.String()),
        "horizon_months": pl.Int64(), "probability_closed": pl.Float64(),
        "probability_exhausted": pl.Float64(), "dates": pl.Int64(),
        "reached": pl.Int64(), "observed_until": pl.Date(), "reason": pl.String(),
        "retrospective": pl.Boolean(), "seed": pl.Int64(), "draws": pl.Int64(),
        "tolerance": pl.Float64(), "definition": pl.String(), "hold_days": pl.Int64(),
        "shared": pl.String(),
        "leader_model": pl.String(), "leader_value": pl.Float64(), "follower_model": pl.String(),
        "follower_value": pl.Float64(), "program_version": pl.String(), "note": pl.String(),
    }  # fmt: skip
    rows: list[dict[str, object]] = []
    for s in standings:
        row = vars(s) | vars(s.issued.terms) | vars(s.issued)
        row |= {
            "probability_closed": s.issued.probability_closed,
            "probability_exhausted": s.issued.probability_exhausted,
            "retrospective": s.issued.is_retrospective(s.issued.dates[0]),
        }
        rows.append({c: row[c] for c in kinds})
    return pl.DataFrame(rows, schema=kinds)
