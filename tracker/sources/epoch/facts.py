"""What Epoch AI says of a model and of a table, in the words of an observation."""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from statistics import NormalDist

from forecasts.errors import UsageError
from tracker.catalogue import Catalogue
from tracker.sources.basis import day_in_name
from tracker.sources.countries import country_codes
from tracker.sources.labs import lab_of_family
from tracker.sources.rows import Records
from tracker.text.printable import printable

SOURCE = "epoch"
# The basis of whatever Epoch publishes without naming one.
VERSION = "epoch"
# Half the width of a 90% interval of a normal distribution, in standard errors.
_HALF_WIDTH = NormalDist().inv_cdf(0.95)
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ].*)?", re.ASCII)
# Benchmarks that a table calls otherwise than the catalogue does, both without case and signs.
_OTHER_NAMES = {
    "adversarialnli": "anli",
    "commonsenseqa2": "csqa2",
    "deepresearchbench": "deepresearch",
    "frontiermath": "FrontierMath-2025-02-28-Private",
    "frontiermathtier4": "FrontierMath-Tier-4-2025-07-01-Private",
    "frontiermathtiers13v2": "FrontierMath-Tiers-1-3-v2-Private",
    "frontiermathtier4v2": "FrontierMath-Tier-4-v2-Private",
    "gso": "gso bench",
    "metrtimehorizons": "metr",
    "rli": "Remote Labor Index",
    # The tables of 2026 are of its second version, whose tasks are others.
    "terminalbench": "Terminal-Bench 2",
}
# What stands for several countries, or for none that is known.
_NO_COUNTRY = frozenset({"", "multinational", "unknown"})


def index_of(benchmark: str, catalogue: Catalogue) -> str:
    """The index of a benchmark: as the catalogue names it, however a table spells it."""
    name = _OTHER_NAMES.get(_fold(benchmark), benchmark)
    known = catalogue.index_versions["index_name"].unique().sort()
    wanted = _fold(f"Epoch {name}")
    return next((index for index in known if _fold(index) == wanted), f"Epoch {name}")


def lab_of(organisations: str, models: Iterable[str], catalogue: Catalogue) -> str | None:
    """The first of several organisations by its common name, else the lab of the models' family."""
    first = organisations.split(",")[0].strip()
    if first:
        # 'Z.ai (Zhipu AI)' is known by either name.
        for name in (first, *re.split(r"\s*[()]\s*", first)):
            if name and (lab := catalogue.lab(name)) is not None:
                return lab.name
        return first
    of_family = (lab_of_family(name, catalogue) for name in models if name)
    return next((lab for lab in of_family if lab is not None), None)


def countries_of(
    cells: Iterable[str], catalogue: Catalogue
) -> tuple[dict[str, str | None], list[str]]:
    """The ISO codes of each cell of countries by name, joined by commas, None where none is known;
    and a note on names that are not known."""
    parts_of = {cell: [part.strip() for part in cell.split(",")] for cell in set(cells)}
    names = {part for parts in parts_of.values() for part in parts}
    codes, _ = country_codes(sorted(names), catalogue)
    codes.update({name: name.upper() for name in names if name.upper() in catalogue.countries})
    known = {
        cell: ",".join(dict.fromkeys(codes[part] for part in parts if part in codes)) or None
        for cell, parts in parts_of.items()
    }
    unknown = sorted(n for n in names if n not in codes and n.casefold() not in _NO_COUNTRY)
    shown = printable(", ".join(unknown[:5]))[:200]
    notes = [f"Countries that are not known and left out: {shown}."] if unknown else []
    return known, notes


def open_weights(accessibility: str, group: str = "") -> bool | None:
    """Whether the weights can be had, by Epoch's word for how a model is accessible."""
    for text in (accessibility.casefold(), group.casefold()):
        if text.startswith("open weights"):
            return True
        if text.startswith(("api access", "hosted access", "unreleased", "closed weights")):
            return False
    return None


def standard_error(low: str, high: str) -> str | None:
    """Of a 90% interval of a normal distribution; None where a bound is missing or no number."""
    with suppress(ValueError):
        return repr((float(high) - float(low)) / (2 * _HALF_WIDTH))
    return None


def day(text: str) -> str:
    """A day or a moment of it as YYYY-MM-DD; other text as it is."""
    found = _DAY.fullmatch(text.replace("/", "-"))
    return found.group(1) if found else text


def seen_on(found: Records, stated: Iterable[str]) -> date | None:
    """The day on which a table was seen: the caller's, that in its name, else the latest stated.

    None where all of these are missing and no row needs one.

    Raises MissingFact when nobody says it.
    """
    named = day_in_name(found.file)
    if named is not None:
        return found.basis.day(named, "the name of the file")
    days: list[date] = []
    for text in set(stated):
        with suppress(ValueError):
            days.append(date.fromisoformat(day(text)))
    past = [d for d in days if d <= found.options.today]
    return found.basis.day(max(past, default=None), "the latest day in the file")


def one_index(found: Records, names: Iterable[str]) -> None:
    """Refuse a name of the caller's for a table of several indices."""
    several = set(names)
    if found.options.index_name is not None and len(several) > 1:
        raise UsageError(
            f"{found.file.name} holds {len(several)} benchmarks, which cannot all be the index "
            f"'{found.options.index_name}'.",
            "Leave `index` out: each has its own name.",
            "several_indices",
            field="index",
        )


def _fold(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())
