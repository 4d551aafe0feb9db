"""Small tables of a workspace that only grow: what was said, and when it was recorded.

Each is a CSV file. A row is never changed; a view as of an earlier moment leaves later rows out,
and two copies of a workspace hold the union of their rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from forecasts.errors import TrackerError
from tracker.store.atomic import write_atomically

RECORDED = "recorded_at"
_MOMENT = "%Y-%m-%dT%H:%M:%S%.fZ"
_WHEN = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class DatedRows:
    """The rows of one file.

    Attributes:
        columns: text (`pl.String()`) or days (`pl.Date()`), by name; `recorded_at` follows.
        what: what the rows are, in the plural, for errors.
        recorded_before: only rows of before this moment; None: all.
    """

    path: Path
    columns: Mapping[str, pl.DataType]
    what: str
    recorded_before: datetime | None = None

    def rows(self) -> pl.DataFrame:
        """The columns and recorded_at, in the order in which the rows were recorded.

        Raises TrackerError when the file is not such a table.
        """
        if not self.path.is_file():
            return self._empty()
        days = [name for name, kind in self.columns.items() if kind == pl.Date()]
        try:
            text = pl.read_csv(self.path.read_bytes(), infer_schema=False)
            rows = text.select(*self.columns, RECORDED).with_columns(
                pl.col(days).str.to_date("%Y-%m-%d"),
                pl.col(RECORDED).str.to_datetime(_MOMENT, time_unit="us")
                .dt.replace_time_zone("UTC"),
            )  # fmt: skip
        except (pl.exceptions.PolarsError, OSError) as error:
            said = ", ".join(f"{n} (YYYY-MM-DD)" if n in days else n for n in self.columns)
            raise TrackerError(
                f"{self.path.name} is not a table of {self.what}.",
                f"Its columns are {said} and {RECORDED}; correct it.",
                f"bad_{self.what.replace(' ', '_')}",
            ) from error
        if self.recorded_before is not None:
            rows = rows.filter(pl.col(RECORDED) < self.recorded_before)
        return rows

    def add(self, *values: object) -> None:
        """Record one row, a value for each of `columns`, now."""
        row = pl.DataFrame([(*values, datetime.now(UTC))], schema=self._schema, orient="row")
        self._write(pl.concat([self.rows(), row]))

    def merge(self, other: "DatedRows", *, dry_run: bool = False) -> int:
        """Take over the rows that another copy has and this one has not; returns their number."""
        mine, theirs = self.rows(), other.rows()
        news = theirs.join(mine, on=list(self._schema), how="anti", nulls_equal=True).unique()
        if news.height and not dry_run:
            both = pl.concat([mine, news])
            self._write(both.sort(RECORDED, *self.columns, maintain_order=True))
        return news.height

    @property
    def _schema(self) -> dict[str, pl.DataType]:
        return {**self.columns, RECORDED: _WHEN}

    def _empty(self) -> pl.DataFrame:
        return pl.DataFrame(schema=self._schema)

    def _write(self, rows: pl.DataFrame) -> None:
        text = rows.with_columns(pl.col(RECORDED).dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"))
        write_atomically(self.path, text.write_csv().encode())
