"""The shapes in which Artificial Analysis publishes its models, brought to entries of one shape.

- a snapshot of the leaderboard page: `meta` and `models`
- the answer of `/api/v2/data/llms/models`: `status`, `prompt_options` and `data`
- the answer of `/api/v2/language/models`: `tier`, `intelligence_index_version`, `pagination` and
  `data`, one page or a list of them (bare, or as `pages`)
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from forecasts.errors import TrackerError
from tracker.sources.file import SourceFile
from tracker.sources.formats.json import Json, object_of, parse_json

MAX_MODELS = 100_000
EXPECTED = (
    "Expected a leaderboard snapshot (an object with 'meta' and a list 'models') or an answer of "
    "the API (an object with a list 'data')."
)
# Where a file, or a model in it, may state the version of the index.
VERSION = ("intelligence_index_version", "artificial_analysis_intelligence_index_version")
# Evaluations under the names that snapshots have for them: one series, whichever shape states it.
_SAME_EVALUATION = {
    "gpqa_diamond": "gpqa",
    "tau2": "tau2_bench",
    "tau2_telecom": "tau2_bench",
    "terminalbench_hard": "terminal_bench_hard",
    "aa_omniscience_index": "aa_omniscience",
    "aa_omniscience_non_hallucination_rate": "aa_omniscience_non_hallucination",
}


@dataclass(frozen=True)
class Board:
    """A file of entries.

    Attributes:
        meta: what the file says of all of them.
        models: the entries, as they stand in it.
        missing: what pages it lacks, in words; empty where it is whole.
    """

    meta: Json
    models: list[Any]
    missing: str = ""

    def versions(self) -> set[str]:
        """Every version of the index that the file states, as text."""
        holders: list[Mapping[str, Any]] = [self.meta, *self.meta.get("pages", [])]
        for model in self.models:
            if isinstance(model, dict):
                inner = model.get("evaluations")
                holders += [model, inner] if isinstance(inner, dict) else [model]
        found = {_version(holder.get(key)) for holder in holders for key in VERSION}
        return found - {""}


def parse_board(file: SourceFile) -> Board:
    """The entries of a file of any of the shapes.

    Raises TrackerError: the file is not JSON within the limits, or of another shape.
    """
    value = parse_json(file, EXPECTED)
    if isinstance(value, list):
        value = {"pages": value} if any(_is_page(v) for v in value) else {"data": value}
    whole = cast(Json, value) if isinstance(value, dict) else {}
    pages = whole.get("pages")
    if isinstance(pages, list) and pages and all(_is_page(page) for page in pages):
        models = [model for page in pages for model in page["data"]]
        board = Board(whole, models, _missing(pages))
    else:
        board = _one_answer(file, whole)
    if len(board.models) > MAX_MODELS:
        raise TrackerError(
            f"{file.name} has more than {MAX_MODELS:,} models.", EXPECTED, "too_large"
        )
    return board


def _one_answer(file: SourceFile, whole: Json) -> Board:
    meta, models = whole.get("meta"), whole.get("models")
    if models is None:
        models = whole.get("data")
        meta = {} if meta is None else meta
        if isinstance(models, list) and not all(_is_entry(model) for model in models):
            models = None
    if not isinstance(meta, dict) or not isinstance(models, list):
        raise TrackerError(f"{file.name} is JSON of another shape.", EXPECTED, "bad_file")
    # What stands beside 'meta' is of the whole file as well.
    both = {**{k: v for k, v in whole.items() if k != "pages"}, **cast(Json, meta)}
    return Board(both, models, _missing([both]))


def _is_page(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("data"), list)


def _is_entry(value: Any) -> bool:
    return isinstance(value, dict) and "evaluations" in value


def _missing(pages: list[Json]) -> str:
    """Which pages of an answer in pages are not there, in words."""
    told = [p for p in (page.get("pagination") for page in pages) if isinstance(p, dict)]
    had = {p.get("page") for p in told}
    totals = [p["total_pages"] for p in told if isinstance(p.get("total_pages"), int)]
    if totals and 0 <= max(totals) <= MAX_MODELS:
        lacking = [str(page) for page in range(1, max(totals) + 1) if page not in had]
        of = f" of {max(totals)}"
    else:
        open_ = told and all(p.get("has_more") is True for p in told)
        lacking, of = (["what follows"] if open_ else []), ""
    return f"{', '.join(lacking[:5])}{of}" if lacking else ""


def _version(stated: Any) -> str:
    """A version as its name; 4.0 as a number is often written 4."""
    if isinstance(stated, bool) or not isinstance(stated, str | int | float):
        return ""
    # The versions before 4.0 were never stated by a file.
    return f"{stated}.0" if isinstance(stated, int) and stated >= 4 else str(stated).strip()


def part_of(entry: Json, *keys: str) -> Json:
    """The first of some objects of an entry that is there, an empty one if none is.

    Raises WrongMember for a member that is something else.
    """
    for key in keys:
        if entry.get(key) is not None:
            return object_of(entry[key], key)
    return {}


def evaluations_of(entry: Json) -> Iterator[tuple[str, Any, str]]:
    """The evaluations of an entry: each by its common name, its value, and the name it has there.

    Raises WrongMember where `evaluations` is no object.
    """
    for key, held in part_of(entry, "evaluations").items():
        yield _SAME_EVALUATION.get(key, key), held, key


def creator_of(entry: Json) -> tuple[Json, str]:
    """Who made a model, and the member that says so; raises WrongMember."""
    key = "model_creator" if "creator" not in entry and "model_creator" in entry else "creator"
    creator = entry.get(key)
    if creator is None:
        return {}, key
    return object_of(creator, key), key
