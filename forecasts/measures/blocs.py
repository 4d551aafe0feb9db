"""Blocs: named sets of models, and the small language that names them.

`US` is a country, `open` and `proprietary` are kinds of weights, `lab:NAME` is one lab. A comma
widens (`US,CA`: either), a plus narrows (`CN+open`: both); plus binds tighter.
"""

import re
from dataclasses import dataclass
from functools import reduce

import polars as pl

from forecasts.errors import UsageError

_COUNTRY = re.compile(r"[A-Za-z]{2}")


@dataclass(frozen=True)
class Bloc:
    """A set of models: `spec` as canonical text, `member` as a filter over observations."""

    spec: str
    member: pl.Expr


def parse_bloc(spec: str) -> Bloc:
    """Read a bloc's name; raises UsageError when it is not one."""
    alternatives = [_narrow(part, spec) for part in spec.split(",")]
    text = ",".join(text for text, _ in alternatives)
    member = reduce(lambda a, b: a | b, [expr for _, expr in alternatives])
    return Bloc(text, member.fill_null(False))


def _narrow(part: str, spec: str) -> tuple[str, pl.Expr]:
    terms = [_term(term.strip(), spec) for term in part.split("+")]
    return "+".join(text for text, _ in terms), reduce(lambda a, b: a & b, [e for _, e in terms])


def _term(term: str, spec: str) -> tuple[str, pl.Expr]:
    lowered = term.lower()
    if lowered == "open":
        return "open", pl.col("open_weights")
    if lowered == "proprietary":
        return "proprietary", ~pl.col("open_weights")
    if lowered.startswith("lab:") and term[4:].strip():
        lab = term[4:].strip()
        return f"lab:{lab}", pl.col("lab").str.to_lowercase() == lab.lower()
    if _COUNTRY.fullmatch(term):
        code = term.upper()
        return code, pl.col("country").str.split(",").list.contains(code)
    raise UsageError(
        f"'{spec}' is not a bloc: '{term}' is neither a two-letter country, 'open', 'proprietary' "
        "nor 'lab:NAME'.",
        "Examples: US, CN, open, lab:DeepSeek, CN+open, US,CA.",
        code="unknown_bloc",
    )
