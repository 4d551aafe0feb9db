"""backtest."""

import sys
from datetime import date
from pathlib import Path
from typing import Any

import click

from tracker.cli.globals import GlobalOptions, command, pass_options
from tracker.cli.options import DATE, backtest_options
from tracker.cli.output import check_target, echo, emit, print_table


@command("backtest", "tracker backtest --panel --every quarter --horizon 6 --horizon 12")
@click.option("--model", "models", multiple=True, metavar="NAME",
              help="A trend model; repeat (the default and the baselines; `all`).")  # fmt: skip
@click.option("--horizon", "horizons", multiple=True, type=click.IntRange(1, 60),
              metavar="MONTHS", help="Months ahead; repeat (1 2 3 6 9 12).")  # fmt: skip
@click.option("--panel", is_flag=True, help="Every pair of blocs of every index, not one pair.")
@click.option("--every", type=click.Choice(["month", "quarter"]), default="month",
              show_default=True, help="Steps between origins.")  # fmt: skip
@click.option("--from", "first", type=DATE, help="First origin (2024-01-01).")
@click.option("--to", "last", type=DATE, help="Last origin.")
@click.option("--since", type=DATE, help="Score only outcomes after this day.")
@click.option("--draws", type=click.IntRange(100, 100_000), default=500, show_default=True)
@click.option("--seed", type=int, help="Seed of the draws.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes.")
@click.option("--scheduler", metavar="ADDRESS", help="A Dask scheduler whose workers to use.")
@click.option("--events", is_flag=True, help="Scores of closing instead of values.")
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.md",
              help="All tables as one page.")  # fmt: skip
@backtest_options
@pass_options
def backtest_command(
    options: GlobalOptions,
    events: bool,
    report: Path | None,
    since: date | None,
    **choice: Any,
) -> None:
    """Forecast from past origins and score against what came.

    Finished folds are kept in the workspace (.backtest) and used again.
    """
    from forecasts.verification.backtest import TARGETS
    from forecasts.verification.evaluation import event_table, score_table
    from tracker.results.skill_report import skill_report
    from tracker.store.segments import write_atomically

    live = sys.stderr.isatty()

    def progress(done: int, total: int) -> None:
        if not options.quiet and (live or done in {0, total}):
            end = "\n" if done == total or not live else "\r"
            echo(f"{done} of {total} folds", err=True, end=end)

    if report is not None:
        check_target(report)
    workspace = options.open()
    if choice["seed"] is None:
        choice.pop("seed")
    result = workspace.backtest(**choice, progress=progress)
    targets = (*TARGETS, "frontier") if choice["panel"] else TARGETS
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
        write_atomically(report, skill_report(result).encode())
        options.say(f"Wrote {report}")
