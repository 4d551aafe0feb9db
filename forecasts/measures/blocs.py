"""Blocs: named sets of models, and the small language that names them.

`US` is a country, `EU` the countries of a group, `open` and `proprietary` are kinds of weights,
`lab:NAME` is one lab. A comma widens (`US,CA`: either), a plus narrows (`CN+open`: both); plus
binds tighter.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import product

import polars as pl

from forecasts.errors import UsageError
from forecasts.nearest import nearest

_COUNTRY = re.compile(r"[A-Za-z]{2}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{2,39}")
# What is written for a country beside its code.
_WRITTEN = {"UK": "GB"}
# The members since 2020-02-01: https://european-union.europa.eu, "EU countries".
GROUPS: Mapping[str, tuple[str, ...]] = {
    "EU": ("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
           "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
}  # fmt: skip
_KINDS = ("open", "proprietary")


@dataclass(frozen=True)
class Bloc:
    """A set of models: `spec` as canonical text, `member` as a filter over observations.

    `terms` holds the alternatives, each the terms that narrow it, in lower case and without those
    that another one contains: two blocs of equal terms are one set, however they are written.
    """

    spec: str
    member: pl.Expr
    terms: frozenset[frozenset[str]]


def parse_bloc(
    spec: str,
    groups: Mapping[str, Sequence[str]] | None = None,
    names: Callable[[], Mapping[str, str]] = dict[str, str],
) -> Bloc:
    """Read a bloc's name; raises UsageError when it is not one.

    `groups` are countries by names of one's own, which are `spelt_out`. `names` gives what a
    country is called beside its code, and its code, for an error to tell which is meant.
    """
    known = {**GROUPS, **(groups or {})}
    spec = spelt_out(spec, groups or {})
    alternatives = [_narrow(part, spec, known, names) for part in spec.split(",")]
    text = ",".join(text for text, _, _ in alternatives)
    member = reduce(lambda a, b: a | b, [expr for _, expr, _ in alternatives])
    sets = {of_part for _, _, sets in alternatives for of_part in sets}
    terms = frozenset(s for s in sets if not any(other < s for other in sets))
    return Bloc(text, member.fill_null(False), terms)


def spelt_out(spec: str, groups: Mapping[str, Sequence[str]]) -> str:
    """A bloc's name with each of the `groups` that it names written as the countries in it.

    A group of one's own has no meaning elsewhere, so that what is kept, issued or repeated is
    said in countries: `BRICS+open` is `BR+open,CN+open,...`. Names count in any case.
    """
    if not groups:
        return spec
    members = {name.lower(): tuple(countries) for name, countries in groups.items()}
    parts: list[str] = []
    for part in spec.split(","):
        choices = [members.get(t.strip().lower(), (t.strip(),)) for t in part.split("+")]
        parts += ["+".join(chosen) for chosen in product(*choices)]
    return ",".join(dict.fromkeys(parts))


def is_free_name(name: str) -> bool:
    """Whether a group of one's own can have this name: it means nothing in a bloc as it is."""
    return bool(_NAME.fullmatch(name)) and name.lower() not in _KINDS and name.upper() not in GROUPS


_Part = tuple[str, pl.Expr, set[frozenset[str]]]
_Names = Callable[[], Mapping[str, str]]


def _narrow(part: str, spec: str, known: Collection[str], names: _Names) -> _Part:
    terms = [_term(term.strip(), spec, known, names) for term in part.split("+")]
    member = reduce(lambda a, b: a & b, [expr for _, expr, _ in terms])
    choices = dict.fromkeys(names for _, _, names in terms)  # a term said twice is one
    sets = {frozenset(chosen) for chosen in product(*choices)}
    return "+".join(text for text, _, _ in terms), member, sets


def _term(
    term: str, spec: str, known: Collection[str], names: _Names
) -> tuple[str, pl.Expr, tuple[str, ...]]:
    """Its canonical text, the filter, and in lower case the terms any of which suffices."""
    lowered = term.lower()
    if lowered == "open":
        return "open", pl.col("open_weights"), ("open",)
    if lowered == "proprietary":
        return "proprietary", ~pl.col("open_weights"), ("proprietary",)
    if lowered.startswith("lab:") and term[4:].strip():
        lab = term[4:].strip()
        member = pl.col("lab").str.to_lowercase() == lab.lower()
        return f"lab:{lab}", member, (f"lab:{lab.lower()}",)
    code = _WRITTEN.get(term.upper(), term.upper())
    countries = pl.col("country").str.split(",")
    if code in GROUPS:
        of_group = countries.list.eval(pl.element().is_in(GROUPS[code])).list.any()
        return code, of_group, tuple(c.lower() for c in GROUPS[code])
    if _COUNTRY.fullmatch(term):
        return code, countries.list.contains(code), (code.lower(),)
    listed = ", ".join(f"'{name}'" for name in (*known, *_KINDS))
    codes = names()
    near = nearest(term, (*_KINDS, *known, *codes))
    meant = f"Did you mean '{codes.get(near[0], near[0])}'? " if near else ""
    raise UsageError(
        f"'{spec}' is not a bloc: '{term}' is neither a two-letter country, {listed} nor "
        "'lab:NAME'.",
        f"{meant}Examples: US, CN, EU, open, lab:DeepSeek, CN+open, US,CA.",
        code="unknown_bloc",
    )
