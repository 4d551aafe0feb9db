"""Per-benchmark scores as Epoch AI publishes them: one table per benchmark and a model catalogue.

The catalogue `model_versions.csv` must stand in the same folder: it gives release dates and, for
models on Hugging Face, their developer. Other models are told by the beginning of their names
(`model_families.csv` of the bundled data), then by what the workspace knows of them.
Format: github.com/epoch-research/benchmark-stitching.
"""

import re
from contextlib import suppress
from datetime import date

import polars as pl

from forecasts.errors import TrackerError
from tracker.catalogue import Catalogue
from tracker.sources.basis import day_in_name
from tracker.sources.columns import DECIMAL
from tracker.sources.contract import Reading, ReadOptions
from tracker.sources.file import SourceFile
from tracker.sources.formats.delimited import open_table
from tracker.sources.formats.numbers import is_mark
from tracker.sources.labs import lab_of_family
from tracker.sources.rows import Records
from tracker.text.printable import printable

DESCRIPTION = "a table of one benchmark's scores by Epoch AI (CSV), beside its model_versions.csv"
WHOLE = True
OPTIONS = (DECIMAL,)
CATALOGUE = "model_versions.csv"
VERSION = "epoch"
MAX_BYTES = 50_000_000
MAX_ROWS = 200_000

# The first of these columns that a table has holds its score.
_SCORES = (
    "Best score (across scorers)", "Percent correct", "Challenge score", "Average progress",
    "Overall pass (%)", "Unguided % Solved", "Lab Success %", "120k token score", "ACW Country %",
    "Score OPT@1", "Overall accuracy", "Global average", "ELO", "Time horizon", "Weighted Score",
    "Score (AVG@5)", "Accuracy mean", "% Resolved", "Overall (no subtitles)", "Correct",
    "Mean score", "Average score", "EM", "Accuracy", "Average", "Score",
)  # fmt: skip
_NEEDED = ("model", "value")
_LOOKED = ("released_on",)
_UNKNOWN = "model or release date"
_ERRORS = {"Accuracy mean": "Accuracy SE", "Average progress": "Average Standard error"}


def read(file: SourceFile, options: ReadOptions) -> Reading:
    """The best score of each model on each benchmark of the file, observed on the latest release.

    Percentages are numbers from 0 to 100, fractions stay fractions. A model whose release date
    neither Epoch nor the workspace knows is skipped and counted.

    Raises:
        TrackerError: no table of scores, or no catalogue beside it, or one beyond the limits.
    """
    found = Records(file, options)
    columns, table = _scores(file, found)
    versions = _versions(file.beside(CATALOGUE))
    column = next((c for c in _SCORES if c in columns), None)
    if column is None:
        raise TrackerError(
            f"{file.name} has no column of scores that is known.",
            f"Its columns: {printable(', '.join(columns)[:300])}.",
            "missing_column",
        )
    of_rows = [(at, _facts(file, row, column, versions, options)) for at, row in table]
    _add(found, column, of_rows)
    filled = _filled(found, column, of_rows)
    keys = ["index_name", "index_version", "model"]
    best = filled.sort("value", descending=True).unique(keys, keep="first", maintain_order=True)
    skipped = len(found.skipped)
    notes = [f"{skipped} rows have no score or release date."] if skipped else []
    if best.height < filled.height:
        notes.append(f"{filled.height - best.height} lower scores of the same models left out.")
    return found.reading(best, notes)


Facts = dict[str, str | None]


def _add(found: Records, column: str, of_rows: list[tuple[int, Facts]]) -> None:
    """The rows with a model and a score, observed on the last day of release that is stated."""
    days = {str(f["released_on"]) for _, f in of_rows if _stated(f, (*_NEEDED, *_LOOKED))}
    observed = _observed(found, days)
    for at, facts in of_rows:
        if _stated(facts, _NEEDED):
            name = str(facts["model"]).split("/")[-1]
            found.add(at, {**facts, "model": name, "observed_on": observed})
        else:
            _skip(found, at, column, facts, _UNKNOWN if facts["value"] else "score")


def _filled(found: Records, column: str, of_rows: list[tuple[int, Facts]]) -> pl.DataFrame:
    """The good rows. What Epoch leaves open and no known model brings is skipped, whatever else
    is wrong with it."""
    rows = found.checked().filter(pl.col("released_on").is_not_null())
    good = set(rows["row"])
    left = {
        at: facts
        for at, facts in of_rows
        if at not in good and _stated(facts, _NEEDED) and not _stated(facts, _LOOKED)
    }
    found.problems = [p for p in found.problems if p.row not in left]
    for at, facts in left.items():
        _skip(found, at, column, facts, _UNKNOWN)
    return rows


def _stated(facts: Facts, names: tuple[str, ...]) -> bool:
    return all(facts[name] for name in names)


def _skip(found: Records, at: int, column: str, facts: Facts, missing: str) -> None:
    found.skip(at, column, f"{(facts['model'] or '')[:200] or 'a row'} has no {missing}")


def _facts(
    file: SourceFile,
    row: dict[str, str],
    column: str,
    versions: dict[str, dict[str, str]],
    options: ReadOptions,
) -> Facts:
    """What a row states, its `model` by the full name; blank or None what it does not."""
    name = (row.get("Model version") or row.get("model") or "").strip()
    version = versions.get(name, {})
    benchmark = row.get("task") or printable(file.inner.stem).removeprefix("external_benchmark_")
    return {
        "model": name,
        "lab": _lab(name, version, options.catalogue),
        "released_on": (version.get("Version release date") or "").replace("/", "-"),
        "index_name": options.index_name or f"Epoch {benchmark.replace('_', ' ')}",
        "index_version": options.index_version or VERSION,
        "value": "" if is_mark(row[column]) else row[column].strip(),
        "stderr": row.get(_ERRORS.get(column, ""), "").strip() or None,
        "source": "epoch",
        "source_url": row.get("Source link") or row.get("log viewer") or None,
    }


Row = tuple[int, dict[str, str]]


def _scores(file: SourceFile, found: Records) -> tuple[list[str], list[Row]]:
    """Columns of a table of scores and its rows by column; those of another length are told."""
    used = {
        "Model version", "model", "task", "Source link", "log viewer", *_SCORES, *_ERRORS.values()
    }  # fmt: skip
    rows: list[Row] = []
    with open_table(file, max_bytes=MAX_BYTES, max_rows=MAX_ROWS, separators=",") as table:
        places = {c: table.position(c) for c in table.columns if c in used}
        for at, cells in table.records:
            wrong = table.wrong_length(cells)
            if wrong is None:
                rows.append((at, {c: cells[place] for c, place in places.items()}))
            else:
                found.reject(at, "row", wrong)
        columns = table.columns
    if not rows and not found.problems:
        raise TrackerError(f"{file.name} holds no rows.", "Check the path.", "bad_file")
    return columns, rows


def _versions(file: SourceFile) -> dict[str, dict[str, str]]:
    """What the catalogue says of each version of a model, by its id."""
    name = file.name
    if not file.path.is_file():
        where = printable(str(file.path.parent))
        raise TrackerError(
            f"There is no {CATALOGUE} beside the scores (looked in {where}).",
            "Put Epoch's model catalogue into the same folder.",
            "missing_file",
        )
    found: dict[str, dict[str, str]] = {}
    with open_table(file, max_bytes=MAX_BYTES, max_rows=MAX_ROWS, separators=",") as table:
        used = ("id", "Version release date", "Hugging Face developer id")
        places = {c: table.position(c) for c in used if c in table.columns}
        if "id" not in places:
            raise TrackerError(
                f"{name} has no column 'id'.",
                "Put Epoch's model catalogue into the same folder.",
                "missing_column",
            )
        for at, cells in table.records:
            wrong = table.wrong_length(cells)
            if wrong is not None:
                raise TrackerError(
                    f"{name}, row {at}: {wrong}.", "Fetch the catalogue again.", "bad_file"
                )
            row = {c: cells[place] for c, place in places.items()}
            found[row["id"].strip()] = row
    return found


def _lab(name: str, version: dict[str, str], catalogue: Catalogue) -> str | None:
    developer = (version.get("Hugging Face developer id") or "").strip()
    known = catalogue.lab(developer) if developer else None
    if known is not None and known.countries:
        return known.name
    return lab_of_family(name, catalogue)


def _observed(found: Records, released: set[str]) -> date | None:
    """The day of the rows, None where no row has a release date and none can be taken."""
    latest = _latest(released, found.options.today)
    if latest is None:
        return None
    named = day_in_name(found.file)
    return found.basis.day(named or latest, "the name of the file" if named else
                           "the latest release in the file")  # fmt: skip


def _latest(released: set[str], today: date) -> date | None:
    days: list[date] = []
    for text in released:
        # What is no date is a problem of its row.
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            with suppress(ValueError):
                days.append(date.fromisoformat(text))
    return min(max(days), today) if days else None
