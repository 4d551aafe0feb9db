"""Lines for the eye: no control characters, and none that the terminal cannot write."""

import sys

import click

from tracker.text.printable import printable


def echo(text: str = "", *, err: bool = False, end: str = "\n") -> None:
    """One line for the eye: no control characters, and none that the terminal cannot write."""
    click.echo(shown(text, err) + end, err=err, nl=False)


def can_write(text: str) -> bool:
    """Whether standard output has every character of `text`."""
    try:
        text.encode(_encoding(err=False))
    except UnicodeEncodeError:
        return False
    return True


def shown(text: str, err: bool = False) -> str:
    """`text` as it can be written."""
    encoding = _encoding(err)
    return printable(text).encode(encoding, "backslashreplace").decode(encoding)


def _encoding(err: bool) -> str:
    stream = sys.stderr if err else sys.stdout
    return getattr(stream, "encoding", None) or "utf-8"


def at_terminal() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()
