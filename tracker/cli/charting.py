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
@forecast_options
@pass_options
def chart_command(
    options: GlobalOptions, name: str | None, list_them: bool, out: Path | None, **choice: Any
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
    if module.NEEDS == "gap":
        for other in ("models", "horizon_months", "draws", "seed"):
            choice.pop(other)
        subject: Any = workspace.gap(**choice)
    else:
        subject = workspace.forecast(**choice)
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
