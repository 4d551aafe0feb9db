"""ledger issue, ledger list, ledger score, ledger show, ledger verify."""

from typing import TYPE_CHECKING, Any

import click

from tracker.cli.choosing import Group
from tracker.cli.globals import GlobalOptions, command, global_options, pass_options
from tracker.cli.options import RECORDED, forecast_options
from tracker.cli.output import emit, print_table, scales_of
from tracker.cli.terminal import echo

if TYPE_CHECKING:
    from forecasts.request import ForecastRequest

_ID = 12  # digits of an id that are shown to a person


@click.group(
    "ledger",
    cls=Group,
    epilog="Example: tracker ledger issue --note 'before the June releases'",
    no_args_is_help=False,
)
def ledger_command() -> None:
    """Keep forecasts as issued, and score them when reality arrives."""


@command("issue", "tracker ledger issue --horizon 12 --note 'before the June releases'")
@forecast_options
@click.option("--note", default="", metavar="TEXT", help="Words to keep with it.")
def issue_command(options: GlobalOptions, request: "ForecastRequest", note: str) -> None:
    """Make a forecast as `tracker forecast` does and keep it, never to be changed.

    The same forecast issued twice is kept once.
    """
    from tracker.analysis.issued_forecasts import issue_forecast

    def told(name: str) -> None:
        options.progress(f"simulating {name} ...")

    data = options.open().data
    result = issue_forecast(data, request, note, told)
    newer = options.tell_newer(data, request.scope)
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
        "probability_exhausted": issued.probability_exhausted,
        "retrospective": issued.is_retrospective(issued.dates[0]),
        "newer_version": newer,
        "file": None if result.file is None else str(result.file),
    }
    emit(options, document)
    pair = data.pair(request.pair)
    view = data.view(request.scope, (pair.leader, pair.follower))
    options.tell_seen(view, request.scope.as_of, request.today)
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
    from tracker.sweeps import swept_until

    workspace = options.open()
    held = workspace.issued()
    indices, swept = workspace.store.snapshot().indices, swept_until(workspace.data.sweeps())
    table = list_table([standing(f, indices, swept) for f in held.forecasts])
    emit(options, table, table.with_columns(pl.col("models").list.join(", ")))
    _tell_damage(options, held.damaged)
    if options.format == "table":
        _print_list(table)


@command("score", "tracker ledger score --events")
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

    workspace = options.open()
    found = workspace.score_issued(forecasts)
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
            scales = scales_of(workspace.data, values)
            print_table(_short(values).select(shown), scale=scales)
            echo()
            echo("Means over dates (skill: against the random walk with drift):")
            print_table(_short(summarise(values)), decimals=3)
    if not found.standings:
        options.say("No forecast has been issued; `tracker ledger issue` makes one.")
    for item in found.standings:
        if item.reason:
            reached = f"{item.reached} of {item.dates} dates scored"
            options.say(f"{item.issued.forecast_id[:_ID]}: {reached}. {item.reason}")


@command("verify", "tracker ledger verify")
@pass_options
def verify_command(options: GlobalOptions) -> None:
    """Say what holds of the ledger: ids, order, nothing missing. Exit 1 when something does not.

    A ledger rewritten as a whole cannot be noticed: publish the id that this command gives as
    the head, and hold the ledger against it later.
    """
    from tracker.store.ledger import FOLDER, read_ledger, verify

    folder = options.open().folder / FOLDER
    held = read_ledger(folder, skip_damaged=True)
    checks = verify(held)
    faults = [check for check in checks if check.fault]
    document = {
        "forecasts": checks,
        "heads": held.heads,
        "damaged": held.damaged,
        "holds": not faults and not held.damaged,
    }
    emit(options, document)
    _tell_damage(options, held.damaged)
    for check in faults:
        echo(f"{check.forecast_id[:_ID]}: {check.fault}", err=True)
    old = sum(not check.vouched for check in checks)
    if options.format == "table":
        echo(f"{len(checks)} forecasts read, {len(faults)} with a fault, "
             f"{len(held.damaged)} files not to be trusted.")  # fmt: skip
        if old:
            echo(f"{old} of the first format: their moment of issue is not part of their id.")
        echo(f"Heads, to publish: {', '.join(held.heads) or 'none'}")
    if faults or held.damaged:
        raise click.exceptions.Exit(1)


@command("show", "tracker ledger show")
@click.argument("forecast_id", metavar="ID", required=False)
@pass_options
def show_command(options: GlobalOptions, forecast_id: str | None) -> None:
    """Show a forecast as it was issued: its terms and what it said.

    ID may be the beginning of its id; without one it is the forecast issued last.
    """
    import polars as pl

    held = options.open().issued()
    issued = held.last() if forecast_id is None else held.find(forecast_id)
    document = {
        "forecast_id": issued.forecast_id, "issued_at": issued.issued_at,
        "data_until": issued.data_until, "previous": issued.previous, "format": issued.format,
        **vars(issued.terms), "said": issued.said,
    }  # fmt: skip
    emit(options, document, issued.said)
    if options.format != "table":
        return
    for name, value in document.items():
        if name != "said":
            text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
            echo(f"{name.replace('_', ' '):22}{'-' if text in (None, '') else text}")
    echo()
    own = issued.said.filter(model=issued.headline).filter(pl.col("role") != "baseline")
    print_table(own.filter(pl.col("probability").is_not_null()).drop("quantiles"), decimals=3)


def _tell_damage(options: GlobalOptions, damaged: list[Any]) -> None:
    for damage in damaged:
        echo(f"Left out: {damage.file}: {damage.reason}", err=True)


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
        p_exhausted="probability_exhausted",
        come=pl.format("{} of {}", "reached", "dates"),
        retro="retrospective",
    )
    print_table(shown)
    for row in table.filter(pl.col("reason") != "").iter_rows(named=True):
        echo(f"{row['forecast_id'][:_ID]}: {row['reason']}")


for _made in (issue_command, list_command, score_command, show_command, verify_command):
    ledger_command.add_command(_made)
ledger_command.params.extend(global_options())
