"""What a reader who does not see a chart must know of it, from the numbers behind it."""

from typing import Any

import polars as pl

from forecasts.measures.value_scale import ValueScale
from tracker.charts.contract import AnyChart
from tracker.charts.drawing.text import sentence
from tracker.text.counting import counted
from tracker.text.numbers import column_text


def describe(chart: AnyChart, subject: Any, table: pl.DataFrame) -> str:
    """The chart's own words; of a chart without any the first and last row of its table."""
    if table.is_empty():
        return f"{chart.title}. There are no data to show."
    if chart.describe is None:
        return _by_its_table(chart.title, table, getattr(subject, "scale", None))
    return sentence(chart.describe(subject, table))


def _by_its_table(title: str, table: pl.DataFrame, scale: ValueScale | None) -> str:
    flat = table.select(c for c, kind in table.schema.items() if not kind.is_nested())
    cells = {name: column_text(flat[name], scale) for name in flat.columns}

    def row(at: int) -> str:
        return ", ".join(f"{n.replace('_', ' ')} {cells[n][at]}" for n in flat.columns if
                         cells[n][at])  # fmt: skip

    rows = f"First: {row(0)}. Last: {row(-1)}." if flat.height > 1 else f"{row(0)}."
    return f"{title}. {counted(flat.height, 'row', 'rows')} of numbers. {rows}"
