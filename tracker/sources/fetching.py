"""Bytes over HTTP: within a time and a size, from one host, again where the server is busy.

All of it happens in a thread of its own that is left behind at the deadline: neither the look-up
of a name nor a header that comes byte by byte outlasts it. What fails in there comes out as words
alone: no error of it is chained to that of the caller, for its frames hold the key.
"""

import random
import re
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Protocol
from urllib.parse import SplitResult, urlencode, urljoin, urlsplit

from forecasts.errors import TrackerError
from tracker import __version__
from tracker.sources.address import Address
from tracker.sources.fetch_failures import (
    AGAIN,
    FetchError,
    busy,
    cut_off,
    host_of,
    in_words,
    refused,
    too_large,
    too_late,
)  # fmt: skip
from tracker.sources.file import SourceFile
from tracker.sources.keys import Secret, without_log
from tracker.text.counting import counted
from tracker.text.printable import printable

if TYPE_CHECKING:
    import httpx

MAX_PAGES = 1000
_MOVED = (301, 302, 303, 307, 308)
_MAX_MOVES = 5
_LOCAL = ("localhost", "127.0.0.1", "::1")
_LONGEST_WAIT = 30.0


@dataclass(frozen=True)
class Limits:
    """How long (seconds) and how much is waited for.

    Attributes:
        deadline: for everything together.
        connect, read: to be connected; between two pieces of an answer.
        max_bytes: of all pages, as they come and unpacked.
        attempts: of one page where the server is busy.
        backoff: the first wait between two of them; each is twice as long as the one before.
    """

    deadline: float = 120.0
    connect: float = 10.0
    read: float = 30.0
    max_bytes: int = 100_000_000
    attempts: int = 5
    backoff: float = 0.5


class Held(Protocol):
    """What is held of an address, and what its publisher called that state."""

    @property
    def etag(self) -> str | None:
        """As the server said."""

    @property
    def last_modified(self) -> str | None:
        """As the server said."""

    def content(self) -> bytes | None:
        """The bytes, None where they are not there as they were."""


@dataclass(frozen=True)
class Answer:
    """A page as it was published.

    `url` is the one asked for; `unchanged` says that the server sent no bytes, as those held are
    still right.
    """

    url: str
    content: bytes = field(repr=False)
    fetched_at: datetime
    etag: str | None = None
    last_modified: str | None = None
    unchanged: bool = False


def fetch(
    address: Address,
    *,
    base_url: str | None = None,
    key: Secret | None = None,
    held: Callable[[str], Held | None] = lambda url: None,
    limits: Limits | None = None,
) -> list[Answer]:
    """Every page at an address.

    Args:
        base_url: scheme, host and path in the place of the address's own.
        held: what is held of the page at a URL, so that it is asked for only if it has changed.

    Raises:
        UsageError: `base_url` is no address.
        FetchError: the server cannot be reached in time or refuses, what it sends is too large,
            cut off, of another kind or of several editions, or leads to another host.
    """
    url, limits = address.at(base_url), limits or Limits()
    if key is not None and urlsplit(url).scheme != "https" and not _is_local(urlsplit(url)):
        raise FetchError(
            f"A key is not sent to {urlsplit(url).hostname} without encryption.",
            "Use an address that begins with https://.",
            "not_encrypted",
        )
    task = _Task(address, url, key, held, limits)
    worker = threading.Thread(target=task.run, name="fetch", daemon=True)
    try:
        worker.start()
        worker.join(limits.deadline)
    finally:
        task.stop()
    if task.failure is not None:
        raise FetchError(*task.failure)
    if task.answers is None:
        raise too_late(url, limits.deadline)
    return task.answers


class _Task:
    """What the thread does, and what came of it."""

    def __init__(
        self,
        address: Address,
        url: str,
        key: Secret | None,
        held: Callable[[str], Held | None],
        limits: Limits,
    ) -> None:
        self.address, self.url, self.key, self.held, self.limits = address, url, key, held, limits
        self.answers: list[Answer] | None = None
        self.failure: tuple[str, str, str] | None = None
        self.end = monotonic() + limits.deadline
        self.received = self.unpacked = 0
        self.unchanged = False
        self.stopped = threading.Event()
        self.client: httpx.Client | None = None

    def stop(self) -> None:
        self.stopped.set()
        if self.client is not None:
            with suppress(Exception):
                self.client.close()

    def run(self) -> None:
        try:
            with without_log(threading.get_ident()):
                self.answers = self.pages()
        except TrackerError as error:
            self.fail(error.message, error.hint, error.code)
        except BaseException as error:
            kind = type(error).__name__
            self.fail(f"The request to {host_of(self.url)} failed ({kind}).", AGAIN, "failed")

    def fail(self, message: str, hint: str, code: str) -> None:
        shown = self.key.hidden if self.key else str
        self.failure = (printable(shown(message))[:500], shown(hint), code)

    def pages(self) -> list[Answer]:
        import httpx

        local = _is_local(urlsplit(self.url))
        limits = self.limits
        self.client = httpx.Client(
            verify=httpx.create_ssl_context(verify=True),
            # No proxy stands between this machine and itself.
            trust_env=not local,
            timeout=httpx.Timeout(min(limits.read, limits.deadline),
                                  connect=min(limits.connect, limits.deadline)),
            headers={
                "user-agent": f"gap-tracker/{__version__}",
                "accept": ", ".join((*self.address.content_types, "*/*;q=0.1")),
                "accept-encoding": "gzip",
                # Of a connection that is kept nobody knows whether the server has closed it.
                "connection": "close",
            },
        )  # fmt: skip
        with self.client:
            try:
                return list(self.each_page())
            except FetchError as error:
                if error.code != "changed_version" or not self.unchanged:
                    raise
            # What is held may be of another edition than what came: all of it anew.
            self.held = lambda url: None
            return list(self.each_page())

    def each_page(self) -> Iterator[Answer]:
        url, edition = self.url, None
        for number in range(1, MAX_PAGES + 1):
            answer = self.answer(url)
            page = self.address.page(SourceFile(named(answer.url), answer.content), number)
            if number > 1 and page.edition != edition:
                raise FetchError(
                    f"{host_of(url)} changed its version between two pages ({edition or 'none'}, "
                    f"then {page.edition or 'none'}).",
                    AGAIN,
                    "changed_version",
                )
            edition = page.edition
            yield answer
            if page.following is None:
                return
            url = f"{self.url}?{urlencode(page.following)}"
        raise FetchError(f"{host_of(url)} has more than {MAX_PAGES} pages.", "", "too_large")

    def answer(self, url: str) -> Answer:
        """One page, asked for again while the server is busy."""
        known = self.held(url)
        content = None if known is None else known.content()
        asked: dict[str, str] = {}
        if known is not None and content is not None:
            said = {"if-none-match": known.etag, "if-modified-since": known.last_modified}
            asked = {name: value for name, value in said.items() if value}
        for attempt in range(self.limits.attempts):
            with self.opened(url, asked) as response:
                status = response.status_code
                if status == 304 and content is not None and asked:
                    self.unchanged = True
                    return Answer(url, content, datetime.now(UTC), unchanged=True)
                if status == 200:
                    return self.whole(url, response)
                if status != 429 and status < 500:
                    raise refused(url, status, with_key=self.key is not None)
                wait = _retry_after(response)
            self.wait(url, status, attempt, wait)
        raise busy(url, status, f"{counted(self.limits.attempts, 'time', 'times')}")

    def wait(self, url: str, status: int, attempt: int, asked: float | None) -> None:
        """Wait as long as the server asks, else twice as long each time, and less by chance."""
        if attempt + 1 == self.limits.attempts:
            return
        growing = min(self.limits.backoff * 2**attempt, _LONGEST_WAIT)
        seconds = growing * random.uniform(0.5, 1.0) if asked is None else asked
        if seconds > self.end - monotonic():
            raise busy(url, status, f"and asks to wait for {seconds:.0f} seconds"
                        if asked is not None else "until the deadline")  # fmt: skip
        self.stopped.wait(seconds)

    @contextmanager
    def opened(self, url: str, asked: Mapping[str, str]) -> "Iterator[httpx.Response]":
        """The answer at the end of redirects, each of which stays with the host."""
        import httpx

        assert self.client is not None
        at = url
        try:
            for _ in range(_MAX_MOVES + 1):
                with self.client.stream("GET", at, headers={**asked, **self.secret()}) as response:
                    if response.status_code not in _MOVED:
                        yield response
                        return
                    to = urljoin(at, response.headers.get("location", ""))
                self.check_move(at, to)
                at = to
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise in_words(error, url) from None
        raise FetchError(f"{host_of(url)} redirects without end.", "", "redirected")

    def secret(self) -> dict[str, str]:
        field = self.address.key
        return {field.header: self.key.reveal()} if field and self.key else {}

    def check_move(self, at: str, to: str) -> None:
        before, after = urlsplit(at), urlsplit(to)
        host = after.hostname or ""
        stays = (after.scheme, after.netloc) == (before.scheme, before.netloc)
        ports = before.port or after.port
        secured = (before.scheme, after.scheme, host) == ("http", "https", before.hostname)
        handed_over = after.scheme == "https" and host.endswith(self.address.storage_hosts)
        if stays or (secured and not ports) or (handed_over and self.key is None):
            return
        where = f"{after.scheme}://{after.netloc.rpartition('@')[2]}"
        raise FetchError(
            f"{host_of(at)} redirects to {where}, which is not followed.",
            "Check the address.",
            "redirected",
        )

    def whole(self, url: str, response: "httpx.Response") -> Answer:
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind and not _is_one_of(kind, self.address.content_types):
            raise FetchError(
                f"{host_of(url)} sent {kind[:100]}, not {self.address.content_types[0]}.",
                "Check the address.",
                "wrong_content",
            )
        content = b"".join(self.body(url, response))
        if not content.strip():
            raise FetchError(f"{host_of(url)} sent nothing.", AGAIN, "wrong_content")
        if self.key is not None and self.key.within(content):
            raise FetchError(
                f"What {host_of(url)} sent holds the key.", "It is not kept.", "key_sent"
            )
        said = {name: self.said(response, name) for name in ("etag", "last-modified")}
        return Answer(url, content, datetime.now(UTC), said["etag"], said["last-modified"])

    def said(self, response: "httpx.Response", name: str) -> str | None:
        value = response.headers.get(name, "")
        fits = 0 < len(value) <= 200 and value.isascii() and value.isprintable()
        return value if fits and not (self.key and self.key.within(value.encode())) else None

    def body(self, url: str, response: "httpx.Response") -> Iterator[bytes]:
        """The body unpacked, counted as it comes and as it is unpacked."""
        coding = response.headers.get("content-encoding", "identity").strip().lower()
        if coding not in ("identity", "", "gzip", "x-gzip"):
            raise FetchError(
                f"{host_of(url)} sent a coding that was not asked for.", "", "wrong_content"
            )
        most = self.limits.max_bytes
        declared = response.headers.get("content-length", "")
        if re.fullmatch(r"\d{1,20}", declared) and self.received + int(declared) > most:
            raise too_large(url, most)
        unpacker = zlib.decompressobj(31) if "gzip" in coding else None
        for piece in response.iter_raw():
            if self.stopped.is_set() or monotonic() > self.end:
                raise too_late(url, self.limits.deadline)
            self.received += len(piece)
            if unpacker is not None:
                try:
                    piece = unpacker.decompress(piece, most - self.unpacked + 1)
                except zlib.error:
                    raise cut_off(url) from None
            self.unpacked += len(piece)
            if max(self.received, self.unpacked) > most:
                raise too_large(url, most)
            yield piece
        if unpacker is not None and (not unpacker.eof or unpacker.unused_data):
            raise cut_off(url)


def _retry_after(response: "httpx.Response") -> float | None:
    """The seconds for which a server asks to be left alone, as a number or as a moment."""
    said = response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}", said):
        return float(said)
    try:
        moment = parsedate_to_datetime(said)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max((aware - datetime.now(UTC)).total_seconds(), 0.0)


def _is_one_of(kind: str, wanted: Sequence[str]) -> bool:
    return kind in wanted or (wanted[0].endswith("/json") and kind.endswith("+json"))


def _is_local(url: SplitResult) -> bool:
    return url.hostname in _LOCAL


def named(url: str) -> Path:
    """What a page is called in a sentence: its host and path."""
    at = urlsplit(url)
    return Path(f"{at.hostname}{at.path}")
