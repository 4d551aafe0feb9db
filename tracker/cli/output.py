"""Print a result in the format that was asked for."""

import json
import shutil
import sys
from typing import TYPE_CHECKING, Any

import click

from tracker.cli.globals import GlobalOptions
from tracker.documents import to_json

if TYPE_CHECKING:
    import polars as pl


def emit(options: GlobalOptions, result: Any, table: "pl.DataFrame | None" = None) -> None:
    """Write `result` as JSON, or `table` (else `result` itself) as csv or parquet, to stdout.

    For the table format nothing is written: the command prints its own view.
    """
    import polars as pl

    frame = result if table is None else table
    if options.format == "json":
        click.echo(json.dumps(to_json(result), ensure_ascii=False, indent=2))
    elif options.format in {"csv", "parquet"}:
        if not isinstance(frame, pl.DataFrame):
            frame = pl.DataFrame([to_json(frame)])
        if options.format == "csv":
            flat = [c for c, kind in frame.schema.items() if not kind.is_nested()]
            click.echo(frame.select(flat).write_csv(), nl=False)
        else:
            frame.write_parquet(sys.stdout.buffer)


def print_table(frame: "pl.DataFrame", decimals: int = 2) -> None:
    """A frame for the eye: numbers to the right, columns cut to the terminal's width."""
    if frame.is_empty():
        click.echo("(none)")
        return
    cells = [[_cell(v, decimals) for v in row] for row in frame.iter_rows()]
    right = [kind.is_numeric() for kind in frame.schema.values()]
    widths = [
        max(len(name), *(len(row[i]) for row in cells)) for i, name in enumerate(frame.columns)
    ]
    room = max(shutil.get_terminal_size((110, 20)).columns, 60)
    while sum(widths) + 2 * len(widths) > room and max(widths) > 12:
        widths[widths.index(max(widths))] -= 1
    for row in [frame.columns, *cells]:
        click.echo(
            "  ".join(
                _fit(text, width, to_right)
                for text, width, to_right in zip(row, widths, right, strict=True)
            ).rstrip()
        )


def _cell(value: object, decimals: int) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.{decimals}f}"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _fit(text: str, width: int, right: bool) -> str:
    cut = text if len(text) <= width else text[: width - 1] + "…"
    return cut.rjust(width) if right else cut.ljust(width)
