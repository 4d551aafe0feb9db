"""validate, compact, status."""

from typing import Any

import click

from tracker.cli.globals import GlobalOptions, command, pass_options
from tracker.cli.output import emit, print_table


@command("validate", "tracker validate")
@pass_options
def validate_command(options: GlobalOptions) -> None:
    """Check every segment: checksum, format, columns, rows. Exit 1 when one is damaged."""
    found = options.open().store.validate(options.progress)
    emit(options, found)
    for damage in found.damaged:
        click.echo(f"Damaged: {damage.file}: {damage.reason}", err=True)
    options.say(f"{found.segments} segments, {found.rows} rows, {len(found.damaged)} damaged.")
    if found.damaged:
        raise click.exceptions.Exit(1)


@command("compact", "tracker compact")
@pass_options
def compact_command(options: GlobalOptions) -> None:
    """Rewrite all segments as one. Nothing of the history is lost."""
    before, after = options.open().store.compact()
    emit(options, {"segments_before": before, "segments": after})
    options.say(f"{before} segments are now {after}.")


@command("status", "tracker status")
@pass_options
def status_command(options: GlobalOptions) -> None:
    """Say what the workspace holds."""
    status = options.open().status()
    emit(options, status)
    if options.format != "table":
        return
    import polars as pl

    indices: Any = status.pop("indices")
    for name, value in status.items():
        click.echo(f"{name.replace('_', ' '):22}{value if value or value == 0 else '-'}")
    if indices:
        click.echo()
        print_table(pl.DataFrame(indices))
