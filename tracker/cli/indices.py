"""index set, index list."""

import click

from forecasts.measures.index_spec import SCALES
from tracker.cli.choosing import Choice, Group
from tracker.cli.globals import GlobalOptions, command, global_options, pass_options
from tracker.cli.options import NAME, Given, takes
from tracker.cli.output import emit, print_table

_SPEC = [
    click.option("--low", type=float, metavar="VALUE", help="No value lies below."),
    click.option("--high", type=float, metavar="VALUE", help="No value lies above."),
    click.option("--unit", type=NAME, metavar="NAME", help="What a value counts, as minutes."),
    click.option("--scale", type=Choice(SCALES),
                 help="On which values grow evenly: linear, logit (two bounds) or log."),
    click.option("--zero/--no-zero", "true_zero", default=None,
                 help="Whether zero means nothing of it, so that ratios mean something."),
]  # fmt: skip


def _said(given: Given) -> dict[str, object]:
    names = ("low", "high", "unit", "scale", "true_zero")
    found = {name: given.pop(name) for name in names}
    return {name: value for name, value in found.items() if value is not None}


@click.group(
    "index",
    cls=Group,
    epilog='Example: tracker index set "My index" --low 0 --high 100',
    no_args_is_help=False,
)
def index_command() -> None:
    """Bounds, unit and natural scale of the indices."""


@command("set", 'tracker index set "My index" --low 0 --high 100')
@click.argument("name", type=NAME)
@takes(_SPEC, _said)
def set_command(options: GlobalOptions, said: dict[str, object], name: str) -> None:
    """Say what the values of an index are, once for all its versions.

    Kept in indices.toml of the workspace, it goes before the bundled catalogue.
    """
    from tracker.index_specs import INDICES, set_index
    from tracker.queries.indices import refuse_values_outside

    data = options.open().data
    refuse_values_outside(data, name, said)
    spec = set_index(data.folder / INDICES, data.catalogue, name, said)
    emit(options, vars(spec))
    zero = {True: "a true zero", False: "no true zero", None: "zero not known"}[spec.true_zero]
    words = (spec.bounds or "bounds not known", spec.unit, spec.scale or "scale not known", zero)
    options.say(f"{name}: {', '.join(word for word in words if word)}.")


@command("list", "tracker index list")
@pass_options
def list_command(options: GlobalOptions) -> None:
    """List every version of every index that is known, here or in the catalogue."""
    from tracker.queries.indices import list_indices

    rows = list_indices(options.open().data)
    emit(options, rows)
    if options.format == "table":
        print_table(rows)


for _made in (set_command, list_command):
    index_command.add_command(_made)
index_command.params.extend(global_options())
