"""Where the head of a table stands, below titles and blank lines, and what separates its cells."""

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TypeVar

IsHead = Callable[[Sequence[str]], bool]
At = TypeVar("At", int, tuple[str, int])


def find_head(lines: Sequence[str], separators: str, is_head: IsHead) -> tuple[str, int]:
    """The separator of a table that begins with `lines`, and the number of lines above its head.

    The head is the first record that `is_head` with any of `separators`. Where there is none, the
    separator is the most frequent in the first line and the head the first record, unless another
    has more than twice as many names, so that an error can show them.
    """
    first = next((line for line in lines if line.strip()), "").strip()
    by_count = sorted(separators, key=first.count, reverse=True)
    filled: dict[tuple[str, int], int] = {}
    for separator in by_count:
        for at, cells in _records(lines, separator):
            filled[separator, at] = len([cell for cell in cells if cell])
            if any(cells) and is_head(cells):
                return separator, at
    own = [found for found in filled if found[0] == by_count[0]]
    usual = next((found for found in own if filled[found]), (by_count[0], 0))
    return _widest(filled, usual)


def head_of_rows(rows: Sequence[Sequence[str]], is_head: IsHead) -> int:
    """Which of the first rows of a sheet is its head: as of `find_head`; 0 where all are blank."""
    filled = {at: len([cell for cell in row if cell.strip()]) for at, row in enumerate(rows)}
    usual = next((at for at in filled if filled[at]), 0)
    fits = (at for at, row in enumerate(rows) if filled[at] and is_head(row))
    return next(fits, _widest(filled, usual))


def _widest(filled: dict[At, int], usual: At) -> At:
    """The record with most names, if it has more than twice as many as the `usual` one."""
    widest = max(filled, key=lambda at: filled[at], default=usual)
    return widest if filled.get(widest, 0) > max(1, 2 * filled.get(usual, 0)) else usual


def _records(lines: Sequence[str], separator: str) -> Iterator[tuple[int, list[str]]]:
    """The records of some lines, each with the number of lines before it."""
    reader = csv.reader(lines, delimiter=separator)
    before = 0
    with suppress(csv.Error):
        for cells in reader:
            yield before, [cell.strip() for cell in cells]
            before = reader.line_num
