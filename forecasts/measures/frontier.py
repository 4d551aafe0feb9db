"""The frontier of a bloc: the best value that any of its models has reached by a date."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from forecasts.errors import TrackerError
from forecasts.measures.blocs import Bloc
from forecasts.measures.variants import base_model
from forecasts.measures.vintage import FIRST, PRECISION
from forecasts.nearest import nearest
from models.contract import FloatArray, IntArray, Series

EPOCH = date(1970, 1, 1)


def to_day(when: date) -> int:
    """Days since 1970-01-01."""
    return (when - EPOCH).days


def to_date(day: int) -> date:
    """Inverse of `to_day`."""
    return date.fromordinal(EPOCH.toordinal() + int(day))


@dataclass(frozen=True)
class Frontier:
    """A bloc's releases by date and, among them, the records that raised its frontier.

    `releases` has one row per model, in the columns of `known_models` and `base`; `records` is the
    subset whose value exceeds every earlier one of the bloc, at most one a day. `swept_until` is
    the day to which all releases of the index are known, None where it is not known.
    """

    bloc: str
    releases: pl.DataFrame
    records: pl.DataFrame
    swept_until: date | None = None

    @property
    def days(self) -> IntArray:
        """Days of the records since 1970-01-01, strictly increasing, shape (records,)."""
        return self.records["released_on"].cast(pl.Int32).to_numpy().astype(np.int64)

    @property
    def values(self) -> FloatArray:
        """Values of the records in points, strictly increasing, shape (records,)."""
        return self.records["value"].to_numpy().astype(np.float64)

    @property
    def best(self) -> dict[str, object]:
        """The record that holds today: the row as a mapping."""
        return self.records.row(-1, named=True)

    def series(self) -> Series:
        """The same as arrays, for the trend models.

        Releases are those of sweeps, and the records: how many others there were since the last
        sweep nobody knows, and the one that happened to be logged says nothing of it.
        """
        counted = swept_releases(self.releases, self.swept_until, self.records["model_key"])
        return Series(
            self.bloc,
            self.days,
            self.values,
            counted["released_on"].cast(pl.Int32).to_numpy().astype(np.int64),
            counted["value"].to_numpy().astype(np.float64),
        )

    def since(self, first: date) -> "Frontier":
        """The frontier seen from `first` on: the record that held then counts from that day."""
        day = pl.col("released_on")
        held = self.records.filter(day < first).tail(1).with_columns(released_on=pl.lit(first))
        return replace(self, records=pl.concat([held, self.records.filter(day >= first)]))

    def at(self, days: IntArray) -> FloatArray:
        """Right-continuous step function: value on each day, nan before the first record."""
        return self.series().at(days)


def swept_releases(
    models: pl.DataFrame, swept_until: date | None, records: pl.Series
) -> pl.DataFrame:
    """Rows of `known_models` first observed by the last sweep, and the `records` (keys)."""
    if swept_until is None or FIRST not in models.columns:
        return models
    seen = (pl.col(FIRST) <= swept_until) | pl.col("model_key").is_in(records.implode())
    return models.filter(seen)


def frontier(
    models: pl.DataFrame, bloc: Bloc, when: str = "", swept_until: date | None = None
) -> Frontier:
    """Frontier of `bloc` among `models` (rows of `known_models`).

    `when` names their day in the hint of the error, such as "On 2026-06-10".

    Raises:
        TrackerError: the bloc has no model with a value and a release date.
    """
    releases = models.filter(bloc.member).with_columns(base=base_model(pl.col("model")))
    if releases.is_empty():
        present = models["country"].drop_nulls().str.split(",").explode().unique().sort().to_list()
        raise TrackerError(
            f"No model of bloc '{bloc.spec}' has a value and a release date here.",
            f"{_meant(bloc, models)}{f'{when}, countries' if when else 'Countries'} with models: "
            f"{', '.join(present)}."
            if present
            else (f"{when}: none at all. " if when else "") + "Import or log some.",
            code="empty_bloc",
        )
    records = (
        # The best of a day first; models released on one day raise the frontier once.
        releases.sort("released_on", "value", "model_key", descending=[False, True, False])
        .unique("released_on", keep="first", maintain_order=True)
        .filter(pl.col("value") > pl.col("value").cum_max().shift(1).fill_null(-np.inf))
    )
    return Frontier(bloc.spec, releases, records, swept_until)


def records_table(frontiers: list[Frontier]) -> pl.DataFrame:
    """Records of several blocs by date: bloc, released_on, value, model, lab and more."""
    columns = ["released_on", PRECISION, "value", "model", "lab", "country", "open_weights",
               "estimated"]  # fmt: skip
    return pl.concat(
        [
            f.records.select(
                pl.lit(f.bloc).alias("bloc"),
                *columns,
                (pl.col("value") - pl.col("value").shift(1)).alias("raised_by"),
            )
            for f in frontiers
        ]
    ).sort("released_on", "bloc")


def _meant(bloc: Bloc, models: pl.DataFrame) -> str:
    """The question whether another lab is meant, where the bloc names one that has no model."""
    labs = models["lab"].drop_nulls().unique().sort().to_list()
    named = {term[4:] for terms in bloc.terms for term in terms if term.startswith("lab:")}
    unknown = sorted(named - {lab.lower() for lab in labs})
    near = nearest(unknown[0], labs) if unknown else []
    return f"Did you mean 'lab:{near[0]}'? " if near else ""
