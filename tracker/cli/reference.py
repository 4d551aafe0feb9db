"""The reference of the commands, docs/commands.md: `python -m tracker.cli.reference` prints it."""

import inspect
from collections.abc import Iterator

import click

from tracker.cli import COMMANDS, cli
from tracker.cli.globals import global_options

_HEAD = """# Commands

Made from the command line by `python -m tracker.cli.reference > docs/commands.md`; what each says
of itself is shown by `--help` as well. Every example runs in a workspace made by
`tracker init --demo`, with the files that it names.

## Options of every command

They stand before or after its name.
"""


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command by the words that call it, those of a group after it."""
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            for inner, made in command.commands.items():
                yield f"{name} {inner}", made


def examples(command: click.Command) -> list[str]:
    """Command lines that the help of a command shows."""
    text = (command.epilog or "").removeprefix("Example: ")
    return [line.strip() for line in text.split("&&") if line.strip()]


def reference() -> str:
    """The page as Markdown."""
    parts = [_HEAD, _table(global_options())]
    shared = {parameter.name for parameter in global_options()}
    for words, command in commands():
        own = [p for p in command.params if p.name not in shared]
        parts.append(f"## {words}\n\n{_plain(inspect.cleandoc(command.help or ''))}\n")
        usage = " ".join(["tracker", words, *_usage(command, own)])
        parts.append(f"```\n{usage}\n```\n")
        options = [p for p in own if isinstance(p, click.Option)]
        if options:
            parts.append(_table(options))
        parts.append("Example:\n\n```console\n$ " + "\n$ ".join(examples(command)) + "\n```\n")
    return "\n".join(parts)


def _usage(command: click.Command, own: list[click.Parameter]) -> list[str]:
    if isinstance(command, click.Group):
        return ["COMMAND"]
    options = [p for p in own if isinstance(p, click.Option)]
    required = [f"{p.opts[0]} {_value(p)}" for p in options if p.required]
    named = [_argument(p) for p in own if isinstance(p, click.Argument)]
    return [*required, *(["[OPTIONS]"] if len(options) > len(required) else []), *named]


def _argument(argument: click.Argument) -> str:
    name = argument.metavar or (argument.name or "").upper()
    if argument.nargs != 1:
        name = f"{name}..."
    bare = argument.required or name.startswith("[")
    return name if bare else f"[{name}]"


def _table(parameters: list[click.Parameter] | list[click.Option]) -> str:
    rows = ["| option | meaning |", "| --- | --- |"]
    for option in parameters:
        assert isinstance(option, click.Option)
        names = ", ".join(f"`{n}`" for n in (*option.opts, *option.secondary_opts))
        value = "" if option.is_flag else f" {_value(option)}"
        rows.append(f"| {names}{_cell(value)} | {_cell(_meaning(option))} |")
    return "\n".join(rows) + "\n"


def _value(option: click.Option) -> str:
    if isinstance(option.type, click.Choice):
        return "|".join(str(choice) for choice in option.type.choices)
    return option.metavar or option.type.name.split()[0].upper()


def _meaning(option: click.Option) -> str:
    notes = ["required"] if option.required else []
    if option.multiple and "repeat" not in (option.help or ""):
        notes.append("repeat")
    if option.show_default is True and option.default is not None:
        notes.append(f"default {option.default}")
    help_text = _plain(option.help or "")
    return " ".join([help_text, *([f"({', '.join(notes)})"] if notes else [])]).strip()


def _plain(text: str) -> str:
    """Paragraphs on a line each."""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    click.echo(reference(), nl=False)
