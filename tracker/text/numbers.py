"""Numbers and cells as text, with as many decimals as their scale needs."""

from datetime import date

import polars as pl

from forecasts.measures.gap import Gap

_SHARES = ("probability", "share", "coverage")


def points(gap: Gap, value: float) -> str:
    """Points of the index with as many decimals as its scale needs."""
    return f"{value:.{decimals(gap.leader.releases['value'])}f}"


def decimals(values: pl.Series) -> int:
    """Four where all values lie within one of zero, as on an index of fractions; else two."""
    largest = values.abs().max()
    return 4 if isinstance(largest, float) and 0 < largest <= 1 else 2


def cell(value: object, places: int = 2) -> str:
    """One value as text; nothing for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.{places}f}"
    return value.isoformat() if isinstance(value, date) else str(value)


def column_text(column: pl.Series) -> list[str]:
    """Every value as text: shares in percent with one decimal, other numbers by `decimals`."""
    if column.name.startswith(_SHARES) and column.dtype.is_float():
        return ["" if v is None else f"{100 * v:.1f}%" for v in column]
    places = decimals(column) if column.dtype.is_float() else 0
    return [cell(value, places) for value in column]
