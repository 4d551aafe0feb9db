"""list, show, history, export."""

from pathlib import Path
from typing import Any

import click

from tracker.cli.globals import GlobalOptions, command, pass_options
from tracker.cli.options import DATE, NAME, PAST_DATE, RECORDED, index_options
from tracker.cli.output import echo, emit, print_table
from tracker.results.json_values import to_json

_SHORT = ["id", "model", "lab", "country", "released_on", "index_version", "value", "observed_on"]


def _short(rows: Any, *more: str) -> Any:
    import polars as pl

    return rows.with_columns(id=pl.col("observation_id").str.head(12)).select(*_SHORT, *more)


@command("list", "tracker list --bloc CN+open --since 2026-01-01")
@click.option("--bloc", type=NAME, help="Only models of this bloc.")
@click.option("--lab", type=NAME, help="Only this lab.")
@click.option("--since", type=DATE, help="Released on or after.")
@click.option("--until", type=DATE, help="Released on or before.")
@click.option("--text", help="Text in the model's name or the note.")
@click.option("--as-of", type=PAST_DATE, help="Only what was observed by then.")
@RECORDED
@click.option("--limit", type=click.IntRange(0), help="At most so many rows.")
@index_options
@pass_options
def list_command(options: GlobalOptions, limit: int | None, **filters: Any) -> None:
    """List observations that stand, by release date."""
    rows = options.open().list(**filters)
    if rows.is_empty() and any(value is not None for value in filters.values()):
        options.progress("No observation matches.")
    if limit is not None:
        rows = rows.head(limit)
    emit(options, rows)
    if options.format == "table":
        print_table(_short(rows))


@command("show", "tracker show 3f2a9c41d07b")
@click.argument("observation_id", metavar="ID")
@RECORDED
@pass_options
def show_command(options: GlobalOptions, observation_id: str) -> None:
    """Show every column of one observation, by its id or the first digits of it."""
    row = options.open().store.snapshot().find(observation_id)
    emit(options, [row] if options.format == "json" else row)
    if options.format == "table":
        for name, value in to_json(row).items():
            echo(f"{name:16}{'-' if value is None else value}")


@command("history", 'tracker history "Qwen3.7 Max"')
@click.argument("model")
@RECORDED
@pass_options
def history_command(options: GlobalOptions, model: str) -> None:
    """Show every value, correction and retraction of a model, with dates and sources."""
    rows = options.open().history(model)
    emit(options, rows)
    if options.format == "table":
        import polars as pl

        rows = rows.with_columns(pl.col("recorded_at").dt.strftime("%Y-%m-%d %H:%M"))
        print_table(_short(rows, "state", "recorded_at", "source", "note"))


@command("export", "tracker export observations.csv")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@RECORDED
@click.option("--all", "everything", is_flag=True, help="Superseded and retracted rows as well.")
@pass_options
def export_command(options: GlobalOptions, file: Path, everything: bool) -> None:
    """Write the observations to FILE: .csv, .json or .parquet by its suffix.

    A CSV is safe to open in a spreadsheet: text that begins like a formula (= + - @) has an
    apostrophe before it, which `tracker import csv` takes off. The others hold text as it is.
    """
    from tracker.results.exporting import export, guard_note

    store = options.open().store
    rows = store.rows() if everything else store.current()
    guarded = export(rows, file)
    emit(options, {"file": str(file), "rows": rows.height})
    options.say(f"Wrote {rows.height} rows to {file}.")
    if guarded:
        options.progress(guard_note(guarded))
