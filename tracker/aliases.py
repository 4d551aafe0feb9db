"""Re-named models: from a day on the observations of one name count as those of another.

They are rows of `aliases.csv` in the workspace: old, new, from, recorded_at. Nothing of the store
changes, and a view as of an earlier day does not either.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from forecasts.errors import TrackerError, UsageError
from forecasts.measures.vintage import ALIASES
from tracker.store.atomic import write_atomically
from tracker.store.schema import model_key

FILE = "aliases.csv"
_COLUMNS = {
    "old": pl.String(), "new": pl.String(), "from": pl.Date(),
    "recorded_at": pl.Datetime("us", "UTC"),
}  # fmt: skip


@dataclass(frozen=True)
class Aliases:
    """The aliases of one workspace (`folder`), as they were recorded before a moment."""

    folder: Path
    recorded_before: datetime | None = None

    def rows(self) -> pl.DataFrame:
        """old, new, from, recorded_at: in the order in which they were recorded.

        Raises TrackerError when the file is not one of aliases.
        """
        path = self.folder / FILE
        if not path.is_file():
            return pl.DataFrame(schema=_COLUMNS)
        try:
            text = pl.read_csv(path.read_bytes(), infer_schema=False).select(list(_COLUMNS))
            rows = text.with_columns(
                pl.col("from").str.to_date("%Y-%m-%d"),
                pl.col("recorded_at").str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us")
                .dt.replace_time_zone("UTC"),
            )  # fmt: skip
        except (pl.exceptions.PolarsError, OSError) as error:
            raise TrackerError(
                f"{FILE} is not a table of aliases.",
                "Its columns are old, new, from (YYYY-MM-DD) and recorded_at; correct it.",
                "bad_aliases",
            ) from error
        if self.recorded_before is not None:
            rows = rows.filter(pl.col("recorded_at") < self.recorded_before)
        return rows

    def add(self, old: str, new: str, start: date) -> bool:
        """From `start` on `old` counts as `new`; whether that was not said already.

        Raises UsageError when the two are one model, or `new` counts as `old` in turn.
        """
        rows = self.rows()
        known = rows.filter(pl.col("from") == start, old=old, new=new)
        if known.height:
            return False
        later = pl.DataFrame([(old, new, start, datetime.now(UTC))], schema=_COLUMNS, orient="row")
        both = pl.concat([rows, later])
        if _target(_edges(both), model_key(old), date.max) is None:
            raise UsageError(
                f"'{new}' is '{old}', or counts as it.", "Name two models.", "alias_circle"
            )
        text = both.with_columns(pl.col("recorded_at").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"))
        write_atomically(self.folder / FILE, text.write_csv().encode())
        return True

    def table(self) -> pl.DataFrame:
        """model_key and ALIASES, the list of what it counts as: from, key and name, by day."""
        rows = self.rows()
        edges = _edges(rows)
        days = sorted(set(rows["from"]))
        found: list[dict[str, object]] = []
        for key in edges:
            stages: list[dict[str, object]] = []
            for day in days:
                target = _target(edges, key, day)
                if target is not None and target[0] != key:
                    stages.append({"from": day, "key": target[0], "name": target[1]})
            found.append({"model_key": key, ALIASES: stages})
        stage = pl.Struct({"from": pl.Date(), "key": pl.String(), "name": pl.String()})
        return pl.DataFrame(found, schema={"model_key": pl.String(), ALIASES: pl.List(stage)})


Edges = dict[str, list[tuple[date, str]]]


def _edges(rows: pl.DataFrame) -> Edges:
    """The new names of each old key by day; of one day the one recorded last."""
    edges: Edges = {}
    for old, new, start in rows.select("old", "new", "from").iter_rows():
        edges.setdefault(model_key(old), []).append((start, new))
    return {key: sorted(news, key=lambda e: e[0]) for key, news in edges.items()}


def _target(edges: Edges, key: str, day: date) -> tuple[str, str] | None:
    """Key and name that a model counts as on a day; None when that leads back to itself."""
    seen, name = {key}, key
    while True:
        news = [new for start, new in edges.get(key, []) if start <= day]
        if not news:
            return key, name
        name = news[-1]
        key = model_key(name)
        if key in seen:
            return None
        seen.add(key)
