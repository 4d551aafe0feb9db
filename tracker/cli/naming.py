"""lab add, lab list, family add, family list."""

import click

from tracker.cli.choosing import Group
from tracker.cli.globals import GlobalOptions, command, global_options, pass_options
from tracker.cli.options import NAME
from tracker.cli.output import emit, print_table


@click.group(
    "lab",
    cls=Group,
    epilog='Example: tracker lab add "Wombat AI" --country AU --alias Wombat',
    no_args_is_help=False,
)
def lab_command() -> None:
    """Labs: what they are called and where they are."""


@command("add", 'tracker lab add "Wombat AI" --country AU --alias Wombat')
@click.argument("name", type=NAME)
@click.option("--country", metavar="CC[,CC]", help="Its countries, that of its seat first.")
@click.option("--alias", "aliases", multiple=True, metavar="NAME", help="Another name; repeat.")
@pass_options
def add_lab_command(
    options: GlobalOptions, name: str, country: str | None, aliases: tuple[str, ...]
) -> None:
    """Say what a lab is called and where it is.

    Kept in labs.csv of the workspace, it goes before the bundled catalogue. Rows that state no
    country have the lab's, also those that are stored already.
    """
    workspace = options.open()
    codes = country.split(",") if country is not None else ()
    added = workspace.add_lab(name, countries=codes, aliases=aliases)
    lab = workspace.catalogue.lab(name)
    emit(options, {"added": added, **({} if lab is None else vars(lab))})
    what = "" if added else ", as was known already"
    where = (lab.countries if lab is not None else "") or "a country not known"
    options.say(f"{name} is a lab of {where}{what}.")


@command("list", "tracker lab list")
@pass_options
def list_labs_command(options: GlobalOptions) -> None:
    """List every lab that is known, here or in the catalogue."""
    rows = options.open().labs()
    emit(options, rows)
    if options.format == "table":
        print_table(rows)


@click.group(
    "family",
    cls=Group,
    epilog='Example: tracker family add "gpt-" --lab OpenAI',
    no_args_is_help=False,
)
def family_command() -> None:
    """Families: whose a model is by the beginning of its name."""


@command("add", 'tracker family add "gpt-" --lab OpenAI')
@click.argument("prefix", type=NAME)
@click.option("--lab", required=True, metavar="NAME", help="Whose they are.")
@pass_options
def add_family_command(options: GlobalOptions, prefix: str, lab: str) -> None:
    """Say that models whose names begin with PREFIX are of a lab.

    Kept in families.csv of the workspace, it goes before the bundled catalogue; of several
    beginnings of a name the longest counts. Case and punctuation make no difference, but a
    separator at the end of PREFIX has to follow in the name.
    """
    workspace = options.open()
    added = workspace.add_family(prefix, lab)
    name = workspace.catalogue.lab_name(lab)
    emit(options, {"added": added, "prefix": prefix, "lab": name})
    what = "" if added else ", as was known already"
    options.say(f"A model whose name begins with '{prefix}' is of {name}{what}.")


@command("list", "tracker family list")
@pass_options
def list_families_command(options: GlobalOptions) -> None:
    """List every beginning of a model's name that tells its lab."""
    rows = options.open().families()
    emit(options, rows)
    if options.format == "table":
        print_table(rows)


for _group, _made in (
    (lab_command, add_lab_command),
    (lab_command, list_labs_command),
    (family_command, add_family_command),
    (family_command, list_families_command),
):
    _group.add_command(_made)
for _group in (lab_command, family_command):
    _group.params.extend(global_options())
