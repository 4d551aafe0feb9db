"""What every source shares: opening a file, checking its rows, and the result of reading."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from forecasts.errors import TrackerError
from tracker.catalogue import Catalogue
from tracker.store.schema import (
    EARLIEST,
    FORBIDDEN_TEXT,
    MAX_TEXT,
    REQUIRED,
    SCHEMA,
    STATED,
    text_problem,
)

MAX_BYTES = 1_000_000_000
_BOOLEANS = {
    "true": True, "yes": True, "1": True, "false": False, "no": False, "0": False,
}  # fmt: skip


@dataclass(frozen=True)
class ReadOptions:
    """What the caller knows about a file. `mapping` is our column -> the file's column."""

    catalogue: Catalogue
    today: date
    default_index_name: str
    default_index_version: str
    index_name: str | None = None
    index_version: str | None = None
    observed_on: date | None = None
    mapping: Mapping[str, str] = field(default_factory=dict[str, str])
    decimal: str = "."
    components: bool = False
    known_labs: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Problem:
    """A field of a row that cannot be taken as it is, and why."""

    row: int
    field: str
    reason: str


@dataclass(frozen=True)
class Reading:
    """A file as observations: good `rows` in the columns STATED, and what was not good.

    `read` counts all rows: good ones, those with problems, and `skipped` ones without a value.
    """

    rows: pl.DataFrame
    read: int
    problems: list[Problem]
    skipped: list[Problem]
    index_name: str | None
    index_version: str | None
    observed_on: date | None
    notes: list[str]


def read_bytes(path: Path) -> bytes:
    """The content of a file of stated size; each way of failing is one sentence."""
    hint = "Check the path."
    if path.is_dir():
        raise TrackerError(f"{path} is a folder, not a file.", "Name a file in it.", "bad_file")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise TrackerError(f"{path} is larger than 1 GB.", "Split it.", "bad_file")
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise TrackerError(f"There is no file {path}.", hint, "missing_file") from error
    except (OSError, ValueError) as error:
        raise TrackerError(f"{path} cannot be read: {error}.", hint, "bad_file") from error
    if not content.strip():
        raise TrackerError(f"{path} is empty.", hint, "bad_file")
    return content


def decode(path: Path, content: bytes) -> str:
    """UTF-8 text, with or without a byte order mark."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TrackerError(
            f"{path} is not UTF-8 text (byte {error.start}).",
            "Save it as UTF-8 and import it again.",
            "bad_file",
        ) from error
    if "\x00" in text:
        raise TrackerError(f"{path} is not text: it holds zero bytes.", "", "bad_file")
    return text


def check_rows(rows: pl.DataFrame, options: ReadOptions) -> tuple[pl.DataFrame, list[Problem]]:
    """Text rows (`row` and the columns STATED) as typed ones, and the problems of the others.

    A row with any problem is left out. The row's own country goes before the lab's.
    """
    text = rows.with_columns(pl.col(STATED).cast(pl.String).str.strip_chars(" \t"))
    text = text.with_columns(
        pl.when(pl.col(c) == "").then(None).otherwise(pl.col(c)).alias(c) for c in STATED
    )
    text = _with_labs(text, options)
    typed = text.with_columns(_typed(name, options) for name in STATED)
    checks = [check for name in STATED for check in _checks(name, options)]
    both = pl.concat(
        [text.select("row", pl.col(STATED).name.prefix("text:")), typed.select(STATED)],
        how="horizontal",
    )
    problems: list[Problem] = []
    for name, wrong, reason in checks:
        for row, value in both.filter(wrong).select("row", f"text:{name}").iter_rows():
            problems.append(Problem(row, name, _explain(reason, value)))
    problems.sort(key=lambda p: p.row)
    bad = sorted({p.row for p in problems})
    return typed.filter(~pl.col("row").is_in(bad)), problems


def batch(rows: pl.DataFrame) -> tuple[str | None, str | None, date | None]:
    """Index, version and date of observation of the first row."""
    if rows.is_empty():
        return None, None, None
    return rows["index_name"][0], rows["index_version"][0], rows["observed_on"][0]


def _with_labs(rows: pl.DataFrame, options: ReadOptions) -> pl.DataFrame:
    names: dict[str, str] = {}
    countries: dict[str, str | None] = {}
    for name in rows["lab"].drop_nulls().unique():
        lab = options.catalogue.lab(name)
        names[name] = name if lab is None else lab.name
        known = options.known_labs.get(names[name])
        countries[name] = known if lab is None or not lab.countries else lab.countries
    stated = pl.col("country").str.to_uppercase().str.replace_all(r"\s*[;/,]\s*", ",")
    looked_up = pl.col("lab").replace_strict(countries, default=None, return_dtype=pl.String)
    return rows.with_columns(
        country=pl.coalesce(stated, looked_up),
        lab=pl.col("lab").replace(names),
    )


def _typed(name: str, options: ReadOptions) -> pl.Expr:
    kind, column = SCHEMA[name], pl.col(name)
    if kind == pl.Float64():
        if options.decimal == ",":
            column = pl.when(~column.str.contains(".", literal=True)).then(
                column.str.replace(",", ".", literal=True)
            )
        plain = column.str.contains(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")
        return pl.when(plain).then(column).cast(pl.Float64, strict=False).alias(name)
    if kind == pl.Date():
        iso = pl.when(column.str.contains(r"^\d{4}-\d{2}-\d{2}$")).then(column)
        return iso.str.to_date("%Y-%m-%d", strict=False).alias(name)
    if kind == pl.Boolean():
        lowered = column.str.to_lowercase()
        return lowered.replace_strict(_BOOLEANS, default=None, return_dtype=pl.Boolean).alias(name)
    return column


def _checks(name: str, options: ReadOptions) -> list[tuple[str, pl.Expr, str]]:
    kind, text, value = SCHEMA[name], pl.col(f"text:{name}"), pl.col(name)
    found: list[tuple[str, pl.Expr, str]] = []
    if name in REQUIRED:
        missing = "is missing"
        if name == "country":
            missing = "the lab is not in the catalogue, and no country is given"
        found.append((name, text.is_null(), missing))
    if kind == pl.Float64():
        hint = " (decimal comma? say --decimal ,)" if options.decimal == "." else ""
        comma = text.str.contains(",", literal=True)
        wrong = text.is_not_null() & (value.is_null() | ~value.is_finite())
        found.append((name, wrong & comma, "{} is not a number" + hint))
        found.append((name, wrong & ~comma, "{} is not a finite number"))
    elif kind == pl.Date():
        found.append((name, text.is_not_null() & value.is_null(), "{} is not a date YYYY-MM-DD"))
        found.append((name, value > options.today, "{} is in the future"))
        found.append((name, value < EARLIEST, f"{{}} is before {EARLIEST}"))
    elif kind == pl.Boolean():
        found.append((name, text.is_not_null() & value.is_null(), "{} is not true or false"))
    else:
        if name in MAX_TEXT:
            too_long = text.str.len_chars() > MAX_TEXT[name]
            found.append((name, too_long, f"is longer than {MAX_TEXT[name]} characters"))
        found.append((name, text.str.contains(FORBIDDEN_TEXT), "TEXT"))
    if name == "stderr":
        found.append((name, value < 0, "{} is negative"))
    if name == "country":
        codes = sorted(options.catalogue.countries)
        known = text.str.split(",").list.eval(pl.element().is_in(codes)).list.all()
        found.append((name, ~known, "{} is not a country code of ISO 3166-1 (two letters)"))
    return found


def _explain(reason: str, value: str | None) -> str:
    if reason == "TEXT":
        return text_problem(value or "") or "holds a character that cannot be stored"
    shown = repr((value or "")[:40])
    return reason.replace("{}", shown)
