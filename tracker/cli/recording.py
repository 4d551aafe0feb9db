"""log, correct, retract."""

import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import click

from tracker.cli.choosing import Choice
from tracker.cli.globals import GlobalOptions, command
from tracker.cli.options import DATE, INDEX, NAME, RELEASED, Given, taken, takes
from tracker.cli.output import emit
from tracker.cli.terminal import echo
from tracker.text.argv import FLAGS, option_words

if TYPE_CHECKING:
    from tracker.recording.log import Release
    from tracker.recording.undo import Undo, UndoPlan

_FACTS = [
    click.argument("model"),
    click.option("--value", required=True, help="The index value in points."),
    click.option("--lab", help="The lab, by any of its names; known models bring it."),
    click.option("--country", help="Two-letter code, for a lab not in the catalogue."),
    click.option(
        "--released",
        "released_on",
        type=RELEASED,
        help="Release date (the day observed), or its month or year.",
    ),
    click.option("--observed", "observed_on", type=DATE, help="When the value was seen (today)."),
    *INDEX,
    click.option("--stderr", help="Standard error of the value in points."),
    click.option("--source", default="manual", show_default=True, help="Who states the value."),
    click.option("--url", "source_url", help="Where it is stated."),
    click.option("--open-weights/--proprietary", default=None, help="Kind of weights."),
    click.option("--reasoning/--no-reasoning", default=None, help="Whether it reasons."),
    click.option("--estimated", is_flag=True, help="The source calls the value an estimate."),
    click.option("--note", help="Anything worth keeping."),
    click.option("--outside-bounds", is_flag=True, help="Record a value the index cannot have."),
]
# What `correct` may change, and what of it may be left open.
_COLUMNS = [
    click.option("--value", type=float, help="The right value."),
    click.option("--stderr", type=float, help="The right standard error."),
    click.option("--released", "released_on", type=RELEASED, help="The right release date."),
    click.option("--observed", "observed_on", type=DATE, help="The right date of observation."),
    click.option("--model", type=NAME, help="The right name of the model."),
    click.option("--lab", help="The right lab."),
    click.option("--country", help="The right country."),
    click.option("--index", "index_name", type=NAME, help="The right index."),
    click.option("--index-version", type=NAME, help="Its right version."),
    click.option("--source", type=NAME, help="The right source."),
    click.option("--url", "source_url", type=NAME, help="Where it is stated."),
    click.option("--open-weights/--proprietary", default=None, help="Kind of weights."),
    click.option("--reasoning/--no-reasoning", default=None, help="Whether it reasons."),
    click.option("--estimated/--measured", default=None, help="Whether it is an estimate."),
    click.option("--note", help="Why."),
]  # fmt: skip
_OPEN = ("stderr", "released_on", "source_url", "open_weights", "reasoning", "estimated", "note")
_EMPTY = click.option(
    "--empty", multiple=True, type=Choice([FLAGS[name][2:] for name in _OPEN]),
    help="State nothing in this field; repeat.",
)  # fmt: skip
_OUTSIDE = click.option(
    "--outside-bounds", is_flag=True, help="Record a value the index cannot have."
)
_YES = click.option("--yes", is_flag=True, help="Record in spite of warnings, without asking.")


def _release(given: Given) -> "Release":
    from tracker.recording.log import Release

    return taken(Release, given)


def _changes(given: Given) -> dict[str, object]:
    from forecasts.errors import UsageError

    emptied = given.pop("empty")
    names = ("value", "observed_on", "model", "lab", "country", "index_name", "index_version",
             "source", *_OPEN)  # fmt: skip
    found = {name: value for name in names if (value := given.pop(name)) is not None}
    for name in _OPEN:
        if FLAGS[name][2:] in emptied:
            if name in found:
                raise UsageError(f"`{name}` is given and is to be empty.", "Say one of both.")
            found[name] = None
    return found


@command("log", 'tracker log "DeepSeek V5" --lab DeepSeek --value 58.1 --observed 2026-06-12')
@takes(_FACTS, _release)
@_YES
def log_command(options: GlobalOptions, release: "Release", yes: bool) -> None:
    """Record one observation, on the day a model is released.

    Says what it recorded and what that changed. A likely slip is warned of: at a terminal you are
    asked whether to go on, elsewhere nothing is recorded without --yes.
    """
    from forecasts.request import Scope
    from tracker.recording.log import plan_release, record_release
    from tracker.text.dates import shown_date

    data = options.open().data
    plan = plan_release(data, release)
    if plan.release_assumed and not yes and _at_terminal():
        plan = plan_release(data, replace(release, released_on=_asked_release(release)))
    plan = replace(plan, warnings=[option_words(warning) for warning in plan.warnings])
    _warn(plan.warnings, yes)
    result = record_release(data, plan)
    result = replace(result, effects=[option_words(effect) for effect in result.effects])
    emit(options, result)
    row = result.observation
    what = "Recorded" if result.added else "Not recorded again"
    released = shown_date(row["released_on"], row["released_precision"])
    options.say(
        f"{what}: {row['model']} ({row['lab']}, {row['country']}), {row['value']:g} on "
        f"{row['index_name']} {row['index_version']}, released {released}"
        f"{' (assumed: the day observed)' if result.release_assumed else ''}, observed "
        f"{row['observed_on']} [{result.observation_id[:12]}]. " + " ".join(result.effects)
    )
    view = data.view(Scope(str(row["index_name"]), str(row["index_version"])))
    options.tell_age(view.as_of, view.swept_until, datetime.now(UTC).date())


def _asked_release(release: "Release") -> "date | str":
    """The release date of a model that nothing is known of, by the person who logs it."""
    today = release.observed_on or datetime.now(UTC).date()
    asked: date | str = click.prompt(
        "No release date is known. Released on", default=today, type=RELEASED, err=True
    )
    return asked


def _warn(warnings: list[str], yes: bool) -> None:
    """Say each warning; unless `yes`, ask whether to go on: refuse where nobody can be asked."""
    from forecasts.errors import TrackerError

    for warning in warnings:
        echo(f"Warning: {warning}", err=True)
    if not warnings or yes:
        return
    if not _at_terminal():
        raise TrackerError(
            f"Nothing was recorded: {' '.join(warnings)}",
            "Check it; if it is right, say `yes`.",
            "implausible",
        )
    click.confirm("Record it all the same?", abort=True, err=True)


def _at_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


@command("correct", "tracker correct 71760e150f40 --value 56.6")
@click.argument("observation_id", metavar="ID")
@takes([*_COLUMNS, _EMPTY], _changes)
@_OUTSIDE
@_YES
def correct_command(
    options: GlobalOptions,
    changes: dict[str, object],
    observation_id: str,
    yes: bool,
    outside_bounds: bool,
) -> None:
    """Supersede an observation by a new row; the old one stays in the history.

    ID is as `tracker list` shows it, or its first digits. Warns of slips as `log` does, and says
    what changed.
    """
    from tracker.recording.correct import plan_correction, record_correction

    data = options.open().data
    plan = plan_correction(data, observation_id, changes, outside_bounds=outside_bounds)
    plan = replace(plan, warnings=[option_words(warning) for warning in plan.warnings])
    _warn(plan.warnings, yes)
    result = record_correction(data, plan)
    emit(options, result)
    changed = "; ".join(
        f"{c['column']} {_shown(c['before'])} -> {_shown(c['after'])}" for c in result.changed
    )
    options.say(
        f"Recorded the correction {result.observation_id[:12]} of "
        f"{result.observation['model']}: {changed}. " + " ".join(result.effects)
    )


def _shown(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.12g}" if isinstance(value, float) else str(value)


_UNDO = [
    click.argument("observation_id", metavar="[ID]", required=False),
    click.option("--reason", required=True, help="Why it is taken back."),
    click.option("--import", "import_id", type=NAME, metavar="IMPORT_ID",
                 help="All that this import alone stated (`tracker status` lists imports)."),
    click.option("--source", type=NAME, help="All rows of this source."),
    click.option("--observed", "observed_on", type=DATE, help="All rows observed on this day."),
    *INDEX,
    click.option("--dry-run", is_flag=True, help="Say what it would take back, record nothing."),
    click.option("--yes", is_flag=True, help="Take back many rows without asking."),
]  # fmt: skip


def _undo(given: Given) -> "Undo":
    from tracker.recording.undo import Undo

    return taken(Undo, given)


@command("retract", 'tracker retract 71760e150f40 --reason "wrong model"')
@takes(_UNDO, _undo)
def retract_command(
    options: GlobalOptions,
    undo: "Undo",
    observation_id: str | None,
    dry_run: bool,
    yes: bool,
) -> None:
    """Take an observation back by a new row; the old one stays in the history.

    Many at once with --import, --source or --observed: what they would take back is shown first,
    and one confirmation asked (--yes where nobody can be asked). What another import states too,
    or was logged on its own, stays.
    """
    from forecasts.errors import UsageError
    from tracker.recording.correct import record_retraction

    many = [undo.import_id, undo.source, undo.observed_on, undo.index, undo.version]
    if observation_id is None:
        _retract_all(options, undo, dry_run, yes)
        return
    if any(many) or dry_run:
        raise UsageError(
            "An observation is named by its id alone.",
            "Leave the id out, or the other options.",
        )
    result = record_retraction(options.open().data, observation_id, undo.reason)
    emit(options, {"observation_id": result.observation_id, "effects": result.effects})
    row = result.observation
    options.say(
        f"Recorded the retraction {result.observation_id[:12]} of {row['model']}, "
        f"{_shown(row['value'])} on {row['index_name']} {row['index_version']}. "
        + " ".join(result.effects)
    )


def _retract_all(options: GlobalOptions, undo: "Undo", dry_run: bool, yes: bool) -> None:
    from forecasts.errors import UsageError
    from tracker.recording.undo import carry_out, plan_undo

    data = options.open().data
    plan = plan_undo(data, undo)
    ask = not (dry_run or yes)
    if ask and not _at_terminal():
        raise UsageError(
            f"{_of_plan(plan)} Nobody can be asked here whether to go on.",
            "Look with `dry_run`, then say `yes`.",
            code="unconfirmed",
        )
    if ask:
        _preview(plan)
        click.confirm("Take them back?", abort=True, err=True)
    if not dry_run:
        carry_out(data, plan)
    emit(options, plan.document(done=not dry_run))
    if dry_run and options.format == "table":
        _preview(plan)
    else:
        did = "Would take back" if dry_run else "Took back"
        options.say(f"{did} {plan.rows.height} observations. " + " ".join(plan.effects[:5]))


def _preview(plan: "UndoPlan") -> None:
    echo(_of_plan(plan), err=True)
    for index in plan.indices[:10]:
        echo(f"  {index['index_name']} {index['index_version']}: {index['rows']}", err=True)
    if len(plan.indices) > 10:
        echo(f"  ... and {len(plan.indices) - 10} more indices", err=True)
    for effect in plan.effects[:20]:
        echo(f"  {effect}", err=True)


def _of_plan(plan: "UndoPlan") -> str:
    stay = [
        f"{count} {what}"
        for count, what in (
            (plan.otherwise, "stay, as another import states them or they were logged"),
            (plan.gone, f"are gone already ({plan.corrected} corrected: the corrections stay)"),
        )
        if count
    ]
    others = f" ({'; '.join(stay)})" if stay else ""
    return f"Of {plan.selected} observations {plan.rows.height} would be taken back{others}."
