"""Where the leaderboard of Artificial Analysis is published: its API, in pages.

https://artificialanalysis.ai/data-api/docs: an answer has `data`, `intelligence_index_version` and,
where it is one of several, `pagination` with `page`, `total_pages` and `has_more`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from forecasts.errors import TrackerError
from tracker.sources.address import JSON, Address, KeyField, Page
from tracker.sources.file import SourceFile
from tracker.sources.formats.json import parse_json

_EXPECTED = "Expected an answer of the API: an object with a list 'data'."
_VERSION = "intelligence_index_version"
_SNAPSHOT = "models"  # a mirror may hand out a snapshot, which is whole


def page_of(file: SourceFile, number: int) -> Page:
    """What an answer says of its pages; raises TrackerError where it is none, or another page."""
    answer = parse_json(file, _EXPECTED)
    parts = answer if isinstance(answer, dict) else {}
    meta = parts.get("meta")
    parts = {**parts, **meta} if isinstance(meta, dict) else parts
    if not isinstance(parts.get("data"), list) and _SNAPSHOT not in parts:
        raise TrackerError(f"{file.name} is JSON of another shape.", _EXPECTED, "bad_file")
    version = parts.get(_VERSION)
    edition = None if version is None else str(version)
    division = parts.get("pagination")
    if not isinstance(division, Mapping):
        return Page(edition)
    here, last = _whole(division, "page", number), _whole(division, "total_pages", 0)
    if here != number:
        raise TrackerError(
            f"{file.name} sent page {here} where page {number} was asked for.", "", "bad_file"
        )
    more = here < last if last else division.get("has_more") is True
    if more and not parts.get("data"):
        raise TrackerError(f"{file.name} sent page {here} of {last} empty.", "", "bad_file")
    return Page(edition, {"page": str(number + 1)} if more else None)


def join(files: Sequence[SourceFile]) -> SourceFile:
    """All pages of one answer as the list of them."""
    if len(files) == 1:
        return files[0]
    pages = b",".join(file.content or b"" for file in files)
    return replace(files[0], content=b"[" + pages + b"]")


def _whole(division: Mapping[str, Any], name: str, default: int) -> int:
    value = division.get(name, default)
    return value if isinstance(value, int) and not isinstance(value, bool) else default


_API = "https://artificialanalysis.ai/api/v2"
ADDRESSES = {
    name: Address(
        url=f"{_API}/{path}",
        file_name="models.json",
        content_types=JSON,
        key=KeyField("AA_API_KEY", "x-api-key"),
        page=page_of,
        join=join,
        instead=instead,
    )
    for name, path, instead in (
        # `free` states the version of the index; `llms` does not, and has more evaluations.
        ("free", "language/models/free", ("llms",)),
        ("llms", "data/llms/models", ()),
        ("pro", "language/models", ()),
    )
}
