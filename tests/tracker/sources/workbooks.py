"""Workbooks made for tests, and parts of them changed by hand."""

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

from openpyxl import Workbook

SHEET = "xl/worksheets/sheet1.xml"


def workbook(rows: Sequence[Sequence[object]], build: Callable[[Any], object] = lambda _: None) \
        -> bytes:  # fmt: skip
    """A workbook of one sheet of `rows`, changed by `build`, which takes the workbook."""
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    build(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def rewritten(content: bytes, parts: dict[str, Callable[[bytes], bytes]]) -> bytes:
    """The workbook with some of its parts changed; one that it lacks is made of nothing."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, \
            zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:  # fmt: skip
        for name in {*old.namelist(), *parts}:
            held = old.read(name) if name in old.namelist() else b""
            new.writestr(name, parts[name](held) if name in parts else held)
    return buffer.getvalue()
