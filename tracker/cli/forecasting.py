"""fit, forecast."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tracker.cli.globals import GlobalOptions, command
from tracker.cli.options import fit_options, forecast_options
from tracker.cli.output import emit, print_table
from tracker.cli.terminal import echo

if TYPE_CHECKING:
    from datetime import date

    from forecasts.request import ForecastRequest, Pair, Scope


@command("fit", "tracker fit --model linear-trend")
@fit_options
def fit_command(
    options: GlobalOptions,
    scope: "Scope",
    pair: "Pair",
    models: tuple[str, ...],
    today: "date",
) -> None:
    """Fit trend models to both frontiers and show their parameters."""
    from tracker.analysis.forecasting import fit_of

    data = options.open().data
    rows, view = fit_of(data, scope, pair, models)
    options.tell_newer(data, scope)
    emit(options, rows)
    if options.format == "table":
        print_table(rows, decimals=3)
    options.tell_seen(view, scope.as_of, today)


@command("forecast", "tracker forecast --horizon 24 --out forecast/")
@forecast_options
@click.option("--compare", is_flag=True, help="Every model that can be fitted, side by side.")
@click.option(
    "--influence",
    "with_influence",
    is_flag=True,
    help="Which single release moves the result most.",
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False),
              help="Folder for the JSON, Parquet and plots.")  # fmt: skip
def forecast_command(
    options: GlobalOptions,
    request: "ForecastRequest",
    out: Path | None,
    compare: bool,
    with_influence: bool,
) -> None:
    """Forecast both frontiers and when the gap closes.

    Closing: the first week in which the follower's frontier is within the tolerance of the
    leader's. Whose definition counts is said with --definition, --tolerance and --hold.
    """
    from tracker.analysis.forecasting import forecast_of, influence_of
    from tracker.results.forecast_files import write_forecast
    from tracker.store.outputs import refuse_store
    from tracker.text import summary

    if out is not None:
        refuse_store(out / "forecast.json")
    data = options.open().data

    def told(name: str) -> None:
        options.progress(f"simulating {name} ...")

    forecast = forecast_of(data, request, told)
    document = summary.forecast_document(forecast)
    document["newer_version"] = options.tell_newer(data, request.scope)
    comparison = influence = None
    counts = ""
    if compare:
        from forecasts.forecasting.comparison import DRAWS_EACH, draws_told, with_headline
        from models import MODELS

        every = replace(request, models=tuple(MODELS), draws=DRAWS_EACH * len(MODELS))
        others = forecast_of(data, every, told)
        others = with_headline(others, forecast)
        comparison = others.by_model
        counts = draws_told(others)
        document |= {"comparison": comparison, "comparison_failed": others.failed}
    if with_influence:
        influence = influence_of(data, forecast, options.progress)
        document["influence"] = influence
    emit(options, document, forecast.gap)
    options.tell_seen(forecast, request.scope.as_of, request.today)
    options.tell_links(forecast.links)
    if options.format == "table":
        for line in summary.forecast_lines(forecast):
            echo(line)
        echo()
        print_table(summary.closure_table(forecast), decimals=3)
        if comparison is not None:
            echo()
            echo(f"Each model alone ({counts}), closing within the horizon and the gap at its end:")
            print_table(comparison.drop("gap_mean"), decimals=3, scale=forecast.scale)
            for failure in document["comparison_failed"]:
                echo(f"Not fitted: {failure['model']}: {failure['reason']}")
        if influence is not None:
            echo()
            echo("Without one release (change: what it adds to the probability):")
            print_table(influence, decimals=3)
    if out is not None:
        for path in write_forecast(data, forecast, out, options.progress):
            options.say(f"Wrote {path}")
