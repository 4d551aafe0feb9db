"""The secret that an address asks for: where it is read, and a form that no output shows."""

import logging
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from forecasts.errors import TrackerError, UsageError
from tracker.sources.address import KeyField
from tracker.text.printable import printable

MAX_BYTES = 1000
# Of the client that sends it.
_LOGGERS = (
    "httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy",
    "httpcore.socks",
)  # fmt: skip


class Secret:
    """Text that neither `str` nor `repr` shows."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Secret(***)"

    def reveal(self) -> str:
        """The text itself; to be held by no name."""
        return self._text

    def hidden(self, text: str) -> str:
        """`text` with stars wherever the secret stands in it."""
        return text.replace(self._text, "***")

    def within(self, content: bytes) -> bool:
        """Whether the secret stands in `content`."""
        return self._text.encode() in content


def find_key(
    field: KeyField, file: Path | None, environment: Mapping[str, str], named: Path | None = None
) -> Secret:
    """The key in `file`, else in the environment, else in the file `named` by the settings.

    Raises:
        UsageError: it is in none of them.
        TrackerError: a file cannot be read, may be read by others, or holds no key.
    """
    if file is not None:
        return _of_file(file)
    text = environment.get(field.variable, "").strip()
    if text:
        return _checked(text, f"The variable {field.variable}")
    if named is not None:
        return _of_file(named)
    raise UsageError(
        "This source asks for a key, and none is given.",
        f"Set the variable {field.variable}, or name a file of mode 600 with `key_file`.",
        "no_key",
    )


@contextmanager
def without_log(thread: int) -> Iterator[None]:
    """Drop what the client logs in a thread: a server may repeat the key in its header."""

    def of_another(record: logging.LogRecord) -> bool:
        return record.thread != thread

    loggers = [logging.getLogger(name) for name in _LOGGERS]
    for logger in loggers:
        logger.addFilter(of_another)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(of_another)


def _of_file(path: Path) -> Secret:
    name = printable(str(path))
    try:
        # A pipe that nobody writes to would not be opened otherwise.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "no such name"
        raise TrackerError(
            f"The file of the key, {name}, cannot be read: {why}.", "Check `key_file`.", "bad_key"
        ) from None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise TrackerError(f"The file of the key, {name}, is no file.", "Check `key_file`.",
                               "bad_key")  # fmt: skip
        if found.st_mode & 0o077:
            raise TrackerError(
                f"The file of the key, {name}, may be used by others (mode "
                f"{stat.S_IMODE(found.st_mode):o}).",
                f"Make it your own with `chmod 600 {name}`.",
                "open_key",
            )
        content = os.read(descriptor, MAX_BYTES + 1)
    finally:
        os.close(descriptor)
    try:
        return _checked(content.decode("utf-8-sig").strip(), f"The file {name}")
    except UnicodeDecodeError:
        raise TrackerError(
            f"The file {name} holds no key: it is not text.", "", "bad_key"
        ) from None


def _checked(text: str, where: str) -> Secret:
    # What a field of a header cannot hold would be shown by the error of who refuses it.
    if not text or len(text) > MAX_BYTES or not all("!" <= c <= "~" for c in text):
        raise TrackerError(
            f"{where} holds no key: a key is one word of letters, digits and signs.", "", "bad_key"
        )
    return Secret(text)
