"""report."""

from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tracker.cli.globals import GlobalOptions, command
from tracker.cli.options import report_options
from tracker.cli.output import check_target, emit

if TYPE_CHECKING:
    from tracker.report import ReportRequest


@command("report", "tracker report --quarter 2026Q2 --out report.html")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False),
              metavar="FILE.html", help="The file to write.")  # fmt: skip
@report_options
def report_command(options: GlobalOptions, request: "ReportRequest", out: Path) -> None:
    """Write the quarterly report: one HTML file that needs no network."""
    from forecasts.errors import UsageError
    from tracker.report import build_report
    from tracker.store.outputs import write_output

    if out.suffix.lower() not in {".html", ".htm"}:
        raise UsageError(f"'{out}' does not end in .html.", "The report is HTML.", "unknown_suffix")
    if not out.parent.is_dir():
        raise UsageError(f"There is no folder '{out.parent}'.", "Make it first.", "no_folder")
    check_target(out)
    text = build_report(options.open().data, request, options.progress)
    write_output(out, text.encode())
    emit(options, {"file": str(out)})
    options.say(f"{_title(text)}. Wrote {out}")


def _title(page: str) -> str:
    """The report's answer in one line."""
    return unescape(page.partition("<title>")[2].partition("</title>")[0])
