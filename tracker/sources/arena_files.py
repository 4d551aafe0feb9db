"""Files of Arena as rows: pages, the public data set and the catalog, each by its own names."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, cast

import polars as pl

from forecasts.errors import TrackerError
from tracker.sources.basis import MADE_AT
from tracker.sources.file import SourceFile
from tracker.sources.formats.delimited import open_table
from tracker.sources.formats.json import Json, WrongMember, object_of, parse_json, whole_text
from tracker.sources.formats.parquet import open_parquet
from tracker.text.printable import printable

MAX_BYTES = 200_000_000
MAX_ROWS = 2_000_000
_EXPECTED = (
    "Expected a page ('categories' with lists of rows), ratings by category and model, or rows of "
    "the data set."
)
# Our columns, and the names under which files have them, without case and punctuation.
NAMES = {
    "model": ("model_display_name", "model_name", "model", "model_key", "name"),
    "lab": ("organization",),
    "licence": ("license", "licence"),
    "rating": ("elo", "rating", "arena_score", "score"),
    "low": ("elo_lower", "rating_lower", "rating_q025", "score_ci_lower", "lower"),
    "high": ("elo_upper", "rating_upper", "rating_q975", "score_ci_upper", "upper"),
    "interval": ("95_ci", "ci", "interval", "rating_interval"),
    "variance": ("variance",),
    "votes": ("votes", "vote_count", "num_battles"),
    "category": ("category",),
    "day": ("leaderboard_publish_date", "publish_date", *MADE_AT),
}
RAW = {"row": pl.Int64(), **dict.fromkeys((*NAMES, "board"), pl.String())}
Row = dict[str, Any]
# Takes a row that cannot be read: its number, a field and why.
Reject = Callable[[int, str, str], None]


def ratings(file: SourceFile, reject: Reject) -> Iterator[pl.DataFrame]:
    """The rows of a file, text columns of RAW, piece by piece.

    Raises TrackerError for what is none of these files, or one beyond the limits.
    """
    start = file.read(MAX_BYTES)[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"PAR1"):
        yield from _of_parquet(file)
    elif start[:1] in (b"{", b"["):
        yield _frame(_of_json(parse_json(file, _EXPECTED), file, reject))
    else:
        yield _frame(_of_csv(file, reject))


def _frame(rows: Iterator[Row]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=RAW, orient="row")


def _places(columns: Sequence[str]) -> dict[str, str]:
    """Which column of a file holds each of ours: the first of its names that is there."""
    folded = {re.sub(r"[^a-z0-9]+", "_", c.lower()).strip("_"): c for c in reversed(columns)}
    found = ((ours, next((folded[n] for n in names if n in folded), None))
             for ours, names in NAMES.items())  # fmt: skip
    return {ours: theirs for ours, theirs in found if theirs is not None}


def _needed(file: SourceFile, columns: Sequence[str]) -> dict[str, str]:
    """As of `_places`; raises TrackerError naming the column that is missing."""
    places = _places(columns)
    for needed in ("model", "rating"):
        if needed not in places:
            raise TrackerError(
                f"{file.name} has no column of a {needed} "
                f"({', '.join(NAMES[needed])}); its columns are: "
                f"{printable(', '.join(columns)[:300])}.",
                "Check that it is a table of ratings.",
                "missing_column",
            )
    return places


def _of_parquet(file: SourceFile) -> Iterator[pl.DataFrame]:
    table = open_parquet(file)
    places = _needed(file, table.columns)
    for start, chunk in table.chunks(list(dict.fromkeys(places.values()))):
        numbers = pl.int_range(start + 1, start + 1 + chunk.height, dtype=pl.Int64).alias("row")
        absent = [pl.lit(None, pl.String).alias(c) for c in RAW if c not in ("row", *places)]
        held = [pl.col(theirs).cast(pl.String).alias(ours) for ours, theirs in places.items()]
        yield chunk.select(numbers, *held, *absent).select(list(RAW))


def _of_csv(file: SourceFile, reject: Reject) -> Iterator[Row]:
    with open_table(file, max_bytes=MAX_BYTES, max_rows=MAX_ROWS, separators=",;\t") as table:
        at = {ours: table.position(c) for ours, c in _needed(file, table.columns).items()}
        for row, cells in table.records:
            wrong = table.wrong_length(cells)
            if wrong is None:
                yield {"row": row, **{c: cells[place] for c, place in at.items()}}
            else:
                reject(row, "row", wrong)


def _of_json(document: Any, file: SourceFile, reject: Reject) -> Iterator[Row]:
    """Rows of a page, of the catalog, or of the data set as JSON."""
    for at, entry in enumerate(_entries(file, document), start=1):
        board, category, day, held = entry
        try:
            yield {"row": at, "board": board, "category": category, "day": day, **_texts(held)}
        except WrongMember as wrong:
            reject(at, wrong.field, wrong.reason)


Entry = tuple[str | None, str | None, str | None, Any]


def _entries(file: SourceFile, document: Any) -> Iterator[Entry]:
    """Board, category and day as the file has them, and each row."""
    if isinstance(document, list):
        yield from ((None, None, None, row) for row in document)
        return
    held: Json = document if isinstance(document, dict) else {}
    if isinstance(held.get("rows"), list):
        inner = (r.get("row", r) if isinstance(r, dict) else r for r in held["rows"])
        yield from ((None, None, None, row) for row in inner)
        return
    categories, meta = held.get("categories"), held.get("meta")
    if isinstance(categories, dict):
        of_page: Json = meta if isinstance(meta, dict) else {}
        yield from _of_page(file, {**held, **of_page}, cast(Json, categories))
        return
    if not held or not all(isinstance(models, dict) for models in held.values()):
        raise TrackerError(f"{file.name} is JSON of another shape.", _EXPECTED, "bad_file")
    for category, models in held.items():
        for model, row in models.items():
            named_row = {**row, "model_name": model} if isinstance(row, dict) else row
            yield None, category, None, named_row


def _of_page(file: SourceFile, meta: Json, categories: Json) -> Iterator[Entry]:
    addresses = meta.get("source_urls")
    of: Json = addresses if isinstance(addresses, dict) else {}
    day = _made_on(meta)
    for category, rows in categories.items():
        if not isinstance(rows, list):
            raise TrackerError(
                f"{file.name}: the category '{printable(category[:100])}' is no list of rows.",
                _EXPECTED, "bad_file",
            )  # fmt: skip
        stated = of.get(category) or meta.get("endpoint")
        board = f"{stated} {category}" if isinstance(stated, str) else None
        yield from ((board, category, day, row) for row in rows)


def _made_on(meta: Json) -> str | None:
    """The day, in UTC, on which a page says that it was read."""
    for key in MADE_AT:
        with suppress(KeyError, TypeError, ValueError, OverflowError):
            moment = datetime.fromisoformat(meta[key])
            return str((moment if moment.tzinfo is None else moment.astimezone(UTC)).date())
    return None


def _texts(held: Any) -> Row:
    """The members of a row that we know, as text; raises WrongMember."""
    row: Row = {}
    entry = object_of(held, "row")
    for ours, theirs in _places(list(entry)).items():
        value = entry[theirs]
        if value is None:
            continue
        if isinstance(value, bool | list | dict):
            raise WrongMember(theirs[:100], "is neither text nor a number")
        row[ours] = whole_text(value, theirs[:100]) if isinstance(value, str) else repr(value)
    return row
