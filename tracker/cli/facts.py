"""fact list, fact log, fact correct, fact retract."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tracker.cli.globals import GlobalOptions, command, global_options, pass_options
from tracker.cli.options import DATE, NAME, PAST_DATE, RECORDED, Given, taken, takes
from tracker.cli.output import emit, print_table

if TYPE_CHECKING:
    import polars as pl

    from tracker.queries.facts import FactFilters
    from tracker.recording.describe import Statement

_SHOWN = ["id", "model", "name", "value", "unit", "observed_on", "source"]
_FILTERS = [
    click.argument("model", required=False),
    click.option("--name", type=NAME, metavar="FACT", help="Only this fact."),
    click.option("--as-of", type=PAST_DATE, help="What was known on that day."),
    RECORDED,
]
_VALUE = click.option("--value", required=True, help="What it is: a number, a text, true, false.")
_STATEMENT = [
    click.argument("model"),
    click.argument("name", metavar="FACT"),
    _VALUE,
    click.option("--observed", "observed_on", type=DATE, help="When it was seen (today)."),
    click.option("--source", default="manual", show_default=True, help="Who states it."),
    click.option("--url", "source_url", help="Where it is stated."),
    click.option("--note", help="Anything worth keeping."),
]


def _filters(given: Given) -> "FactFilters":
    from tracker.queries.facts import FactFilters

    return taken(FactFilters, given)


def _statement(given: Given) -> "Statement":
    from tracker.recording.describe import Statement

    return taken(Statement, given)


@click.group(
    "fact",
    epilog="Example: tracker fact list --name parameters",
    no_args_is_help=False,
)
def fact_command() -> None:
    """What sources say of models beside their values: size, licence, price, speed and more."""


@command("list", "tracker fact list --name parameters")
@takes(_FILTERS, _filters)
@click.option("--all", "everything", is_flag=True,
              help="Every row of MODEL, and what became of it.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False),
              help="Write them to this .csv, .json or .parquet file.")  # fmt: skip
def list_command(
    options: GlobalOptions, asked: "FactFilters", everything: bool, out: Path | None
) -> None:
    """List the latest of each fact of each model, or of MODEL alone.

    A fact is of the day on which it was observed; --as-of says what was known then.
    """
    from forecasts.errors import UsageError
    from tracker.queries.facts import facts_history, list_facts

    data = options.open().data
    if everything and asked.model is None:
        raise UsageError("Every row is shown of one model.", "Name it.")
    rows = facts_history(data, str(asked.model)) if everything else list_facts(data, asked)
    if out is not None:
        from tracker.results.exporting import export

        export(rows, out)
        emit(options, {"file": str(out), "rows": rows.height})
        options.say(f"Wrote {rows.height} rows to {out}.")
        return
    emit(options, rows)
    if rows.is_empty():
        options.say("No fact is known here; `tracker import aa` and `tracker fact log` state some.")
    elif options.format == "table":
        print_table(_readable(rows, everything))


def _readable(rows: "pl.DataFrame", everything: bool) -> "pl.DataFrame":
    import polars as pl

    number = pl.Series([None if n is None else f"{n:,.6g}" if n < 1e6 else f"{n:,.0f}"
                        for n in rows["number"]], dtype=pl.String)  # fmt: skip
    shown = rows.with_columns(
        id=pl.col("fact_id").str.head(12), value=pl.coalesce("text", number)
    )  # fmt: skip
    return shown.select(*_SHOWN, *(["state", "note"] if everything else []))


@command(
    "log", 'tracker fact log "Qwen3.7 Max" context_window --value 262144 --observed 2026-06-12'
)
@takes(_STATEMENT, _statement)
def log_command(options: GlobalOptions, said: "Statement") -> None:
    """Record a fact of a model that is known, such as parameters (in billions), active_parameters,
    size_class, context_window, licence, commercial_use, price_input, price_output, output_speed,
    index_cost, deprecated.
    """
    from tracker.recording.describe import state

    data = options.open().data
    fact_id, added = state(data, said)
    emit(options, {"fact_id": fact_id, "added": added})
    done = "Recorded" if added else "Not recorded again"
    options.say(f"{done}: {said.name} of {said.model} is {said.value} [{fact_id[:12]}].")


@command("correct", "tracker fact correct 0f375275c6c0 --value 1000000")
@click.argument("fact_id", metavar="ID")
@_VALUE
@click.option("--note", help="Why.")
@pass_options
def correct_command(options: GlobalOptions, fact_id: str, value: str, note: str | None) -> None:
    """Supersede a fact by a new row; the old one stays in the history."""
    from tracker.recording.describe import correct

    made = correct(options.open().data, fact_id, value, note)
    emit(options, {"fact_id": made})
    options.say(f"Recorded the correction {made[:12]}.")


@command("retract", "tracker fact retract 0f375275c6c0 --reason 'another model'")
@click.argument("fact_id", metavar="ID")
@click.option("--reason", required=True, help="Why it is taken back.")
@pass_options
def retract_command(options: GlobalOptions, fact_id: str, reason: str) -> None:
    """Take a fact back by a new row; the old one stays in the history."""
    from tracker.recording.describe import retract

    made = retract(options.open().data, fact_id, reason)
    emit(options, {"fact_id": made})
    options.say(f"Recorded the retraction {made[:12]}.")


for _made in (list_command, log_command, correct_command, retract_command):
    fact_command.add_command(_made)
fact_command.params.extend(global_options())
