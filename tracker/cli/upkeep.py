"""validate, compact, status."""

from dataclasses import asdict
from typing import Any

import click

from tracker.cli.globals import GlobalOptions, command, pass_options
from tracker.cli.output import echo, emit, print_table


@command("validate", "tracker validate")
@pass_options
def validate_command(options: GlobalOptions) -> None:
    """Check every segment: checksum, format, columns. Exit 1 when one is damaged."""
    options.skip_damaged = True
    segments, rows, damaged = options.open().store.validate()
    found = [asdict(d) for d in damaged]
    emit(options, {"segments": segments, "rows": rows, "damaged": found})
    for damage in damaged:
        echo(f"Damaged: {damage.file}: {damage.reason}", err=True)
    options.say(f"{segments} segments, {rows} rows, {len(damaged)} damaged.")
    if damaged:
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
        echo(f"{name.replace('_', ' '):22}{value if value or value == 0 else '-'}")
    if indices:
        echo()
        print_table(pl.DataFrame(indices))
