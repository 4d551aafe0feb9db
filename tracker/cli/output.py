"""Print a result in the format that was asked for."""

import errno
import io
import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tracker.results.json_values import to_json
from tracker.text.printable import fit, printable, width

if TYPE_CHECKING:
    import polars as pl

    from tracker.cli.globals import GlobalOptions


def echo(text: str = "", *, err: bool = False, end: str = "\n") -> None:
    """One line for the eye: no control characters, and none that the terminal cannot write."""
    click.echo(_shown(text, err) + end, err=err, nl=False)


def emit(options: "GlobalOptions", result: Any, table: "pl.DataFrame | None" = None) -> None:
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
            from tracker.results.exporting import guard, guard_note

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
    """Find out before long work that a file could not be written; raises OSError."""
    folder = path.absolute().parent
    if not folder.is_dir():
        raise FileNotFoundError(errno.ENOENT, "There is no such folder", str(folder))
    if not os.access(folder, os.W_OK):
        raise PermissionError(errno.EACCES, "Permission denied", str(folder))


def print_table(frame: "pl.DataFrame", decimals: int = 2) -> None:
    """A frame for the eye: numbers to the right, columns cut to the terminal's width."""
    if frame.is_empty():
        echo("(none)")
        return
    cells = [[_shown(_cell(v, decimals)) for v in row] for row in frame.iter_rows()]
    right = [kind.is_numeric() for kind in frame.schema.values()]
    widths = [
        max(width(name), *(width(row[i]) for row in cells)) for i, name in enumerate(frame.columns)
    ]
    room = max(shutil.get_terminal_size((110, 20)).columns, 60)
    while sum(widths) + 2 * len(widths) > room and max(widths) > 12:
        widths[widths.index(max(widths))] -= 1
    mark = "…" if _can_write("…") else "~"
    for row in [frame.columns, *cells]:
        echo(
            "  ".join(
                fit(text, columns, to_right, mark)
                for text, columns, to_right in zip(row, widths, right, strict=True)
            ).rstrip()
        )


def _cell(value: object, decimals: int) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.{decimals}f}"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=2)
    # Escapes say the same where the stream has no such character.
    return text if _can_write(text) else json.dumps(value, indent=2)


def _sound(row: dict[str, Any]) -> dict[str, Any]:
    """Without halves of characters, which names of files may hold and frames cannot."""
    return {k: printable(v) if isinstance(v, str) else v for k, v in row.items()}


def _can_write(text: str) -> bool:
    try:
        text.encode(_encoding(err=False))
    except UnicodeEncodeError:
        return False
    return True


def _shown(text: str, err: bool = False) -> str:
    encoding = _encoding(err)
    return printable(text).encode(encoding, "backslashreplace").decode(encoding)


def _encoding(err: bool) -> str:
    stream = sys.stderr if err else sys.stdout
    return getattr(stream, "encoding", None) or "utf-8"
