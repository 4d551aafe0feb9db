"""fit, forecast."""

from pathlib import Path
from typing import Any

import click

from tracker.cli.globals import GlobalOptions, command, pass_options
from tracker.cli.options import fit_options, forecast_options
from tracker.cli.output import echo, emit, print_table


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
@click.option(
    "--definition",
    type=click.Choice(["level", "today"]),
    default="level",
    show_default=True,
    help="Closed: level with the leader's frontier, or with that of today.",
)
@click.option(
    "--hold",
    "hold_days",
    type=int,
    default=0,
    metavar="DAYS",
    help="Closed only if it stays so for so long.",
)
@click.option("--compare", is_flag=True, help="Every model that can be fitted, side by side.")
@click.option(
    "--influence",
    "with_influence",
    is_flag=True,
    help="Which single release moves the result most.",
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False),
              help="Folder for the JSON, Parquet and plots.")  # fmt: skip
@pass_options
def forecast_command(
    options: GlobalOptions, out: Path | None, compare: bool, with_influence: bool, **choice: Any
) -> None:
    """Forecast both frontiers and when the gap closes.

    Closing: the first week in which the follower's frontier is within the tolerance of the
    leader's. Whose definition counts is said with --definition, --tolerance and --hold.
    """
    from tracker.results.forecast_files import write_forecast
    from tracker.text import summary

    workspace = options.open()
    forecast = workspace.forecast(
        **choice, progress=lambda name: options.progress(f"simulating {name} ...")
    )
    document = summary.forecast_document(forecast)
    comparison = influence = None
    if compare:
        from forecasts.forecasting.comparison import DRAWS_EACH, draws_told, with_headline
        from models import MODELS

        others = workspace.forecast(
            **{**choice, "models": tuple(MODELS), "draws": DRAWS_EACH * len(MODELS)},
            progress=lambda name: options.progress(f"simulating {name} ..."),
        )
        others = with_headline(others, forecast)
        comparison = others.by_model
        told = draws_told(others)
        document |= {"comparison": comparison, "comparison_failed": others.failed}
    if with_influence:
        influence = workspace.influence(forecast, options.progress)
        document["influence"] = influence
    emit(options, document, forecast.gap)
    if options.format == "table":
        for line in summary.forecast_lines(forecast):
            echo(line)
        echo()
        print_table(forecast.closure.by_quarter, decimals=3)
        if comparison is not None:
            echo()
            echo(f"Each model alone ({told}), closing within the horizon and the gap at its end:")
            print_table(comparison, decimals=3)
            for failure in document["comparison_failed"]:
                echo(f"Not fitted: {failure['model']}: {failure['reason']}")
        if influence is not None:
            echo()
            echo("Without one release (change: what it adds to the probability):")
            print_table(influence, decimals=3)
    if out is not None:
        for path in write_forecast(workspace, forecast, out, options.progress):
            options.say(f"Wrote {path}")
