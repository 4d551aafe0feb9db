"""import."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from inspect import cleandoc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tracker.cli.choosing import Choice
from tracker.cli.globals import GlobalOptions, command
from tracker.cli.options import DATE, INDEX, NAME, Given, Option, taken, takes
from tracker.cli.output import emit
from tracker.cli.terminal import at_terminal, echo
from tracker.sources import SOURCES, OptionValue, SourceOption, every_option, load
from tracker.text.argv import FLAGS, option_words
from tracker.text.counting import counted

if TYPE_CHECKING:
    from tracker.recording.importing import ImportRequest, ImportResult
    from tracker.sources.file import SourceFile
    from tracker.workspace_data import WorkspaceData


def _own(option: SourceOption) -> Option:
    """An option of a source's own on the command line."""
    flag = FLAGS.get(option.name, "--" + option.name.replace("_", "-"))
    if isinstance(option.default, Mapping):
        return click.option(
            flag, option.name, multiple=True, metavar="OURS=THEIRS", help=option.help
        )
    if option.choices:
        return click.option(
            flag, option.name, type=Choice(option.choices), default=option.default,
            show_default=True, help=option.help,
        )  # fmt: skip
    if isinstance(option.default, str):
        return click.option(
            flag, option.name, metavar=option.metavar, default=option.default, help=option.help
        )
    return click.option(flag, option.name, is_flag=True, help=option.help)


_OPTIONS = [
    click.argument("source", metavar="SOURCE"),
    click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path)),
    *INDEX,
    click.option("--observed", "observed_on", type=DATE, help="When the values were seen."),
    *map(_own, every_option()),
    click.option("--explain", is_flag=True,
                 help="Show what a table's columns are taken for, record nothing."),
    click.option("--dry-run", is_flag=True, help="Check and count, record nothing."),
    click.option("--keep-good", is_flag=True, help="Import the good rows beside bad ones."),
    click.option("--whole", is_flag=True,
                 help="The files hold all that the index lists on that day."),
    click.option("--force-version", is_flag=True,
                 help="The version of --index-version, even if the file states another."),
    click.option("--same-version", is_flag=True,
                 help="The values were estimated anew, on the same scale."),
    click.option("--accept", type=Choice(["re-based", "other-scores", "unjudged"]),
                 multiple=True, help="Import values in doubt for this reason; repeat."),
    click.option("--outside-bounds", is_flag=True, help="Import values the index cannot have."),
    click.option("--yes", is_flag=True, help="Import the rows that would be held back as well."),
]  # fmt: skip


def _request(given: Given) -> "ImportRequest":
    from tracker.recording.importing import ImportRequest

    own: dict[str, OptionValue] = {}
    for option in every_option():
        value = given.pop(option.name)
        if isinstance(option.default, Mapping):
            value = dict(_pair(option.name, text) for text in value)
        if value != option.default:
            own[option.name] = value
    given["accept"] = tuple(given["accept"])
    given |= {"files": tuple(map(_file, given["files"])), "options": own}
    return taken(ImportRequest, given)


def _file(path: Path) -> "SourceFile":
    from tracker.sources.file import STDIN, SourceFile, standard_input

    return standard_input() if str(path) == STDIN else SourceFile(path)


def _pair(name: str, text: str) -> tuple[str, str]:
    from forecasts.errors import UsageError

    ours, separator, theirs = text.partition("=")
    if not separator or not theirs:
        raise UsageError(
            f"`{name}` {text} is no pair.", "Write it as OURS=THEIRS, such as value=score."
        )
    return ours, theirs


@command(
    "import",
    "tracker import csv scores.csv --map value=score --observed 2026-06-10 --accept unjudged",
)
@takes(_OPTIONS, _request)
def import_command(options: GlobalOptions, request: "ImportRequest", explain: bool) -> None:
    """Import observations from FILES of SOURCE.

    A file may be packed as gzip or zstd; - is standard input. Files go in together or not at all;
    --keep-good leaves bad rows out and lists them.
    """
    from tracker.recording.importing import RejectedRows

    if explain:
        from tracker.cli.explaining import show_explanation
        from tracker.recording.explaining import explain as explained

        show_explanation(options, explained(options.open().data, request))
        return
    try:
        result = _with_options(_answered(options.open().data, request))
    except RejectedRows as error:
        error.result = _with_options(error.result)
        if options.format == "table":
            _list_problems(error.result.problems)
        raise
    emit(options, result)
    _list_problems(result.problems)
    _list_warnings(result)
    for note in result.notes:
        echo(note, err=True)
    _list_unknown(result.unknown)
    for change in result.changed_facts[:20]:
        echo(
            f"{change['model']}, {change['field']}: {change['before'] or '-'} -> "
            f"{change['after'] or '-'}",
            err=True,
        )
    if len(result.changed_facts) > 20:
        echo(f"... and {len(result.changed_facts) - 20} more changes", err=True)
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
        f"{result.rejected} rejected, {result.skipped} without a value{_held(result)}."
    )


# Each a paragraph of its own.
import_command.help = "\n\n".join(
    [cleandoc(import_command.help or ""), *(f"{n}: {load(n).DESCRIPTION}." for n in SOURCES)]
)


def _answered(data: "WorkspaceData", request: "ImportRequest") -> "ImportResult":
    """Import, asking at a terminal for what nobody says and for what cannot be judged."""
    from tracker.recording.importing import import_files
    from tracker.recording.rebase import ScaleInDoubt
    from tracker.sources.contract import MissingFact

    while True:
        try:
            return import_files(data, request)
        except (MissingFact, ScaleInDoubt) as error:
            if not at_terminal() or (isinstance(error, ScaleInDoubt) and error.case != "unjudged"):
                raise
            echo(option_words(error.message), err=True)
            if isinstance(error, ScaleInDoubt):
                click.confirm("Import them all the same?", abort=True, err=True)
                request = replace(request, accept=(*request.accept, error.case))
            elif error.field == "observed_on":
                day = click.prompt("When were they seen", value_proc=_day, err=True)
                request = replace(request, observed_on=day)
            else:
                name = click.prompt("Which version is it", type=NAME, err=True)
                request = replace(request, version=name)


def _day(text: str) -> date:
    return DATE.convert(text, None, None)


def _with_options(result: "ImportResult") -> "ImportResult":
    return replace(
        result,
        notes=[option_words(note) for note in result.notes],
        problems=[p | {"reason": option_words(str(p["reason"]))} for p in result.problems],
    )


def _held(result: "ImportResult") -> str:
    count = result.held["count"]
    return f", {count} held back (--yes imports them too)" if count else ""


def _list_warnings(result: "ImportResult") -> None:
    """Rows held back first; of the other warnings the first few."""
    held: list[dict[str, object]] = result.held["rows"]  # type: ignore[assignment]
    every: list[dict[str, object]] = result.warnings["rows"]  # type: ignore[assignment]
    others = [row for row in every if row not in held]
    for what, rows, most in (("Held back", held, 50), ("Warning", others, 20)):
        for row in rows[:most]:
            where = f"{row['file']}, row {row['row']}, {row['model']}"
            echo(f"{what}: {where}: {option_words(str(row['reason']))}", err=True)
        if len(rows) > most:
            echo(f"... and {len(rows) - most} more of these", err=True)


def _list_unknown(unknown: dict[str, dict[str, Any]]) -> None:
    for name, rows in unknown.items():
        if rows["count"]:
            models = rows["models"]
            more = ", ..." if rows["count"] > len(models) else ""
            echo(
                f"{name} is not known of {counted(rows['count'], 'row', 'rows')}: "
                f"{', '.join(models)}{more}",
                err=True,
            )


def _list_problems(problems: list[dict[str, object]]) -> None:
    for problem in problems[:50]:
        echo(
            f"{problem['file']}, row {problem['row']}, {problem['field']}: {problem['reason']}",
            err=True,
        )
    if len(problems) > 50:
        echo(f"... and {len(problems) - 50} more problems", err=True)
