"""Observations from the Artificial Analysis leaderboard of language models, or its API."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime

import polars as pl

from forecasts.errors import TrackerError
from forecasts.measures.prices import PRICE_INDEX, PRICE_VERSION
from tracker.sources.artificial_analysis_address import ADDRESSES as ADDRESSES
from tracker.sources.artificial_analysis_entries import (
    VERSION,
    creator_of,
    evaluations_of,
    parse_board,
    part_of,
)
from tracker.sources.artificial_analysis_facts import facts_of
from tracker.sources.basis import MADE_AT
from tracker.sources.contract import MissingFact, Reading, ReadOptions, SourceOption
from tracker.sources.file import SourceFile
from tracker.sources.formats.json import (
    Json,
    WrongMember,
    flag_of,
    number_of,
    object_of,
    text_of,
    whole_text,
)
from tracker.sources.rows import Records
from tracker.text.counting import counted
from tracker.text.printable import printable

DESCRIPTION = "the Artificial Analysis leaderboard: a snapshot, or an answer of its API (JSON)"
WHOLE = True
OPTIONS = (
    SourceOption("components", "aa: the other evaluations as indices as well."),
    SourceOption("prices", "aa: the blended price of each model as an index as well."),
)
INDEX = "Artificial Analysis Intelligence Index"
MAX_RECORDS = 1_000_000
_KEY = "artificial_analysis_intelligence_index"
_PRICE = "price_1m_blended_3_to_1"

# An index, its version, the value as text, and whether it is an estimate.
Score = tuple[str, str, str, bool | None]


def read(file: SourceFile, options: ReadOptions) -> Reading:
    """Rows of a snapshot or of an answer of the API, on the version that it states.

    They are observed on the day on which the file says that it was made, else that in its name.
    With the option `components` each other evaluation is an index of its own, named "AA <key>";
    with `prices` the blended price of a million tokens is one as well. A model without any of
    them is skipped and counted; one with a problem is left out with all of its values.

    Raises:
        TrackerError: the file is not JSON within the limits or of another shape.
    """
    board = parse_board(file)
    found = Records(file, options)
    day, where = _made_on(board.meta)
    observed = found.basis.day(day, where)
    index = options.index_name or INDEX
    version = found.basis.stated_version(board.versions())
    if version is None:
        version = _version_on(found, index, observed)
    of_file = {
        "source": "artificial-analysis",
        "source_url": _source_url(file, board.meta),
        "observed_on": observed,
    }
    undated: list[str] = []
    for at, model in enumerate(board.models, start=1):
        try:
            entry = object_of(model, "models")
            common = _common(entry)
            scores = [*_scores(entry, index, version, options)]
        except WrongMember as wrong:
            found.reject(at, wrong.field, wrong.reason)
            continue
        if common["released_on"] and not _is_date(str(common["released_on"])):
            undated.append(f"{common['model']} ({common['released_on']!r})"[:200])
            common["released_on"] = None
        if not scores:
            found.skip(at, _KEY, f"{str(common['model'] or '')[:200]} has no value")
        found.describe(at, {**of_file, "model": common["model"]}, facts_of(entry))
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
    notes = _notes(file, rows, len(board.models), len(found.skipped))
    if undated:
        notes.append(
            f"The release date of {counted(len(undated), 'model is', 'models are')} no date and "
            f"left out: {', '.join(map(printable, undated[:5]))}."
        )
    if board.missing:
        notes.append(f"{file.name} lacks pages of the answer ({board.missing}): no sweep.")
    return replace(
        found.reading(rows, notes),
        index_name=index,
        index_version=version,
        observed_on=observed,
        components=frozenset(rows["index_name"].unique()) - {index, PRICE_INDEX},
        whole=not board.missing,
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


def _made_on(meta: Json) -> tuple[date | None, str]:
    """The day on which a snapshot says that it was made, and the member that says so."""
    for key in MADE_AT:
        with suppress(KeyError, TypeError, ValueError, OverflowError):
            moment = datetime.fromisoformat(meta[key])
            day = (moment if moment.tzinfo is None else moment.astimezone(UTC)).date()
            return day, f"meta.{key}"
    return None, f"meta.{MADE_AT[0]}"


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


def _scores(entry: Json, index: str, version: str, options: ReadOptions) -> Iterator[Score]:
    """Each evaluation that has a value, and the price if it is asked for."""
    evaluations = part_of(entry, "evaluations")
    value = number_of(evaluations, _KEY, _KEY)
    if value is not None:
        estimated = flag_of(evaluations, f"{_KEY}_is_estimated", f"{_KEY}_is_estimated")
        yield index, version, value, estimated
    if options.flag("components"):
        yield from _components(entry, version)
    if options.flag("prices"):
        price, computed = _blended(part_of(entry, "pricing"))
        if price is not None:
            yield PRICE_INDEX, PRICE_VERSION, price, True if computed else None


def _components(entry: Json, version: str) -> Iterator[Score]:
    for name, held, key in evaluations_of(entry):
        if key in {_KEY, *VERSION} or isinstance(held, bool) or not isinstance(held, int | float):
            continue
        short = name.removeprefix("aa_").removeprefix("artificial_analysis_")
        number = number_of({key: held}, key, "evaluations") or ""
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


def _common(entry: Json) -> dict[str, str | bool | None]:
    creator, where = creator_of(entry)
    # The slug of a creator is a name for it too; what is missing is filled from what is known.
    lab = text_of(creator, "name", f"{where}.name") or text_of(creator, "slug", f"{where}.slug")
    weights = part_of(entry, "open_weights", "licensing")
    released = text_of(entry, "release_date", "release_date")
    return {
        "model": text_of(entry, "name", "name"),
        "lab": lab,
        "country": text_of(creator, "country", f"{where}.country"),
        # A moment is often written for a day.
        "released_on": released and re.sub(r"^(\d{4}-\d\d-\d\d)[T ]\d\d:\d\d.*$", r"\1", released),
        "open_weights": flag_of(weights, "is_open_weights", "open_weights.is_open_weights"),
        "reasoning": flag_of(entry, "reasoning_model", "reasoning_model"),
    }


def _is_date(text: str) -> bool:
    """Whether `text` is a day, a month or a year."""
    with suppress(ValueError):
        date.fromisoformat(f"{text.strip()}-01-01"[:10])
        return re.fullmatch(r"\s*\d{4}(-\d\d){0,2}\s*", text) is not None
    return False
