"""The command `tracker`: parse, call, print. A command is imported when it is called."""

import errno
import json
import os
import re
import sys
from importlib import import_module
from typing import Any

import click

from tracker import __version__
from tracker.cli.choosing import Group
from tracker.cli.globals import GlobalOptions, global_options
from tracker.cli.terminal import echo

# Command -> module below tracker.cli, and the line that `tracker --help` shows.
COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("workspaces", "Make a workspace."),
    "demo": ("workspaces", "The whole tour on bundled data."),
    "log": ("recording", "Record one observation, on the day a model is released."),
    "import": ("importing", "Import observations from files."),
    "pull": ("pulling", "Fetch what a source publishes and record it."),
    "list": ("queries", "List observations."),
    "show": ("queries", "Show one observation."),
    "history": ("queries", "Show every value, correction and retraction of a model."),
    "correct": ("recording", "Supersede an observation."),
    "retract": ("recording", "Take an observation back."),
    "alias": ("renaming", "Count a re-named model under its new name."),
    "lab": ("naming", "Labs: what they are called and where they are."),
    "family": ("naming", "Families: whose a model is by the beginning of its name."),
    "export": ("queries", "Write observations to a csv, json, parquet or xlsx file."),
    "validate": ("upkeep", "Check every segment of the store."),
    "compact": ("upkeep", "Rewrite the segments of the store as one."),
    "merge": ("upkeep", "Take over the rows of a copy that grew apart."),
    "fact": ("facts", "What sources say of models: size, licence, price, speed."),
    "index": ("indices", "Bounds, unit and natural scale of the indices."),
    "status": ("upkeep", "Say what the workspace holds."),
    "link": ("linking", "Link two versions of an index."),
    "diff": ("comparing", "Say what changed between two days."),
    "frontier": ("measuring", "List the records of each bloc."),
    "gap": ("measuring", "Measure the gap now and over time."),
    "fit": ("forecasting", "Fit trend models and show their parameters."),
    "backtest": ("backtesting", "Forecast from past origins and score what came."),
    "forecast": ("forecasting", "Forecast both frontiers and when the gap closes."),
    "ledger": ("ledger", "Keep forecasts as issued and score them when reality arrives."),
    "chart": ("charting", "Draw one chart."),
    "report": ("reporting", "Write the quarterly report."),
}


_NOT_SHOWN = "What the command was to record is recorded; `tracker status` shows it."


class LazyGroup(Group):
    """A group that knows its commands by name and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"tracker.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    params=global_options(),
    epilog="Example: tracker init --demo && tracker gap",
)
@click.version_option(__version__, prog_name="tracker")
def cli() -> None:
    """Measure and forecast how far one bloc of AI models trails another."""


def main(args: list[str] | None = None) -> None:
    """Run the command line and exit with 0 (done), 1 (failed) or 2 (wrong call)."""
    sys.exit(run(sys.argv[1:] if args is None else args))


def run(args: list[str]) -> int:
    """Run the command line and return its exit code; no traceback without --debug."""
    options = GlobalOptions()
    closed = sys.stdout is None
    if closed:  # `>&-`: nothing else may be opened in the place of standard output
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    try:
        code = cli.main(args=args, prog_name="tracker", standalone_mode=False, obj=options)
        sys.stdout.flush()
    except click.exceptions.Exit as error:
        return error.exit_code
    except SystemExit:
        # What click makes of a broken pipe: the reader has seen enough, and that is no failure.
        return 0
    except click.UsageError as error:
        # The options after the wrong one were not looked at.
        if re.search(r"(^|\0)--format[=\0]json(\0|$)", "\0".join(args)):
            options.format = "json"
        hint = f"`{error.ctx.command_path} --help` explains." if error.ctx else ""
        return _fail(options, "usage", _one_line(error), hint, 2)
    except click.ClickException as error:
        return _fail(options, "failed", _one_line(error), "", 1)
    except (KeyboardInterrupt, click.Abort):
        return _fail(options, "interrupted", "Interrupted; nothing recorded is lost.", "", 1)
    except Exception as error:
        return _explain(error, options)
    if closed:
        return _fail(options, "no_output", "Standard output is closed.", _NOT_SHOWN, 1)
    # What a command asked for by click's Exit comes back as a value.
    return code if isinstance(code, int) else 0


def _one_line(error: click.ClickException) -> str:
    # click lists choices on lines of their own.
    return re.sub(r"\n\t*", " ", error.format_message())


def _explain(error: Exception, options: GlobalOptions) -> int:
    from forecasts.errors import TrackerError
    from tracker.text.argv import option_words

    if isinstance(error, OSError) and error.errno == errno.EPIPE:
        # The same, noticed at the last flush; nothing may be written at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if options.debug:
        raise error
    if isinstance(error, TrackerError):
        extra = {"result": getattr(error, "result", None)}
        message, hint = option_words(error.message), option_words(error.hint)
        return _fail(options, error.code, message, hint, error.exit_code, extra)
    if isinstance(error, OSError):
        what = error.strerror or str(error)
        if error.filename is None and error.errno in {errno.ENOSPC, errno.EIO, errno.EBADF}:
            # Files are named in their errors; this is the answer, written when the work was done.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            message = f"The answer could not be written to standard output: {what}."
            return _fail(options, "no_output", message, _NOT_SHOWN, 1)
        hints = {
            errno.ENOSPC: "Make room on the disk and try again; what was recorded before is safe.",
            errno.EACCES: "Check who may read and write there.",
            errno.EROFS: "Choose a folder that can be written.",
        }
        where = f"{error.filename}: " if error.filename else ""
        hint = hints.get(error.errno or 0, "Check the path.")
        return _fail(options, "os_error", f"{where}{what}.", hint, 1)
    if isinstance(error, UnicodeEncodeError) and "surrogates" in error.reason:
        return _fail(options, "bad_text", "An argument is not UTF-8 text.", "Write it as UTF-8.", 2)
    message = f"Unexpected failure: {type(error).__name__}: {error}"
    return _fail(options, "internal", message, "Run it again with --debug and report this.", 1)


def _fail(
    options: GlobalOptions,
    code: str,
    message: str,
    hint: str,
    exit_code: int,
    extra: dict[str, Any] | None = None,
) -> int:
    if options.format == "json":
        from tracker.results.json_values import to_json

        body = {"error": {"code": code, "message": message, "hint": hint}}
        result = (extra or {}).get("result")
        click.echo(json.dumps({**body, **to_json(result)} if result else body), err=True)
    else:
        echo(f"Error: {message}" + (f" {hint}" if hint else ""), err=True)
    return exit_code
