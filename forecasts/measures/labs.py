"""How many labs of each bloc have a reasoning model, one of open weights, one near the frontier."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from forecasts.measures.blocs import Bloc
from models.contract import FloatArray, IntArray

# What a lab may have, in the order in which it is told.
KINDS = ("reasoning", "open", "near")
_TABLE = {"kind": pl.String(), "bloc": pl.String(), "date": pl.Date(), "labs": pl.Int64()}


@dataclass(frozen=True)
class LabCounts:
    """The number of labs over time.

    Attributes:
        table: kind (one of KINDS), bloc, date, labs: the number at the end of the first month, of
            each month in which it became another, and on the last day.
        within: how far below the frontier counts as near, in the unit of the index.
        unknown: of each kind the models of the blocs of which it is not known: they do not count.
    """

    table: pl.DataFrame
    within: float
    unknown: dict[str, int]


def count_labs(
    models: pl.DataFrame,
    blocs: Sequence[Bloc],
    within: float,
    first: date | None = None,
    last: date | None = None,
) -> LabCounts:
    """Labs of each bloc that have released a model of each kind by each day.

    A lab has a reasoning or an open model from the release of the first on. It is near the
    frontier on a day when the best of its models so far is at most `within` below the best of all
    models so far: a lab that is left behind counts no more.

    Args:
        models: rows of `known_models`.
        first, last: the days that are shown; from the first release to the last if left out.
    """
    ordered = models.filter(pl.col("lab").is_not_null()).sort("released_on", "model_key")
    if ordered.is_empty():
        return LabCounts(pl.DataFrame(schema=_TABLE), within, {})
    days = _month_ends(first or ordered["released_on"][0], last or ordered["released_on"][-1])
    ordered = ordered.filter(pl.col("released_on") <= days[-1])
    # The first of the days on which each model had been released.
    at = days.search_sorted(ordered["released_on"]).to_numpy().astype(np.int64)
    best = _best(ordered["value"].to_numpy(), at, np.zeros(len(at), np.int64), len(days))[0]
    tables: list[pl.DataFrame] = []
    for bloc in blocs:
        inside = ordered.select(pl.lit(True) & bloc.member).to_series().to_numpy()
        of = ordered.filter(inside)
        lab = of["lab"].rank("dense").cast(pl.Int64).to_numpy() - 1
        for kind in KINDS:
            if kind == "near":
                own = _best(of["value"].to_numpy(), at[inside], lab, len(days))
                has = own >= best - within - 1e-9
            else:
                column = "reasoning" if kind == "reasoning" else "open_weights"
                flag = of[column].fill_null(False).to_numpy().astype(float)
                has = _best(flag, at[inside], lab, len(days)) >= 1.0
            counts = pl.DataFrame({"date": days, "labs": has.sum(axis=0).astype(np.int64)})
            tables.append(
                _changes(counts).select(
                    pl.lit(kind).alias("kind"), pl.lit(bloc.spec).alias("bloc"), "date", "labs"
                )
            )
    members = pl.any_horizontal(bloc.member for bloc in blocs)
    some = ordered.filter(members)
    unknown = {
        "reasoning": some["reasoning"].null_count(), "open": some["open_weights"].null_count(),
    }  # fmt: skip
    return LabCounts(pl.concat(tables).cast(_TABLE), within, unknown)  # type: ignore[arg-type]


def _best(values: FloatArray, at: IntArray, row: IntArray, days: int) -> FloatArray:
    """The best value of each row by each day, shape (rows, days); -inf before the first."""
    rows = int(row.max()) + 1 if len(row) else 0
    found = np.full((rows, days), -np.inf)
    np.maximum.at(found, (row, at), values)
    return np.maximum.accumulate(found, axis=1)


def _month_ends(first: date, last: date) -> pl.Series:
    """The last day of each month from that of `first` on, and `last` as the last of them."""
    ends = pl.date_range(first, last, "1d", eager=True).dt.month_end().unique()
    return pl.concat([ends.filter(ends < last), pl.Series([last])]).sort()


def _changes(counts: pl.DataFrame) -> pl.DataFrame:
    """The rows whose number is another than that before, and the first and the last row."""
    number, at = pl.col("labs"), pl.int_range(pl.len())
    changed = number.ne_missing(number.shift(1))
    return counts.filter(changed | (at == pl.len() - 1))
