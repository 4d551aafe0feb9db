"""Text that a spreadsheet does not take for a formula."""

import polars as pl

# Signs, full width ones too, at which a spreadsheet takes a cell for a formula.
_SIGNS = "[=+\\-@\t\r\n＝＋－＠]"
GUARDED = f"^'+{_SIGNS}"


def guard(rows: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Rows whose text is safe in a spreadsheet, and the number of cells that were changed.

    A text cell that begins with a formula sign, or with apostrophes and then one, gets one
    apostrophe before it. Taking one off each cell that matches GUARDED restores the text.
    """
    names = [c for c, kind in rows.schema.items() if kind == pl.String()]
    if not names or rows.is_empty():
        return rows, 0
    risky = pl.col(names).str.contains(f"^'*{_SIGNS}").fill_null(False)
    count = int(rows.select(risky.sum()).sum_horizontal().item())
    if not count:
        return rows, 0
    return rows.with_columns(
        pl.when(risky).then(pl.lit("'") + pl.col(names)).otherwise(pl.col(names)).name.keep()
    ), count


def guard_note(count: int) -> str:
    """What to tell a person of `count` cells that `guard` changed."""
    cells = "cell begins" if count == 1 else "cells begin"
    return (
        f"{count} text {cells} like a formula: the CSV has an apostrophe before it, which "
        "`tracker import csv` takes off again."
    )
