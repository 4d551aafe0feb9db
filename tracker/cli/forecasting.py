"""fit, forecast."""

from pathlib import Path
from typing import Any

import click

from tracker.cli.globals import GlobalOptions, command, pass_options
from tracker.cli.options import fit_options, forecast_options
from tracker.cli.output import emit, print_table


@command("fit", "tracker fit --model linear-trend")
@click.option("--model", "models", multiple=True, metavar="NAME", help="A trend model; repeat.")
@fit_options
@pass_options
def fit_command(options: GlobalOptions, **choice: Any) -> None:
    """Fit trend models to both frontiers and show their parameters."""
    rows = options.open().fit(**choice)
    emit(options, rows)
    if options.format == "table":
        print_table(rows, decimals=3)


@command("forecast", "tracker forecast --horizon 24 --out forecast/")
@forecast_options
@click.option("--out", type=click.Path(path_type=Path, file_okay=False),
              help="Folder for the JSON, Parquet and plots.")  # fmt: skip
@pass_options
def forecast_command(options: GlobalOptions, out: Path | None, **choice: Any) -> None:
    """Forecast both frontiers and when the gap closes.

    Closing: the first week in which the follower's frontier is within the tolerance of the
    leader's.
    """
    from tracker import summary
    from tracker.forecast_files import write_forecast

    workspace = options.open()
    forecast = workspace.forecast(
        **choice, progress=lambda name: options.progress(f"simulating {name} ...")
    )
    emit(options, summary.forecast_document(forecast), forecast.gap)
    if options.format == "table":
        for line in summary.forecast_lines(forecast):
            click.echo(line)
        click.echo()
        print_table(forecast.closure.by_quarter, decimals=3)
    if out is not None:
        for path in write_forecast(workspace, forecast, out, options.progress):
            options.say(f"Wrote {path}")
