"""What `import --explain` shows."""

from typing import TYPE_CHECKING

from tracker.cli.globals import GlobalOptions
from tracker.cli.output import emit, print_table
from tracker.cli.terminal import echo
from tracker.text.argv import FLAGS, option_words

if TYPE_CHECKING:
    import polars as pl

    from tracker.recording.explaining import Explanation


def show_explanation(options: GlobalOptions, found: "Explanation") -> None:
    """Print what an import would make of a table; the columns alone as csv or parquet."""
    from dataclasses import replace

    import polars as pl

    from tracker.text.counting import counted

    found = replace(
        found,
        to_say=[option_words(text) for text in found.to_say],
        notes=[option_words(text) for text in found.notes],
        problems=[p | {"reason": option_words(str(p["reason"]))} for p in found.problems],
    )
    names = ("column", "taken_for", "map")
    columns = pl.DataFrame(found.columns, schema=dict.fromkeys(names, pl.String))
    emit(options, found, columns)
    if options.format != "table":
        return
    how = pl.lit(f"{FLAGS['mapping']} ") + _argument(pl.col("map"))
    echo(f"Columns of {found.file}:")
    print_table(columns.select("column", "taken_for", could_be=how))
    if found.mappable:
        echo("")
        echo("Columns of an observation that the file does not have, and how to say which one is:")
        kinds = {"column": pl.String, "required": pl.Boolean, "map": pl.String}
        missing = pl.DataFrame(found.mappable, schema=kinds | {"interval": pl.String})
        how = pl.coalesce(pl.lit(f"{FLAGS['interval']} ") + _argument(pl.col("interval")), how)
        needed = pl.when("required").then(pl.lit("required")).otherwise(pl.lit(""))
        print_table(missing.select("column", needed.alias("needed"), how.alias("how")))
    if found.rows.height:
        echo("")
        echo(f"The first {counted(found.rows.height, 'row', 'rows')} as stored:")
        for row in found.rows.iter_rows(named=True):
            shown = {name: value for name, value in row.items() if value is not None}
            echo("  " + ", ".join(f"{name}: {value}" for name, value in shown.items()))
    echo("")
    rows = counted(found.read, "row", "rows")
    echo(f"{rows} read, {found.good} good, {found.rejected} rejected; nothing was recorded.")
    for problem in found.problems:
        echo(f"Row {problem['row']}, {problem['field']}: {problem['reason']}")
    for text in (*found.notes, *found.to_say):
        echo(text)


def _argument(text: "pl.Expr") -> "pl.Expr":
    """Text as one argument of a shell."""
    import polars as pl

    quoted = pl.lit("'") + text.str.replace_all("'", "'\\''", literal=True) + pl.lit("'")
    return pl.when(text.str.contains(r"[^\w=.,-]")).then(quoted).otherwise(text)
