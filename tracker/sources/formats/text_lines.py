"""Lines of a text file, whatever program saved it: UTF-8, UTF-16 or Windows-1252, ended by line
feeds or by carriage returns alone."""

import codecs
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

_BLOCK = 1 << 20
_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class TextLines:
    """Lines of `raw` as bytes of UTF-8 or, where `decode` finds that, of Windows-1252.

    A line longer than `longest` comes in pieces of more than that. `notes` says what was found.
    """

    def __init__(self, raw: BinaryIO, longest: int) -> None:
        self.notes: list[str] = []
        self._encoding = ""  # none as long as all is ASCII
        first = raw.read(_BLOCK)
        blocks: Iterator[bytes] = chain([first], iter(lambda: raw.read(_BLOCK), b""))
        wide = _wide(first)
        if wide:
            self.notes.append("The text is UTF-16.")
            blocks = _recoded(blocks, wide)
            first = next(blocks, b"")
            blocks = chain([first], blocks)
        end = b"\r" if b"\r" in first and b"\n" not in first else b"\n"
        if end == b"\r" and first.count(b"\r") > 1:
            self.notes.append("Lines end in carriage returns alone.")
        self._lines = _split(blocks, end, longest)

    def __iter__(self) -> "TextLines":
        return self

    def __next__(self) -> bytes:
        return next(self._lines)

    def decode(self, line: bytes) -> str:
        """A line as text: UTF-8, unless the first letters beyond ASCII are none.

        Raises UnicodeDecodeError for bytes that are neither, or for both in one file.
        """
        if line.isascii():
            return line.decode("ascii")
        if self._encoding != "cp1252":
            try:
                text = line.decode("utf-8")
            except UnicodeDecodeError:
                if self._encoding:
                    raise
            else:
                self._encoding = "utf-8"
                return text
            text = line.decode("cp1252")
            self._encoding = "cp1252"
            self.notes.append("The text is no UTF-8: it was read as Windows-1252.")
            return text
        return line.decode("cp1252")


def _wide(first: bytes) -> str | None:
    """Which UTF-16 a file begins with, by its mark or by the zero bytes of its first letters."""
    if first[:2] in _MARKS:
        return _MARKS[first[:2]]
    head = first[:4]
    if len(head) == 4 and head[1] == head[3] == 0 and head[0] and head[2]:
        return "utf-16-le"
    if len(head) == 4 and head[0] == head[2] == 0 and head[1] and head[3]:
        return "utf-16-be"
    return None


def _recoded(blocks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    for block in blocks:
        yield decoder.decode(block).encode()
    yield decoder.decode(b"", final=True).encode()


def _split(blocks: Iterator[bytes], end: bytes, longest: int) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        *lines, rest = (rest + block).split(end)
        for line in lines:
            yield line + b"\n"
        if len(rest) > longest:
            yield rest
            rest = b""
    if rest:
        yield rest
