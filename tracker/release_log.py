"""Log one release: fill in what is known, warn of slips, say what it changed."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from forecasts.blocs import parse_bloc
from forecasts.errors import TrackerError, UsageError
from forecasts.frontier import Frontier, frontier
from forecasts.variants import base_model
from forecasts.vintage import known_models, latest_statements
from tracker.sources.reading import Problem, ReadOptions, check_rows
from tracker.store.observations import Snapshot
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
        raise _as_error(problems[0])
    row = good.select(STATED)
    stated = row.row(0, named=True)
    of_index = snapshot.standing.filter(
        index_name=stated["index_name"], index_version=stated["index_version"]
    )
    peers = latest_statements(of_index, date.max, "final")
    return LogPlan(row, peers, _warnings(workspace, snapshot, peers, seen, stated))


def record_release(workspace: "Workspace", plan: LogPlan) -> LogResult:
    """Record a planned observation and say what it changed."""
    identified = identify(plan.row)
    identity = identified["observation_id"].item()
    added = workspace.store.append(plan.row).height > 0
    row = plan.row.row(0, named=True)
    if added:
        after = pl.concat([plan.peers, identified])
        effects = _effects(workspace, plan.peers, after, row)
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


def _as_error(problem: Problem) -> UsageError:
    options = {
        "released_on": "--released", "observed_on": "--observed", "index_name": "--index",
        "index_version": "--index-version", "source_url": "--url", "model": "MODEL",
    }  # fmt: skip
    option = options.get(problem.field, f"--{problem.field}")
    hint = "See `tracker log --help`."
    if problem.field in {"lab", "country"}:
        hint = "Give --country with a two-letter code, such as --country CN."
    return UsageError(f"{option}: {problem.reason}.", hint, code=f"bad_{problem.field}")


def _warnings(
    workspace: "Workspace",
    snapshot: Snapshot,
    peers: pl.DataFrame,
    seen: pl.DataFrame,
    row: Mapping[str, object],
) -> list[str]:
    """Likely slips of the hand in an observation that is formally right.

    `peers` are the latest observations of the index version, `seen` all of the model.
    """
    value = float(row["value"])  # type: ignore[arg-type]
    found: list[str] = []
    known = workspace.catalogue.index_version(str(row["index_name"]), str(row["index_version"]))
    if known is not None:
        low, high = known.low, known.high
        if (low is not None and value < low) or (high is not None and value > high):
            found.append(
                f"The value {value:g} is outside the index's range of {low:g} to {high:g}."
            )
    others = peers.filter(pl.col("model_key") != model_key(str(row["model"])))
    values = others["value"].drop_nulls()
    if values.len() >= 5:
        best = float(values.max())  # type: ignore[arg-type]
        # Twice the longest step by which any release has ever raised the overall frontier.
        steps = others.sort("released_on")["value"].cum_max().diff().drop_nulls()
        if value > best + 2 * float(steps.max() or 0):  # type: ignore[arg-type]
            found.append(f"The value {value:g} is far above the best so far, {best:g}.")
    if row["model"] not in seen["model"]:
        names = snapshot.standing.select("model").unique().collect(engine="streaming")["model"]
        near = near_duplicate(str(row["model"]), names.sort().to_list())
        if near is not None:
            found.append(f"The model '{row['model']}' is new, but '{near}' looks like the same.")
    held = seen.filter(
        index_name=row["index_name"], index_version=row["index_version"],
        observed_on=row["observed_on"],
    ).filter(pl.col("value") != value)  # fmt: skip
    if held.height:
        found.append(
            f"This model has the value {held['value'][0]:g} on the same day already; the higher "
            f"counts. To replace it: tracker correct {held['observation_id'][0][:12]} "
            f"--value {value:g}."
        )
    return found


def near_duplicate(name: str, names: list[str]) -> str | None:
    """A known name that is probably meant by `name`, or None.

    Versions differ by their digits and variants by their brackets, so names that differ there are
    different models; what remains must be nearly the same letters.
    """
    digits = re.findall(r"\d+", name)
    squeezed = _letters(name)
    peers = [
        n for n in names if re.findall(r"\d+", n) == digits and model_key(n) != model_key(name)
    ]
    for other in peers:
        if _letters(other) == squeezed:
            return other
    if not peers:
        return None
    # Without mode and effort: another variant of a known model is no slip.
    bases = pl.DataFrame({"model": [name, *peers]}).select(base_model(pl.col("model")))["model"]
    mine, *theirs = [base.casefold() for base in bases]
    others = {t: p for t, p in zip(theirs, peers, strict=True) if _letters(t) != _letters(mine)}
    close = difflib.get_close_matches(mine, others, 1, 0.88)
    return others[close[0]] if close else None


def _letters(name: str) -> str:
    return model_key(name).replace("-", "")


def _effects(
    workspace: "Workspace", before: pl.DataFrame, after: pl.DataFrame, row: dict[str, object]
) -> list[str]:
    """What an observation changed, in sentences, for its country and for leader and follower."""
    pair = (workspace.settings.leader, workspace.settings.follower)
    own = [c for c in str(row["country"]).split(",") if c not in pair]
    sentences: list[str] = []
    gaps: list[float | None] = []
    fronts = {spec: [_best(rows, spec) for rows in (before, after)] for spec in (*pair, *own)}
    for spec, (old, new) in fronts.items():
        if new is None or (old is not None and new.values[-1] == old.values[-1]):
            continue
        best = new.best["model"]
        if old is None:
            sentences.append(f"First {spec} model on this index: {best} at {new.values[-1]:g}.")
        elif new.values[-1] > old.values[-1]:
            rise = new.values[-1] - old.values[-1]
            sentences.append(
                f"New {spec} frontier: {best} at {new.values[-1]:g}, +{rise:.2f} points."
            )
        else:
            fall = old.values[-1] - new.values[-1]
            sentences.append(f"The {spec} frontier is corrected down by {fall:.2f} points.")
    for i in (0, 1):
        top, low = fronts[pair[0]][i], fronts[pair[1]][i]
        gaps.append(None if top is None or low is None else float(top.values[-1] - low.values[-1]))
    old_gap, new_gap = gaps
    if new_gap is not None and old_gap is not None and new_gap != old_gap:
        sentences.append(f"Gap {pair[0]} to {pair[1]}: {old_gap:.2f} -> {new_gap:.2f} points.")
    if not sentences:
        sentences.append("No frontier changed.")
    return sentences


def _best(rows: pl.DataFrame, spec: str) -> Frontier | None:
    try:
        return frontier(known_models(rows, date.max, "final"), parse_bloc(spec))
    except TrackerError:
        return None
