"""Per-benchmark scores as Epoch AI publishes them: one table per benchmark and a model catalogue.

The catalogue `model_versions.csv` must stand in the same folder: it gives release dates and, for
models on Hugging Face, their developer. Other models are told by the beginning of their names
(`model_families.csv` of the bundled data). Format: github.com/epoch-research/benchmark-stitching.
"""

import re
from contextlib import suppress
from datetime import date
from pathlib import Path

import polars as pl

from forecasts.errors import TrackerError
from tracker.sources.formats.delimited import open_table
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

DESCRIPTION = "a table of one benchmark's scores by Epoch AI (CSV), beside its model_versions.csv"
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
_ERRORS = {"Accuracy mean": "Accuracy SE", "Average progress": "Average Standard error"}


def read(path: Path, options: ReadOptions) -> Reading:
    """The best score of each model on each benchmark of the file, observed on the latest release.

    Percentages are numbers from 0 to 100, fractions stay fractions. A model whose release date or
    developer is unknown is skipped and counted.

    Raises:
        TrackerError: no table of scores, or no catalogue beside it, or one beyond the limits.
    """
    columns, table, problems = _scores(path)
    versions = _versions(path.parent / CATALOGUE)
    column = next((c for c in _SCORES if c in columns), None)
    if column is None:
        raise TrackerError(
            f"{printable(str(path))} has no column of scores that is known.",
            f"Its columns: {printable(', '.join(columns)[:300])}.",
            "missing_column",
        )
    families = options.catalogue.model_families
    records: list[dict[str, str | int | None]] = []
    skipped: list[Problem] = []
    for at, row in table:
        name = (row.get("Model version") or row.get("model") or "").strip()
        value = row[column].strip().rstrip("%")
        version = versions.get(name, {})
        released = version.get("Version release date") or None
        lab = _lab(name, version, families, options)
        if not name or not value or released is None or lab is None:
            missing = "score" if not value else "model, release date or developer"
            skipped.append(Problem(at, column, f"{name[:200] or 'a row'} has no {missing}"))
            continue
        benchmark = row.get("task") or printable(path.stem).removeprefix("external_benchmark_")
        records.append(
            {
                "row": at,
                "model": name.split("/")[-1],
                "lab": lab,
                "released_on": released.replace("/", "-"),
                "index_name": options.index_name or f"Epoch {benchmark.replace('_', ' ')}",
                "index_version": options.index_version or VERSION,
                "value": value,
                "stderr": row.get(_ERRORS.get(column, ""), "").strip().rstrip("%") or None,
                "source": "epoch",
                "source_url": row.get("Source link") or row.get("log viewer") or None,
            }
        )
    observed = options.observed_on or _latest(records, options.today)
    schema = {"row": pl.Int64(), **{name: pl.String() for name in STATED}}
    frame = pl.DataFrame([{**r, "observed_on": str(observed)} for r in records], schema=schema)
    rows, bad = check_rows(frame, options)
    problems = sorted(problems + bad, key=lambda p: p.row)
    limit_problems(path, problems)
    keys = ["index_name", "index_version", "model"]
    best = rows.sort("value", descending=True).unique(keys, keep="first", maintain_order=True)
    notes = [f"{len(skipped)} rows have no score, release date or developer."] if skipped else []
    if best.height < rows.height:
        notes.append(f"{rows.height - best.height} lower scores of the same models left out.")
    return Reading(
        best,
        best.height + len(skipped) + len({p.row for p in problems}),
        problems,
        skipped,
        *batch(best),
        notes,
    )


Row = tuple[int, dict[str, str]]


def _scores(path: Path) -> tuple[list[str], list[Row], list[Problem]]:
    """Columns of a table of scores, its rows by column, and the rows of another length."""
    used = {
        "Model version", "model", "task", "Source link", "log viewer", *_SCORES, *_ERRORS.values()
    }  # fmt: skip
    rows: list[Row] = []
    problems: list[Problem] = []
    with open_table(path, max_bytes=MAX_BYTES, max_rows=MAX_ROWS, separators=",") as table:
        places = {c: table.position(c) for c in table.columns if c in used}
        for at, cells in table.records:
            wrong = table.wrong_length(cells)
            if wrong is None:
                rows.append((at, {c: cells[place] for c, place in places.items()}))
            else:
                problems.append(Problem(at, "row", wrong))
                limit_problems(path, problems)
        columns = table.columns
    if not rows and not problems:
        raise TrackerError(f"{printable(str(path))} holds no rows.", "Check the path.", "bad_file")
    return columns, rows, problems


def _versions(path: Path) -> dict[str, dict[str, str]]:
    """What the catalogue says of each version of a model, by its id."""
    name = printable(str(path))
    if not path.is_file():
        raise TrackerError(
            f"There is no {CATALOGUE} beside the scores (looked in {printable(str(path.parent))}).",
            "Put Epoch's model catalogue into the same folder.",
            "missing_file",
        )
    found: dict[str, dict[str, str]] = {}
    with open_table(path, max_bytes=MAX_BYTES, max_rows=MAX_ROWS, separators=",") as table:
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


def _lab(
    name: str, version: dict[str, str], families: dict[str, str], options: ReadOptions
) -> str | None:
    developer = (version.get("Hugging Face developer id") or "").strip()
    known = options.catalogue.lab(developer) if developer else None
    if known is not None and known.countries:
        return known.name
    bare = name.split("/")[-1].lower()
    fits = [prefix for prefix in families if bare.startswith(prefix)]
    return families[max(fits, key=len)] if fits else None


def _latest(records: list[dict[str, str | int | None]], today: date) -> date:
    days: list[date] = []
    for text in {str(r["released_on"]) for r in records}:
        # What is no date is a problem of its row.
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            with suppress(ValueError):
                days.append(date.fromisoformat(text))
    return min(max(days), today) if days else today
