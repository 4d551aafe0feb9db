"""chart."""

import time
from pathlib import Path
from typing import Any

import click

from tracker.cli.globals import GlobalOptions, command, pass_options
from tracker.cli.options import RECORDED, chart_options
from tracker.cli.output import emit, print_table

# Work that is done sooner needs no line about it.
_QUIET_SECONDS = 2.0


@command("chart", "tracker chart frontier --bloc US --bloc CN --bloc FR --out frontier.svg")
@click.argument("name", required=False)
@click.option("--list", "list_them", is_flag=True, help="Name the charts.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The file to write.")
@click.option("--width", type=float, metavar="INCHES", help="Width of the figure, 6 to 30.")
@click.option("--height", type=float, metavar="INCHES", help="Height of the figure, 4 to 30.")
@chart_options
@RECORDED
@pass_options
def chart_command(
    options: GlobalOptions,
    name: str | None,
    list_them: bool,
    out: Path | None,
    width: float | None,
    height: float | None,
    **choice: Any,
) -> None:
    """Draw one chart to a .png, .svg or .pdf file.

    With --format csv, json or parquet and no --out: the numbers that it draws, in their order;
    csv and parquet give them beside a file as well.
    """
    import polars as pl

    from forecasts.errors import UsageError
    from tracker import charts
    from tracker.charts.subjects import Choice, subject_for

    if list_them or name is None:
        table = pl.DataFrame([{"chart": n, "title": charts.load(n).TITLE} for n in charts.CHARTS])
        emit(options, table)
        if options.format == "table":
            print_table(table)
        return
    module = charts.load(name)
    if out is None and options.format == "table":
        raise UsageError("No file is named for the chart.", "Add --out FILE.png.")
    size = _size(width, height)
    workspace = options.open()
    begun = time.monotonic()

    def progress(text: str) -> None:
        if time.monotonic() - begun > _QUIET_SECONDS:
            options.progress(text)

    made = subject_for(workspace, name, Choice(**choice), progress)
    if out is None:
        emit(options, module.table(made.subject))
        return
    progress(f"drawing {name} ...")
    workspace.chart(name, out, made, size=size)
    if options.format != "table":
        emit(options, {"file": str(out)}, module.table(made.subject))
    options.say(f"Wrote {out}")


def _size(width: float | None, height: float | None) -> tuple[float, float] | None:
    from tracker.charts.drawing.theme import SIZE, check_size

    if width is None and height is None:
        return None
    return check_size((SIZE[0] if width is None else width, SIZE[1] if height is None else height))
