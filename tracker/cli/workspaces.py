"""init, demo."""

from pathlib import Path

import click

from tracker.cli.globals import GlobalOptions, command, pass_options
from tracker.cli.output import echo, emit


@command("init", "tracker init --demo")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--demo", is_flag=True, help="Fill it with the bundled data.")
@pass_options
def init_command(options: GlobalOptions, folder: Path | None, demo: bool) -> None:
    """Make a workspace in DIR (the current folder)."""
    from tracker.workspace import create_workspace

    workspace = create_workspace(folder or options.workspace or Path(), demo=demo)
    count = workspace.store.rows().height
    emit(options, {"workspace": str(workspace.folder), "observations": count})
    options.say(f"Made a workspace in {workspace.folder} with {count} observations.")


@command("demo", "tracker demo")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@pass_options
def demo_command(options: GlobalOptions, folder: Path | None) -> None:
    """The whole tour on bundled data: the gap, a forecast, the charts, the report.

    Makes a workspace in DIR (gap-demo), or uses the one there, and says where each file is.
    """
    from forecasts.measures.period import quarter_of
    from tracker.report import build_report
    from tracker.results.forecast_files import write_forecast
    from tracker.settings import FILE
    from tracker.store.segments import write_atomically
    from tracker.text import summary
    from tracker.workspace import create_workspace, open_workspace

    where = folder or options.workspace or Path("gap-demo")
    there = (where / FILE).exists()
    workspace = open_workspace(where) if there else create_workspace(where, demo=True)
    gap = workspace.gap()
    forecast = workspace.forecast(progress=lambda name: options.progress(f"simulating {name} ..."))
    files: list[Path] = []
    for name in ("frontier", "gap"):
        options.progress(f"drawing {name} ...")
        files.append(workspace.chart(name, where / f"{name}.png", gap))
    files += write_forecast(workspace, forecast, where / "forecast", options.progress)
    files.append(where / "report.html")
    quarter = quarter_of(gap.as_of)
    write_atomically(
        files[-1], build_report(workspace, quarter, progress=options.progress).encode()
    )
    emit(options, {"workspace": str(where), "files": [str(f) for f in files]})
    if options.format == "table":
        lines = [*summary.gap_lines(gap), "", *summary.forecast_lines(forecast), "", "Files:"]
        for line in [*lines, *(f"  {f}" for f in files)]:
            echo(line)
        echo()
        echo(f"Go on with: tracker --workspace {where} gap --definitions")
