"""What moved the forecast, as a table: with and without each new record of the quarter."""

import polars as pl

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
    """Rows of `forecasts.influence.leave_one_out`; None where the quarter has no record.

    Changes are those that the release brought: with it minus without it.
    """
    if influence.is_empty():
        return None
    return Table(_COLUMNS, [_row(row) for row in influence.iter_rows(named=True)], 0)


def _row(row: dict[str, object]) -> list[str]:
    bloc, chance, change, days = (
        row[c] for c in ("bloc", "probability_within_horizon", "change", "median_days")
    )
    together = bool(row["together"])
    found = [
        f"all of {bloc} together" if together else isolated(row["model"]),
        str(bloc),
        "" if together else str(row["released_on"]),
    ]
    if not isinstance(chance, float) or not isinstance(change, float):
        return [*found, "no forecast", "", "", ""]
    moved = "" if not isinstance(days, int) else f"{days:+d}" if days else "0"
    return [
        *found, f"{100 * chance:.1f}%", f"{100 * change:+.1f}", str(row["median_date"] or BEYOND),
        moved,
    ]  # fmt: skip
