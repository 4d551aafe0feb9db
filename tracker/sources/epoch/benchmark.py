"""The table of one benchmark as Epoch AI publishes it, today or in the older shape.

Today each row states the release, organisation and country of its model (`benchmark_data.zip` of
epoch.ai/benchmarks). The older tables (github.com/epoch-research/benchmark-stitching) have these in
the catalogue `model_versions.csv`, which must stand in the same folder.
"""

from contextlib import suppress
from decimal import Decimal, InvalidOperation

from forecasts.errors import TrackerError
from tracker.index_specs import catalogued
from tracker.sources.contract import Reading
from tracker.sources.epoch.facts import (
    SOURCE,
    VERSION,
    countries_of,
    day,
    index_of,
    lab_of,
    one_index,
    seen_on,
)
from tracker.sources.epoch.table import EpochTable, Row, read_table
from tracker.sources.file import SourceFile
from tracker.sources.formats.numbers import is_mark
from tracker.sources.rows import Records
from tracker.text.counting import counted
from tracker.text.printable import printable

CATALOGUE = "model_versions.csv"
URL = "https://epoch.ai/benchmarks"
# The first of these columns that a table has holds its score.
_SCORES = (
    "Best score (across scorers)", "mean_score", "Percent correct", "Challenge score",
    "Average progress", "Overall pass (%)", "Unguided % Solved", "Lab Success %",
    "120k token score", "ACW Country %", "Score OPT@1", "Overall accuracy", "Global average", "ELO",
    "Arena Score", "Time horizon", "Weighted Score", "Score (AVG@5)", "Accuracy mean", "% Resolved",
    "Overall (no subtitles)", "Correct", "Pass@1 score", "Pass@1", "Binary accuracy",
    "Win Rate (%)", "Main score", "Mean capability", "GDP.pdf score", "Average (%)", "Mean score",
    "Average score", "EM", "Accuracy", "Average", "Score", "Overall",
)  # fmt: skip
_ERRORS = {
    "Best score (across scorers)": "stderr", "mean_score": "stderr",
    "Accuracy mean": "Accuracy SE", "Average progress": "Average Standard error",
}  # fmt: skip
# Where a table says when it was added to or run.
_DAYS = ("Started at", "Run date", "Created", "Date added", "Release date")
_LINKS = ("Source link", "Log viewer", "log viewer")
COLUMNS = frozenset(
    {"Model version", "model", "task", "Organization", "Country",
     *_SCORES, *_ERRORS.values(), *_DAYS, *_LINKS}
)  # fmt: skip
_OF_CATALOGUE = frozenset({"id", "Version release date", "Hugging Face developer id"})
# Tables of errors, which are the better the lower they are.
_OF_ERRORS = frozenset({"btf3"})


def fits(table: EpochTable) -> bool:
    """Whether a table has a column of scores, and one of versions of models."""
    return _score_column(table) is not None and (
        "Model version" in table.columns or "model" in table.columns
    )


def read(table: EpochTable, found: Records) -> Reading:
    """The best score of each model on each benchmark of a table.

    Values are in the unit of the index: a share from 0 to 1 becomes a percentage where the
    catalogue has the index in percent. Lower scores of the same model are skipped and counted.

    Raises:
        TrackerError: an older table without the catalogue of models beside it, or a table of errors
            and not of scores.
    """
    column = _score_column(table) or ""
    stem = printable(table.file.inner.name).split(".")[0].removesuffix("_external")
    if stem in _OF_ERRORS:
        raise TrackerError(
            f"{table.file.name} holds errors, which are the better the lower they are.",
            "No index is of that kind.",
            "no_scores",
        )
    present = "Release date" in table.columns
    versions = {} if present else _versions(table.file.beside(CATALOGUE))
    rows = [(at, _described(row, versions)) for at, row in table.rows]
    names = {task: _index(found, stem, task) for task in {row.get("task", "") for _, row in rows}}
    one_index(found, names.values())
    observed = seen_on(found, (row.get(c, "") for _, row in rows for c in _DAYS))
    factor = 1
    if present and len(names) == 1:
        factor = _factor(found, next(iter(names.values())), [row[column] for _, row in rows])
    stated = (row.get("Country", "") for _, row in rows)
    countries, notes = countries_of(stated, found.options.catalogue)
    for at, row in rows:
        name = row["name"].split("/")[-1]
        if not name or not row[column] or is_mark(row[column]):
            missing = "score" if name else "model"
            found.skip(at, column, f"{name[:200] or 'a row'} has no {missing}")
            continue
        facts = _facts(found, row, column, factor)
        facts["country"] = countries[row.get("Country", "")]
        index = names[row.get("task", "")]
        found.add(at, {**facts, "model": name, "index_name": index, "observed_on": observed})
    if factor != 1:
        notes.append("Its scores from 0 to 1 are shares: stored in percent, as the index is.")
    return _best(found, column, notes)


def _score_column(table: EpochTable) -> str | None:
    return next((c for c in _SCORES if c in table.columns), None)


def _index(found: Records, stem: str, task: str) -> str:
    if found.options.index_name is not None:
        return found.options.index_name
    if task or not stem.startswith("external_benchmark_"):
        return index_of(task or stem.replace("_", " "), found.options.catalogue)
    return f"Epoch {stem.removeprefix('external_benchmark_').replace('_', ' ')}"


def _described(row: Row, versions: dict[str, Row]) -> Row:
    """A row with its model under `name`, and what the catalogue of models says of it."""
    name = row.get("Model version") or row.get("model", "")
    version = versions.get(name)
    if version is None:
        return {**row, "name": name}
    return {
        **row,
        "name": name,
        "Release date": version.get("Version release date", ""),
        "developer": version.get("Hugging Face developer id", ""),
    }


def _facts(found: Records, row: Row, column: str, factor: int) -> dict[str, str | None]:
    options = found.options
    error = row.get(_ERRORS.get(column, ""), "")
    link = next((row[c] for c in _LINKS if row.get(c)), "")
    lab = None
    if "Organization" in row:
        lab = lab_of(row["Organization"], (row["name"],), options.catalogue)
    else:
        developer = options.catalogue.lab(row.get("developer", ""))
        if developer is not None and developer.countries:
            lab = developer.name
        lab = lab or lab_of("", (row["name"],), options.catalogue)
    return {
        "lab": lab,
        "released_on": day(row.get("Release date", "")),
        "index_version": options.index_version or VERSION,
        "value": _times(row[column], factor),
        "stderr": None if not error or is_mark(error) else _times(error, factor),
        "source": SOURCE,
        "source_url": link if link.startswith("http") else URL,
    }


def _factor(found: Records, index: str, scores: list[str]) -> int:
    """100 for shares of an index in percent, else 1."""
    numbers: list[Decimal] = []
    for text in scores:
        with suppress(InvalidOperation):
            numbers.append(Decimal(text))
    unit = catalogued(found.options.catalogue, index, VERSION).unit
    shares = bool(numbers) and all(0 <= number <= 1 for number in numbers)
    return 100 if unit == "percent" and shares else 1


def _times(text: str, factor: int) -> str:
    with suppress(InvalidOperation):
        return text if factor == 1 else str(Decimal(text) * factor)
    return text


def _best(found: Records, column: str, notes: list[str]) -> Reading:
    """The best score of each model; what has none or a lower one is skipped."""
    empty = len(found.skipped)
    if empty:
        notes.append(f"{counted(empty, 'row has', 'rows have')} no score or no model.")
    rows = found.checked()
    keys = ["index_name", "index_version", "model"]
    best = rows.sort("value", "row", descending=[True, False]).unique(
        keys, keep="first", maintain_order=True
    )
    lower = rows.join(best, on="row", how="anti")
    for at, model in lower.select("row", "model").sort("row").iter_rows():
        found.skip(at, column, f"{model} has another score that is not lower")
    if lower.height:
        scores = counted(lower.height, "lower score", "lower scores")
        notes.append(f"{scores} of the same models left out.")
    return found.reading(best.sort("row"), notes)


def _versions(file: SourceFile) -> dict[str, Row]:
    """What the older catalogue says of each version of a model, by its id."""
    hint = "Put Epoch's model catalogue into the same folder."
    if not file.path.is_file():
        where = printable(str(file.path.parent))
        raise TrackerError(
            f"There is no {CATALOGUE} beside the scores (looked in {where}).", hint, "missing_file"
        )
    table = read_table(file, _OF_CATALOGUE)
    if "id" not in table.columns:
        raise TrackerError(f"{file.name} has no column 'id'.", hint, "missing_column")
    return {row["id"]: row for _, row in table.rows}
