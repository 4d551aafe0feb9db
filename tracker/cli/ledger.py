"""ledger issue, ledger list, ledger score."""

from typing import Any

import click

from tracker.cli.globals import GlobalOptions, command, global_options, pass_options
from tracker.cli.options import RECORDED, forecast_options
from tracker.cli.output import emit, print_table

_ID = 12  # digits of an id that are shown to a person


@click.group(
    "ledger",
    epilog="Example: tracker ledger issue --note 'before the June releases'",
    no_args_is_help=False,
)
def ledger_command() -> None:
    """Keep forecasts as issued, and score them when reality arrives."""


@command("issue", "tracker ledger issue --horizon 12 --note 'before the June releases'")
@forecast_options
@click.option("--note", default="", metavar="TEXT", help="Words to keep with it.")
@pass_options
def issue_command(options: GlobalOptions, **choice: Any) -> None:
    """Make a forecast as `tracker forecast` does and keep it, never to be changed.

    The same forecast issued twice is kept once.
    """
    result = options.open().issue(
        **choice, progress=lambda name: options.progress(f"simulating {name} ...")
    )
    issued = result.issued
    document = {
        "forecast_id": issued.forecast_id,
        "added": result.added,
        "issued_at": issued.issued_at,
        "as_of": issued.terms.as_of,
        "index_name": issued.terms.index_name,
        "index_version": issued.terms.index_version,
        "leader": issued.terms.leader,
        "follower": issued.terms.follower,
        "models": issued.terms.models,
        "horizon_months": issued.terms.horizon_months,
        "probability_closed": issued.probability_closed,
        "retrospective": issued.is_retrospective(issued.dates[0]),
        "file": None if result.file is None else str(result.file),
    }
    emit(options, document)
    short, when = issued.forecast_id[:_ID], f"{issued.issued_at:%Y-%m-%d %H:%M} UTC"
    if result.added:
        options.say(f"Issued {short}: {len(issued.dates)} dates to {issued.dates[-1]}.")
    else:
        options.say(f"Nothing added: this forecast was issued as {short} on {when}.")
    if document["retrospective"]:
        options.say(
            f"Retrospective: it looks from {issued.terms.as_of} but was issued on {when[:10]} with "
            f"observations to {issued.data_until} at hand; dates up to the later of these two are "
            "marked in the scores, for they could be known."
        )


@command("list", "tracker ledger list")
@RECORDED
@pass_options
def list_command(options: GlobalOptions) -> None:
    """List issued forecasts and how many of their dates have come."""
    import polars as pl

    from tracker.analysis.issued_forecasts import list_table, standing

    workspace = options.open()
    held = workspace.issued()
    indices = workspace.store.snapshot().indices
    table = list_table([standing(workspace, f, indices) for f in held.forecasts])
    emit(options, table, table.with_columns(pl.col("models").list.join(", ")))
    _tell_damage(options, held.damaged)
    if options.format == "table":
        _print_list(table)


@command("score", "tracker ledger score --forecast 3f9a --events")
@click.option("--forecast", "forecasts", multiple=True, metavar="ID",
              help="An issued forecast, by the beginning of its id; repeat (all).")  # fmt: skip
@click.option("--events", is_flag=True, help="Brier scores of closing instead of values.")
@RECORDED
@pass_options
def score_command(options: GlobalOptions, forecasts: tuple[str, ...], events: bool) -> None:
    """Score issued forecasts on the dates that have come.

    Observed is the latest known value of what was released by that date, on the same version of
    the index. CRPS is in points, beside that of two baselines issued at the same moment.
    """
    from forecasts.verification.issued_scores import summarise

    found = options.open().score_issued(forecasts)
    values, results = found.scores.values, found.scores.events
    emit(options, results if events else values)
    _tell_damage(options, found.damaged)
    if options.format == "table":
        if events:
            shown = ["forecast_id", "model", "event", "date", "probability", "happened", "brier",
                     "brier_persistence", "retrospective"]  # fmt: skip
            print_table(_short(results).select(shown), decimals=3)
        else:
            shown = ["forecast_id", "model", "target", "date", "observed", "median", "crps",
                     "crps_persistence", "pit", "in_80", "in_90", "retrospective"]  # fmt: skip
            print_table(_short(values).select(shown))
            click.echo("\nMeans over dates (skill: against the random walk with drift):")
            print_table(_short(summarise(values)), decimals=3)
    if not found.standings:
        options.say("No forecast has been issued; `tracker ledger issue` makes one.")
    for item in found.standings:
        if item.reason:
            reached = f"{item.reached} of {item.dates} dates scored"
            options.say(f"{item.issued.forecast_id[:_ID]}: {reached}. {item.reason}")


def _tell_damage(options: GlobalOptions, damaged: list[Any]) -> None:
    for damage in damaged:
        click.echo(f"Left out: {damage.file}: {damage.reason}", err=True)


def _short(table: Any) -> Any:
    import polars as pl

    return table.with_columns(pl.col("forecast_id").str.head(_ID))


def _print_list(table: Any) -> None:
    import polars as pl

    shown = _short(table).select(
        "forecast_id",
        issued=pl.col("issued_at").dt.strftime("%Y-%m-%d %H:%M"),
        as_of="as_of",
        blocs=pl.format("{} - {}", "leader", "follower"),
        index=pl.format("{} {}", "index_name", "index_version"),
        models=pl.col("models").list.join(", "),
        months="horizon_months",
        p_closed="probability_closed",
        come=pl.format("{} of {}", "reached", "dates"),
        retro="retrospective",
    )
    print_table(shown)
    for row in table.filter(pl.col("reason") != "").iter_rows(named=True):
        click.echo(f"{row['forecast_id'][:_ID]}: {row['reason']}")


for _made in (issue_command, list_command, score_command):
    ledger_command.add_command(_made)
ledger_command.params.extend(global_options())
