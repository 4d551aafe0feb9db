"""What every source shares: opening a file, checking its rows, and the result of reading."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import BinaryIO

import polars as pl

from forecasts.errors import TrackerError
from tracker.catalogue import Catalogue
from tracker.store.schema import (
    EARLIEST,
    FORBIDDEN_TEXT,
    MAX_COUNTRIES,
    MAX_NUMBER,
    MAX_TEXT,
    REQUIRED,
    SCHEMA,
    STATED,
    text_problem,
)
from tracker.text.printable import printable

MAX_PROBLEMS = 100_000  # of one file: more are not a few slips but another kind of file
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
    prices: bool = False
    known_labs: Mapping[str, str] = field(default_factory=dict[str, str])
    # Pairs of index and version that have observations.
    known_indices: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
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


def open_bytes(path: Path) -> BinaryIO:
    """The file opened for reading; each way of failing is one sentence."""
    name, hint = printable(str(path)), "Check the path."
    try:
        if path.is_dir():
            raise TrackerError(f"{name} is a folder, not a file.", "Name a file in it.", "bad_file")
        return path.open("rb")
    except FileNotFoundError as error:
        raise TrackerError(f"There is no file {name}.", hint, "missing_file") from error
    except PermissionError as error:
        hint = "Check who may read it."
        raise TrackerError(f"{name} may not be read.", hint, "bad_file") from error
    except (OSError, ValueError) as error:  # a loop of links, a zero byte in the name, ...
        raise _unreadable(path, error) from error


def read_bytes(path: Path, limit: int) -> bytes:
    """The content of a file of at most `limit` bytes; never more than that is read.

    Raises TrackerError, in one sentence, for every other file and for an empty one.
    """
    with open_bytes(path) as file:
        try:
            content = file.read(limit + 1)
        except (OSError, ValueError) as error:
            raise _unreadable(path, error) from error
    if len(content) > limit:
        raise too_large(path, limit)
    if not content.strip():
        raise TrackerError(f"{printable(str(path))} is empty.", "Check the path.", "bad_file")
    return content


def too_large(path: Path, limit: int) -> TrackerError:
    """The error of a file of more than `limit` bytes."""
    size = f"{limit / 1e9:g} GB" if limit >= 1_000_000_000 else f"{limit / 1e6:g} MB"
    return TrackerError(
        f"{printable(str(path))} is larger than {size}.",
        "Check that it is the right file, or split it.",
        "too_large",
    )


def _unreadable(path: Path, error: OSError | ValueError) -> TrackerError:
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return TrackerError(
        f"{printable(str(path))} cannot be read: {why}.", "Check the path.", "bad_file"
    )


def decode(path: Path, content: bytes) -> str:
    """UTF-8 text, with or without a byte order mark."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TrackerError(
            f"{printable(str(path))} is not UTF-8 text (byte {error.start}).",
            "Save it as UTF-8 and import it again.",
            "bad_file",
        ) from error
    if "\x00" in text:
        raise TrackerError(
            f"{printable(str(path))} is not text: it holds zero bytes.",
            "Save it as UTF-8 text and import it again.",
            "bad_file",
        )
    return text


def limit_problems(path: Path, problems: list[Problem]) -> None:
    """Raise TrackerError when there are more problems than can be listed."""
    if len(problems) > MAX_PROBLEMS:
        first = problems[0]
        raise TrackerError(
            f"{printable(str(path))} has more than {MAX_PROBLEMS:,} problems, the first in row "
            f"{first.row}, {first.field}: {first.reason}.",
            "Check that it is the right file and that its columns are the right ones (--map).",
            "too_many_problems",
        )


def check_rows(rows: pl.DataFrame, options: ReadOptions) -> tuple[pl.DataFrame, list[Problem]]:
    """Text rows (`row` and the columns STATED) as typed ones, and the problems of the others.

    A row with any problem is left out. The row's own country goes before the lab's. At most
    MAX_PROBLEMS + 1 problems are listed.
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
    wrong = both.select(
        "row", *(check.fill_null(False).alias(str(at)) for at, (_, check, _) in enumerate(checks))
    )
    counts = wrong.drop("row").sum().row(0)
    problems: list[Problem] = []
    for at, (name, _, reason) in enumerate(checks):
        if not counts[at]:
            continue
        # Collected up to the limit only: a file of another kind has a problem in every cell.
        failed = both.filter(wrong[str(at)]).head(MAX_PROBLEMS + 1 - len(problems))
        for row, value in failed.select("row", f"text:{name}").iter_rows():
            problems.append(Problem(row, name, _explain(reason, value)))
    if not problems:
        return typed, []
    problems.sort(key=lambda p: p.row)
    bad = wrong.filter(pl.any_horizontal(pl.exclude("row")))["row"].unique()
    return typed.filter(~pl.col("row").is_in(bad.implode())), problems


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
        large = value.is_finite() & (value.abs() > MAX_NUMBER)
        found.append((name, large, f"{{}} is beyond {MAX_NUMBER:g} in size"))
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
        codes, parts = sorted(options.catalogue.countries), text.str.split(",")
        known = parts.list.eval(pl.element().is_in(codes)).list.all()
        found.append((name, ~known, "{} is not a country code of ISO 3166-1 (two letters)"))
        many = known & (parts.list.len() > MAX_COUNTRIES)
        found.append((name, many, f"{{}} has more than {MAX_COUNTRIES} countries"))
        twice = known & ~many & (parts.list.n_unique() < parts.list.len())
        found.append((name, twice, "{} names a country twice"))
    return found


def _explain(reason: str, value: str | None) -> str:
    if reason == "TEXT":
        return text_problem(value or "") or "holds a character that cannot be stored"
    shown = repr((value or "")[:40])
    return reason.replace("{}", shown)
