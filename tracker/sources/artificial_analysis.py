"""Observations from a snapshot of the Artificial Analysis leaderboard of language models."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

import polars as pl

from forecasts.errors import TrackerError
from tracker.sources.reading import (
    Problem,
    Reading,
    ReadOptions,
    batch,
    check_rows,
    decode,
    read_bytes,
)
from tracker.store.schema import STATED

DESCRIPTION = "a snapshot of the Artificial Analysis leaderboard (JSON)"
INDEX = "Artificial Analysis Intelligence Index"
_KEY = "artificial_analysis_intelligence_index"


def read(path: Path, options: ReadOptions) -> Reading:
    """Rows of a snapshot, observed on the date of its `fetched_at`.

    With `options.components` each other evaluation is an index of its own, named "AA <key>".

    Raises:
        TrackerError: the file is not JSON or not a snapshot.
    """
    snapshot = _parse(path)
    meta, models = snapshot["meta"], snapshot["models"]
    observed = options.observed_on or _fetched(path, meta)
    index = options.index_name or INDEX
    version = options.index_version or options.default_index_version
    records: list[dict[str, str | int | None]] = []
    skipped: list[Problem] = []
    problems: list[Problem] = []
    for at, model in enumerate(models, start=1):
        try:
            scores = _scores(model, index, options.components)
            common = _common(model, observed, meta, version)
        except (KeyError, TypeError, AttributeError) as error:
            problems.append(Problem(at, "models", f"has another shape ({error!r})"[:200]))
            continue
        if not scores:
            skipped.append(Problem(at, _KEY, f"{common['model']} has no value"))
        for name, value, estimated in scores:
            records.append(
                {"row": at, **common, "index_name": name, "value": value, "estimated": estimated}
            )
    schema = {"row": pl.Int64(), **{name: pl.String() for name in STATED}}
    rows, bad = check_rows(pl.DataFrame(records, schema=schema), options)
    notes: list[str] = []
    undated = rows.filter(pl.col("released_on").is_null())["model"].unique().sort()
    if undated.len():
        notes.append(
            f"{undated.len()} models have no release date and cannot enter a frontier: "
            f"{', '.join(undated.head(5))}."
        )
    if skipped:
        notes.append(f"{len(skipped)} models have no value and were skipped.")
    count = len(records) + len(skipped) + len(problems)
    _, _, day = batch(rows)
    return Reading(rows, count, problems + bad, skipped, index, version, day or observed, notes)


def _parse(path: Path) -> dict[str, Any]:
    expected = "Expected a leaderboard snapshot: an object with 'meta' and a list 'models'."
    text = decode(path, read_bytes(path))
    try:
        snapshot: Any = json.loads(text)
    except json.JSONDecodeError as error:
        raise TrackerError(
            f"{path} is not complete JSON: {error.msg} at line {error.lineno}, "
            f"column {error.colno}.",
            "Fetch the file again.",
            "bad_file",
        ) from error
    except (RecursionError, ValueError) as error:
        raise TrackerError(f"{path} is not usable JSON.", expected, "bad_file") from error
    found = cast(dict[str, Any], snapshot) if isinstance(snapshot, dict) else {}
    if not isinstance(found.get("meta"), dict) or not isinstance(found.get("models"), list):
        raise TrackerError(f"{path} is JSON of another shape.", expected, "bad_file")
    return found


def _fetched(path: Path, meta: dict[str, Any]) -> date:
    try:
        moment = datetime.fromisoformat(meta["fetched_at"])
    except (KeyError, TypeError, ValueError) as error:
        raise TrackerError(
            f"{path} does not say when it was fetched (meta.fetched_at).",
            "Say it with --observed DATE.",
            "bad_file",
        ) from error
    return (moment if moment.tzinfo is None else moment.astimezone(UTC)).date()


def _scores(
    model: dict[str, Any], index: str, components: bool
) -> list[tuple[str, str, str | None]]:
    """Name, value and estimated flag of each evaluation that has a value."""
    found: list[tuple[str, str, str | None]] = []
    evaluations = model["evaluations"]
    if evaluations.get(_KEY) is not None:
        flag = evaluations.get(f"{_KEY}_is_estimated")
        found.append((index, _text(evaluations[_KEY]) or "", _text(flag)))
    if components:
        found += [
            (
                f"AA {key.removeprefix('aa_').removeprefix('artificial_analysis_')}",
                repr(value),
                None,
            )
            for key, value in evaluations.items()
            if key != _KEY and isinstance(value, int | float) and not isinstance(value, bool)
        ]
    return found


def _common(
    model: dict[str, Any], observed: date, meta: dict[str, Any], version: str
) -> dict[str, str | None]:
    weights: dict[str, Any] = model.get("open_weights") or {}
    return {
        "model": _text(model["name"]),
        "lab": _text(model["creator"]["name"]),
        "country": _text(model["creator"].get("country")),
        "released_on": _text(model.get("release_date")),
        "index_version": version,
        "observed_on": str(observed),
        "source": "artificial-analysis",
        "source_url": _text(meta.get("source_url")),
        "open_weights": _text(weights.get("is_open_weights")),
        "reasoning": _text(model.get("reasoning_model")),
    }


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)
