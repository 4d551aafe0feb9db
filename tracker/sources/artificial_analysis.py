"""Observations from a snapshot of the Artificial Analysis leaderboard of language models."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

import polars as pl

from forecasts.errors import TrackerError
from forecasts.measures.prices import PRICE_INDEX, PRICE_VERSION
from tracker.sources.columns import counted
from tracker.sources.formats.json_text import parse_json
from tracker.sources.rows import (
    Problem,
    Reading,
    ReadOptions,
    batch,
    check_rows,
    limit_problems,
)
from tracker.store.schema import STATED
from tracker.text.printable import printable

DESCRIPTION = "a snapshot of the Artificial Analysis leaderboard (JSON)"
INDEX = "Artificial Analysis Intelligence Index"
MAX_MODELS = 100_000
MAX_RECORDS = 1_000_000
_KEY = "artificial_analysis_intelligence_index"
_PRICE = "price_1m_blended_3_to_1"

Json = dict[str, Any]
# An index, its version, the value as text, and whether it is an estimate.
Score = tuple[str, str, str, str | None]


class _Wrong(Exception):
    """A member of a model that is of another type than it must be."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field, self.reason = field, reason


def read(path: Path, options: ReadOptions) -> Reading:
    """Rows of a snapshot, observed on the date of its `fetched_at`.

    With `options.components` each other evaluation is an index of its own, named "AA <key>"; with
    `options.prices` the blended price of a million tokens is one as well. A model without any of
    them is skipped and counted; one with a problem is left out with all of its values.

    Raises:
        TrackerError: the file is not JSON within the limits or not a snapshot.
    """
    meta, models = _parse(path)
    url = _source_url(path, meta)
    observed = options.observed_on or _fetched(path, meta)
    index = options.index_name or INDEX
    version = options.index_version or options.default_index_version
    records: list[dict[str, str | int | None]] = []
    skipped: list[Problem] = []
    problems: list[Problem] = []
    for at, model in enumerate(models, start=1):
        try:
            common = _common(_object(model, "models"))
            scores = _scores(model, index, version, options)
        except _Wrong as wrong:
            problems.append(Problem(at, wrong.field, wrong.reason))
            limit_problems(path, problems)
            continue
        if not scores:
            skipped.append(Problem(at, _KEY, f"{(common['model'] or '')[:200]} has no value"))
        for name, basis, value, estimated in scores:
            records.append(
                {
                    "row": at,
                    **common,
                    "index_name": name,
                    "index_version": basis,
                    "value": value,
                    "estimated": estimated,
                    "observed_on": str(observed),
                    "source": "artificial-analysis",
                    "source_url": url,
                }
            )
        if len(records) > MAX_RECORDS:
            raise TrackerError(
                f"{printable(str(path))} has more than {MAX_RECORDS:,} values.",
                "Check that it is a leaderboard snapshot.",
                "too_large",
            )
    schema = {"row": pl.Int64(), **{name: pl.String() for name in STATED}}
    rows, bad = check_rows(pl.DataFrame(records, schema=schema), options)
    problems = sorted(problems + bad, key=lambda p: p.row)
    limit_problems(path, problems)
    notes: list[str] = []
    undated = rows.filter(pl.col("released_on").is_null())["model"].unique().sort()
    if undated.len():
        notes.append(
            f"{counted(undated.len(), 'model has', 'models have')} no release date and "
            "cannot enter a frontier: "
            f"{', '.join(undated.head(5))}."
        )
    if skipped:
        notes.append(
            f"{counted(len(skipped), 'model has', 'models have')} no value and "
            f"{'was' if len(skipped) == 1 else 'were'} skipped."
        )
    if not models:
        notes.append(f"{printable(str(path))} holds no models.")
    count = rows.height + len(skipped) + len({p.row for p in problems})
    _, _, day = batch(rows)
    return Reading(rows, count, problems, skipped, index, version, day or observed, notes)


def _parse(path: Path) -> tuple[Json, list[Any]]:
    expected = "Expected a leaderboard snapshot: an object with 'meta' and a list 'models'."
    snapshot = parse_json(path, expected)
    found = cast(Json, snapshot) if isinstance(snapshot, dict) else {}
    meta, models = found.get("meta"), found.get("models")
    if not isinstance(meta, dict) or not isinstance(models, list):
        raise TrackerError(
            f"{printable(str(path))} is JSON of another shape.", expected, "bad_file"
        )
    if len(models) > MAX_MODELS:
        raise TrackerError(
            f"{printable(str(path))} has more than {MAX_MODELS:,} models.", expected, "too_large"
        )
    return cast(Json, meta), models


def _fetched(path: Path, meta: Json) -> date:
    try:
        moment = datetime.fromisoformat(meta["fetched_at"])
        return (moment if moment.tzinfo is None else moment.astimezone(UTC)).date()
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise TrackerError(
            f"{printable(str(path))} does not say when it was fetched (meta.fetched_at).",
            "Say it with --observed DATE.",
            "bad_file",
        ) from error


def _source_url(path: Path, meta: Json) -> str | None:
    try:
        return _text(meta, "source_url", "meta.source_url")
    except _Wrong as wrong:
        raise TrackerError(
            f"{printable(str(path))}: {wrong.field} {wrong.reason}.",
            "Fetch the file again.",
            "bad_file",
        ) from wrong


def _scores(model: Json, index: str, version: str, options: ReadOptions) -> list[Score]:
    """Each evaluation that has a value, and the price if it is asked for."""
    found: list[Score] = []
    evaluations = _object(model.get("evaluations"), "evaluations")
    value = _number(evaluations, _KEY, _KEY)
    if value is not None:
        flag = _flag(evaluations, f"{_KEY}_is_estimated", f"{_KEY}_is_estimated")
        found.append((index, version, value, flag))
    if options.components:
        for key in evaluations:
            held = evaluations[key]
            if key == _KEY or isinstance(held, bool) or not isinstance(held, int | float):
                continue
            short = key.removeprefix("aa_").removeprefix("artificial_analysis_")
            number = _number(evaluations, key, "evaluations") or ""
            found.append((f"AA {_sound(short, 'evaluations')}", version, number, None))
    if options.prices and model.get("pricing") is not None:
        price, computed = _blended(_object(model["pricing"], "pricing"))
        if price is not None:
            found.append((PRICE_INDEX, PRICE_VERSION, price, "true" if computed else None))
    return found


def _blended(pricing: Json) -> tuple[str | None, bool]:
    """The price of three parts input and one part output, and whether it was computed here.

    Later snapshots state only the two prices. In that of 2026-04-10, which states all three, the
    blend is theirs within 1% for 306 of 319 models, within 17% for all.
    """
    prices: dict[str, str | None] = {}
    for key in (_PRICE, "price_1m_input_tokens", "price_1m_output_tokens"):
        prices[key] = _number(pricing, key, f"pricing.{key}")
        if float(prices[key] or 0) < 0:
            raise _Wrong(f"pricing.{key}", f"{str(prices[key])[:40]} is negative")
    stated, read, written = prices.values()
    if stated is not None or read is None or written is None:
        return stated, False
    return repr((3 * float(read) + float(written)) / 4), True


def _common(model: Json) -> dict[str, str | None]:
    creator = _object(model.get("creator"), "creator")
    weights = {} if model.get("open_weights") is None else model["open_weights"]
    return {
        "model": _text(model, "name", "name"),
        "lab": _text(creator, "name", "creator.name"),
        "country": _text(creator, "country", "creator.country"),
        "released_on": _text(model, "release_date", "release_date"),
        "open_weights": _flag(
            _object(weights, "open_weights"), "is_open_weights", "open_weights.is_open_weights"
        ),
        "reasoning": _flag(model, "reasoning_model", "reasoning_model"),
    }


def _object(value: Any, field: str) -> Json:
    if not isinstance(value, dict):
        raise _Wrong(field, f"is {_kind(value)} where an object must be")
    return cast(Json, value)


def _text(holder: Mapping[str, Any], key: str, field: str) -> str | None:
    value = holder.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise _Wrong(field, f"is {_kind(value)} where text must be")
    return _sound(value, field)


def _sound(text: str, field: str) -> str:
    half = re.search("[\ud800-\udfff]", text)
    if half:
        raise _Wrong(field, f"holds half a character (\\u{ord(half.group()):04x})")
    return text


def _number(holder: Mapping[str, Any], key: str, field: str) -> str | None:
    value = holder.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Wrong(field, f"is {_kind(value)} where a number must be")
    return repr(value)


def _flag(holder: Mapping[str, Any], key: str, field: str) -> str | None:
    value = holder.get(key)
    if value is None:
        return None
    if not isinstance(value, bool):
        raise _Wrong(field, f"is {_kind(value)} where true or false must be")
    return str(value).lower()


def _kind(value: Any) -> str:
    if value is None:
        return "absent"
    kinds = {dict: "an object", list: "a list", str: "text", bool: "true or false"}
    return kinds.get(type(value), "a number")
