"""Re-named models: from a day on the observations of one name count as those of another.

They are rows of `aliases.csv` in the workspace: old, new, from, recorded_at. Nothing of the store
changes, and a view as of an earlier day does not either.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from forecasts.errors import UsageError
from forecasts.measures.vintage import ALIASES
from tracker.dated_rows import DatedRows
from tracker.store.schema import model_key

FILE = "aliases.csv"
_COLUMNS = {"old": pl.String(), "new": pl.String(), "from": pl.Date()}


@dataclass(frozen=True)
class Aliases:
    """The aliases of one workspace (`folder`), as they were recorded before a moment."""

    folder: Path
    recorded_before: datetime | None = None

    @property
    def file(self) -> DatedRows:
        """Their rows: old, new, from, recorded_at."""
        return DatedRows(self.folder / FILE, _COLUMNS, "aliases", self.recorded_before)

    def rows(self) -> pl.DataFrame:
        """old, new, from, recorded_at: in the order in which they were recorded.

        Raises TrackerError when the file is not one of aliases.
        """
        return self.file.rows()

    def add(self, old: str, new: str, start: date) -> bool:
        """From `start` on `old` counts as `new`; whether that was not said already.

        Raises UsageError when the two are one model, or `new` counts as `old` in turn.
        """
        rows = self.rows()
        if rows.filter(pl.col("from") == start, old=old, new=new).height:
            return False
        later = pl.DataFrame([(old, new, start, datetime.now(UTC))], rows.schema, orient="row")
        if _target(_edges(pl.concat([rows, later])), model_key(old), date.max) is None:
            raise UsageError(
                f"'{new}' is '{old}', or counts as it.", "Name two models.", "alias_circle"
            )
        self.file.add(old, new, start)
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
