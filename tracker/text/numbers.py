"""Numbers and cells as text, with as many decimals as their scale needs."""

import math
import re
from datetime import date

import polars as pl

from forecasts.measures.value_scale import ValueScale

_SHARES = ("probability", "share", "coverage")
# Columns of values of an index, and of differences of two of them.
_VALUES = re.compile(
    r"((leader_|follower_)?value|gap_(points|low|high|mean|q\d\d)|raised_by|before|after|change"
    r"|mean|q\d\d|lowest|highest|observed|median|crps\w*|(low|high)_\d\d|stderr|low|high)"
)


def fixed(value: float, places: int) -> str:
    """A number with so many decimals; what rounds to zero has no sign."""
    text = f"{value:.{places}f}"
    return text.removeprefix("-") if text.strip("-0.") == "" else text


def points(scale: ValueScale, value: float) -> str:
    """A value of an index, or the difference of two, with the decimals that its scale needs.

    On a logarithmic scale three digits, all of those before the point among them.
    """
    if not scale.logarithmic or not math.isfinite(value):
        return fixed(value, scale.places)
    size = math.floor(math.log10(abs(value))) if value else 2
    return fixed(value, min(max(2 - size, 0), 8))


def signed(scale: ValueScale, value: float) -> str:
    """As `points`, with a plus before what rises."""
    text = points(scale, value)
    return text if text.startswith("-") or not text.strip("0.") else f"+{text}"


def factor(doublings: float) -> str:
    """Doublings as the ratio that they make."""
    ratio: float = 2.0**doublings
    return f"{ratio:.3g}" if ratio < 1000 else f"{ratio:.0f}"


def ratio_told(doublings: float | None) -> str:
    """The gap on a logarithmic scale in words, to follow it; empty on another."""
    if doublings is None:
        return ""
    return f"; {factor(doublings)} times, {fixed(doublings, 2)} doublings"


def is_value(name: str) -> bool:
    """Whether a column of this name holds values of an index."""
    return _VALUES.fullmatch(name) is not None


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
        return fixed(value, places)
    return value.isoformat() if isinstance(value, date) else str(value)


def column_text(column: pl.Series, scale: ValueScale | None = None) -> list[str]:
    """Every value as text: shares in percent with one decimal, values of the index by its `scale`,
    other numbers by `decimals`.
    """
    if column.name.startswith(_SHARES) and column.dtype.is_float():
        return ["" if v is None else f"{100 * v:.1f}%" for v in column]
    if scale is not None and column.dtype.is_float() and is_value(column.name):
        return ["" if v is None else points(scale, v) for v in column]
    places = decimals(column) if column.dtype.is_float() else 0
    return [cell(value, places) for value in column]
