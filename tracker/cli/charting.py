"""chart."""

from pathlib import Path
from typing import Any

import click

from tracker.cli.globals import GlobalOptions, command, pass_options
from tracker.cli.options import forecast_options
from tracker.cli.output import emit, print_table


@command("chart", "tracker chart forecast-gap --out gap.svg")
@click.argument("name", required=False)
@click.option("--list", "list_them", is_flag=True, help="Name the charts.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The file to write.")
@click.option("--quarter", metavar="2026Q2", help="As it stood at the end of that quarter.")
@forecast_options
@pass_options
def chart_command(
    options: GlobalOptions,
    name: str | None,
    list_them: bool,
    out: Path | None,
    quarter: str | None,
    **choice: Any,
) -> None:
    """Draw one chart to a .png, .svg or .pdf file.

    With --format csv, json or parquet and no --out: the numbers behind it.
    """
    import polars as pl

    from forecasts.errors import UsageError
    from tracker import charts

    if list_them or name is None:
        table = pl.DataFrame([{"chart": n, "title": charts.load(n).TITLE} for n in charts.CHARTS])
        emit(options, table)
        if options.format == "table":
            print_table(table)
        return
    module = charts.load(name)
    workspace = options.open()
    if quarter is not None and module.NEEDS not in ("quarter", "ledger"):
        # The day that the quarter is known to, and its vintage: other charts take them as theirs.
        known = workspace.quarter(
            quarter, index=choice["index"], version=choice["version"], leader=choice["leader"],
            follower=choice["follower"],
        )  # fmt: skip
        choice |= {"as_of": known.as_of, "vintage": known.vintage}
    simulation = ("models", "horizon_months", "draws", "seed")
    if module.NEEDS == "forecast":
        subject: Any = workspace.forecast(**choice)
    elif module.NEEDS == "ledger":
        from tracker.ledger import track_record

        pair = ("leader", "follower", "index", "version")
        subject = track_record(workspace, **{k: choice[k] for k in pair})
    elif module.NEEDS == "gap":
        subject = workspace.gap(**{k: v for k, v in choice.items() if k not in simulation})
    else:
        left_out = (*simulation, "as_of", "vintage")
        kept = {k: v for k, v in choice.items() if k not in left_out}
        subject = workspace.quarter(quarter, **kept)
    if out is None:
        if options.format == "table":
            raise UsageError("No file is named for the chart.", "Add --out FILE.png.")
        emit(options, module.table(subject))
        return
    options.progress(f"drawing {name} ...")
    workspace.chart(name, out, subject)
    if options.format == "json":
        emit(options, {"file": str(out)})
    options.say(f"Wrote {out}")
