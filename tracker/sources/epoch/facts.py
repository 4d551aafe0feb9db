"""What Epoch AI says of a model and of a table, in the words of an observation."""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from statistics import NormalDist

from forecasts.errors import UsageError
from tracker.catalogue import Catalogue
from tracker.sources.basis import day_in_name
from tracker.sources.labs import lab_of_family
from tracker.sources.rows import Records

SOURCE = "epoch"
# The basis of whatever Epoch publishes without naming one.
VERSION = "epoch"
# Half the width of a 90% interval of a normal distribution, in standard errors.
_HALF_WIDTH = NormalDist().inv_cdf(0.95)
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ].*)?", re.ASCII)
# Epoch names countries as the United Nations do.
_COUNTRIES = {
    "australia": "AU", "austria": "AT", "belgium": "BE", "brazil": "BR", "canada": "CA",
    "china": "CN", "denmark": "DK", "egypt": "EG", "finland": "FI", "france": "FR",
    "germany": "DE", "hong kong": "HK", "india": "IN", "indonesia": "ID", "ireland": "IE",
    "israel": "IL", "italy": "IT", "japan": "JP", "korea (republic of)": "KR",
    "republic of korea": "KR", "south korea": "KR", "malaysia": "MY", "netherlands": "NL",
    "norway": "NO", "poland": "PL", "portugal": "PT", "qatar": "QA",
    "russian federation": "RU", "russia": "RU", "saudi arabia": "SA", "singapore": "SG",
    "south africa": "ZA", "spain": "ES", "sweden": "SE", "switzerland": "CH", "taiwan": "TW",
    "thailand": "TH", "turkey": "TR", "türkiye": "TR", "ukraine": "UA",
    "united arab emirates": "AE", "united kingdom": "GB",
    "united kingdom of great britain and northern ireland": "GB", "united states": "US",
    "united states of america": "US", "viet nam": "VN", "vietnam": "VN",
}  # fmt: skip
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
_NO_COUNTRY = frozenset({"multinational", "unknown"})


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


def countries_of(names: str, catalogue: Catalogue) -> str | None:
    """Countries by name as ISO codes joined by commas; None if none of them is known."""
    codes: list[str] = []
    for name in (part.strip() for part in names.split(",")):
        code = name if name in catalogue.countries else _COUNTRIES.get(name.casefold())
        if code is not None and code not in codes:
            codes.append(code)
    return ",".join(codes) or None


def unknown_countries(names: Iterable[str], catalogue: Catalogue) -> list[str]:
    """Names of countries that are not known here."""
    parts = {part.strip() for text in names for part in text.split(",")}
    known = {"", *catalogue.countries}
    return sorted(
        p
        for p in parts - known
        if p.casefold() not in _COUNTRIES and p.casefold() not in _NO_COUNTRY
    )


def country_note(names: Iterable[str], catalogue: Catalogue) -> list[str]:
    """A note on names of countries that are not known here."""
    unknown = unknown_countries(names, catalogue)
    if not unknown:
        return []
    return [f"Countries that are not known and left out: {', '.join(unknown[:5])[:200]}."]


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
    """The day on which a table was seen: the caller's, that of fetching it, that in its name, else
    the latest stated.

    None where all of these are missing and no row needs one.

    Raises MissingFact when nobody says it.
    """
    if found.file.fetched_on is not None:
        return found.basis.day()
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
