"""The frontier of a bloc: the best value that any of its models has reached by a date."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from forecasts.errors import TrackerError
from forecasts.measures.blocs import Bloc
from forecasts.measures.variants import base_model
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
    subset whose value exceeds every earlier one of the bloc, at most one a day.
    """

    bloc: str
    releases: pl.DataFrame
    records: pl.DataFrame

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
        """The same as arrays, for the trend models."""
        return Series(
            self.bloc,
            self.days,
            self.values,
            self.releases["released_on"].cast(pl.Int32).to_numpy().astype(np.int64),
            self.releases["value"].to_numpy().astype(np.float64),
        )

    def at(self, days: IntArray) -> FloatArray:
        """Right-continuous step function: value on each day, nan before the first record."""
        return self.series().at(days)


def frontier(models: pl.DataFrame, bloc: Bloc, when: str = "") -> Frontier:
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
            (f"{when}, countries" if when else "Countries") + f" with models: {', '.join(present)}."
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
    return Frontier(bloc.spec, releases, records)


def records_table(frontiers: list[Frontier]) -> pl.DataFrame:
    """Records of several blocs by date: bloc, released_on, value, model, lab and more."""
    columns = ["released_on", "value", "model", "lab", "country", "open_weights", "estimated"]
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
