"""Numbers as people write them: grouped, in percent, or left out by a mark.

A point is the decimal sign and a comma groups thousands, unless `decimal` says the reverse. Where
it says nothing a comma before three digits has two readings, '1,490' is 1490 or 1.49. The columns
then decide by what can be read in one way only, and what they leave open is refused, both readings
named. Spaces and apostrophes group too, and a percentage is the number before its sign.
"""

import re
from collections.abc import Sequence

import polars as pl

AUTO = "auto"
# What stands for no value in a column that need not have one. NA is the code of Namibia.
_MARKS = ("n/a", "#n/a", "nan", "null", "none", "-", "--", "–", "—")
_MARKS_OF_NUMBERS = (*_MARKS, "na")

_PERCENT = r"\s*%$"
_SPACES = r"^[+-]?\d{1,3}(?:[ \u00a0\u2009\u202f'’]\d{3})+(?:[.,]\d+)?$"
_PLAIN = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"
# Of the unsigned text. With a comma that can group only, or be the decimal sign only, or be both.
_GROUPS = r"^(?:\d{1,3}(?:,\d{3})+\.\d+|[1-9]\d{0,2}(?:,\d{3}){2,})$"
_COMMA = r"^(?:\d{1,3}(?:\.\d{3})+,\d+|[1-9]\d{0,2}(?:\.\d{3}){2,}|\d*,\d+)$"
_BOTH = r"^[1-9]\d{0,2},\d{3}$"
_BOTH_POINT = r"^[1-9]\d{0,2}\.\d{3}$"
_MANY = 3  # cells that are no slips any more


def without_marks(column: pl.Expr, *, of_numbers: bool = False) -> pl.Expr:
    """The cells of a text column, null where a mark such as 'n/a' stands for no value."""
    marks = _MARKS_OF_NUMBERS if of_numbers else _MARKS
    return pl.when(column.str.strip_chars().str.to_lowercase().is_in(marks).not_()).then(column)


def is_mark(cell: str) -> bool:
    """Whether a cell of numbers is a mark for no value."""
    return cell.strip().casefold() in _MARKS_OF_NUMBERS


def as_numbers(text: pl.DataFrame, names: Sequence[str], decimal: str | None) -> pl.DataFrame:
    """The text columns `names` as numbers, null what cannot be read, or in two ways.

    `decimal` is '.' or ',' as it was said, 'auto' where the columns themselves decide, None for
    numbers that a machine wrote. All columns are one hand's: what one shows holds for the others.
    """
    bare = text.select(_bare(pl.col(name)) for name in names)
    if decimal is None:
        return bare.select(_plain(pl.col(name)) for name in names)
    if decimal == ",":
        swapped = [_swapped(pl.col(name)) for name in names]
        return bare.select(swapped).select(_plain(_ungrouped(pl.col(name), 1)) for name in names)
    if decimal == ".":
        return bare.select(_plain(_ungrouped(pl.col(name), 1)) for name in names)
    cells = pl.concat([bare[name] for name in names]).drop_nulls().str.strip_prefix("-")
    groups, both, point_both = (cells.str.contains(k) for k in (_GROUPS, _BOTH, _BOTH_POINT))
    comma = cells.str.contains(_COMMA) & ~both
    decimals = int((cells.str.contains(r"^\d*\.\d+$") & ~point_both & ~comma).sum())
    # No way of writing decimals gives both 1,490 and 987: fixed ones 987,000, short ones 1,49.
    hundreds = bool(cells.str.contains(r"^[1-9]\d\d$").any())
    ended = cells.str.ends_with("0")
    thousands = bool(groups.any()) or (hundreds and bool((both & ended).any()))
    thousands |= decimals >= min(int(both.sum()), _MANY) > 0
    pointed = bool(comma.any()) or (hundreds and not decimals and bool((point_both & ended).any()))
    least = None if comma.any() else 1 if thousands else 2
    return bare.select(
        _plain(_ungrouped(_unless(pl.col(name), _BOTH_POINT, pointed), least)) for name in names
    )


def why_no_number(text: str, decimal: str | None, *, percent: bool = False) -> str:
    """What is wrong with a cell that `as_numbers` made null: each way in which it can be read."""
    shown = repr(text[:40])
    cell = re.sub(_PERCENT, "", text.strip()).replace("\u2212", "-")
    body = cell.lstrip("+-")
    sign = "-" if cell.startswith("-") else ""
    if percent:
        return f"{shown} stands among percentages: it is {text} or {100 * float(cell):g} of them"
    if decimal == AUTO:
        if re.fullmatch(_BOTH[1:-1], body) or re.fullmatch(_BOTH_POINT[1:-1], body):
            whole, part = re.split("[.,]", body)
            point = f"{whole}.{part.rstrip('0')}".rstrip(".")
            return f"{shown} is {sign}{whole}{part} or {sign}{point}: say `decimal` . or ,"
        if re.fullmatch(_COMMA[1:-1], body):
            # More than one point groups, as in 1.234.567.
            read = body.replace(".", "").replace(",", ".")
            return f"{shown} is {sign}{read} with a decimal comma: say `decimal` ,"
    if "," in text:
        return f"{shown} is not a number" + (f" with `decimal` {decimal}" if decimal else "")
    return f"{shown} is not a finite number"


def beside_percentages(text: pl.Expr) -> pl.Expr:
    """Which cells lie within one of zero and have no sign, in a column of percentages."""
    share = text.str.contains(r"^[+-]?0?[.,]\d*[1-9]\d*$")
    return share & text.str.contains(_PERCENT).any()


def _bare(column: pl.Expr) -> pl.Expr:
    """Without a percent sign, a leading plus and what groups in one way only."""
    cell = column.str.replace(_PERCENT, "").str.replace_all("\u2212", "-", literal=True)
    cell = cell.str.strip_prefix("+")
    spaced = cell.str.contains(_SPACES)
    return (
        pl.when(spaced).then(cell.str.replace_all(r"[ \u00a0\u2009\u202f'’]", "")).otherwise(cell)
    )


def _swapped(column: pl.Expr) -> pl.Expr:
    """Comma for point and the reverse, for a decimal comma; null where the points do not group."""
    pointed = column.str.contains(".", literal=True)
    grouped = column.str.contains(r"^-?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?$")
    swapped = column.str.replace_all(".", "_", literal=True).str.replace_all(",", ".", literal=True)
    return pl.when(~pointed | grouped).then(swapped.str.replace_all("_", ",", literal=True))


def _ungrouped(column: pl.Expr, least: int | None) -> pl.Expr:
    """Without the commas of thousands, where they can only be that or `least` is 1."""
    if least is None:
        return column
    alone = column.str.contains(r"^-?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?$")
    if least > 1:
        alone &= ~column.str.contains(_BOTH.replace("^", "^-?", 1))
    return pl.when(alone).then(column.str.replace_all(",", "", literal=True)).otherwise(column)


def _unless(column: pl.Expr, kind: str, refused: bool) -> pl.Expr:
    return pl.when(~column.str.contains(kind.replace("^", "^-?", 1))).then(column) \
        if refused else column  # fmt: skip


def _plain(column: pl.Expr) -> pl.Expr:
    plain = pl.when(column.str.contains(_PLAIN)).then(column)
    return plain.cast(pl.Float64, strict=False)
