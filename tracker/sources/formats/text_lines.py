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
        self._lines = _Splitter(blocks, end, longest)

    def __iter__(self) -> "TextLines":
        return self

    def __next__(self) -> bytes:
        return next(self._lines)

    def block(self, size: int) -> bytes:
        """The next whole lines, of `size` bytes or more where there are so many; nothing at the
        end."""
        return self._lines.block(size)

    def put_back(self, block: bytes) -> None:
        """Take whole lines back, to be read one by one."""
        self._lines.put_back(block)

    @property
    def may_be_utf_8(self) -> bool:
        """Whether no letter that is not UTF-8 was decoded."""
        return self._encoding != "cp1252"

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


class _Splitter:
    """Blocks as lines; one longer than `longest` comes in pieces of more than that."""

    def __init__(self, blocks: Iterator[bytes], end: bytes, longest: int) -> None:
        self._blocks, self._end, self._longest = blocks, end, longest
        self._lines: list[bytes] = []  # the next one last
        self._rest = b""

    def __next__(self) -> bytes:
        while not self._lines:
            block = next(self._blocks, None)
            if block is None:
                rest, self._rest = self._rest, b""
                if rest:
                    return rest
                raise StopIteration
            *lines, self._rest = (self._rest + block).split(self._end)
            self._lines = [line + b"\n" for line in reversed(lines)]
            if len(self._rest) > self._longest:
                self._lines.insert(0, self._rest)
                self._rest = b""
        return self._lines.pop()

    def block(self, size: int) -> bytes:
        """Whole lines of `size` bytes or more, the last lines of all, or nothing."""
        if self._end != b"\n":
            return b""
        parts = [*reversed(self._lines), self._rest]
        length = sum(map(len, parts))
        self._lines, self._rest = [], b""
        while length < size and (block := next(self._blocks, None)) is not None:
            parts.append(block)
            length += len(block)
        whole = b"".join(parts)
        if length < size:
            return whole
        cut = whole.rfind(b"\n") + 1
        self._rest = whole[cut:]
        return whole[:cut]

    def put_back(self, block: bytes) -> None:
        """Lines to come before all others."""
        *lines, rest = block.split(b"\n")
        if rest:  # the last line of all has no end
            self._lines.append(rest)
        self._lines += [line + b"\n" for line in reversed(lines)]
