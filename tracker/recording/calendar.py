"""What the calendar of versions says against the version that values are filed under."""

from datetime import date

import polars as pl

from tracker.catalogue import Catalogue


def calendar_note(catalogue: Catalogue, name: str, version: str, day: date) -> str | None:
    """A sentence where the catalogue knows that an index was at another version on a day."""
    known = catalogue.versions_on(name, day)
    if known:
        at = " or ".join(known)
        return (
            None if version in known
            else f"By the calendar '{name}' was at version {at} on {day}, not {version}."
        )  # fmt: skip
    of_index = catalogue.index_versions.filter(pl.col("index_name") == name)
    own = of_index.filter(pl.col("index_version") == version)
    last = own["last_seen"].max()
    if not isinstance(last, date) or last >= day:
        return None
    later = of_index.filter(pl.col("first_seen").is_between(last, day, closed="right"))
    if later.is_empty():
        return None
    newest = later.sort("first_seen").row(-1, named=True)
    return (
        f"'{name}' {version} was last seen on {last}, and version {newest['index_version']} is "
        f"known from {newest['first_seen']}: a value of {day} is probably of a later version."
    )
