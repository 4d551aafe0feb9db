"""Commands and values that are chosen from a list; an unknown one is answered with the nearest."""

from typing import Any

import click


class Group(click.Group):
    """A group of commands."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        # Only names are compared: to suggest a command is not worth importing it.
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            from forecasts.nearest import did_you_mean

            near = did_you_mean(args[0], known).strip()
            raise click.UsageError(f"There is no command '{args[0]}'. {near}".strip(), ctx)
        return super().resolve_command(ctx, args)


class Choice(click.Choice[Any]):
    """One of a few words."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        from forecasts.nearest import did_you_mean

        said = super().get_invalid_choice_message(value, ctx)
        near = did_you_mean(str(value), [str(choice) for choice in self.choices]).strip()
        return f"{said} {near}".strip() if said.endswith(".") else f"{said}. {near}".strip()
