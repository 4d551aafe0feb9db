"""report."""

from pathlib import Path
from typing import Any

import click

from tracker.cli.globals import GlobalOptions, command, pass_options
from tracker.cli.options import report_options
from tracker.cli.output import emit


@command("report", "tracker report --quarter 2026Q2 --out report.html")
@click.option("--quarter", required=True, metavar="2026Q2", help="The quarter.")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False),
              metavar="FILE.html", help="The file to write.")  # fmt: skip
@click.option("--seed", type=int, help="Seed of the draws.")
@report_options
@pass_options
def report_command(options: GlobalOptions, quarter: str, out: Path, **choice: Any) -> None:
    """Write the quarterly report: one HTML file that needs no network."""
    from tracker.report import build_report
    from tracker.store.segments import write_atomically

    text = build_report(options.open(), quarter, progress=options.progress, **choice)
    write_atomically(out, text.encode())
    emit(options, {"file": str(out)})
    options.say(f"Wrote {out}")
