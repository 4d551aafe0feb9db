"""Say what a lab is called and where it is, and whose a family of models is."""

from collections.abc import Sequence

from forecasts.errors import UsageError
from forecasts.nearest import nearest
from tracker.catalogue import family_key
from tracker.own_catalogue import OwnCatalogue
from tracker.queries.listing import refuse_unknown_lab
from tracker.store.schema import MAX_COUNTRIES, MAX_TEXT, text_problem
from tracker.workspace_data import WorkspaceData


def add_lab(
    data: WorkspaceData, lab: str, countries: Sequence[str] = (), aliases: Sequence[str] = ()
) -> bool:
    """Say something of a lab, beside what is known of it; whether that is news.

    `countries` (codes, the seat first) go before those known, `aliases` are added. Rows that are
    stored do not change; those that state no country have the lab's from now on.

    Raises UsageError when a name or a country is none, or nothing is said of a new lab.
    """
    for name in (lab, *aliases):
        _check_name("lab", name)
    known = data.catalogue.lab(lab)
    name = known.name if known is not None and _same(known.name, lab) else lab.strip()
    codes = [code.strip().upper() for code in countries]
    unknown = [code for code in codes if code not in data.catalogue.countries]
    if unknown:
        near = nearest(unknown[0], data.catalogue.country_names)
        meant = f"Did you mean '{data.catalogue.country_names[near[0]]}'? " if near else ""
        raise UsageError(
            f"`country`: '{unknown[0]}' is not the two-letter code of a country.",
            f"{meant}ISO 3166-1 lists them, such as US, CN, GB.",
            "bad_country",
            field="country",
        )
    if len(set(codes)) > MAX_COUNTRIES:
        raise UsageError(
            f"A lab has at most {MAX_COUNTRIES} countries.", "", "bad_country", field="country"
        )
    told = ",".join(dict.fromkeys(codes))
    if not told and not aliases:
        raise UsageError(
            f"Nothing is said of the lab '{name}'.",
            "Give `country`, or another name of it.",
            "nothing_said",
        )
    names = data.catalogue.lab_names
    news = tuple(a for a in dict.fromkeys(a.strip() for a in aliases) if names.get(a) != name)
    same = known is not None and known.name == name and told in {"", known.countries}
    if same and not news:
        return False
    OwnCatalogue(data.folder).add_lab(name, told, news)
    return True


def add_family(data: WorkspaceData, prefix: str, lab: str) -> bool:
    """Say that models whose names begin with `prefix` are of `lab`; whether that is news.

    Raises UsageError when the beginning is none, or nobody knows the lab.
    """
    _check_name("prefix", prefix)
    if not any(c.isalnum() for c in prefix):
        raise UsageError(f"No name of a model begins with '{prefix}'.", "", "bad_prefix")
    refuse_unknown_lab(data, lab)
    name = data.catalogue.lab_name(lab.strip())
    if data.catalogue.model_families.get(family_key(prefix.strip())) == name:
        return False
    OwnCatalogue(data.folder).add_family(prefix.strip(), name)
    return True


def _check_name(field: str, name: str) -> None:
    problem = text_problem(name) or ("is empty" if not name.strip() else None)
    if problem is None and len(name) > MAX_TEXT["lab"]:
        problem = f"is longer than {MAX_TEXT['lab']} characters"
    if problem is None and field == "lab" and (";" in name or "+" in name):
        problem = "holds a semicolon or a plus, which part names"
    if problem:
        raise UsageError(f"`{field}`: the name {problem}.", "", f"bad_{field}", field=field)


def _same(one: str, other: str) -> bool:
    return one.casefold().split() == other.casefold().split()
