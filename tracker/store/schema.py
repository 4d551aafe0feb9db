"""Columns of an observation, its identity and the rules that every stored row obeys."""

import hashlib
import re
import unicodedata
from datetime import UTC, date, datetime
from typing import TypeVar

import polars as pl

FORMAT_VERSION = 2
Rows = TypeVar("Rows", pl.DataFrame, pl.LazyFrame)

SCHEMA: dict[str, pl.DataType] = {
    "observation_id": pl.String(),
    "model": pl.String(),
    "model_key": pl.String(),
    "lab": pl.String(),
    "country": pl.String(),
    "released_on": pl.Date(),
    "released_precision": pl.String(),
    "index_name": pl.String(),
    "index_version": pl.String(),
    "value": pl.Float64(),
    "stderr": pl.Float64(),
    "observed_on": pl.Date(),
    "recorded_at": pl.Datetime("us", "UTC"),
    "source": pl.String(),
    "source_url": pl.String(),
    "open_weights": pl.Boolean(),
    "reasoning": pl.Boolean(),
    "estimated": pl.Boolean(),
    "retracts": pl.String(),
    "supersedes": pl.String(),
    "note": pl.String(),
}

# What a source or a person states; the rest is derived when a row is stored.
STATED = tuple(
    c
    for c in SCHEMA
    if c not in {"observation_id", "model_key", "recorded_at", "retracts", "supersedes"}
)
REQUIRED = ("model", "index_name", "index_version", "value", "observed_on", "source")
# Columns that not every format has, with the first that does. They enter the hash of a row only
# where they are set, so that a row without them keeps its id.
SINCE = {"released_precision": 2}
# How well a release date is known where it is not known to the day: the date is then the last
# possible one, the end of the month or year or, within it, the day of observation.
PRECISIONS = ("month", "year")
MAX_TEXT = {"model": 200, "lab": 100, "index_name": 200, "index_version": 60, "source": 100,
            "source_url": 2000, "note": 4000}  # fmt: skip
EARLIEST = date(1950, 1, 1)
MAX_NUMBER = 1e12  # of a value or a standard error, either sign
MAX_COUNTRIES = 10  # codes in one country field

# What no stored row may hold: control characters, line and paragraph separators, and the marks that
# reorder text on screen.
UNSTORABLE_TEXT = (
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
# What may not be stated: these, and what is there unseen (soft hyphens, joiners of words, fillers,
# tags), so that two names that look alike are one. Rows of earlier versions may hold it.
FORBIDDEN_TEXT = UNSTORABLE_TEXT[:-1] + (
    r"\xad\u061c\u115f\u1160\u180e\u2060-\u206f\u3164\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_FORBIDDEN = re.compile(FORBIDDEN_TEXT)
_WORDS = re.compile("[a-z0-9]+")
_SLICE = 50_000  # rows of which the hashed text is held at once


def text_problem(text: str) -> str | None:
    """Why `text` cannot be stored, or None."""
    found = _FORBIDDEN.search(text)
    if found is None:
        return None
    kind = unicodedata.name(found.group(), "control character").lower()
    return f"holds the invisible character U+{ord(found.group()):04X} ({kind})"


def model_key(name: str) -> str:
    """Identity of a model: its name without case, punctuation and spacing.

    Letters of every script count; a plus is spelt out, for names that differ by it alone.
    """
    if name.isascii():  # the same, faster: most names are
        words = _WORDS.findall(name.lower().replace("+", " plus "))
    else:
        folded = unicodedata.normalize("NFKC", name).casefold().replace("+", " plus ")
        words = "".join(c if c.isalnum() else " " for c in folded).split()
    return "-".join(words) or hashlib.blake2b(name.encode(), digest_size=8).hexdigest()


def with_model_keys(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `model_key` for each `model`."""
    keys = {name: model_key(name) for name in rows["model"].unique().to_list()}
    return rows.with_columns(
        model_key=pl.col("model").replace_strict(keys, return_dtype=pl.String)
        if keys
        else pl.lit(None, pl.String)
    )


def conform(rows: Rows) -> Rows:
    """Exactly the columns of SCHEMA in order, missing ones null."""
    present = rows.collect_schema()
    return rows.select(
        # A cast where none is needed keeps filters from reaching the files.
        pl.col(name)
        if present.get(name) == kind
        else (pl.col(name) if name in present else pl.lit(None)).cast(kind).alias(name)
        for name, kind in SCHEMA.items()
    )


def columns_of(version: int) -> dict[str, pl.DataType]:
    """The columns of a segment of a format."""
    return {name: kind for name, kind in SCHEMA.items() if SINCE.get(name, 1) <= version}


def identify(rows: pl.DataFrame, recorded_at: datetime | None = None) -> pl.DataFrame:
    """Stated rows as stored ones: model keys, the moment of recording, content hashes.

    A row that comes twice is kept once.
    """
    return once(with_ids(rows, recorded_at))


def once(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of `with_ids`, one that comes twice kept once."""
    if rows["observation_id"].n_unique() == rows.height:
        return rows
    return rows.unique("observation_id", keep="first", maintain_order=True)


def with_ids(rows: pl.DataFrame, recorded_at: datetime | None = None) -> pl.DataFrame:
    """Stated rows as stored ones, in the same order, one that comes twice twice."""
    now = recorded_at or datetime.now(UTC)
    rows = conform(with_model_keys(rows)).with_columns(
        # A negative zero is the same number as zero and must have the same hash.
        pl.when(pl.col(pl.Float64) == 0).then(0.0).otherwise(pl.col(pl.Float64)).name.keep(),
        recorded_at=pl.lit(now).cast(SCHEMA["recorded_at"]),
    )
    return rows.with_columns(observation_id=content_ids(rows))


def content_ids(rows: pl.DataFrame) -> pl.Series:
    """The content hash of each row: of everything but `recorded_at` and the id itself.

    Each column goes in in a form that no library version can change: text as it is, dates as ISO
    text, numbers as the shortest text that gives the same double again, as Python writes it. The
    columns of SINCE follow by name where they are set.
    """
    parts = [_ids(part) for part in rows.iter_slices(_SLICE)] if rows.height else [_NO_IDS]
    return pl.concat(parts)


_NO_IDS = pl.Series("observation_id", [], dtype=pl.String)


def _ids(rows: pl.DataFrame) -> pl.Series:
    hashed = [c for c in SCHEMA if c not in {"observation_id", "recorded_at", *SINCE}]
    numbers = [c for c in hashed if SCHEMA[c] == pl.Float64()]
    canonical = (
        rows.with_columns(_written(rows[c]) for c in numbers)
        .select(
            pl.concat_str([_canonical(name).fill_null("\x00") for name in hashed], separator="\x1f")
            .add(pl.concat_str([_later(name).fill_null("") for name in SINCE]))
            .cast(pl.Binary)
        )
        .to_series()
        .to_list()
    )
    blake2b = hashlib.blake2b
    digests = b"".join([blake2b(text, digest_size=16).digest() for text in canonical]).hex()
    ids = [digests[at : at + 32] for at in range(0, len(digests), 32)]
    return pl.Series("observation_id", ids, dtype=pl.String)


def _written(numbers: pl.Series) -> pl.Series:
    """Numbers as Python writes them."""
    if numbers.null_count() == numbers.len():
        return numbers.cast(pl.String)
    texts = [None if x is None else repr(x) for x in numbers.to_list()]
    return pl.Series(numbers.name, texts, pl.String)


def _later(name: str) -> pl.Expr:
    return pl.lit(f"\x1f{name}=") + _canonical(name)


def _canonical(name: str) -> pl.Expr:
    kind = SCHEMA[name]
    if kind == pl.Date():
        return pl.col(name).cast(pl.String)
    if kind == pl.Boolean():
        return pl.when(name).then(pl.lit("1")).when(~pl.col(name)).then(pl.lit("0"))
    return pl.col(name)
