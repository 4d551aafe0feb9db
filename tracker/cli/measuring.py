"""frontier, gap."""

from typing import TYPE_CHECKING

import click

from tracker.cli.globals import GlobalOptions, command
from tracker.cli.options import SHARED_OPTION, gap_options, when_options
from tracker.cli.output import emit, print_table
from tracker.cli.terminal import echo
from tracker.text import summary

if TYPE_CHECKING:
    from datetime import date

    from forecasts.measures.gap import Period
    from forecasts.measures.value_scale import ValueScale
    from forecasts.request import Pair, Scope, Shared


@command("frontier", "tracker frontier --bloc US --bloc CN+open")
@click.option("--bloc", "blocs", multiple=True, help="A bloc; repeat (leader and follower).")
@SHARED_OPTION
@when_options
def frontier_command(
    options: GlobalOptions,
    scope: "Scope",
    blocs: tuple[str, ...],
    shared: "Shared | None",
    today: "date",
) -> None:
    """List the records of each bloc: the models that raised its frontier.

    The first two blocs are a pair: --shared says what models of both count for.
    """
    from tracker.analysis.measuring import bloc_records

    data = options.open().data
    rows, view = bloc_records(data, blocs, scope, shared)
    options.tell_newer(data, scope)
    options.tell_links(view.links)
    emit(options, rows)
    if scope.as_of is None:
        options.tell_age(view.as_of, view.swept_until, today)
    if options.format == "table":
        shown = rows.select("released_on", "bloc", "value", "raised_by", "model", "lab")
        print_table(shown, scale=view.scale())


@command("gap", "tracker gap --as-of 2026-04-10 --vintage final --by quarter")
@gap_options
@click.option("--by", type=click.Choice(["month", "quarter"]), default="month", show_default=True,
              help="Steps of the history.")  # fmt: skip
@click.option("--definitions", is_flag=True, help="The gap by every definition in public use.")
def gap_command(
    options: GlobalOptions,
    scope: "Scope",
    pair: "Pair",
    tolerance: float | None,
    by: "Period",
    definitions: bool,
    today: "date",
) -> None:
    """Measure the gap now and over time: points, lag, match intervals, who led."""
    from forecasts.measures.precedence import disagreement_notes
    from tracker.analysis.measuring import definitions_of, gap_of

    data = options.open().data
    gap = gap_of(data, scope, pair, tolerance, by)
    newer = options.tell_newer(data, scope)
    if definitions:
        table = definitions_of(data, gap)
        emit(options, table)
        if options.format == "table":
            echo(summary.heading(gap))
            if scope.as_of is None:
                options.tell_age(gap.as_of, gap.swept_until, today)
            for row in table.iter_rows(named=True):
                value = _defined(gap.scale, row["value"], row["unit"])
                echo()
                echo(f"{row['definition']}: {value} {row['unit']}  [{row['whose']}]")
                echo(f"    {row['how']}")
        return
    emit(options, summary.gap_document(gap) | {"newer_version": newer}, gap.history)
    if scope.as_of is None:
        options.tell_age(gap.as_of, gap.swept_until, today)
    options.tell_links(gap.links)
    if options.format == "table":
        for line in (*summary.gap_lines(gap), *disagreement_notes(gap.disagreements)):
            echo(line)
        echo()
        print_table(gap.history.tail(12), scale=gap.scale)
        if options.verbose:
            echo()
            print_table(gap.matches, scale=gap.scale)


def _defined(scale: "ValueScale", value: float | None, unit: str) -> str:
    from tracker.text.numbers import fixed, points

    if value is None:
        return "-"
    return points(scale, value) if unit == "points" else fixed(value, 2)
