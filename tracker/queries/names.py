"""The labs and the families of models that are known."""

import polars as pl

from tracker.workspace_data import WorkspaceData

ORIGINS = ("workspace", "catalogue")


def list_labs(data: WorkspaceData) -> pl.DataFrame:
    """Every known lab by name: lab, countries (null: not known), aliases, origin.

    `origin` is `workspace` where this workspace says something of the lab, else `catalogue`.
    """
    catalogue = data.catalogue
    own = {} if catalogue.own is None else catalogue.own.labs()
    aliases: dict[str, list[str]] = {}
    for name, lab in catalogue.lab_names.items():
        aliases.setdefault(lab, []).extend([name] if name != lab else [])
    rows: list[tuple[str, str | None, str, str]] = []
    for lab, others in aliases.items():
        known = catalogue.lab(lab)
        countries = known.countries if known is not None else ""
        rows.append((lab, countries or None, ";".join(others), ORIGINS[lab not in own]))
    table = pl.DataFrame(rows, schema=["lab", "countries", "aliases", "origin"], orient="row")
    return table.sort(pl.col("lab").str.to_lowercase())


def list_families(data: WorkspaceData) -> pl.DataFrame:
    """Every known beginning of a model's name: prefix, lab, origin."""
    catalogue = data.catalogue
    own = {} if catalogue.own is None else catalogue.own.families()
    bundled = dict(catalogue.families.select("prefix", "lab").iter_rows())
    rows = [(prefix, lab, ORIGINS[prefix not in own]) for prefix, lab in (bundled | own).items()]
    return pl.DataFrame(rows, schema=["prefix", "lab", "origin"], orient="row").sort("prefix")
