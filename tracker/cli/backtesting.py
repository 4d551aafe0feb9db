"""backtest."""

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tracker.cli.globals import GlobalOptions, command
from tracker.cli.options import DATE, backtest_options
from tracker.cli.output import check_target, emit, print_table
from tracker.cli.terminal import echo

if TYPE_CHECKING:
    from forecasts.request import BacktestRequest


@command("backtest", "tracker backtest --panel --every quarter --horizon 6 --horizon 12")
@click.option("--since", type=DATE, help="Score only outcomes after this day.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes.")
@click.option("--scheduler", metavar="ADDRESS", help="A Dask scheduler whose workers to use.")
@click.option("--events", is_flag=True, help="Scores of closing instead of values.")
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.md",
              help="All tables as one page.")  # fmt: skip
@backtest_options
def backtest_command(
    options: GlobalOptions,
    request: "BacktestRequest",
    events: bool,
    report: Path | None,
    since: date | None,
    jobs: int,
    scheduler: str | None,
) -> None:
    """Forecast from past origins and score against what came.

    Finished folds are kept in the workspace (.backtest) and used again.
    """
    from forecasts.verification.backtest import TARGETS
    from forecasts.verification.evaluation import event_table, score_table
    from tracker.analysis.backtesting import run_backtest
    from tracker.results.skill_report import skill_report
    from tracker.store.outputs import write_output

    live = sys.stderr.isatty()

    def progress(done: int, total: int) -> None:
        if not options.quiet and (live or done in {0, total}):
            end = "\n" if done == total or not live else "\r"
            echo(f"{done} of {total} folds", err=True, end=end)

    if report is not None:
        check_target(report)
    result = run_backtest(options.open().data, request, jobs, scheduler, progress)
    targets = (*TARGETS, "frontier") if request.panel else TARGETS
    table = event_table(result, since) if events else score_table(result, since, targets)
    emit(options, table)
    if options.format == "table":
        hidden = [c for c in ("pit", "pinball") if c in table.columns]
        print_table(table.drop(hidden), decimals=3)
        if result.failures.height:
            echo()
            echo("Fits that could not be made:")
            counts = result.failures.group_by("model", "reason").len("folds")
            print_table(counts.sort("model", "folds", descending=[False, True]))
    if report is not None:
        write_output(report, skill_report(result).encode())
        options.say(f"Wrote {report}")
