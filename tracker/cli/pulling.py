"""pull."""

from inspect import cleandoc
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tracker.cli.globals import GlobalOptions, command
from tracker.cli.importing import (
    ACCEPT,
    FORCE_VERSION,
    SAME_VERSION,
    own_of,
    own_option,
    tell_import,
    with_option_words,
)
from tracker.cli.options import INDEX, Given, taken, takes
from tracker.cli.output import emit
from tracker.cli.terminal import echo
from tracker.sources import addresses_of, options_of, published

if TYPE_CHECKING:
    from tracker.recording.pull import PullRequest, PullResult

NEW_RECORD = 3
_OWN = {o.name: o for name in published() for o in options_of(name)}
_OPTIONS = [
    click.argument("source", metavar="SOURCE", type=click.Choice(published())),
    click.option("--address", metavar="NAME", help="One of those of the source (the first)."),
    click.option("--base-url", metavar="URL",
                 help="Scheme, host and path of a mirror, in the place of the source's own."),
    click.option("--key-file", metavar="FILE", type=click.Path(path_type=Path),
                 help="A file of mode 600 that holds the key."),
    click.option("--deadline", type=click.FloatRange(0.1, 86_400), default=120.0,
                 show_default=True, metavar="SECONDS", help="For all of the fetching."),
    INDEX[1],
    *map(own_option, _OWN.values()),
    click.option("--dry-run", is_flag=True, help="Fetch, check and count, record nothing."),
    SAME_VERSION,
    ACCEPT,
    FORCE_VERSION,
    click.option("--yes", is_flag=True, help="Record the rows that would be held back as well."),
    click.option("--fail-if-new-record", is_flag=True,
                 help=f"End with {NEW_RECORD} if leader or follower has a new record."),
]  # fmt: skip


def _request(given: Given) -> "PullRequest":
    from tracker.recording.pull import PullRequest

    given |= {"options": own_of(_OWN.values(), given), "accept": tuple(given["accept"])}
    return taken(PullRequest, given)


@command("pull", "tracker pull aa --fail-if-new-record")
@takes(_OPTIONS, _request)
def pull_command(options: GlobalOptions, request: "PullRequest", fail_if_new_record: bool) -> None:
    """Fetch what SOURCE publishes and record it, all of it or nothing.

    The bytes are kept in the workspace's folder raw. Rows in doubt are held back and listed.

    Where something was recorded, the program that `on_change` of your own settings names
    (gap-tracker/config.toml below XDG_CONFIG_HOME or ~/.config) gets the result as JSON.
    """
    from tracker.recording.pull import pull

    result = with_option_words(pull(options.open().data, request, options.progress))
    emit(options, result)
    tell_import(options, result)
    _tell_changes(options, result)
    if fail_if_new_record and result.new_records:
        raise click.exceptions.Exit(NEW_RECORD)


def _places(name: str) -> str:
    """The addresses of a source, in the help."""
    known = addresses_of(name)
    first = next(iter(known.values())).url
    names = [n for n in known if "/" not in n]
    more = ", each with /full" if len(names) < len(known) else ""
    return f"{name} ({', '.join(names)}{more}): {first}"


# Each a paragraph of its own.
pull_command.help = "\n\n".join(
    [
        cleandoc(pull_command.help or ""),
        *map(_places, published()),
    ]
)


def _tell_changes(options: GlobalOptions, result: "PullResult") -> None:
    if not result.added:
        same = all(page["unchanged"] for page in result.raw)
        options.say("Nothing new" + (": the bytes are those of the last pull." if same else "."))
        return
    if result.new_models:
        names = [str(model["model"]) for model in result.new_models]
        more = f" and {len(names) - 10} more" if len(names) > 10 else ""
        options.say(f"New models: {', '.join(names[:10])}{more}.")
    for record in result.new_records[-10:]:
        options.say(
            f"New {record['bloc']} record: {record['model']} ({record['lab']}), "
            f"{record['value']:.4g}, released {record['released_on']}."
        )
    for sentence in result.effects:
        echo(sentence, err=options.format != "table")
