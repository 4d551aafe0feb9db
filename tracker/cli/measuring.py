"""frontier, gap."""

from typing import TYPE_CHECKING, Literal

import click

from tracker.cli.globals import GlobalOptions, command
from tracker.cli.options import SHARED_OPTION, gap_options, when_options
from tracker.cli.output import emit, print_table
from tracker.cli.terminal import echo
from tracker.text import summary

if TYPE_CHECKING:
    from datetime import date

    from forecasts.measures.gap import Period
    from forecasts.measures.smallest import Size
    from forecasts.measures.value_scale import ValueScale
    from forecasts.request import Pair, Scope, Shared
    from tracker.workspace_data import WorkspaceData


@command("frontier", "tracker frontier --bloc US --bloc CN+open")
@click.option("--bloc", "blocs", multiple=True, help="A bloc; repeat (leader and follower).")
@click.option(
    "--of",
    type=click.Choice(["value", "params", "active"]),
    default="value",
    show_default=True,
    help="The best value, or the smallest model (in all or in active parameters).",
)
@click.option(
    "--level",
    "levels",
    type=float,
    multiple=True,
    help="With --of params or active: the value that it has to reach; repeat.",
)
@SHARED_OPTION
@when_options
def frontier_command(
    options: GlobalOptions,
    scope: "Scope",
    blocs: tuple[str, ...],
    of: Literal["value", "params", "active"],
    levels: tuple[float, ...],
    shared: "Shared | None",
    today: "date",
) -> None:
    """List the records of each bloc: the models that raised its frontier.

    The first two blocs are a pair: --shared says what models of both count for. With --of params
    the models that were the smallest to reach a level; a model of two blocs counts for both.
    """
    from forecasts.errors import UsageError
    from tracker.analysis.measuring import bloc_records

    data = options.open().data
    if of != "value":
        if shared is not None:
            raise UsageError("`shared` is for the best value.", "Leave it or `of` out.")
        _smallest(options, data, (blocs, scope, levels, of), today)
        return
    if levels:
        raise UsageError("A level is for the smallest model.", "Say `of` params or active as well.")
    rows, view, notes = bloc_records(data, blocs, scope, shared)
    options.tell_newer(data, scope)
    emit(options, rows)
    if scope.as_of is None:
        options.tell_age(view.as_of, view.swept_until, today)
    for note in notes:
        options.progress(note)
    if options.format == "table":
        shown = rows.select(
            "released_on", "released_precision", "bloc", "value", "raised_by", "model", "lab"
        )
        print_table(shown, scale=view.scale())


def _smallest(
    options: GlobalOptions,
    data: "WorkspaceData",
    asked: "tuple[tuple[str, ...], Scope, tuple[float, ...], Size]",
    today: "date",
) -> None:
    from tracker.analysis.measuring import smallest_of

    blocs, scope, levels, of = asked
    found, view = smallest_of(data, blocs, scope, levels, of)
    options.tell_newer(data, scope)
    emit(options, found.table)
    if scope.as_of is None:
        options.tell_age(view.as_of, view.swept_until, today)
    size = "active parameters" if of == "active" else "parameters"
    if options.format == "table":
        echo(f"The smallest models to reach a level, in billions of {size}:")
        shown = found.table.select("level", "bloc", "released_on", "size", "model", "lab", "value")
        print_table(shown)
    keys = ["level", "bloc", "unknown"]
    for level, bloc, unknown in found.table.select(keys).unique(maintain_order=True).iter_rows():
        if unknown:
            options.progress(
                f"{unknown} more models of {bloc} reach {level:g}; their {size} are not known."
            )
    for level, bloc, unknown in found.unreached.iter_rows():
        other = f"; of {unknown} that do, the {size} are not known" if unknown else ""
        options.progress(f"No model of {bloc} of known size reaches {level:g}{other}.")


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
