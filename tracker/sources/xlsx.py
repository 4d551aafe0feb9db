"""Observations from a sheet of an Excel workbook."""

from collections.abc import Sequence

from tracker.sources.columns import TABLE_OPTIONS
from tracker.sources.contract import Problem, Reading, ReadOptions, SourceOption
from tracker.sources.file import SourceFile
from tracker.sources.formats.head import head_of_rows
from tracker.sources.formats.workbook import Chosen, Sheet, read_sheet
from tracker.sources.grid import Grid, grid, read_grid
from tracker.sources.names import is_head
from tracker.text.counting import counted

DESCRIPTION = "a sheet of an Excel workbook with the columns model, value and those you have"
SHEET = SourceOption("sheet", "xlsx: the sheet to read, where several could be meant.", "",
                     metavar="NAME")  # fmt: skip
OPTIONS = (*TABLE_OPTIONS, SHEET)
_LOOKED_AT = 30  # rows that are not blank
_UNSTORED = "holds a formula without its result: open and save it with the spreadsheet program"


def read(file: SourceFile, options: ReadOptions) -> Reading:
    """Rows of a sheet with a head; their numbers are those of the sheet.

    Options work as they do for csv. A formula counts by its stored result, and merged cells hold
    what the first of them holds.

    Raises:
        TrackerError: no workbook, larger than the limits, or a required column is missing.
        UsageError: an option names an unknown column or sheet, or several sheets could be meant.
    """
    return read_grid("xlsx", file, options, _table(file, options))


def columns(file: SourceFile, options: ReadOptions) -> list[str]:
    """The names of the columns of a file that `read` reads."""
    return _table(file, options).columns


def _table(file: SourceFile, options: ReadOptions) -> Grid:
    names_them = is_head(options)

    def has_head(rows: Sequence[Sequence[str]]) -> bool:
        return any(names_them(row) for row in rows)

    chosen = read_sheet(file, options.text("sheet"), has_head)
    sheet, rows = chosen.sheet, chosen.sheet.rows
    if not rows:
        return Grid([], grid([], [], []), [], chosen.notes)
    at = head_of_rows([cells for _, cells in rows[:_LOOKED_AT]], names_them)
    names = rows[at][1]
    notes = [*chosen.notes]
    if at:
        notes.append(f"Lines above the head that were passed over: {at}.")
    below = _merged(sheet, rows[at + 1 :], notes)
    beyond = sum(len(cells) > len(names) for _, cells in below)
    if beyond:
        notes.append(
            f"{counted(beyond, 'row has', 'rows have')} cells beyond the last named column, "
            "which are not read."
        )
    wide = [cells[: len(names)] + [""] * (len(names) - len(cells)) for _, cells in below]
    numbers = [number for number, _ in below]
    problems = _unstored(chosen, numbers, names)
    bad = {p.row for p in problems}
    kept = [(n, cells) for n, cells in zip(numbers, wide, strict=True) if n not in bad]
    table = grid(names, [n for n, _ in kept], [cells for _, cells in kept])
    return Grid(names, table, problems, notes)


def _unstored(chosen: Chosen, numbers: Sequence[int], names: Sequence[str]) -> list[Problem]:
    rows = set(numbers)
    return [
        Problem(row, names[column] or f"column {column + 1}", _UNSTORED)
        for row, column in sorted(chosen.sheet.unstored)
        if row in rows and column < len(names)
    ]


def _merged(
    sheet: Sheet, rows: list[tuple[int, list[str]]], notes: list[str]
) -> list[tuple[int, list[str]]]:
    """Rows with what merged cells hold in each of the rows that they cover."""
    of = dict(sheet.rows)
    filled = 0
    below = dict(rows)
    for first, last, left, right in sheet.merged:
        if left != right:  # merged across columns: a heading
            continue
        told = of.get(first, [])
        text = told[left] if left < len(told) else ""
        covered = [n for n in below if first < n <= last] if text else []
        for number in covered:
            cells = below[number]
            below[number] = [*cells, *[""] * (left + 1 - len(cells))]
            below[number][left] = text
        filled += len(covered)
    if filled:
        notes.append(
            f"{counted(filled, 'cell of a merged range holds', 'cells of merged ranges hold')} "
            "what the first of the range holds."
        )
    return list(below.items())
