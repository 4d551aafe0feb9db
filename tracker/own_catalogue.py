"""Labs and families of models that one workspace knows: `labs.csv` and `families.csv` in it."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from tracker.dated_rows import DatedRows

LABS, FAMILIES = "labs.csv", "families.csv"
_TEXT = pl.String()
Signature = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class OwnCatalogue:
    """What was said in one workspace (`folder`), as it was recorded before a moment."""

    folder: Path
    recorded_before: datetime | None = None

    @property
    def files(self) -> tuple[DatedRows, DatedRows]:
        """The rows of labs (lab, countries, aliases) and of families (prefix, lab)."""
        labs = {"lab": _TEXT, "countries": _TEXT, "aliases": _TEXT}
        families = {"prefix": _TEXT, "lab": _TEXT}
        return (
            DatedRows(self.folder / LABS, labs, "labs", self.recorded_before),
            DatedRows(self.folder / FAMILIES, families, "families", self.recorded_before),
        )

    def labs(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        """Countries, those said last, and all aliases of each lab."""
        found: dict[str, tuple[str, tuple[str, ...]]] = {}
        for lab, countries, aliases in self.files[0].rows().drop("recorded_at").iter_rows():
            before, known = found.get(lab, ("", ()))
            more = [alias for alias in (aliases or "").split(";") if alias]
            found[lab] = (countries or before, tuple(dict.fromkeys([*known, *more])))
        return found

    def families(self) -> dict[str, str]:
        """The lab of models whose name begins so, the one said last."""
        return dict(self.files[1].rows().select("prefix", "lab").iter_rows())

    def signature(self) -> Signature:
        """What changes when either file does."""
        found = (file.path for file in self.files)
        return tuple((s.st_mtime_ns, s.st_size) for p in found if p.is_file() for s in [p.stat()])

    def add_lab(self, lab: str, countries: str, aliases: tuple[str, ...]) -> None:
        """Say something of a lab."""
        self.files[0].add(lab, countries, ";".join(aliases))

    def add_family(self, prefix: str, lab: str) -> None:
        """Say whose the models are whose name begins so."""
        self.files[1].add(prefix, lab)
