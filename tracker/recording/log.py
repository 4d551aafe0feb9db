"""Log one release: fill in what is known, warn of slips, say what it changed."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import polars as pl

from forecasts.errors import UsageError
from tracker.index_view import latest_of_index
from tracker.recording.impact import effects_of
from tracker.recording.one_row import (
    check_one,
    refuse_blank,
    refuse_homeless,
    refuse_outside,
    refuse_scheme,
)
from tracker.recording.plausibility import likely_slips
from tracker.sources.labs import Known, commonly_named, facts_of, lab_of_family
from tracker.store.schema import STATED, identify, model_key
from tracker.workspace_data import WorkspaceData


@dataclass(frozen=True)
class LogPlan:
    """One checked observation, ready to be recorded, and what to tell beforehand.

    `peers` are the latest observations of its index version, as they stood before;
    `release_assumed` says that nobody stated the release date: it is the day of observation.
    """

    row: pl.DataFrame
    peers: pl.DataFrame
    warnings: list[str]
    release_assumed: bool = False


@dataclass(frozen=True)
class LogResult:
    """What was recorded and what it changed, in sentences; see `LogPlan.release_assumed`."""

    observation_id: str
    added: bool
    observation: dict[str, object]
    effects: list[str]
    warnings: list[str]
    release_assumed: bool = False


@dataclass(frozen=True)
class Release:
    """One observation as a person states it; None is filled from what is known.

    `outside_bounds` records a value that the index cannot have by its bounds.
    """

    model: str
    value: float | str
    lab: str | None = None
    country: str | None = None
    released_on: date | str | None = None
    observed_on: date | None = None
    index: str | None = None
    version: str | None = None
    stderr: float | str | None = None
    source: str = "manual"
    source_url: str | None = None
    open_weights: bool | None = None
    reasoning: bool | None = None
    estimated: bool = False
    note: str | None = None
    outside_bounds: bool = False


def log_release(data: WorkspaceData, release: Release) -> LogResult:
    """Plan and record one observation. Raises as `plan_release`."""
    return record_release(data, plan_release(data, release))


def plan_release(data: WorkspaceData, release: Release) -> LogPlan:
    """Fill in an observation from what the workspace and the catalogue know, and check it.

    A model seen before brings its lab, country, release date and weights; a known lab brings its
    country; a new model of which no release date is stated is taken as released on the day it was
    observed, and the plan says so.

    Raises:
        UsageError: something is missing or malformed; the message names the field.
    """
    refuse_blank(vars(release))
    refuse_scheme(release.source_url)
    snapshot = data.store.snapshot()
    seen = snapshot.current(pl.col("model_key") == model_key(release.model)).sort("observed_on")
    observed = release.observed_on or datetime.now(UTC).date()
    version = release.version
    index, latest = _index(data, snapshot.indices, release.index, version)
    version = version or _version_on(data, snapshot.indices, index, observed) or latest
    known = commonly_named(facts_of(seen.lazy()), data.catalogue)
    nameless = release.lab is None and known["lab"].drop_nulls().is_empty()
    if nameless and lab_of_family(release.model, data.catalogue) is None:
        raise UsageError(
            f"The model '{release.model}' is new here, and no lab is given.",
            "Add `lab` NAME (and `country` XX when the lab is not in the catalogue).",
            "missing_lab",
            field="lab",
        )
    stated = {name: value for name, value in vars(release).items() if name in STATED} | {
        "index_name": index, "index_version": version, "observed_on": observed,
    }  # fmt: skip
    row = check_one(data, stated, Known(data.known_labs(), models=lambda: known), release.lab)
    refuse_homeless(data, row)
    if not release.outside_bounds:
        refuse_outside(data, row)
    assumed = row["released_on"].null_count() > 0
    row = row.with_columns(pl.col("released_on").fill_null(observed))
    checked = row.row(0, named=True)
    peers = data.described(latest_of_index(snapshot, checked))
    return LogPlan(row, peers, likely_slips(data, snapshot, peers, seen, checked), assumed)


def record_release(data: WorkspaceData, plan: LogPlan) -> LogResult:
    """Record a planned observation and say what it changed."""
    identified = identify(plan.row)
    identity = identified["observation_id"].item()
    added = data.store.append(plan.row).height > 0
    row = plan.row.row(0, named=True)
    if added:
        after = pl.concat([plan.peers, identified], how="diagonal_relaxed")
        effects = effects_of(data, plan.peers, after, [row["country"]])
    elif identity in data.store.snapshot().acts.gone:
        effects = [
            "Nothing changed: this very observation was recorded and then corrected or retracted. "
            "If it is right after all, log it again with a `note` that says so."
        ]
    else:
        effects = ["Nothing changed: this very observation is recorded already."]
    return LogResult(identity, added, row, effects, plan.warnings, plan.release_assumed)


def _index(
    data: WorkspaceData, indices: pl.DataFrame, index: str | None, version: str | None
) -> tuple[str, str]:
    if index and version:
        return index, version
    if indices.is_empty():
        return _index_of_settings(data, index, version)
    held = index if index in indices["index_name"] else None
    name = data.choose_index(indices, held)[0]
    if index and index != name:
        raise UsageError(
            f"The index '{index}' is new here, and no version is given.",
            "Add `version` NAME.",
            "missing_index",
            field="version",
        )
    return name, version or data.choose_index(indices, name)[1]


def _version_on(data: WorkspaceData, indices: pl.DataFrame, index: str, day: date) -> str | None:
    """The version, of those held, at which the calendar has an index on a day; None where it has
    none or several, or the settings say one."""
    if data.settings.version:
        return None
    held = indices.filter(index_name=index)["index_version"].to_list()
    known = [v for v in data.catalogue.versions_on(index, day) if v in held]
    return known[0] if len(known) == 1 else None


def _index_of_settings(
    data: WorkspaceData, index: str | None, version: str | None
) -> tuple[str, str]:
    found = index or data.settings.index, version or data.settings.version
    if not all(found):
        raise UsageError(
            "The workspace is empty and names no index to log on.",
            "Add `index` NAME and `version` NAME, or set both in tracker.toml.",
            "missing_index",
            field="index",
        )
    return found
