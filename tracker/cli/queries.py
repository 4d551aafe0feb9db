"""list, show, history, export."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tracker.cli.globals import GlobalOptions, command, pass_options
from tracker.cli.options import DATE, INDEX, NAME, PAST_DATE, RECORDED, Given, taken, takes
from tracker.cli.output import emit, print_table, scales_of
from tracker.cli.terminal import echo
from tracker.results.json_values import to_json

if TYPE_CHECKING:
    from tracker.queries.listing import Filters

_SHORT = ["id", "model", "lab", "country", "released_on", "released_precision", "index_version",
          "value", "observed_on"]  # fmt: skip


_FILTERS = [
    click.option("--bloc", type=NAME, help="Only models of this bloc."),
    click.option("--lab", type=NAME, help="Only this lab."),
    click.option("--since", type=DATE, help="Released on or after."),
    click.option("--until", type=DATE, help="Released on or before."),
    click.option("--text", help="Text in the model's name or the note."),
    click.option("--as-of", type=PAST_DATE, help="Only what was observed by then."),
    RECORDED,
    click.option("--limit", type=click.IntRange(0), help="At most so many rows."),
    *INDEX,
]


def _filters(given: Given) -> "Filters":
    from tracker.queries.listing import Filters

    return taken(Filters, given)


def _short(rows: Any, *more: str) -> Any:
    import polars as pl

    # Of few models there is anything to say.
    standing = ("delisted_on", "counts_as", "counts_from")
    more = (*more, *(c for c in standing if rows[c].is_not_null().any()))
    return rows.with_columns(id=pl.col("observation_id").str.head(12)).select(*_SHORT, *more)


@command("list", "tracker list --bloc CN+open --since 2026-01-01")
@takes(_FILTERS, _filters)
def list_command(options: GlobalOptions, asked: "Filters", limit: int | None) -> None:
    """List observations that stand, by release date."""
    from tracker.queries.listing import Filters, list_observations

    data = options.open().data
    rows = list_observations(data, asked)
    if rows.is_empty() and asked != Filters():
        options.progress("No observation matches.")
    if limit is not None:
        rows = rows.head(limit)
    emit(options, rows)
    if options.format == "table":
        print_table(_short(rows), scale=scales_of(data, rows))


@command("show", "tracker show 71760e150f40")
@click.argument("observation_id", metavar="ID")
@RECORDED
@pass_options
def show_command(options: GlobalOptions, observation_id: str) -> None:
    """Show every column of one observation, by its id or the first digits of it."""
    row = options.open().store.snapshot().find(observation_id)
    emit(options, [row] if options.format == "json" else row)
    if options.format == "table":
        from tracker.text.dates import shown_date

        shown = row | {"released_on": shown_date(row["released_on"], row["released_precision"])}
        for name, value in to_json(shown).items():
            echo(f"{name:20}{'-' if value is None else value}")


@command("history", 'tracker history "Qwen3.7 Max"')
@click.argument("model")
@RECORDED
@pass_options
def history_command(options: GlobalOptions, model: str) -> None:
    """Show every value, correction and retraction of a model, with dates and sources."""
    workspace = options.open()
    rows = workspace.history(model)
    emit(options, rows)
    if options.format == "table":
        import polars as pl

        rows = rows.with_columns(pl.col("recorded_at").dt.strftime("%Y-%m-%d %H:%M"))
        shown = _short(rows, "state", "recorded_at", "source", "note")
        print_table(shown, scale=scales_of(workspace.data, rows))


@command("export", "tracker export observations.csv")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@RECORDED
@click.option("--all", "everything", is_flag=True, help="Superseded and retracted rows as well.")
@pass_options
def export_command(options: GlobalOptions, file: Path, everything: bool) -> None:
    """Write the observations to FILE: .csv, .json, .parquet or .xlsx by its suffix.

    What it writes can be imported again. A correction stands for what it corrected.

    A CSV is safe to open in a spreadsheet: text that begins like a formula (= + - @) has an
    apostrophe before it, which `tracker import csv` takes off. The others hold text as it is.
    """
    from tracker.results.exporting import export, standing
    from tracker.text.spreadsheet import guard_note

    store = options.open().store
    rows = store.rows() if everything else standing(store.current())
    guarded = export(rows, file)
    emit(options, {"file": str(file), "rows": rows.height})
    options.say(f"Wrote {rows.height} rows to {file}.")
    if guarded:
        options.progress(guard_note(guarded))
