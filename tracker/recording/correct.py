"""Correct and retract with the checks and warnings of `log`, and say what it changed."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from forecasts.errors import UsageError
from forecasts.measures.vintage import latest_statements
from tracker.recording.impact import effects_of
from tracker.recording.log import as_error, check_url
from tracker.recording.plausibility import likely_slips, new_lab
from tracker.sources.rows import ReadOptions, check_rows
from tracker.store.observations import Snapshot
from tracker.store.schema import STATED, model_key, text_problem

if TYPE_CHECKING:
    from tracker.workspace import Workspace


@dataclass(frozen=True)
class CorrectionPlan:
    """A checked correction: the row as it stands, its new values, and what to tell beforehand."""

    old: dict[str, Any]
    changes: dict[str, Any]
    warnings: list[str]


@dataclass(frozen=True)
class ActResult:
    """A recorded correction or retraction: `changed` has column, before and after."""

    observation_id: str
    changed: list[dict[str, object]]
    effects: list[str]
    warnings: list[str]
    observation: dict[str, Any]


def correct(workspace: "Workspace", observation_id: str, changes: dict[str, object]) -> str:
    """Supersede an observation with `changes`, checked; returns the id of the new row.

    Raises as `plan_correction`.
    """
    plan = plan_correction(workspace, observation_id, changes)
    return record_correction(workspace, plan).observation_id


def plan_correction(
    workspace: "Workspace", observation_id: str, changes: dict[str, object]
) -> CorrectionPlan:
    """Check new values of an observation and look for slips; a known lab brings its country.

    Raises UsageError when nothing changes or a new value cannot be stored.
    """
    if not changes:
        raise UsageError("The correction changes nothing.", "Give at least one new value.")
    for column in ("lab", "country"):
        given = changes.get(column)
        if given is not None and not str(given).strip():
            raise UsageError(f"--{column} is empty.", "Give a name, or leave it out.")
    if changes.get("source_url") is not None:
        check_url(str(changes["source_url"]))
    snapshot = workspace.store.snapshot()
    old = snapshot.find(observation_id)
    known_labs = workspace.known_labs()
    changed = {**{c: old[c] for c in STATED}, **changes}
    wanted = set(changes)
    if changes.get("lab") is not None and "country" not in changes:
        name = workspace.lab_name(str(changes["lab"]))
        known = workspace.catalogue.lab(name)
        countries = known_labs.get(name) if known is None else known.countries
        changed["country"] = countries or old["country"]
        wanted.add("country")
    text = {
        c: None if v is None else str(v).lower() if isinstance(v, bool) else str(v)
        for c, v in changed.items()
    }
    schema = {"row": pl.Int64(), **{c: pl.String() for c in STATED}}
    options = ReadOptions(
        workspace.catalogue, datetime.now(UTC).date(), "", "", known_labs=known_labs
    )
    good, problems = check_rows(pl.DataFrame([{"row": 1, **text}], schema=schema), options)
    if problems:
        raise as_error(workspace, problems[0])
    checked = good.select(STATED).row(0, named=True)
    warnings: list[str] = []
    if checked["value"] is not None and old["value"] is not None:
        # What was odd of the row before is no slip of this correction.
        before = _slips(workspace, snapshot, old, {c: old[c] for c in STATED})
        found = _slips(workspace, snapshot, old, checked)
        warnings = [warning for warning in found if warning not in before]
    new = new_lab(workspace, str(checked["lab"])) if "lab" in changes else None
    if new is not None and new not in warnings:
        warnings.append(new)
    return CorrectionPlan(old, {c: checked[c] for c in STATED if c in wanted}, warnings)


def _slips(
    workspace: "Workspace", snapshot: Snapshot, old: dict[str, Any], row: dict[str, Any]
) -> list[str]:
    others = pl.col("observation_id") != old["observation_id"]
    peers = _latest(snapshot, row, others)
    seen = snapshot.current(pl.col("model_key") == model_key(str(row["model"])), others)
    return likely_slips(workspace, snapshot, peers, seen.sort("observed_on"), row)


def _latest(snapshot: Snapshot, row: dict[str, Any], *where: pl.Expr) -> pl.DataFrame:
    of_index = snapshot.standing.filter(
        pl.col("index_name") == row["index_name"],
        pl.col("index_version") == row["index_version"],
        *where,
    )
    return latest_statements(of_index, date.max, "final")


def record_correction(workspace: "Workspace", plan: CorrectionPlan) -> ActResult:
    """Record a planned correction and say what it changed."""
    old, new = plan.old, {**plan.old, **plan.changes}
    before = _latest(workspace.store.snapshot(), new)
    identity = workspace.store.correct(str(old["observation_id"]), plan.changes)
    after = _latest(workspace.store.snapshot(), new)
    changed = [
        {"column": c, "before": old[c], "after": value}
        for c, value in plan.changes.items()
        if value != old[c]
    ]
    countries = f"{old['country']},{new['country']}"
    effects = effects_of(workspace, before, after, countries)
    return ActResult(identity, changed, effects, plan.warnings, new)


def retract(workspace: "Workspace", observation_id: str, reason: str) -> str:
    """Take an observation back, saying why; returns the id of the retraction."""
    return record_retraction(workspace, observation_id, reason).observation_id


def record_retraction(workspace: "Workspace", observation_id: str, reason: str) -> ActResult:
    """Take an observation back, saying why, and say what that changed."""
    problem = "is empty" if not reason.strip() else text_problem(reason)
    if problem:
        raise UsageError(f"--reason: the text {problem}.", "", "bad_reason")
    snapshot = workspace.store.snapshot()
    old = snapshot.find(observation_id)
    before = _latest(snapshot, old)
    identity = workspace.store.retract(str(old["observation_id"]), reason)
    after = _latest(workspace.store.snapshot(), old)
    effects = effects_of(workspace, before, after, str(old["country"]))
    return ActResult(identity, [], effects, [], old)
