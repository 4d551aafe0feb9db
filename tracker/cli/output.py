"""Print a result in the format that was asked for."""

import json
import shutil
import sys
from typing import TYPE_CHECKING, Any

import click

from tracker.documents import to_json
from tracker.printable import fit, printable, width

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
            from tracker.exporting import guard, guard_note

            flat = [c for c, kind in frame.schema.items() if not kind.is_nested()]
            safe, guarded = guard(frame.select(flat))
            click.echo(safe.write_csv().encode(), nl=False)
            if guarded:
                options.say(guard_note(guarded))
        else:
            frame.write_parquet(sys.stdout.buffer)


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
