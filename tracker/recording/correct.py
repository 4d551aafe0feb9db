"""Correct and retract with the checks and warnings of `log`, and say what it changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import polars as pl

from forecasts.errors import UsageError
from forecasts.measures.vintage import PRECISION
from tracker.index_view import latest_of_index
from tracker.recording.impact import effects_of
from tracker.recording.likeness import new_lab
from tracker.recording.one_row import (
    check_one,
    refuse_blank,
    refuse_outside,
    refuse_reason,
    refuse_scheme,
)
from tracker.recording.plausibility import likely_slips
from tracker.sources.labs import Known
from tracker.store.observations import Snapshot
from tracker.store.schema import STATED, model_key
from tracker.workspace_data import WorkspaceData


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


def correct(
    data: WorkspaceData,
    observation_id: str,
    changes: dict[str, object],
    *,
    outside_bounds: bool = False,
) -> str:
    """Supersede an observation with `changes`, checked; returns the id of the new row.

    Raises as `plan_correction`.
    """
    plan = plan_correction(data, observation_id, changes, outside_bounds=outside_bounds)
    return record_correction(data, plan).observation_id


def plan_correction(
    data: WorkspaceData,
    observation_id: str,
    changes: dict[str, object],
    *,
    outside_bounds: bool = False,
) -> CorrectionPlan:
    """Check new values of an observation and look for slips; a known lab brings its country.

    Raises UsageError when nothing changes, a new value cannot be stored, or, without
    `outside_bounds`, its index cannot have it.
    """
    if not changes:
        raise UsageError("The correction changes nothing.", "Give at least one new value.")
    refuse_blank(changes)
    refuse_scheme(changes.get("source_url"))
    snapshot = data.store.snapshot()
    old = snapshot.find(observation_id)
    wanted = _with_country(data, changes, old["country"])
    if "released_on" in wanted:
        wanted = {PRECISION: None, **wanted}
    stated = {c: old[c] for c in STATED} | wanted
    row = check_one(data, stated, Known(data.known_labs()))
    if not outside_bounds and {"value", "index_name", "index_version"} & changes.keys():
        refuse_outside(data, row)
    checked = row.row(0, named=True)
    return CorrectionPlan(
        old,
        {c: checked[c] for c in STATED if c in wanted},
        _warnings(data, snapshot, old, checked, "lab" in changes),
    )


def _with_country(
    data: WorkspaceData, changes: dict[str, object], before: object
) -> dict[str, object]:
    """The changes, and the country that a new lab brings."""
    if changes.get("lab") is None or "country" in changes:
        return changes
    name = data.catalogue.lab_name(str(changes["lab"]))
    known = data.catalogue.lab(name)
    countries = data.known_labs().get(name) if known is None else known.countries
    return {**changes, "country": countries or before}


def _warnings(
    data: WorkspaceData,
    snapshot: Snapshot,
    old: dict[str, Any],
    checked: dict[str, Any],
    of_lab: bool,
) -> list[str]:
    found: list[str] = []
    if checked["value"] is not None and old["value"] is not None:
        # What was odd of the row before is no slip of this correction.
        before = _slips(data, snapshot, old, {c: old[c] for c in STATED})
        found = [w for w in _slips(data, snapshot, old, checked) if w not in before]
    new = new_lab(data, str(checked["lab"])) if of_lab and checked["lab"] else None
    return found if new is None or new in found else [*found, new]


def _slips(
    data: WorkspaceData, snapshot: Snapshot, old: dict[str, Any], row: dict[str, Any]
) -> list[str]:
    others = pl.col("observation_id") != old["observation_id"]
    peers = latest_of_index(snapshot, row, others)
    seen = snapshot.current(pl.col("model_key") == model_key(str(row["model"])), others)
    return likely_slips(data, snapshot, peers, seen.sort("observed_on"), row)


def record_correction(data: WorkspaceData, plan: CorrectionPlan) -> ActResult:
    """Record a planned correction and say what it changed."""
    old = plan.old
    new = {**old, **plan.changes}
    new["model_key"] = model_key(str(new["model"]))
    # A row that moves to another index changes both.
    homes = {(str(row["index_name"]), str(row["index_version"])): row for row in (old, new)}
    before = {home: _peers(data, row) for home, row in homes.items()}
    identity = data.store.correct(str(old["observation_id"]), plan.changes)
    after = {home: _peers(data, row) for home, row in homes.items()}
    changed = [
        {"column": c, "before": old[c], "after": value}
        for c, value in plan.changes.items()
        if value != old[c]
    ]
    countries = [old["country"], new["country"]]
    told = {home: effects_of(data, before[home], after[home], countries) for home in homes}
    effects = [
        sentence if len(homes) == 1 else f"{home[0]} {home[1]}: {sentence}"
        for home, sentences in told.items()
        for sentence in sentences
    ]
    return ActResult(identity, changed, effects, plan.warnings, new)


def _peers(data: WorkspaceData, row: Mapping[str, object]) -> pl.DataFrame:
    return data.described(latest_of_index(data.store.snapshot(), row))


def retract(data: WorkspaceData, observation_id: str, reason: str) -> str:
    """Take an observation back, saying why; returns the id of the retraction."""
    return record_retraction(data, observation_id, reason).observation_id


def record_retraction(data: WorkspaceData, observation_id: str, reason: str) -> ActResult:
    """Take an observation back, saying why, and say what that changed."""
    refuse_reason(reason)
    snapshot = data.store.snapshot()
    old = snapshot.find(observation_id)
    before = _peers(data, old)
    identity = data.store.retract(str(old["observation_id"]), reason)
    after = _peers(data, old)
    effects = effects_of(data, before, after, [cast(str | None, old["country"])])
    return ActResult(identity, [], effects, [], old)
