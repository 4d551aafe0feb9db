"""frontier, gap."""

from typing import TYPE_CHECKING, Any, Literal

import click

from tracker.cli.choosing import Choice
from tracker.cli.globals import GlobalOptions, command
from tracker.cli.options import SHARED_OPTION, gap_options, when_options
from tracker.cli.output import emit, print_table
from tracker.cli.terminal import echo
from tracker.text import summary

if TYPE_CHECKING:
    from datetime import date

    from forecasts.measures.gap import Period
    from forecasts.measures.pooled_lag import AllIndices
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
    options.tell_links(view.links)
    emit(options, rows)
    options.tell_seen(view, scope.as_of, today)
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
    options.tell_seen(view, scope.as_of, today)
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
        other = f"; {unknown} of unknown {size} do" if unknown else ""
        options.progress(f"No model of {bloc} of known {size} reaches {level:g}{other}.")


@command("gap", "tracker gap --as-of 2026-04-10 --vintage final --by quarter")
@gap_options
@click.option("--by", type=Choice(["month", "quarter"]), default="month", show_default=True,
              help="Steps of the history.")  # fmt: skip
@click.option("--definitions", is_flag=True, help="The gap by every definition in public use.")
@click.option(
    "--all-indices",
    is_flag=True,
    help="The lag on every index, each on the last day to which it is known, and pooled.",
)
def gap_command(
    options: GlobalOptions,
    scope: "Scope",
    pair: "Pair",
    tolerance: float | None,
    by: "Period",
    definitions: bool,
    all_indices: bool,
    today: "date",
) -> None:
    """Measure the gap now and over time: points, lag, match intervals, who led.

    With --all-indices, one row per index and version: the gap in its own unit, the lag in months
    with its 90% interval, and the lag over all indices.
    """
    from forecasts.errors import UsageError
    from forecasts.measures.precedence import disagreement_notes
    from tracker.analysis.all_indices import lags_of_all
    from tracker.analysis.measuring import definitions_of, gap_of

    data = options.open().data
    if all_indices:
        if scope.index or scope.version or definitions:
            raise UsageError(
                "`all_indices` measures every index, on its lag alone.",
                "Leave out `index`, `version` and `definitions`.",
                "bad_choice",
            )
        found = lags_of_all(data, scope, pair, tolerance)
        _print_all(options, found)
        if scope.as_of is None:
            options.tell_age(found.as_of, found.as_of, today)
        return
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
                echo()
                echo(f"{row['definition']}: {_defined(gap.scale, row)}  [{row['whose']}]")
                echo(f"    {row['how']}")
        return
    emit(options, summary.gap_document(gap) | {"newer_version": newer}, gap.history)
    options.tell_seen(gap, scope.as_of, today)
    options.tell_links(gap.links)
    if options.format == "table":
        for line in (*summary.gap_lines(gap), *disagreement_notes(gap.disagreements)):
            echo(line)
        echo()
        print_table(gap.history.tail(12), scale=gap.scale)
        if options.verbose:
            echo()
            print_table(gap.matches, scale=gap.scale)


def _print_all(options: GlobalOptions, found: "AllIndices") -> None:
    from tracker.text.all_indices import (
        all_indices_document,
        all_indices_heading,
        all_indices_lines,
        all_indices_shown,
    )

    emit(options, all_indices_document(found), found.table())
    if options.format != "table":
        return
    echo(all_indices_heading(found))
    for line in all_indices_lines(found):
        echo(line)
    echo()
    print_table(all_indices_shown(found))


def _defined(scale: "ValueScale", row: dict[str, Any]) -> str:
    """A definition's value with its unit, its day and its interval."""
    from tracker.text.numbers import fixed, points

    def told(value: float | None, none: str = "-") -> str:
        if value is None:
            return none
        return points(scale, value) if row["unit"] == "points" else fixed(value, 2)

    text = f"{told(row['value'])} {row['unit']}"
    if row["date"] is not None:
        text += f", {row['date']}"
    if row["low"] is not None:
        none = "never" if row["unit"] == "months from now" else "unknown"
        text += f" ({told(row['low'], none)} to {told(row['high'], none)})"
    return text
