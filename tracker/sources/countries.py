"""Countries by any of their English names, or by their codes of two or three letters."""

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from pathlib import Path

import polars as pl

from tracker.catalogue import Catalogue
from tracker.text.printable import printable

FILE = "country_names.csv"
_CODES = re.compile(r"[A-Za-z]{2}(?:\s*[,;/]\s*[A-Za-z]{2})*", re.A)
_COMPARED = 50  # unknown names that are compared with all known ones
# From what separates alone to what a name may hold: 'Korea, Republic of', 'Trinidad and Tobago'.
_SEPARATORS = (r"[;|/\n]", r",", r"\s+(?:and|&)\s+|\s*[&+]\s*")


def country_codes(
    cells: Iterable[str], catalogue: Catalogue
) -> tuple[dict[str, str], dict[str, str]]:
    """The codes of each cell that names countries, joined by commas, and why others have none.

    A cell may name several, separated by , ; / | & or 'and'. One of codes alone is neither: what
    is wrong with codes is told where they are checked.
    """
    named, codes = _names(catalogue.folder), catalogue.countries
    found: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for cell in cells:
        bare = cell.strip()
        parts = _parts(bare, named, len(_SEPARATORS))
        unknown = [part for part in parts if _code(part, named, codes) is None]
        if _CODES.fullmatch(bare) and (unknown or _all_are_codes(bare, codes)):
            continue
        if unknown:
            wrong[cell] = _unknown(unknown[0], named if len(wrong) < _COMPARED else {})
        else:
            each = [_code(part, named, codes) or "" for part in parts]
            found[cell] = ",".join(dict.fromkeys(each))
    return found, wrong


def _code(name: str, named: dict[str, str], codes: frozenset[str]) -> str | None:
    folded = _fold(name)
    return folded.upper() if folded.upper() in codes else named.get(folded)


def _all_are_codes(codes: str, known: frozenset[str]) -> bool:
    return all(code.upper() in known for code in re.split(r"\s*[,;/]\s*", codes))


def _parts(text: str, named: dict[str, str], separators: int) -> list[str]:
    """The countries that `text` names, split only where the whole is not the name of one."""
    if _fold(text) in named:
        return [text]
    at = len(_SEPARATORS) - separators
    for finer, separator in enumerate(_SEPARATORS[at:], start=1):
        parts = [part.strip() for part in re.split(separator, text) if part.strip()]
        if len(parts) > 1:
            return [one for part in parts for one in _parts(part, named, separators - finer)]
    return [text]


def _unknown(name: str, named: dict[str, str]) -> str:
    shown = repr(printable(name[:60]))
    near = get_close_matches(_fold(name), named, n=1, cutoff=0.75)
    hint = f"; {near[0].title()} would be {named[near[0]]}" if near else ""
    return f"{shown} is no country by its English name or its ISO 3166-1 code{hint}"


@cache
def _names(folder: Path) -> dict[str, str]:
    """The code of each name, folded, and of each code of three letters."""
    rows = pl.read_csv(folder / FILE, infer_schema=False, glob=False)
    found: dict[str, str] = {}
    for code, three, names in rows.iter_rows():
        for name in (three, *(names or "").split(";")):
            found[_fold(name)] = code
    return found


def _fold(name: str) -> str:
    """A name without case, accents and spacing; commas stay, since they may separate two."""
    plain = unicodedata.normalize("NFKD", name).casefold().removeprefix("the ")
    return "".join(c for c in plain if c.isalnum() or c == ",")
