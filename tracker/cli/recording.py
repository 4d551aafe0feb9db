"""log, correct, retract."""

import sys
from typing import Any

import click

from tracker.cli.globals import GlobalOptions, command, pass_options
from tracker.cli.options import DATE, index_options
from tracker.cli.output import echo, emit


@command("log", 'tracker log "DeepSeek V5" --lab DeepSeek --value 58.1')
@click.argument("model")
@click.option("--value", required=True, help="The index value in points.")
@click.option("--lab", help="The lab, by any of its names; known models bring it.")
@click.option("--country", help="Two-letter code, for a lab not in the catalogue.")
@click.option("--released", "released_on", type=DATE, help="Release date (the day observed).")
@click.option("--observed", "observed_on", type=DATE, help="When the value was seen (today).")
@index_options
@click.option("--stderr", help="Standard error of the value in points.")
@click.option("--source", default="manual", show_default=True, help="Who states the value.")
@click.option("--url", "source_url", help="Where it is stated.")
@click.option("--open-weights/--proprietary", default=None, help="Kind of weights.")
@click.option("--reasoning/--no-reasoning", default=None, help="Whether it reasons.")
@click.option("--estimated", is_flag=True, help="The source calls the value an estimate.")
@click.option("--note", help="Anything worth keeping.")
@click.option("--yes", is_flag=True, help="Record in spite of warnings, without asking.")
@pass_options
def log_command(options: GlobalOptions, model: str, value: str, yes: bool, **facts: Any) -> None:
    """Record one observation, on the day a model is released.

    Says what it recorded and what that changed. A likely slip is warned of; at a terminal you are
    asked whether to go on.
    """
    from tracker.recording.log import plan_release, record_release

    workspace = options.open()
    plan = plan_release(workspace, model, value, **facts)
    _warn(plan.warnings, yes)
    result = record_release(workspace, plan)
    emit(options, result)
    row = result.observation
    what = "Recorded" if result.added else "Not recorded again"
    options.say(
        f"{what}: {row['model']} ({row['lab']}, {row['country']}), {row['value']:g} on "
        f"{row['index_name']} {row['index_version']}, released {row['released_on']}, observed "
        f"{row['observed_on']} [{result.observation_id[:12]}]. " + " ".join(result.effects)
    )


def _warn(warnings: list[str], yes: bool) -> None:
    """Say each warning; at a terminal ask whether to go on, unless `yes`."""
    for warning in warnings:
        echo(f"Warning: {warning}", err=True)
    if warnings and not yes and _at_terminal():
        click.confirm("Record it all the same?", abort=True, err=True)


def _at_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


@command("correct", "tracker correct 3f2a9c41d07b --value 57.9")
@click.argument("observation_id", metavar="ID")
@click.option("--value", type=float, help="The right value.")
@click.option("--stderr", type=float, help="The right standard error.")
@click.option("--released", "released_on", type=DATE, help="The right release date.")
@click.option("--observed", "observed_on", type=DATE, help="The right date of observation.")
@click.option("--lab", help="The right lab.")
@click.option("--country", help="The right country.")
@click.option("--note", help="Why.")
@click.option("--yes", is_flag=True, help="Record in spite of warnings, without asking.")
@pass_options
def correct_command(options: GlobalOptions, observation_id: str, yes: bool, **changes: Any) -> None:
    """Supersede an observation by a new row; the old one stays in the history.

    ID is as `tracker list` shows it, or its first digits. Warns of slips as `log` does, and says
    what changed.
    """
    from tracker.recording.correct import plan_correction, record_correction

    workspace = options.open()
    given = {k: v for k, v in changes.items() if v is not None}
    plan = plan_correction(workspace, observation_id, given)
    _warn(plan.warnings, yes)
    result = record_correction(workspace, plan)
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


@command("retract", 'tracker retract 3f2a9c41d07b --reason "wrong model"')
@click.argument("observation_id", metavar="ID")
@click.option("--reason", required=True, help="Why it is taken back.")
@pass_options
def retract_command(options: GlobalOptions, observation_id: str, reason: str) -> None:
    """Take an observation back by a new row; the old one stays in the history."""
    from tracker.recording.correct import record_retraction

    result = record_retraction(options.open(), observation_id, reason)
    emit(options, {"observation_id": result.observation_id, "effects": result.effects})
    row = result.observation
    options.say(
        f"Recorded the retraction {result.observation_id[:12]} of {row['model']}, "
        f"{_shown(row['value'])} on {row['index_name']} {row['index_version']}. "
        + " ".join(result.effects)
    )
