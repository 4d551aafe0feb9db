"""Per-benchmark scores as Epoch AI publishes them: one table per benchmark and a model catalogue.

The catalogue `model_versions.csv` must stand in the same folder: it gives release dates and, for
models on Hugging Face, their developer. Other models are told by the beginning of their names
(`model_families.csv` of the bundled data). Format: github.com/epoch-research/benchmark-stitching.
"""

import csv
import io
import re
from datetime import date
from pathlib import Path

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

DESCRIPTION = "a table of one benchmark's scores by Epoch AI (CSV), beside its model_versions.csv"
CATALOGUE = "model_versions.csv"
VERSION = "epoch"

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
        TrackerError: no table of scores, or no catalogue beside it.
    """
    table = _table(path)
    versions = {row["id"].strip(): row for row in _table(path.parent / CATALOGUE, catalogue=True)}
    column = next((c for c in _SCORES if c in table[0]), None)
    if column is None:
        raise TrackerError(
            f"{path} has no column of scores that is known.",
            f"Its columns: {', '.join(table[0])[:300]}.",
            "missing_column",
        )
    families = options.catalogue.model_families
    records: list[dict[str, str | int | None]] = []
    skipped: list[Problem] = []
    for at, row in enumerate(table, start=2):
        name = (row.get("Model version") or row.get("model") or "").strip()
        value = (row[column] or "").strip().rstrip("%")
        released = versions.get(name, {}).get("Version release date") or None
        lab = _lab(name, versions.get(name, {}), families, options)
        if not name or not value or released is None or lab is None:
            missing = "score" if not value else "model, release date or developer"
            skipped.append(Problem(at, column, f"{name or 'a row'} has no {missing}"))
            continue
        benchmark = row.get("task") or path.stem.removeprefix("external_benchmark_")
        records.append(
            {
                "row": at,
                "model": name.split("/")[-1],
                "lab": lab,
                "released_on": released.replace("/", "-"),
                "index_name": options.index_name or f"Epoch {benchmark.replace('_', ' ')}",
                "index_version": options.index_version or VERSION,
                "value": value,
                "stderr": (row.get(_ERRORS.get(column, "")) or "").strip().rstrip("%") or None,
                "source": "epoch",
                "source_url": row.get("Source link") or row.get("log viewer") or None,
            }
        )
    observed = options.observed_on or _latest(records, options.today)
    schema = {"row": pl.Int64(), **{name: pl.String() for name in STATED}}
    frame = pl.DataFrame([{**r, "observed_on": str(observed)} for r in records], schema=schema)
    rows, problems = check_rows(frame, options)
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


def _table(path: Path, catalogue: bool = False) -> list[dict[str, str]]:
    if catalogue and not path.is_file():
        raise TrackerError(
            f"There is no {CATALOGUE} beside the scores (looked in {path.parent}).",
            "Put Epoch's model catalogue into the same folder.",
            "missing_file",
        )
    text = decode(path, read_bytes(path))
    try:
        rows = list(csv.DictReader(io.StringIO(text), restval="", strict=True))
    except csv.Error as error:
        raise TrackerError(
            f"{path} is not a well-formed table: {error}.", "", "bad_file"
        ) from error
    if not rows:
        raise TrackerError(f"{path} holds no rows.", "Check the path.", "bad_file")
    return rows


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
    days = [str(r["released_on"]) for r in records]
    found = [d for d in days if re.fullmatch(r"\d{4}-\d{2}-\d{2}", d)]
    return min(date.fromisoformat(max(found)), today) if found else today
