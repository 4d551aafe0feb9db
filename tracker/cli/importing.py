"""import."""

from datetime import date
from pathlib import Path

import click

from tracker.cli.globals import GlobalOptions, command, pass_options
from tracker.cli.options import DATE, index_options
from tracker.cli.output import echo, emit


@command("import", "tracker import csv scores.csv --map value=score --observed 2026-06-10")
@click.argument("source", metavar="SOURCE")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@index_options
@click.option("--observed", "observed_on", type=DATE, help="When the values were seen.")
@click.option("--map", "mapping", multiple=True, metavar="OURS=THEIRS", help="Name of a column.")
@click.option("--decimal", type=click.Choice([".", ","]), default=".", show_default=True,
              help="The decimal sign of a csv file.")  # fmt: skip
@click.option("--components", is_flag=True, help="aa: the other evaluations as indices as well.")
@click.option("--prices", is_flag=True,
              help="aa: the blended price of each model as an index as well.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Check and count, record nothing.")
@click.option("--keep-good", is_flag=True, help="Import the good rows beside bad ones.")
@click.option("--same-version", is_flag=True, help="Most values changed, but not the scale.")
@pass_options
def import_command(
    options: GlobalOptions,
    source: str,
    files: tuple[Path, ...],
    mapping: tuple[str, ...],
    observed_on: date | None,
    **settings: object,
) -> None:
    """Import observations from FILES of SOURCE.

    SOURCE is csv, parquet (as `tracker export` writes them), aa (snapshots of Artificial
    Analysis) or epoch-benchmarks (tables by Epoch AI).

    Files go in together or not at all; --keep-good leaves bad rows out and lists them.
    """
    from forecasts.errors import UsageError
    from tracker.recording.importing import RejectedRows
    from tracker.sources.columns import counted

    pairs: dict[str, str] = {}
    for pair in mapping:
        ours, separator, theirs = pair.partition("=")
        if not separator or not theirs:
            raise UsageError(
                f"--map {pair} is no pair.", "Write it as OURS=THEIRS, such as value=score."
            )
        pairs[ours] = theirs
    workspace = options.open()
    try:
        result = workspace.import_files(
            source, files, mapping=pairs, observed_on=observed_on, **settings
        )
    except RejectedRows as error:
        if options.format == "table":
            _list_problems(error.result.problems)
        raise
    emit(options, result)
    _list_problems(result.problems)
    for note in result.notes:
        echo(note, err=True)
    done = "Would add" if result.dry_run else "Added"
    of = f" of {result.index_name} {result.index_version}" if result.index_name else ""
    if len(result.indices) > 1:
        parts = [f"{i['added']} of {i['index_name']} {i['index_version']}" for i in result.indices]
        more = f", and {len(parts) - 10} more" if len(parts) > 10 else ""
        of = f" of {len(parts)} indices ({', '.join(parts[:10])}{more})"
    elif result.indices:
        of = f" of {result.indices[0]['index_name']} {result.indices[0]['index_version']}"
    seen = f", seen {result.observed_on}" if result.observed_on else ""
    options.say(
        f"{done} {counted(result.added, 'observation', 'observations')}{of}{seen}; "
        f"{counted(result.unchanged, 'was', 'were')} there already, "
        f"{result.rejected} rejected, {result.skipped} without a value."
    )


def _list_problems(problems: list[dict[str, object]]) -> None:
    for problem in problems[:50]:
        echo(
            f"{problem['file']}, row {problem['row']}, {problem['field']}: {problem['reason']}",
            err=True,
        )
    if len(problems) > 50:
        echo(f"... and {len(problems) - 50} more problems", err=True)
