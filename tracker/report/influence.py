"""What moved the forecast, as a table: with and without each new record of the quarter."""

import polars as pl

from forecasts.forecasting.forecast import Forecast
from tracker.report.tables import Column, Table, isolated

BEYOND = "beyond the horizon"
_COLUMNS = [
    Column("model", "left out", "text"),
    Column("bloc", "bloc", "text"),
    Column("released_on", "released on", "date"),
    Column("probability", "probability without", "number"),
    Column("change", "change, percentage points", "number"),
    Column("median_date", "median date without", "date"),
    Column("median_days", "median date moved, days", "number"),
]


def influence_table(influence: pl.DataFrame) -> Table | None:
    """Rows of `leave_one_out`; None where the quarter has no record.

    Changes are those that the release brought: with it minus without it.
    """
    if influence.is_empty():
        return None
    rows = [_row(row) for row in influence.iter_rows(named=True)]
    kept = [i for i in range(len(_COLUMNS)) if any(row[i] for row in rows)]
    return Table([_COLUMNS[i] for i in kept], [[row[i] for i in kept] for row in rows], 0)


def influence_label(forecast: Forecast) -> str:
    """What the table shows, and the forecast with every release."""
    now = forecast.closure
    return (
        "The forecast without each new record. With all releases the probability is "
        f"{100 * now.probability_within_horizon:.1f}%, the median date {now.median_date or BEYOND}."
    )


def _signed(change: float) -> str:
    text = f"{change:+.1f}"
    return "0.0" if text in {"+0.0", "-0.0"} else text


def _row(row: dict[str, object]) -> list[str]:
    bloc, chance, change, days = (
        row[c] for c in ("bloc", "probability_within_horizon", "change", "median_days")
    )
    together = bool(row["together"])
    found = [
        f"all {row['records']} of {bloc} together" if together else isolated(row["model"]),
        str(bloc),
        "" if together else str(row["released_on"]),
    ]
    if not isinstance(chance, float) or not isinstance(change, float):
        return [*found, "no forecast", "", "", ""]
    moved = "" if not isinstance(days, int) else f"{days:+d}" if days else "0"
    return [
        *found, f"{100 * chance:.1f}%", _signed(100 * change), str(row["median_date"] or BEYOND),
        moved,
    ]  # fmt: skip
