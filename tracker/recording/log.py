"""Log one release: fill in what is known, warn of slips, say what it changed."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from forecasts.errors import UsageError
from forecasts.measures.vintage import latest_statements
from tracker.recording.impact import effects_of
from tracker.recording.plausibility import likely_slips, near_lab
from tracker.sources.rows import Problem, ReadOptions, check_rows
from tracker.store.schema import STATED, identify, model_key

if TYPE_CHECKING:
    from tracker.workspace import Workspace


@dataclass(frozen=True)
class LogPlan:
    """One checked observation, ready to be recorded, and what to tell beforehand.

    `peers` are the latest observations of its index version, as they stood before.
    """

    row: pl.DataFrame
    peers: pl.DataFrame
    warnings: list[str]


@dataclass(frozen=True)
class LogResult:
    """What was recorded and what it changed, in sentences."""

    observation_id: str
    added: bool
    observation: dict[str, object]
    effects: list[str]
    warnings: list[str]


def log_release(workspace: "Workspace", model: str, value: float, **facts: Any) -> LogResult:
    """Plan and record one observation. Raises as `plan_release`."""
    return record_release(workspace, plan_release(workspace, model, value, **facts))


def plan_release(
    workspace: "Workspace",
    model: str,
    value: float | str,
    *,
    lab: str | None = None,
    country: str | None = None,
    released_on: date | None = None,
    observed_on: date | None = None,
    index: str | None = None,
    version: str | None = None,
    stderr: float | None = None,
    source: str = "manual",
    source_url: str | None = None,
    open_weights: bool | None = None,
    reasoning: bool | None = None,
    estimated: bool = False,
    note: str | None = None,
) -> LogPlan:
    """Fill in an observation from what the workspace and the catalogue know, and check it.

    A model seen before brings its lab, country, release date and weights; a known lab brings its
    country; a new model is taken as released on the day it was observed.

    Raises:
        UsageError: something is missing or malformed; the message names the option.
    """
    for option, given in (("--lab", lab), ("--country", country)):
        if given is not None and not given.strip():
            raise UsageError(f"{option} is empty.", "Give a name, or leave it out.", "empty_option")
    check_url(source_url)
    now = datetime.now(UTC).date()
    snapshot = workspace.store.snapshot()
    seen = snapshot.current(pl.col("model_key") == model_key(model)).sort("observed_on")
    known = {
        c: seen[c].drop_nulls().last() if seen[c].drop_nulls().len() else None
        for c in ("lab", "country", "released_on", "open_weights", "reasoning")
    }
    index, version = _index(workspace, snapshot.indices, index, version)
    if lab is None and known["lab"] is None:
        raise UsageError(
            f"The model '{model}' is new here, and no lab is given.",
            "Add --lab NAME (and --country XX when the lab is not in the catalogue).",
            code="missing_lab",
        )
    same_lab = lab is None or known["lab"] == workspace.lab_name(lab)
    observed = observed_on or now
    stated = {
        "model": model,
        "lab": lab or known["lab"],
        "country": country or (known["country"] if same_lab else None),
        "released_on": released_on or known["released_on"] or observed,
        "index_name": index,
        "index_version": version,
        "value": value,
        "stderr": stderr,
        "observed_on": observed,
        "source": source,
        "source_url": source_url,
        "open_weights": known["open_weights"] if open_weights is None else open_weights,
        "reasoning": known["reasoning"] if reasoning is None else reasoning,
        "estimated": estimated,
        "note": note,
    }
    text = {k: None if v is None else _text(v) for k, v in stated.items()}
    frame = pl.DataFrame(
        [{"row": 1, **text}], schema={"row": pl.Int64(), **dict.fromkeys(STATED, pl.String())}
    )
    options = ReadOptions(
        catalogue=workspace.catalogue,
        today=now,
        default_index_name=index,
        default_index_version=version,
        known_labs=workspace.known_labs(),
    )
    good, problems = check_rows(frame, options)
    if problems:
        raise as_error(workspace, problems[0], lab)
    row = good.select(STATED)
    stated = row.row(0, named=True)
    of_index = snapshot.standing.filter(
        index_name=stated["index_name"], index_version=stated["index_version"]
    )
    peers = latest_statements(of_index, date.max, "final")
    return LogPlan(row, peers, likely_slips(workspace, snapshot, peers, seen, stated))


def record_release(workspace: "Workspace", plan: LogPlan) -> LogResult:
    """Record a planned observation and say what it changed."""
    identified = identify(plan.row)
    identity = identified["observation_id"].item()
    added = workspace.store.append(plan.row).height > 0
    row = plan.row.row(0, named=True)
    if added:
        after = pl.concat([plan.peers, identified])
        effects = effects_of(workspace, plan.peers, after, str(row["country"]))
    elif identity in workspace.store.snapshot().acts.gone:
        effects = [
            "Nothing changed: this very observation was recorded and then corrected or retracted. "
            "If it is right after all, log it again with a --note that says so."
        ]
    else:
        effects = ["Nothing changed: this very observation is recorded already."]
    return LogResult(identity, added, row, effects, plan.warnings)


def _index(
    workspace: "Workspace", indices: pl.DataFrame, index: str | None, version: str | None
) -> tuple[str, str]:
    if index and version:
        return index, version
    if indices.is_empty():
        index, version = index or workspace.settings.index, version or workspace.settings.version
        if not (index and version):
            raise UsageError(
                "The workspace is empty and names no index to log on.",
                "Add --index NAME and --index-version NAME, or set both in tracker.toml.",
                code="missing_index",
            )
        return index, version
    held = index if index in indices["index_name"] else None
    name = workspace.choose_index(indices, held)[0]
    if index and index != name:
        raise UsageError(
            f"The index '{index}' is new here, and no version is given.",
            "Add --index-version NAME.",
            code="missing_index",
        )
    return name, version or workspace.choose_index(indices, name)[1]


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def as_error(workspace: "Workspace", problem: Problem, lab: str | None = None) -> UsageError:
    """A problem of the one row of `log` or `correct`, by the name of its option."""
    options = {
        "released_on": "--released", "observed_on": "--observed", "index_name": "--index",
        "index_version": "--index-version", "source_url": "--url", "model": "MODEL",
    }  # fmt: skip
    option = options.get(problem.field, f"--{problem.field}")
    hint = "See `tracker log --help`."
    if problem.field in {"lab", "country"}:
        hint = "Give --country with a two-letter code, such as --country CN."
        near = None if lab is None else near_lab(workspace, lab)
        if near is not None:
            hint = f"Did you mean --lab {near!r}? If not: {hint}"
    # Only files have an option for the decimal comma.
    comma = re.fullmatch(r"'([^']*)' is not a number \(decimal comma\?.*\)", problem.reason)
    if comma:
        point = comma[1].replace(",", ".")
        is_number = re.fullmatch(r"[+-]?\d+\.\d+", point)
        hint = f"Write {point}." if is_number else "Write it like 58.1, without commas."
        return UsageError(f"{option}: '{comma[1]}' is not a number.", hint, f"bad_{problem.field}")
    return UsageError(f"{option}: {problem.reason}.", hint, code=f"bad_{problem.field}")


def check_url(url: str | None) -> None:
    """Raise UsageError when `url` has a scheme other than http, https, doi or file."""
    # One letter is a drive of a file's path; a dot belongs to the name of a host.
    scheme = re.match(r"\s*([A-Za-z][A-Za-z0-9+-]+):", url or "")
    if scheme and scheme[1].lower() not in {"http", "https", "doi", "file"}:
        raise UsageError(
            f"--url: '{scheme[1]}:' is no address of a page.",
            "Give one with https:// or http://, a doi:, or the path of a file.",
            code="bad_source_url",
        )
