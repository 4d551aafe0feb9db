"""Print a result in the format that was asked for."""

import errno
import io
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tracker.cli.globals import GlobalOptions
from tracker.cli.terminal import can_write, echo, shown
from tracker.results.json_values import to_json
from tracker.text.printable import fit, printable, width

if TYPE_CHECKING:
    import polars as pl

    from forecasts.measures.value_scale import ValueScale
    from tracker.workspace_data import WorkspaceData


def emit(options: GlobalOptions, result: Any, table: "pl.DataFrame | None" = None) -> None:
    """Write `result` as JSON, or `table` (else `result` itself) as csv or parquet, to stdout.

    For the table format nothing is written: the command prints its own view.
    """
    import polars as pl

    frame = result if table is None else table
    if options.format == "json":
        click.echo(_json(to_json(result)))
    elif options.format in {"csv", "parquet"}:
        if not isinstance(frame, pl.DataFrame):
            frame = pl.DataFrame([_sound(to_json(frame))])
        if options.format == "csv":
            from tracker.text.spreadsheet import guard, guard_note

            safe, guarded = guard(_flat(frame))
            click.echo(safe.write_csv().encode(), nl=False)
            if guarded:
                options.say(guard_note(guarded))
        else:
            buffer = io.BytesIO()
            frame.write_parquet(buffer)
            click.echo(buffer.getvalue(), nl=False)


def _flat(frame: "pl.DataFrame") -> "pl.DataFrame":
    """Lists and rows within cells as JSON, which CSV has no form for."""
    import polars as pl

    nested = [name for name, kind in frame.schema.items() if kind.is_nested()]
    return frame.with_columns(
        pl.Series(name, [None if v is None else json.dumps(to_json(v), ensure_ascii=False)
                         for v in frame[name].to_list()], pl.String)
        for name in nested
    )  # fmt: skip


def check_target(path: Path) -> None:
    """Find out before long work that a file could not be written; raises OSError, and UsageError
    for a place where a workspace keeps its own files."""
    from tracker.store.outputs import refuse_store

    refuse_store(path)
    folder = path.absolute().parent
    if not folder.is_dir():
        raise FileNotFoundError(errno.ENOENT, "There is no such folder", str(folder))
    if not os.access(folder, os.W_OK):
        raise PermissionError(errno.EACCES, "Permission denied", str(folder))


def print_table(
    frame: "pl.DataFrame",
    decimals: int = 2,
    scale: "ValueScale | Sequence[ValueScale | None] | None" = None,
) -> None:
    """A frame for the eye: numbers to the right, columns cut to the terminal's width.

    Values of an index have the digits of its `scale`, one for all or one for each row, other
    numbers so many decimals.
    """
    from tracker.text.dates import with_shown_dates
    from tracker.text.numbers import is_value

    if frame.is_empty():
        echo("(none)")
        return
    frame = with_shown_dates(frame)
    measured = [is_value(name) for name in frame.columns]
    scales = scale if isinstance(scale, Sequence) else [scale] * frame.height
    cells = [
        [shown(_cell(v, decimals, by if is_one else None)) for v, is_one in
         zip(row, measured, strict=True)]
        for row, by in zip(frame.iter_rows(), scales, strict=True)
    ]  # fmt: skip
    right = [kind.is_numeric() for kind in frame.schema.values()]
    widths = [
        max(width(name), *(width(row[i]) for row in cells)) for i, name in enumerate(frame.columns)
    ]
    room = max(shutil.get_terminal_size((110, 20)).columns, 60)
    while sum(widths) + 2 * len(widths) > room and max(widths) > 12:
        widths[widths.index(max(widths))] -= 1
    mark = "…" if can_write("…") else "~"
    for row in [frame.columns, *cells]:
        echo(
            "  ".join(
                fit(text, columns, to_right, mark)
                for text, columns, to_right in zip(row, widths, right, strict=True)
            ).rstrip()
        )


def scales_of(data: "WorkspaceData", rows: "pl.DataFrame") -> "list[ValueScale | None]":
    """How the values of each row's index version are told, for `print_table`."""
    known = data.scales()
    return [known.get(index) for index in rows.select("index_name", "index_version").iter_rows()]


def _cell(value: object, decimals: int, scale: "ValueScale | None") -> str:
    from tracker.text.numbers import fixed, points

    if value is None:
        return "-"
    if isinstance(value, float):
        return fixed(value, decimals) if scale is None else points(scale, value)
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=2)
    # Escapes say the same where the stream has no such character.
    return text if can_write(text) else json.dumps(value, indent=2)


def _sound(row: dict[str, Any]) -> dict[str, Any]:
    """Without halves of characters, which names of files may hold and frames cannot."""
    return {k: printable(v) if isinstance(v, str) else v for k, v in row.items()}
