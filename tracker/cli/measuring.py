"""frontier, gap."""

from typing import Any

import click

from tracker.cli.globals import GlobalOptions, command, pass_options
from tracker.cli.options import gap_options, when_options
from tracker.cli.output import echo, emit, print_table
from tracker.text import summary


@command("frontier", "tracker frontier --bloc US --bloc CN+open")
@click.option("--bloc", "blocs", multiple=True, help="A bloc; repeat (leader and follower).")
@when_options
@pass_options
def frontier_command(options: GlobalOptions, blocs: tuple[str, ...], **choice: Any) -> None:
    """List the records of each bloc: the models that raised its frontier."""
    rows = options.open().records(blocs, **choice)
    emit(options, rows)
    if options.format == "table":
        print_table(rows.select("released_on", "bloc", "value", "raised_by", "model", "lab"))


@command("gap", "tracker gap --as-of 2026-04-10 --by quarter")
@gap_options
@click.option("--by", type=click.Choice(["month", "quarter"]), default="month", show_default=True,
              help="Steps of the history.")  # fmt: skip
@click.option("--definitions", is_flag=True, help="The gap by every definition in public use.")
@pass_options
def gap_command(options: GlobalOptions, definitions: bool, **choice: Any) -> None:
    """Measure the gap now and over time: points, lag, match intervals, who led."""
    workspace = options.open()
    gap = workspace.gap(**choice)
    if definitions:
        table = workspace.definitions(gap)
        emit(options, table)
        if options.format == "table":
            echo(summary.heading(gap))
            for row in table.iter_rows(named=True):
                value = "-" if row["value"] is None else f"{row['value']:.2f}"
                echo()
                echo(f"{row['definition']}: {value} {row['unit']}  [{row['whose']}]")
                echo(f"    {row['how']}")
        return
    emit(options, summary.gap_document(gap), gap.history)
    if options.format == "table":
        for line in summary.gap_lines(gap):
            echo(line)
        echo()
        print_table(gap.history.tail(12))
        if options.verbose:
            echo()
            print_table(gap.matches)
