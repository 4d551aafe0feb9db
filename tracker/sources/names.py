"""Which column of a table is which of ours: by name, by `mapping`, and what else it could be."""

from collections.abc import Callable, Mapping, Sequence

from forecasts.errors import UsageError
from tracker.sources.contract import ReadOptions
from tracker.sources.file import SourceFile
from tracker.store.schema import STATED
from tracker.text.printable import printable

# Names that people give to our columns, folded. They are suggested, never taken.
_ALIASES = {
    "model": ("modelname", "name", "llm", "system", "modelid", "slug", "modelversion", "aimodel"),
    "lab": ("organization", "organisation", "org", "developer", "creator", "company", "vendor",
            "provider", "labname", "maker", "publisher", "institution", "modelcreator"),
    "country": ("countryoforganization", "countryoforganisation", "nation", "location", "region",
                "labcountry", "countrycode", "countries", "origin"),
    "released_on": ("releasedate", "released", "release", "date", "published", "publicationdate",
                    "launched", "launchdate", "releaseday", "versionreleasedate", "dateofrelease"),
    "value": ("score", "result", "rating", "points", "accuracy", "index", "indexvalue", "elo",
              "performance", "meanscore", "eciscore", "eci", "edi", "average", "overall", "mean",
              "bestscore"),
    "stderr": ("se", "standarderror", "stderror", "error", "sem", "scorestderr", "uncertainty"),
    "observed_on": ("observed", "asof", "seen", "retrieved", "accessed", "snapshot", "measuredon",
                    "evaluatedon", "evaluationdate", "lastupdated", "dateobserved"),
    "index_name": ("indexname", "benchmark", "benchmarkname", "task", "dataset", "leaderboard"),
    "index_version": ("version", "indexversion", "benchmarkversion"),
    "source_url": ("url", "link", "sourcelink", "reference", "sourceurl"),
    "source": ("origin", "sourcename", "via"),
    "open_weights": ("open", "openweights", "weights", "licence", "license", "openness",
                     "accessibility", "modelaccessibility", "opensource", "access", "isopen",
                     "availability"),
    "reasoning": ("reasoningmodel", "thinking", "isreasoning"),
    "estimated": ("isestimated", "estimate"),
    "note": ("notes", "comment", "comments", "remark", "remarks"),
}  # fmt: skip
# What the names of the two ends of an interval hold.
_ENDS = (("lower", "upper"), ("low", "high"), ("lo", "hi"), ("min", "max"), ("05", "95"),
         ("025", "975"))  # fmt: skip


def our_names(file: SourceFile, columns: Sequence[str], options: ReadOptions) -> dict[str, str]:
    """The file's name of each of our columns that it has: that of `options.mapping`, the same
    one, or the only one that differs by case, spaces and punctuation alone.

    Raises UsageError where the mapping names an unknown column.
    """
    for ours, theirs in options.mapping.items():
        if ours not in STATED:
            raise UsageError(
                f"`mapping`: '{ours}' is not a column of an observation.",
                f"Columns: {', '.join(STATED)}.",
                "bad_mapping",
            )
        if theirs not in columns:
            raise UsageError(
                f"`mapping`: {file.name} has no column '{theirs}'.",
                f"Its columns: {printable(', '.join(columns[:30])[:500])}.",
                "bad_mapping",
            )
    return _named(columns, options.mapping)


def is_head(options: ReadOptions) -> Callable[[Sequence[str]], bool]:
    """Whether a row of a table names the columns that it needs."""

    def names_them(cells: Sequence[str]) -> bool:
        return {"model", "value"} <= _named(cells, options.mapping).keys()

    return names_them


def suggestions(columns: Sequence[str]) -> dict[str, str]:
    """For our columns, the first of the file's columns that people call so."""
    folded = {fold(column): column for column in reversed(columns)}
    found: dict[str, str] = {}
    for ours, names in _ALIASES.items():
        near = next((folded[name] for name in (fold(ours), *names) if name in folded), None)
        if near is not None and near not in found.values():
            found[ours] = near
    return found


def interval_columns(columns: Sequence[str]) -> tuple[str, str] | None:
    """The first two columns whose names differ as the ends of an interval do, None without any."""
    folded = {fold(column): column for column in reversed(columns)}
    for column in columns:
        for low, high in _ENDS:
            other = folded.get(fold(column).replace(low, high, 1))
            if low in fold(column) and other is not None and other != column:
                return column, other
    return None


def fold(name: str) -> str:
    """A column's name without case, spaces and punctuation."""
    return "".join(c for c in name.casefold() if c.isalnum())


def _named(columns: Sequence[str], mapping: Mapping[str, str]) -> dict[str, str]:
    taken = {*mapping.values(), *STATED}
    alike: dict[str, list[str]] = {}
    for column in columns:
        if column not in taken:
            alike.setdefault(fold(column), []).append(column)
    found: dict[str, str] = {}
    for ours in STATED:
        same = mapping.get(ours, ours)
        near = alike.get(fold(ours), [])
        if same in columns:
            found[ours] = same
        elif ours not in mapping and len(near) == 1:
            found[ours] = near[0]
    return found
