"""Where a source is published: the `ADDRESSES` that its module has beside `read`, by name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from forecasts.errors import UsageError
from tracker.sources.file import SourceFile
from tracker.text.printable import printable

JSON = ("application/json",)
CSV = ("text/csv", "application/csv", "text/plain", "application/octet-stream")
YAML = ("text/yaml", "text/x-yaml", "application/yaml", "application/x-yaml", "text/plain",
        "application/octet-stream")  # fmt: skip
ZIP = ("application/zip", "application/x-zip-compressed", "application/octet-stream",
       "binary/octet-stream")  # fmt: skip
PARQUET = ("application/vnd.apache.parquet", "application/octet-stream",
           "binary/octet-stream")  # fmt: skip


@dataclass(frozen=True)
class KeyField:
    """A secret that an address asks for: the variable of the environment that may hold it, and
    the field of a request's header that says it."""

    variable: str
    header: str


@dataclass(frozen=True)
class Page:
    """What a page says of the answer that it is part of.

    `edition` is the same on every page of one answer; `following` is the query of the next page,
    None after the last.
    """

    edition: str | None = None
    following: Mapping[str, str] | None = None


def only_page(file: SourceFile, number: int) -> Page:
    """An answer that is not divided into pages."""
    return Page()


def first_of(files: Sequence[SourceFile]) -> SourceFile:
    """The one page as it is."""
    return files[0]


@dataclass(frozen=True)
class Address:
    """Where a source is published and in what form.

    Attributes:
        url: of the first page.
        file_name: what a page is called where it is read or kept; its ending tells the format.
        content_types: that an answer may have; one that states none is taken.
        key: the secret that is asked for, None where anybody may read.
        page: what the page `number` (from 1) says; raises TrackerError for one that was not asked
            for or cannot be read.
        join: all pages as the one file that `read` takes.
        instead: names of the addresses that are asked where this one is gone.
        storage_hosts: endings of the names of hosts, such as `.example.org`, to which the
            publisher hands over; an address with a key has none.
    """

    url: str
    file_name: str
    content_types: tuple[str, ...]
    key: KeyField | None = None
    page: Callable[[SourceFile, int], Page] = only_page
    join: Callable[[Sequence[SourceFile]], SourceFile] = first_of
    instead: tuple[str, ...] = ()
    storage_hosts: tuple[str, ...] = ()

    def at(self, base_url: str | None) -> str:
        """The address of the first page, under `base_url` if that is given.

        What the path of `base_url` ends with and that of the address begins with stands once.
        Raises UsageError for what is no address of the web.
        """
        if base_url is None:
            return self.url
        base = _checked(base_url)
        path = urlsplit(self.url).path.strip("/").split("/")
        held = [part for part in base.path.split("/") if part]
        shared = next(n for n in range(len(path), -1, -1) if not n or held[-n:] == path[:n])
        parts = "/".join([*held, *path[shared:]])
        return f"{base.scheme}://{base.netloc}/{parts}"


def _checked(base_url: str) -> SplitResult:
    wrong = f"`base_url` cannot be '{printable(base_url)[:200]}'"
    try:
        base = urlsplit(base_url)
        _ = base.port
    except ValueError as error:
        raise UsageError(f"{wrong}.", "It is such as https://mirror.example.org.", "bad_url") \
            from error  # fmt: skip
    if base.scheme not in ("http", "https") or not base.hostname:
        raise UsageError(f"{wrong}: it begins with https:// or http:// and names a host.", "",
                         "bad_url")  # fmt: skip
    if base.username is not None or base.query or base.fragment:
        raise UsageError("`base_url` names a scheme, a host and a path, and nothing else.", "",
                         "bad_url")  # fmt: skip
    return base
