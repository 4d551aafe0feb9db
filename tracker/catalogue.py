"""The bundled facts about the world: labs, index versions, policy events, observations."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import polars as pl

from tracker.store.schema import SCHEMA, STATED


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
class IndexVersion:
    """What is known of one version of an index; bounds in points, None where unknown."""

    label: str
    low: float | None
    high: float | None
    ratio_scale: bool | None
    note: str


class Catalogue:
    """Reads the bundled tables when they are first asked for."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or data_folder()

    @cached_property
    def labs(self) -> pl.DataFrame:
        """lab, countries, aliases, source_url, note."""
        return pl.read_csv(self.folder / "labs.csv", infer_schema=False, glob=False)

    @cached_property
    def _lab_names(self) -> dict[str, Lab]:
        found: dict[str, Lab] = {}
        for name, countries, aliases in self.labs.select("lab", "countries", "aliases").iter_rows():
            lab = Lab(name, countries)
            for alias in [name, *(aliases or "").split(";")]:
                found[_fold(alias)] = lab
        return found

    def lab(self, name: str) -> Lab | None:
        """The lab known by `name`, an alias of it, or either in another case or spacing."""
        return self._lab_names.get(_fold(name))

    def lab_name(self, name: str) -> str:
        """The common name of a lab known by any of its names, else the name itself."""
        lab = self.lab(name)
        return name if lab is None else lab.name

    @cached_property
    def seats(self) -> dict[str, str]:
        """Country of the seat, the first one, of each lab by any of its names."""
        known = self.labs.select("lab", "countries", "aliases").drop_nulls("countries")
        return {
            name: countries.split(",")[0]
            for lab, countries, aliases in known.iter_rows()
            for name in (lab, *filter(None, (aliases or "").split(";")))
        }

    @cached_property
    def model_families(self) -> dict[str, str]:
        """Lab of a model whose name begins with a prefix, lower case."""
        rows = pl.read_csv(self.folder / "model_families.csv", infer_schema=False, glob=False)
        return dict(rows.select("prefix", "lab").iter_rows())

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
    def events(self) -> pl.DataFrame:
        """Policy events by date, each with its primary source."""
        return pl.read_csv(self.folder / "events.csv", infer_schema=False, glob=False).with_columns(
            pl.col("date").str.to_date()
        )

    @cached_property
    def index_versions(self) -> pl.DataFrame:
        """One row per version of an index: bounds, scale, dates seen, what is known."""
        return pl.read_csv(
            self.folder / "index_versions.csv", infer_schema=False, glob=False
        ).with_columns(
            pl.col("first_seen", "last_seen").str.to_date(),
            pl.col("low", "high").cast(pl.Float64),
            ratio_scale=pl.col("ratio_scale").replace_strict(
                {"true": True, "false": False}, default=None, return_dtype=pl.Boolean
            ),
        )

    @cached_property
    def index_weights(self) -> pl.DataFrame:
        """What versions of indices consist of: index_name and the columns WEIGHTS."""
        rows = pl.read_csv(self.folder / "index_weights.csv", infer_schema=False, glob=False)
        return rows.with_columns(pl.col("factor", "weight").cast(pl.Float64))

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

    def observations(self) -> pl.DataFrame:
        """The bundled observations in the columns that a source states."""
        frames = [
            pl.read_csv(path, infer_schema=False, glob=False)
            for path in sorted((self.folder / "observations").glob("*.csv"))
        ]
        return typed(pl.concat(frames).select(STATED))


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


def _fold(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())
