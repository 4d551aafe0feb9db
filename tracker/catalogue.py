"""Facts about the world: labs, index versions, policy events, observations, as they are bundled."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

import polars as pl

from tracker.own_catalogue import OwnCatalogue, Signature
from tracker.store.schema import SCHEMA, STATED, model_key


def data_folder() -> Path:
    """The bundled data set: inside the installed package, or beside it in a source tree."""
    here = Path(__file__).parent
    installed = here / "data"
    return installed if installed.is_dir() else here.parent / "data"


@dataclass(frozen=True)
class Lab:
    """A lab by its common name, with its countries as ISO codes joined by commas."""

    name: str
    countries: str


@dataclass(frozen=True)
class _Names:
    """Labs by every name, by every name `_fold`ed, and the labs of families by `family_key`."""

    spelt: dict[str, Lab]
    folded: dict[str, Lab]
    families: dict[str, str]


@dataclass(frozen=True)
class IndexVersion:
    """What is known of one version of an index; bounds in points, None where unknown."""

    label: str
    low: float | None
    high: float | None
    ratio_scale: bool | None
    note: str


class Catalogue:
    """Reads the bundled tables when they are first asked for.

    What a workspace knows of labs and families goes before them (`own`) and is read anew when it
    has changed.
    """

    def __init__(self, folder: Path | None = None, own: OwnCatalogue | None = None) -> None:
        self.folder = folder or data_folder()
        self.own = own
        self._seen: Signature | None = None
        self._known = _Names({}, {}, {})

    def recorded_before(self, moment: datetime) -> "Catalogue":
        """The same catalogue as it was known just before a moment."""
        own = None if self.own is None else replace(self.own, recorded_before=moment)
        return Catalogue(self.folder, own)

    @cached_property
    def labs(self) -> pl.DataFrame:
        """The bundled lab, countries, aliases, source_url, note."""
        return pl.read_csv(self.folder / "labs.csv", infer_schema=False, glob=False)

    @cached_property
    def families(self) -> pl.DataFrame:
        """The bundled prefix, lab, source_url."""
        return pl.read_csv(self.folder / "model_families.csv", infer_schema=False, glob=False)

    @property
    def _names(self) -> "_Names":
        signature = () if self.own is None else self.own.signature()
        if self._seen != signature:
            self._known = self._read_names()
            self._seen = signature
        return self._known

    def _read_names(self) -> "_Names":
        found: dict[str, tuple[str, tuple[str, ...]]] = {
            lab: (countries or "", tuple((aliases or "").split(";")))
            for lab, countries, aliases in self.labs.drop("source_url", "note").iter_rows()
        }
        families = dict(self.families.select("prefix", "lab").iter_rows())
        own = {} if self.own is None else self.own.labs()
        for lab, (countries, aliases) in own.items():
            before, known = found.pop(lab, ("", ()))
            found[lab] = (countries or before, (*known, *aliases))
        if self.own is not None:
            families |= self.own.families()
        spelt: dict[str, Lab] = {}
        # A name of one's own is not an alias of another lab; what is said last goes first.
        for lab, (countries, aliases) in found.items():
            spelt |= {name: Lab(lab, countries) for name in (lab, *aliases) if name}
        spelt |= {lab: Lab(lab, found[lab][0]) for lab in own}
        folded = {_fold(name): lab for name, lab in spelt.items()}
        folded |= {_fold(lab): spelt[lab] for lab in own}
        return _Names(spelt, folded, {family_key(p): lab for p, lab in families.items()})

    def lab(self, name: str) -> Lab | None:
        """The lab known by `name`, an alias of it, or either in another case or spacing."""
        return self._names.folded.get(_fold(name))

    @property
    def lab_names(self) -> dict[str, str]:
        """The common name of each lab by every name of it."""
        return {name: lab.name for name, lab in self._names.spelt.items()}

    def lab_name(self, name: str) -> str:
        """The common name of a lab known by any of its names, else the name itself."""
        lab = self.lab(name)
        return name if lab is None else lab.name

    @property
    def seats(self) -> dict[str, str]:
        """Country of the seat, the first one, of each lab by any of its names."""
        spelt = self._names.spelt.items()
        return {name: lab.countries.split(",")[0] for name, lab in spelt if lab.countries}

    @property
    def model_families(self) -> dict[str, str]:
        """Lab of a model whose name begins so, by that beginning as `family_key` writes it."""
        return self._names.families

    @cached_property
    def publishers(self) -> dict[str, str]:
        """The source that publishes the indices whose name begins with a prefix."""
        rows = pl.read_csv(self.folder / "publishers.csv", infer_schema=False)
        return dict(rows.select("index_prefix", "source").iter_rows())

    @cached_property
    def countries(self) -> frozenset[str]:
        """ISO 3166-1 alpha-2 codes."""
        text = (self.folder / "countries.txt").read_text("utf-8")
        return frozenset(text.split())

    @cached_property
    def country_names(self) -> dict[str, str]:
        """The code of each country by its code of three letters and its English names."""
        rows = pl.read_csv(self.folder / "country_names.csv", infer_schema=False, glob=False)
        return {
            name: code
            for code, three, names in rows.select("code", "alpha_3", "names").iter_rows()
            for name in (three, *names.split(";"))
        }

    @cached_property
    def events(self) -> pl.DataFrame:
        """Policy events by date, each with its primary source."""
        return pl.read_csv(self.folder / "events.csv", infer_schema=False, glob=False).with_columns(
            pl.col("date").str.to_date()
        )

    @cached_property
    def index_versions(self) -> pl.DataFrame:
        """One row per version of an index: bounds, scale, dates seen, what is known."""
        return _specs(self.folder / "index_versions.csv").with_columns(
            pl.col("first_seen", "last_seen").str.to_date()
        )

    @cached_property
    def index_families(self) -> pl.DataFrame:
        """Bounds, unit and scale of the indices whose name begins with an `index_prefix`, where
        there is one of the `index_version` alone."""
        return _specs(self.folder / "index_families.csv")

    def index_family(self, name: str, version: str) -> pl.DataFrame:
        """The row of the longest prefix of a name, one without a version or of this one; no row
        where there is none."""
        prefix, of = pl.col("index_prefix").fill_null(""), pl.col("index_version")
        begins = pl.lit(name).str.starts_with(prefix) & (of.is_null() | (of == version))
        return self.index_families.filter(begins).sort(prefix.str.len_chars()).tail(1)

    def versions_on(self, name: str, day: date) -> list[str]:
        """Versions of an index that were seen both on or before and on or after a day."""
        between = pl.lit(day).is_between("first_seen", "last_seen")
        rows = self.index_versions.filter(pl.col("index_name") == name, between)
        return rows["index_version"].sort().to_list()

    def has_calendar(self, name: str) -> bool:
        """Whether it is known when any version of an index was seen."""
        rows = self.index_versions.filter(pl.col("index_name") == name)
        return rows["first_seen"].is_not_null().any()

    def index_version(self, name: str, version: str) -> IndexVersion | None:
        """What is known of one version of one index, None if nothing."""
        rows = self.index_versions.filter(index_name=name, index_version=version)
        if rows.is_empty():
            return None
        row = rows.row(0, named=True)
        return IndexVersion(
            row["label"], row["low"], row["high"], row["ratio_scale"], row["note"] or ""
        )

    @cached_property
    def sweeps(self) -> pl.DataFrame:
        """source, index_version and observed_on of the boards that are bundled whole."""
        rows = pl.read_csv(self.folder / "sweeps.csv", infer_schema=False, glob=False)
        return rows.select("source", "index_version", pl.col("observed_on").str.to_date())

    @cached_property
    def index_weights(self) -> pl.DataFrame:
        """What versions of indices consist of: index_name, source_url and the columns of
        `forecasts.measures.link_evidence.WEIGHTS`; published weights sum to one in each version."""
        rows = pl.read_csv(self.folder / "index_weights.csv", infer_schema=False, glob=False)
        return rows.with_columns(pl.col("factor", "weight").cast(pl.Float64))

    def observations(self) -> pl.DataFrame:
        """The bundled observations in the columns that a source states."""
        frames = [
            pl.read_csv(path, infer_schema=False, glob=False)
            for path in sorted((self.folder / "observations").glob("*.csv"))
        ]
        rows = pl.concat(frames, how="diagonal")
        absent = [pl.lit(None, pl.String).alias(c) for c in STATED if c not in rows.columns]
        return typed(rows.with_columns(absent).select(STATED))


def typed(rows: pl.DataFrame) -> pl.DataFrame:
    """Well-formed text columns in the types of the schema; raises on malformed ones."""
    to_bool = {"true": True, "false": False}
    return rows.with_columns(
        pl.col(name).replace_strict(to_bool, return_dtype=pl.Boolean)
        if SCHEMA[name] == pl.Boolean()
        else pl.col(name).str.to_date("%Y-%m-%d")
        if SCHEMA[name] == pl.Date()
        else pl.col(name).cast(SCHEMA[name])
        for name in rows.columns
    )


def family_key(beginning: str) -> str:
    """The beginning of a model's name in the form of `schema.model_key`.

    A separator at its end stays: `o3-` begins "o3" and "o3-mini", not "o300".
    """
    ends = beginning[-1:].isalnum() or not beginning
    return model_key(beginning) + ("" if ends else "-")


def _specs(path: Path) -> pl.DataFrame:
    """A table with the columns low, high and ratio_scale of a scale."""
    return pl.read_csv(path, infer_schema=False, glob=False).with_columns(
        pl.col("low", "high").cast(pl.Float64),
        ratio_scale=pl.col("ratio_scale").replace_strict(
            {"true": True, "false": False}, default=None, return_dtype=pl.Boolean
        ),
    )


def _fold(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())
