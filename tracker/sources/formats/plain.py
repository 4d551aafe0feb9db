"""Blocks of a table that are read in columns: those in which nothing is to be explained.

A block is plain when every record is one line with as many cells as the head, its quotation marks
stand at the ends of cells, and it is UTF-8 without zero bytes. It then says the same to every
reader; whatever else there is, is read record by record, where each slip is named.
"""

import io

import numpy as np
import polars as pl

_LONGEST = 100_000  # bytes of a line; a cell of more than 131,072 characters is refused elsewhere
_TAB_OR_MORE = 9  # below it no byte of a table is text
_QUOTE, _FEED, _RETURN = ord('"'), ord("\n"), ord("\r")


def plain_rows(block: bytes, width: int, separator: str) -> pl.DataFrame | None:
    """The records of whole lines as text in columns "0", "1", ...; None where they are not plain.

    Args:
        width: the number of cells of the head.
    """
    records = _records(block, width, separator)
    if not records:
        return None
    try:
        rows = pl.read_csv(
            io.BytesIO(block), has_header=False, infer_schema=False, separator=separator,
            quote_char='"' if b'"' in block else None,
            new_columns=[str(at) for at in range(width)], raise_if_empty=False,
        )  # fmt: skip
    except pl.exceptions.PolarsError:
        return None
    if rows.shape != (records, width):
        return None
    rows = rows.fill_null("")  # a cell without anything in it
    blank = rows.select(pl.all_horizontal(pl.all().str.strip_chars() == "").any()).item()
    return None if blank else rows


def _records(block: bytes, width: int, separator: str) -> int:
    """How many records a block has, 0 where it is not plain."""
    if not block.isascii():
        try:
            block.decode("utf-8")
        except UnicodeDecodeError:
            return 0
    codes = np.frombuffer(block, np.uint8)
    if int(codes.min()) < _TAB_OR_MORE or block.count(b"\r") != block.count(b"\r\n"):
        return 0
    feeds = codes == _FEED
    ends = feeds | (codes == ord(separator))
    if b'"' in block:
        marks = np.flatnonzero(codes == _QUOTE)
        if not _well_quoted(codes, marks, ends):
            return 0
        inside = np.zeros(codes.size, np.int8)
        inside[marks] = 1
        is_inside = (np.cumsum(inside, dtype=np.int32) & 1).astype(np.bool_)
        if bool((is_inside & feeds).any()):
            return 0
        ends &= ~is_inside
    at = np.flatnonzero(ends)
    if at.size % width or not bool(feeds[at[width - 1 :: width]].all()):
        return 0
    records = at.size // width
    lines = at[width - 1 :: width]
    if int(feeds.sum()) != records or int(np.diff(lines, prepend=-1).max()) > _LONGEST:
        return 0
    return records


def _well_quoted(codes: "np.ndarray[tuple[int], np.dtype[np.uint8]]",
                 marks: "np.ndarray[tuple[int], np.dtype[np.intp]]",
                 ends: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> bool:  # fmt: skip
    """Whether each quotation mark begins a cell, ends one, or is one of two within it."""
    if marks.size % 2:
        return False
    opening, closing = marks[::2], marks[1::2]
    before, after = opening - 1, closing + 1  # a block ends in a line feed
    begins = (opening == 0) | ends[before] | (codes[before] == _QUOTE)
    stops = ends[after] | (codes[after] == _QUOTE) | (codes[after] == _RETURN)
    return bool(begins.all()) and bool(stops.all())
