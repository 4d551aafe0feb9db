"""diff."""

from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from tracker.cli.globals import GlobalOptions, command
from tracker.cli.options import DATE, MOMENT, diff_options
from tracker.cli.output import emit, print_table
from tracker.cli.terminal import echo

if TYPE_CHECKING:
    from forecasts.request import Pair, Scope


@command("diff", "tracker diff 2026-04-10 2026-06-10")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option("--recorded", is_flag=True, help="A and B are times: what this workspace knew.")
@diff_options
def diff_command(
    options: GlobalOptions,
    scope: "Scope",
    pair: "Pair",
    before: str,
    after: str,
    recorded: bool,
    tolerance: float | None,
) -> None:
    """Say what changed from A to B: new models, values, dates, labs, countries and names, records,
    the gap then and now.

    A and B are days, and what was published by then is compared. With --recorded they are times,
    and what this workspace had recorded before them is compared, corrections included.
    """
    import polars as pl

    from forecasts.errors import UsageError
    from tracker.queries.difference import difference
    from tracker.text.numbers import points, signed
    from tracker.text.summary import links_told

    kind = MOMENT if recorded else DATE
    ends: list[date | datetime] = [kind.convert(text, None, None) for text in (before, after)]
    if scope.as_of is not None and not recorded:
        raise UsageError("--as-of goes with --recorded.", "Days are given as A and B.")
    found = difference(options.open().data, ends[0], ends[1], scope, pair, tolerance)
    gaps = [found.gap_before, found.gap_after]
    told = [None if g is None else {"as_of": g.as_of, "gap_points": g.gap_points,
                                    "lag_months": g.lag_months} for g in gaps]  # fmt: skip
    change = None if None in gaps else gaps[1].gap_points - gaps[0].gap_points  # type: ignore[union-attr]
    tables = {
        "new_models": found.new_models,
        "withdrawn_models": found.withdrawn_models,
        "changed_values": found.changed_values,
        "changed_facts": found.changed_facts,
        "new_records": found.new_records,
        "lost_records": found.lost_records,
    }
    document = {
        "from": ends[0],
        "to": ends[1],
        "index_name": found.index_name,
        "index_version": found.index_version,
        "leader": found.leader,
        "follower": found.follower,
        "gap": {"from": told[0], "to": told[1], "change_points": change},
        "links": links_told(found.gap_after.links if found.gap_after else ()),
        **tables,
    }
    emit(options, document, found.changed_values)
    for gap in (g for g in gaps if g is not None):
        options.tell_links(gap.links)
        options.tell_unseen(gap)
    if options.format != "table":
        return
    echo(
        f"{found.leader} against {found.follower} on {found.index_name} {found.index_version}, "
        f"from {ends[0]} to {ends[1]}"
    )
    none = "no model of a bloc known by then"
    scale = found.scale
    said = [none if g is None else f"{points(scale, g.gap_points)} {scale.unit}" for g in gaps]
    echo(f"  Gap: {said[0]} -> {said[1]}" + (f" ({signed(scale, change)})" if change else ""))
    # Sources round now and then: what does not show in the digits of the scale is only counted.
    least = 0.5 * 10.0**-scale.places
    visible = found.changed_values.filter(pl.col("change").abs() >= least)
    tiny = found.changed_values.height - visible.height
    for name, table in {**tables, "changed_values": visible}.items():
        echo()
        echo(f"{name.replace('_', ' ').capitalize()}: {table.height}")
        if table.height:
            limit = table.height if options.verbose else 20
            print_table(table.head(limit), scale=scale)
            if table.height > limit:
                echo(f"... and {table.height - limit} more (-v shows all)")
        if name == "changed_values" and tiny:
            echo(f"({tiny} more values changed by less than {least:g} {scale.unit})")
