"""Observations from a snapshot of the Artificial Analysis leaderboard of language models."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, cast

import polars as pl

from forecasts.errors import TrackerError
from forecasts.measures.prices import PRICE_INDEX, PRICE_VERSION
from tracker.sources.artificial_analysis_address import ADDRESS as ADDRESS
from tracker.sources.basis import MADE_AT
from tracker.sources.contract import MissingFact, Reading, ReadOptions, SourceOption
from tracker.sources.file import SourceFile
from tracker.sources.formats.json import (
    Json,
    WrongMember,
    flag_of,
    number_of,
    object_of,
    parse_json,
    text_of,
    whole_text,
)
from tracker.sources.rows import Records
from tracker.text.counting import counted

DESCRIPTION = "a snapshot of the Artificial Analysis leaderboard (JSON)"
WHOLE = True
OPTIONS = (
    SourceOption("components", "aa: the other evaluations as indices as well."),
    SourceOption("prices", "aa: the blended price of each model as an index as well."),
)
INDEX = "Artificial Analysis Intelligence Index"
MAX_MODELS = 100_000
MAX_RECORDS = 1_000_000
_KEY = "artificial_analysis_intelligence_index"
# Where a snapshot, or a model in it, may state the version of the index.
_VERSION = ("intelligence_index_version", "artificial_analysis_intelligence_index_version")
_PRICE = "price_1m_blended_3_to_1"
_SNAPSHOT = "Expected a leaderboard snapshot: an object with 'meta' and a list 'models'."

# An index, its version, the value as text, and whether it is an estimate.
Score = tuple[str, str, str, bool | None]


def read(file: SourceFile, options: ReadOptions) -> Reading:
    """Rows of a snapshot, observed on the date of its `fetched_at`, on the version it states.

    With the option `components` each other evaluation is an index of its own, named "AA <key>";
    with `prices` the blended price of a million tokens is one as well. A model without any of
    them is skipped and counted; one with a problem is left out with all of its values.

    Raises:
        TrackerError: the file is not JSON within the limits or not a snapshot.
    """
    meta, models = _parse(file)
    found = Records(file, options)
    day, where = _made_on(meta)
    observed = found.basis.day(day, where)
    index = options.index_name or INDEX
    version = found.basis.stated_version(_versions(meta, models))
    if version is None:
        version = _version_on(found, index, observed)
    of_file = {
        "source": "artificial-analysis",
        "source_url": _source_url(file, meta),
        "observed_on": observed,
    }
    for at, model in enumerate(models, start=1):
        try:
            common = _common(object_of(model, "models"))
            scores = [*_scores(model, index, version, options)]
        except WrongMember as wrong:
            found.reject(at, wrong.field, wrong.reason)
            continue
        if not scores:
            found.skip(at, _KEY, f"{str(common['model'] or '')[:200]} has no value")
        for name, basis, value, estimated in scores:
            of_score = {"index_name": name, "index_version": basis, "value": value}
            found.add(at, {**of_file, **common, **of_score, "estimated": estimated})
        if len(found) > MAX_RECORDS:
            raise TrackerError(
                f"{file.name} has more than {MAX_RECORDS:,} values.",
                "Check that it is a leaderboard snapshot.",
                "too_large",
            )
    rows = found.checked()
    reading = found.reading(rows, _notes(file, rows, len(models), len(found.skipped)))
    return replace(
        reading,
        index_name=index,
        index_version=version,
        observed_on=observed,
        components=frozenset(rows["index_name"].unique()) - {index, PRICE_INDEX},
    )


def _notes(file: SourceFile, rows: pl.DataFrame, models: int, skipped: int) -> list[str]:
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
            f"{counted(skipped, 'model has', 'models have')} no value and "
            f"{'was' if skipped == 1 else 'were'} skipped."
        )
    if not models:
        notes.append(f"{file.name} holds no models.")
    return notes


def _parse(file: SourceFile) -> tuple[Json, list[Any]]:
    snapshot = parse_json(file, _SNAPSHOT)
    found = cast(Json, snapshot) if isinstance(snapshot, dict) else {}
    meta, models = found.get("meta"), found.get("models")
    if not isinstance(meta, dict) or not isinstance(models, list):
        raise TrackerError(f"{file.name} is JSON of another shape.", _SNAPSHOT, "bad_file")
    if len(models) > MAX_MODELS:
        raise TrackerError(
            f"{file.name} has more than {MAX_MODELS:,} models.", _SNAPSHOT, "too_large"
        )
    # What stands beside 'meta' is of the whole file as well.
    return {**found, **cast(Json, meta)}, models


def _made_on(meta: Json) -> tuple[date | None, str]:
    """The day on which a snapshot says that it was made, and the member that says so."""
    for key in MADE_AT:
        with suppress(KeyError, TypeError, ValueError, OverflowError):
            moment = datetime.fromisoformat(meta[key])
            day = (moment if moment.tzinfo is None else moment.astimezone(UTC)).date()
            return day, f"meta.{key}"
    return None, f"meta.{MADE_AT[0]}"


def _versions(meta: Json, models: list[Any]) -> set[str]:
    """Every version of the index that a snapshot states, as text."""
    holders = [meta]
    for model in models:
        if isinstance(model, dict):
            inner = model.get("evaluations")
            holders += [model, inner] if isinstance(inner, dict) else [model]
    stated = (holder.get(key) for holder in holders for key in _VERSION)
    return {str(v).strip() for v in stated if isinstance(v, str | int | float) and str(v).strip()}


def _version_on(found: Records, index: str, day: date) -> str:
    """The version of a snapshot that states none: its own index's, whatever it is called here."""
    try:
        return found.basis.version(INDEX, day)
    except MissingFact:
        default = found.options.default_index_version
        if index == INDEX or default is None:
            raise
        return default


def _source_url(file: SourceFile, meta: Json) -> str | None:
    try:
        return text_of(meta, "source_url", "meta.source_url")
    except WrongMember as wrong:
        raise TrackerError(
            f"{file.name}: {wrong.field} {wrong.reason}.", "Fetch the file again.", "bad_file"
        ) from wrong


def _scores(model: Json, index: str, version: str, options: ReadOptions) -> Iterator[Score]:
    """Each evaluation that has a value, and the price if it is asked for."""
    evaluations = object_of(model.get("evaluations"), "evaluations")
    value = number_of(evaluations, _KEY, _KEY)
    if value is not None:
        estimated = flag_of(evaluations, f"{_KEY}_is_estimated", f"{_KEY}_is_estimated")
        yield index, version, value, estimated
    if options.flag("components"):
        yield from _components(evaluations, version)
    if options.flag("prices") and model.get("pricing") is not None:
        price, computed = _blended(object_of(model["pricing"], "pricing"))
        if price is not None:
            yield PRICE_INDEX, PRICE_VERSION, price, True if computed else None


def _components(evaluations: Json, version: str) -> Iterator[Score]:
    for key, held in evaluations.items():
        if key == _KEY or isinstance(held, bool) or not isinstance(held, int | float):
            continue
        short = key.removeprefix("aa_").removeprefix("artificial_analysis_")
        number = number_of(evaluations, key, "evaluations") or ""
        yield f"AA {whole_text(short, 'evaluations')}", version, number, None


def _blended(pricing: Json) -> tuple[str | None, bool]:
    """The price of three parts input and one part output, and whether it was computed here.

    Later snapshots state only the two prices. In that of 2026-04-10, which states all three, the
    blend is theirs within 1% for 306 of 319 models, within 17% for all.
    """
    prices: dict[str, str | None] = {}
    for key in (_PRICE, "price_1m_input_tokens", "price_1m_output_tokens"):
        prices[key] = number_of(pricing, key, f"pricing.{key}")
        if float(prices[key] or 0) < 0:
            raise WrongMember(f"pricing.{key}", f"{str(prices[key])[:40]} is negative")
    stated, read, written = prices.values()
    if stated is not None or read is None or written is None:
        return stated, False
    return repr((3 * float(read) + float(written)) / 4), True


def _common(model: Json) -> dict[str, str | bool | None]:
    creator = object_of(model.get("creator"), "creator")
    weights = {} if model.get("open_weights") is None else model["open_weights"]
    return {
        "model": text_of(model, "name", "name"),
        "lab": text_of(creator, "name", "creator.name"),
        "country": text_of(creator, "country", "creator.country"),
        "released_on": text_of(model, "release_date", "release_date"),
        "open_weights": flag_of(
            object_of(weights, "open_weights"), "is_open_weights", "open_weights.is_open_weights"
        ),
        "reasoning": flag_of(model, "reasoning_model", "reasoning_model"),
    }
