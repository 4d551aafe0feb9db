"""alias."""

from typing import TYPE_CHECKING

import click

from tracker.cli.globals import GlobalOptions, command, pass_options
from tracker.cli.options import DATE
from tracker.cli.output import emit

if TYPE_CHECKING:
    from datetime import date


@command("alias", 'tracker alias "Gemini 3.1 Pro Preview" "Gemini 3.1 Pro" --from 2026-07-01')
@click.argument("old")
@click.argument("new")
@click.option("--from", "start", type=DATE, required=True, help="The first day that it holds.")
@pass_options
def alias_command(options: GlobalOptions, old: str, new: str, start: "date") -> None:
    """Count the observations of OLD as of NEW from a day on.

    Views as of earlier days do not change.
    """
    from tracker.recording.rename import rename

    added = rename(options.open().data, old, new, start)
    emit(options, {"added": added, "old": old, "new": new, "from": start})
    what = "" if added else ", as was said already"
    options.say(f"From {start} '{old}' counts as '{new}'{what}.")
