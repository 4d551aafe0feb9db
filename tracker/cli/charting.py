"""chart."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tracker.cli.globals import GlobalOptions, command
from tracker.cli.options import chart_options
from tracker.cli.output import check_target, emit, print_table

if TYPE_CHECKING:
    from tracker.charts.request import ChartRequest

# Work that is done sooner needs no line about it.
_QUIET_SECONDS = 2.0


@command("chart", "tracker chart frontier --bloc US --bloc CN --bloc FR --out frontier.svg")
@click.argument("name", required=False)
@click.option("--list", "list_them", is_flag=True, help="Name the charts.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The file to write.")
@click.option("--width", type=float, metavar="INCHES", help="Width of the figure, 6 to 30.")
@click.option("--height", type=float, metavar="INCHES", help="Height of the figure, 4 to 30.")
@chart_options
def chart_command(
    options: GlobalOptions,
    request: "ChartRequest",
    name: str | None,
    list_them: bool,
    out: Path | None,
    width: float | None,
    height: float | None,
) -> None:
    """Draw one chart to a .png, .svg or .pdf file.

    With --format csv, json or parquet and no --out: the numbers that it draws, in their order;
    csv and parquet give them beside a file as well.
    """
    import polars as pl

    from forecasts.errors import UsageError
    from tracker import charts
    from tracker.charts.figures import draw_chart, subject_for

    if list_them or name is None:
        table = pl.DataFrame([{"chart": n, "title": charts.load(n).title} for n in charts.CHARTS])
        emit(options, table)
        if options.format == "table":
            print_table(table)
        return
    chart = charts.load(name)
    if out is None and options.format == "table":
        raise UsageError("No file is named for the chart.", "Add --out FILE.png.")
    if out is not None:
        check_target(out)
    size = _size(width, height)
    data = options.open().data
    begun = time.monotonic()

    def progress(text: str) -> None:
        if time.monotonic() - begun > _QUIET_SECONDS:
            options.progress(text)

    made = subject_for(data, name, request, progress)
    options.tell_newer(data, request.period.scope, request.period.quarter)
    if out is None:
        emit(options, chart.table(made.subject))
        _tell_age(options, request, made.subject)
        return
    progress(f"drawing {name} ...")
    draw_chart(data, name, out, made, size=size)
    if options.format != "table":
        emit(options, {"file": str(out)}, chart.table(made.subject))
    _tell_age(options, request, made.subject)
    options.say(f"Wrote {out}")


def _tell_age(options: GlobalOptions, request: "ChartRequest", subject: object) -> None:
    """Say how old the data are where the chart speaks of now."""
    measured = getattr(subject, "gap", subject)
    as_of = getattr(measured, "as_of", None)
    asked = request.asks_for_days or request.period.scope.as_of is not None
    if as_of is not None and request.today is not None and not asked:
        options.tell_age(as_of, getattr(measured, "swept_until", as_of), request.today)


def _size(width: float | None, height: float | None) -> tuple[float, float] | None:
    from tracker.charts.drawing.theme import SIZE, check_size

    if width is None and height is None:
        return None
    return check_size((SIZE[0] if width is None else width, SIZE[1] if height is None else height))
