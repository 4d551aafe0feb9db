"""The Epoch Capabilities Index, in either of the shapes in which Epoch AI publishes it.

`eci_scores.csv` has one row a model with a 90% interval. The export with 'ECI Score' has one row a
version of a model, all with the score of their model, which is stored once, by its first release.
Method: epoch.ai/data/eci-documentation.
"""

from collections.abc import Iterable

from tracker.sources.contract import Reading
from tracker.sources.epoch.facts import (
    SOURCE,
    VERSION,
    countries_of,
    day,
    lab_of,
    open_weights,
    seen_on,
    standard_error,
)
from tracker.sources.epoch.table import EpochTable, Row
from tracker.sources.formats.numbers import is_mark
from tracker.sources.rows import Records

INDEX = "Epoch Capabilities Index"
URL = "https://epoch.ai/eci"

# Our names of the columns, in each shape.
_SCORES = {
    "model": "Model", "score": "eci", "low": "eci_ci_low", "high": "eci_ci_high", "date": "date",
    "lab": "Organization", "country": "Country (of organization)",
    "access": "Model accessibility", "group": "Accessibility group",
}  # fmt: skip
_EXPORT = {
    "model": "Model name", "version": "Model version", "score": "ECI Score",
    "date": "Release date", "lab": "Organization", "country": "Country",
    "access": "Model accessibility",
}  # fmt: skip
COLUMNS = frozenset({*_SCORES.values(), *_EXPORT.values()})


def fits(table: EpochTable) -> bool:
    """Whether a table has the columns of either shape."""
    return _shape(table) is not None


def read(table: EpochTable, found: Records) -> Reading:
    """A row of the ECI for each model, with the standard error of its interval if it has one."""
    shape = _shape(table) or _SCORES
    rows = [(at, {ours: row.get(c, "") for ours, c in shape.items()}) for at, row in table.rows]
    models = _models(row for _, row in rows)
    observed = seen_on(found, (row["date"] for _, row in rows))
    options = found.options
    countries, notes = countries_of((row["country"] for _, row in rows), options.catalogue)
    for at, row in rows:
        name = _name(row)
        if not name or not _scored(row):
            missing = "score" if name else "model"
            found.skip(at, shape["score"], f"{name[:200] or 'a row'} has no {missing}")
            continue
        model = models[name]
        found.add(
            at,
            {
                "model": name,
                "lab": lab_of(model["lab"], (model.get("version", ""), name), options.catalogue),
                "country": countries[model["country"]],
                "released_on": model["date"],
                "index_name": options.index_name or INDEX,
                "index_version": options.index_version or VERSION,
                "value": row["score"],
                "stderr": standard_error(row.get("low", ""), row.get("high", "")),
                "observed_on": observed,
                "source": SOURCE,
                "source_url": URL,
                "open_weights": open_weights(model["access"], model.get("group", "")),
            },
        )
    return found.reading(notes=notes)


def _shape(table: EpochTable) -> dict[str, str] | None:
    for shape, needed in ((_SCORES, ("model", "score")), (_EXPORT, ("version", "score"))):
        if all(shape[ours] in table.columns for ours in needed):
            return shape
    return None


def _name(row: Row) -> str:
    return row["model"] or row.get("version", "").split("/")[-1]


def _scored(row: Row) -> bool:
    return bool(row["score"]) and not is_mark(row["score"])


def _models(rows: Iterable[Row]) -> dict[str, Row]:
    """What is first stated of each model by its versions with a score, and its first release."""
    models: dict[str, Row] = {}
    for row in rows:
        if not _scored(row):
            continue
        stated = {**row, "date": day(row["date"])}
        known = models.setdefault(_name(row), stated)
        known.update({c: text for c, text in stated.items() if not known[c]})
        if stated["date"]:
            known["date"] = min(known["date"], stated["date"])
    return models
