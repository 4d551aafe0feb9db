"""Fetch what a source publishes, record it with the bytes it came in, and say what changed."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from forecasts.errors import TrackerError, UsageError
from tracker import sources
from tracker.recording.importing import (
    ImportPlan,
    ImportRequest,
    ImportResult,
    carry_out,
    plan_import,
)
from tracker.recording.on_change import run_on_change
from tracker.recording.pull_effects import effects_between, standing_of
from tracker.sources.address import Address
from tracker.sources.contract import OptionValue
from tracker.sources.fetch_failures import FetchError
from tracker.sources.fetching import Answer, Limits, fetch
from tracker.sources.file import SourceFile
from tracker.sources.keys import Secret, find_key
from tracker.store.raw import FOLDER, Fetched, RawFiles, sha256
from tracker.store.uninterrupted import uninterrupted
from tracker.text.counting import counted
from tracker.user_settings import UserSettings, read_user_settings, user_settings_path
from tracker.workspace_data import WorkspaceData

Progress = Callable[[str], None]


@dataclass(frozen=True)
class PullRequest:
    """A source to fetch from, and how to record what comes.

    Attributes:
        address: the name of one of the source's addresses; None: the usual one.
        base_url: scheme, host and path in the place of the source's own, for a mirror or a test.
        key_file: a file of mode 600 that holds the key; None: the environment, then the settings
            of the person.
        deadline: seconds for all of the fetching.
        max_bytes: of all pages, as they come and unpacked.
        version: goes before what the answer says; None leaves it to the answer.
        options, same_version, accept, force_version, yes, dry_run: as of `ImportRequest`.
    """

    source: str
    address: str | None = None
    base_url: str | None = None
    key_file: Path | None = None
    deadline: float = Limits.deadline
    max_bytes: int = Limits.max_bytes
    version: str | None = None
    options: Mapping[str, OptionValue] = field(default_factory=dict[str, OptionValue])
    same_version: bool = False
    accept: tuple[str, ...] = ()
    force_version: bool = False
    yes: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class PullResult(ImportResult):
    """What a pull did: what its import did, and what that changed.

    `new_models` has model, lab, country, released_on, index_name, index_version and value of each
    model that was not known before; `new_records` bloc, model, lab, released_on and value of each
    record of leader or follower that was none before.
    `gap_before` and `gap_after` are the gap of the workspace's pair on the index that was pulled,
    None where it cannot be measured; `effects` says in sentences what changed of it.
    `raw` has url, file, sha256, bytes, fetched_at and `unchanged` of each page.
    """

    new_models: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    new_records: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    gap_before: dict[str, object] | None = None
    gap_after: dict[str, object] | None = None
    effects: list[str] = field(default_factory=list[str])
    raw: list[dict[str, object]] = field(default_factory=list[dict[str, object]])


@dataclass(frozen=True)
class _Held:
    """What is held of the page at an address."""

    files: RawFiles
    line: Fetched

    @property
    def etag(self) -> str | None:
        return self.line.etag

    @property
    def last_modified(self) -> str | None:
        return self.line.last_modified

    def content(self) -> bytes | None:
        return self.files.content(self.line)


def pull(
    data: WorkspaceData, request: PullRequest, progress: Progress = lambda text: None
) -> PullResult:
    """Fetch and record: all of an answer or nothing. Rows in doubt are held back, bad ones listed.

    Where something was recorded the person's `on_change` is run; how it failed is a note.

    Raises:
        UsageError: the source has no address, or asks for a key that is not given.
        FetchError: nothing that can be used came; see `tracker.sources.fetching`.
        ScaleInDoubt, MissingFact, TrackerError: as of `plan_import`; or no row can be used.
    """
    addresses = _addresses(request)
    person = read_user_settings(user_settings_path())
    key = _key(addresses[0], request, person)
    files = RawFiles(data.folder / FOLDER)
    address, answers = _fetched(addresses, request, key, files)
    progress(
        f"Fetched {counted(len(answers), 'page', 'pages')} of {urlsplit(answers[0].url).hostname}"
    )
    plan = plan_import(data, _as_import(address, request, answers))
    _refuse_useless(plan)
    lines = [_line(address, answer) for answer in answers]
    before = standing_of(data, plan)
    had = [line.sha256 == getattr(files.latest(line.url), "sha256", None) for line in lines]
    if not request.dry_run:
        with uninterrupted():
            _record(data, files, plan, answers, lines)
    result = PullResult(
        **vars(plan.result),
        **effects_between(data, plan, before, request.dry_run),
        raw=[{**vars(line), "unchanged": same} for line, same in zip(lines, had, strict=True)],
    )
    if result.added and not request.dry_run:
        hidden = frozenset({address.key.variable} if address.key else ())
        failure = run_on_change(person, _document(data, request, result), hidden)
        if failure:
            result = replace(result, notes=[*result.notes, failure])
    return result


def _key(address: Address, request: PullRequest, person: UserSettings) -> Secret | None:
    if address.key is None:
        if request.key_file is not None:
            raise UsageError(
                f"The source '{request.source}' asks for no key.", "Leave `key_file` out.", "no_key"
            )
        return None
    named = person.key_files.get(request.source)
    return find_key(address.key, request.key_file, os.environ, named)


def _addresses(request: PullRequest) -> list[Address]:
    """The address that is asked for, and those that are asked where it is gone."""
    known = sources.addresses_of(request.source)
    if request.address is None:
        first = next(iter(known.values()))
        return [first, *(known[name] for name in first.instead)]
    if request.address not in known:
        raise UsageError(
            f"The source '{request.source}' has no address '{request.address[:100]}'.",
            f"It has: {', '.join(known)}.",
            "no_address",
        )
    return [known[request.address]]


def _fetched(
    addresses: Sequence[Address], request: PullRequest, key: Secret | None, files: RawFiles
) -> tuple[Address, list[Answer]]:
    def held(url: str) -> _Held | None:
        line = files.latest(url)
        return None if line is None else _Held(files, line)

    limits = Limits(deadline=request.deadline, max_bytes=request.max_bytes)
    for address in addresses[:-1]:
        try:
            return address, fetch(
                address, base_url=request.base_url, key=key, held=held, limits=limits
            )
        except FetchError as error:
            if error.code != "not_found":
                raise
    last = addresses[-1]
    return last, fetch(last, base_url=request.base_url, key=key, held=held, limits=limits)


def _as_import(address: Address, request: PullRequest, answers: Sequence[Answer]) -> ImportRequest:
    name = Path(urlsplit(answers[0].url).hostname or "") / address.file_name
    day = answers[0].fetched_at.date()
    pages = [SourceFile(name, answer.content, day) for answer in answers]
    return ImportRequest(
        source=request.source,
        files=(address.join(pages),),
        version=request.version,
        options=request.options,
        keep_good=True,
        same_version=request.same_version,
        accept=request.accept,
        force_version=request.force_version,
        dry_run=request.dry_run,
        yes=request.yes,
    )


def _refuse_useless(plan: ImportPlan) -> None:
    result = plan.result
    if result.rejected and result.rejected + result.skipped == result.read:
        first = result.problems[0]
        raise TrackerError(
            f"None of the {counted(result.read, 'row', 'rows')} that came can be used; row "
            f"{first['row']}, {first['field']}: {first['reason']}.",
            "Nothing was stored; the source may have another form by now.",
            "rejected_rows",
        )


def _line(address: Address, answer: Answer) -> Fetched:
    name = sha256(answer.content)
    return Fetched(
        url=answer.url,
        fetched_at=answer.fetched_at.isoformat(timespec="seconds"),
        file=f"{name}{Path(address.file_name).suffix}",
        sha256=name,
        bytes=len(answer.content),
        etag=answer.etag,
        last_modified=answer.last_modified,
    )


def _record(
    data: WorkspaceData,
    files: RawFiles,
    plan: ImportPlan,
    answers: Sequence[Answer],
    lines: Sequence[Fetched],
) -> None:
    """The bytes, the rows that name them, and last that these are what the address has."""
    suffixes = [Path(line.file).suffix for line in lines]
    kept = [files.keep(a.content, end) for a, end in zip(answers, suffixes, strict=True)]
    carry_out(data, replace(plan, files=[f"{FOLDER}/{name}" for name in kept]))
    for line in lines:
        files.note(line)


def _document(
    data: WorkspaceData, request: PullRequest, result: PullResult
) -> Mapping[str, object]:
    return {
        "workspace": str(data.folder.absolute()),
        "source": request.source,
        **asdict(result),
    }
