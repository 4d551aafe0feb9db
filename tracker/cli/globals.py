"""Options that every command takes, before or after its name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tracker.cli.choosing import Choice
from tracker.cli.terminal import echo
from tracker.text.counting import counted

if TYPE_CHECKING:
    from datetime import date, datetime

    from forecasts.forecasting.forecast import Forecast
    from forecasts.measures.gap import Gap
    from forecasts.measures.linked import LinkUse
    from forecasts.measures.view import IndexView
    from forecasts.request import Scope
    from tracker.workspace import Workspace
    from tracker.workspace_data import WorkspaceData

FORMATS = ("table", "json", "csv", "parquet")


@dataclass
class GlobalOptions:
    """What the call asked for, the same object in every context."""

    workspace: Path | None = None
    format: str = "table"
    no_color: bool = False
    quiet: bool = False
    verbose: bool = False
    debug: bool = False
    skip_damaged: bool = False
    recorded_before: "datetime | None" = None

    def open(self) -> "Workspace":
        """The workspace of this call."""
        from tracker.workspace import open_workspace

        workspace = open_workspace(
            self.workspace, skip_damaged=self.skip_damaged, recorded_before=self.recorded_before
        )
        if self.skip_damaged:
            for damage in workspace.store.snapshot().damaged:
                echo(f"Left out: {damage.file}: {damage.reason}", err=True)
        return replace(workspace, data=replace(workspace.data, progress=self.progress))

    def say(self, text: str) -> None:
        """A line for the eye: on stderr unless the output is for the eye as well."""
        if not self.quiet:
            echo(text, err=self.format != "table")

    def tell_age(self, as_of: "date", swept_until: "date | None", today: "date") -> None:
        """Say how old the data of an answer about now are, where they are old."""
        from tracker.text.freshness import age_note

        note = age_note(as_of, swept_until, today, self.open().settings.stale_days)
        if note:
            self.say(note)

    def tell_seen(
        self, view: "IndexView | Gap | Forecast", asked: "date | None", today: "date | None"
    ) -> None:
        """Say how old an answer about now is, or of a day that was asked for what had not been
        seen by then."""
        if asked is None and today is not None:
            self.tell_age(view.as_of, view.swept_until, today)
        else:
            self.tell_unseen(view)

    def tell_unseen(self, view: "IndexView | Gap | Forecast") -> None:
        """Say of a day that was asked for what of its index had not been seen by then."""
        swept, index = view.swept_until, f"{view.index_name} {view.index_version}"
        if swept is None:
            self.say(
                f"By {view.as_of} {index} had never been seen whole: what was not recorded one by "
                "one is not known."
            )
        elif swept < view.as_of:
            days = (view.as_of - swept).days
            self.say(
                f"{index} was last seen whole on {swept}, {counted(days, 'day', 'days')} before "
                f"{view.as_of}: what was released in between is not known, and the lag counts "
                "these days."
            )

    def tell_links(self, links: "Sequence[LinkUse]") -> None:
        """Say which models of other versions count, on stderr."""
        from tracker.text.summary import links_note

        note = links_note(links)
        if note:
            echo(note, err=True)

    def tell_newer(
        self, data: "WorkspaceData", scope: "Scope", quarter: str | None = None
    ) -> str | None:
        """The later version beside the one that `scope` means, announced on stderr."""
        from tracker.queries.newer import newer_in
        from tracker.text.argv import option_words

        found = newer_in(data, scope, quarter)
        if found is None:
            return None
        echo(f"Note: {option_words(found.sentence)}", err=True)
        return found.index_version

    def progress(self, text: str) -> None:
        """A line about work under way, on stderr."""
        if not self.quiet:
            echo(text, err=True)


def global_options() -> list[click.Parameter]:
    """The options themselves; each stores its value in the context's GlobalOptions."""
    return [
        _option("--workspace", type=click.Path(path_type=Path), metavar="DIR",
                help="The workspace; else the nearest at or above the current folder."),
        _option("--format", type=Choice(FORMATS), help="What stdout holds (table)."),
        _option("--no-color", is_flag=True, help="No colour."),
        _option("--quiet", is_flag=True, help="Nothing but the result."),
        _option("--verbose", "-v", is_flag=True, help="Say more, such as every match of `gap`."),
        _option("--debug", is_flag=True, help="Show the traceback of a failure."),
        _option("--skip-damaged", is_flag=True, help="Leave damaged segments out."),
    ]  # fmt: skip


def _option(*names: str, **settings: Any) -> click.Option:
    def store(ctx: click.Context, param: click.Parameter, value: object) -> None:
        if value not in (None, False):
            setattr(ctx.ensure_object(GlobalOptions), param.name or "", value)

    return click.Option(names, expose_value=False, is_eager=True, callback=store, **settings)


def command(name: str, example: str) -> Callable[[Callable[..., Any]], click.Command]:
    """A command of `tracker` with the global options and an example in its help."""

    def decorate(function: Callable[..., Any]) -> click.Command:
        made = click.command(name, epilog=f"Example: {example}")(function)
        made.params.extend(global_options())
        return made

    return decorate


pass_options = click.make_pass_decorator(GlobalOptions, ensure=True)
