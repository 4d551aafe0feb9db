"""Blocs: named sets of models, and the small language that names them.

`US` is a country, `open` and `proprietary` are kinds of weights, `reasoning` and `non-reasoning` of
models, `lab:NAME` is one lab, `size:CLASS` a class of size, `licence:NAME` a licence, `params<=40`
a bound in billions on all parameters, `active<=40` on the active ones. A comma widens (`US,CA`:
either), a plus narrows (`CN+open`: both); plus binds tighter.
"""

import re
from dataclasses import dataclass
from functools import reduce

import polars as pl

from forecasts.errors import UsageError

_COUNTRY = re.compile(r"[A-Za-z]{2}")
_BOUND = re.compile(r"(params|active)\s*(<=|>=|<|>)\s*(\d{1,12}(?:\.\d{1,6})?)", re.IGNORECASE)
_COUNTS = {"params": "parameters", "active": "active_parameters"}


@dataclass(frozen=True)
class Bloc:
    """A set of models: `spec` as canonical text, `member` as a filter over observations.

    `terms` holds the alternatives, each the terms that narrow it, in lower case and without those
    that another one contains: two blocs of equal terms are one set, however they are written.
    `unknown` is where what decides on membership is not known: such a model is no member, nor one
    of the opposite bloc.
    """

    spec: str
    member: pl.Expr
    terms: frozenset[frozenset[str]]
    unknown: pl.Expr


def parse_bloc(spec: str) -> Bloc:
    """Read a bloc's name; raises UsageError when it is not one."""
    alternatives = [_narrow(part, spec) for part in spec.split(",")]
    text = ",".join(text for text, _ in alternatives)
    member = reduce(lambda a, b: a | b, [expr for _, expr in alternatives])
    sets = {frozenset(text.lower().split("+")) for text, _ in alternatives}
    terms = frozenset(s for s in sets if not any(other < s for other in sets))
    return Bloc(text, member.fill_null(False), terms, member.is_null())


def _narrow(part: str, spec: str) -> tuple[str, pl.Expr]:
    terms = [_term(term.strip(), spec) for term in part.split("+")]
    return "+".join(text for text, _ in terms), reduce(lambda a, b: a & b, [e for _, e in terms])


def _term(term: str, spec: str) -> tuple[str, pl.Expr]:
    lowered = term.lower()
    if lowered == "open":
        return "open", pl.col("open_weights")
    if lowered == "proprietary":
        return "proprietary", ~pl.col("open_weights")
    if lowered in {"reasoning", "non-reasoning"}:
        return lowered, pl.col("reasoning") if lowered == "reasoning" else ~pl.col("reasoning")
    if lowered.startswith("size:") and (size := lowered[5:].strip()):
        return f"size:{size}", pl.col("size_class").str.to_lowercase() == size
    if lowered.startswith(("licence:", "license:")) and term[8:].strip():
        licence = term[8:].strip()
        return f"licence:{licence}", _letters(pl.col("licence")) == _letters(pl.lit(licence))
    bound = _BOUND.fullmatch(term)
    if bound is not None:
        return _bounded(*bound.groups())
    if lowered.startswith("lab:") and term[4:].strip():
        lab = term[4:].strip()
        return f"lab:{lab}", pl.col("lab").str.to_lowercase() == lab.lower()
    if _COUNTRY.fullmatch(term):
        code = term.upper()
        return code, pl.col("country").str.split(",").list.contains(code)
    raise UsageError(
        f"'{spec}' is not a bloc: '{term}' is neither a two-letter country, 'open', 'proprietary', "
        "'reasoning', 'non-reasoning', 'lab:NAME', 'size:CLASS', 'licence:NAME' nor a bound such "
        "as 'params<=40'.",
        "Examples: US, CN, open, lab:DeepSeek, CN+open, US,CA, CN+params<=40.",
        code="unknown_bloc",
    )


def _bounded(what: str, sign: str, number: str) -> tuple[str, pl.Expr]:
    column, bound = pl.col(_COUNTS[what.lower()]), float(number)
    compared = {
        "<=": column <= bound, ">=": column >= bound, "<": column < bound, ">": column > bound,
    }  # fmt: skip
    return f"{what.lower()}{sign}{bound:g}", compared[sign]


def _letters(text: pl.Expr) -> pl.Expr:
    """A licence without what sources write differently: `Apache 2.0` is `apache-2.0`."""
    return text.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]", "")
