"""validate, compact, status."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tracker.cli.globals import GlobalOptions, command, pass_options
from tracker.cli.options import RECORDED, TODAY
from tracker.cli.output import emit, print_table
from tracker.cli.terminal import echo

if TYPE_CHECKING:
    from datetime import date

    import polars as pl


@command("validate", "tracker validate")
@pass_options
def validate_command(options: GlobalOptions) -> None:
    """Check every segment, file of facts and issued forecast. Exit 1 when one is damaged.

    Of a segment: checksum, format, columns, rows; of a fact and of a forecast: that its id is its
    content's.
    """
    from tracker.store.ledger import FOLDER, damaged_files

    workspace = options.open()
    found = workspace.store.validate(options.progress)
    issued = damaged_files(workspace.folder / FOLDER)
    facts = workspace.data.facts.damaged()
    found = replace(found, damaged=[*found.damaged, *facts, *issued])
    emit(options, found)
    for damage in found.damaged:
        echo(f"Damaged: {damage.file}: {damage.reason}", err=True)
    options.say(
        f"{found.segments} files, {found.rows} rows in good ones, {len(found.damaged)} damaged."
    )
    if found.damaged:
        raise click.exceptions.Exit(1)


@command("compact", "tracker compact")
@pass_options
def compact_command(options: GlobalOptions) -> None:
    """Rewrite all segments as one. Nothing of the history is lost."""
    before, after = options.open().store.compact()
    emit(options, {"segments_before": before, "segments": after})
    options.say(f"{before} segments are now {after}.")


@command("merge", "tracker merge ../laptop/ai-gap")
@click.argument("other", metavar="OTHER", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Count and list conflicts, record nothing.")
@pass_options
def merge_command(options: GlobalOptions, other: Path, dry_run: bool) -> None:
    """Take over every row and record of an import of OTHER, a copy that grew apart.

    Rows keep the moment they were recorded at; the result is the same in whatever order copies are
    merged. Rival corrections of one row are listed: the one recorded last stands.
    """
    merged = options.open().merge(other, dry_run=dry_run)
    emit(options, merged, merged.conflicts)
    done = "Would add" if dry_run else "Added"
    imports = f" {merged.imports} imports were not known here." if merged.imports else ""
    facts = f" {merged.facts} rows of facts of models as well." if merged.facts else ""
    issued = f" Issued forecasts taken over: {merged.forecasts}." if merged.forecasts else ""
    names = f" Rows of aliases, labs and families: {merged.names}." if merged.names else ""
    options.say(
        f"{done} {merged.added} rows; {merged.unchanged} were there already."
        f"{facts}{imports}{issued}{names}"
    )
    if options.format == "table":
        print_conflicts(merged.conflicts)


def print_conflicts(conflicts: "pl.DataFrame") -> None:
    """Rival corrections, and which of each stands."""
    import polars as pl

    if conflicts.is_empty():
        return
    rows = conflicts["root"].n_unique()
    echo()
    echo(f"Rows with rival corrections: {rows}. `decides` says which of them stands:")
    print_table(
        conflicts.with_columns(pl.col("root", "observation_id").str.head(12)).rename(
            {"observation_id": "id"}
        )
    )


@command("status", "tracker status")
@RECORDED
@TODAY
@pass_options
def status_command(options: GlobalOptions, today: "date") -> None:
    """Say what the workspace holds."""
    workspace = options.open()
    status, stale_days = workspace.status(), workspace.settings.stale_days
    emit(options, status)
    if options.format != "table":
        return
    import polars as pl

    from tracker.text.freshness import age_note

    imports: Any = status.pop("imports")
    indices: Any = status.pop("indices")
    conflicts: Any = status.pop("conflicts")
    contradicting: Any = status.pop("contradicting")
    disagreements: Any = status.pop("disagreements")
    delisted: Any = status.pop("delisted")
    aliases: Any = status.pop("aliases")
    for name, value in status.items():
        echo(f"{name.replace('_', ' '):24}{value if value or value == 0 else '-'}")
    if indices:
        echo()
        print_table(pl.DataFrame(indices))
    for index in indices:
        swept = index["last_sweep"]
        note = age_note(swept or index["last_observed_on"], swept, today, stale_days)
        if note:
            echo(f"{index['index_name']} {index['index_version']}: {note}")
    if imports:
        echo()
        echo(f"Imports: {len(imports)}, the latest (`tracker retract --import ID` takes one back):")
        shown = pl.DataFrame(imports[-5:]).with_columns(pl.col("import_id").str.head(12))
        print_table(shown.with_columns(pl.col("recorded_at").dt.strftime("%Y-%m-%d %H:%M")))
    if conflicts:
        print_conflicts(pl.DataFrame(conflicts))
    for alias in aliases:
        echo(f"From {alias['from']} '{alias['old']}' counts as '{alias['new']}'.")
    for gone in delisted[:10]:
        echo(
            f"No longer listed from {gone['delisted_on']}: {gone['model']} on "
            f"{gone['index_name']} {gone['index_version']}."
        )
    if len(delisted) > 10:
        echo(f"... and {len(delisted) - 10} more are no longer listed")
    touching = [row for row in disagreements if row["touches_frontier"]]
    if touching:
        from forecasts.measures.precedence import disagreement_notes

        echo()
        for note in disagreement_notes(pl.DataFrame(touching)):
            echo(note)
    if contradicting and options.verbose:
        echo()
        echo("Models with several values on one day:")
        print_table(pl.DataFrame(contradicting))
