"""link."""

from typing import TYPE_CHECKING

import click

from forecasts.errors import UsageError
from tracker.cli.globals import GlobalOptions, command, pass_options
from tracker.cli.options import NAME, PAST_DATE
from tracker.cli.output import emit, print_table
from tracker.cli.terminal import echo

if TYPE_CHECKING:
    from datetime import date

    import polars as pl

    from tracker.analysis.linking import LinkResult, Links

METHODS = ("linear", "spline", "isotonic", "equipercentile", "components")


@command("link", "tracker link --from 2.0 --to 2.2")
@click.option("--from", "source", type=NAME, metavar="VERSION", help="The version linked from.")
@click.option("--to", "target", type=NAME, metavar="VERSION", help="The version linked to.")
@click.option("--list", "listed", is_flag=True, help="Every link, and how each version is reached.")
@click.option("--index", type=NAME, metavar="NAME", help="The index.")
@click.option("--as-of", "as_of", type=PAST_DATE,
              help="As it was known on that day (the last observed).")  # fmt: skip
@click.option("--method", type=click.Choice(METHODS),
              help="The map (what cross-validation chooses).")  # fmt: skip
@pass_options
def link_command(
    options: GlobalOptions,
    source: str | None,
    target: str | None,
    listed: bool,
    index: str | None,
    as_of: "date | None",
    method: str | None,
) -> None:
    """Link two versions of an index through the models that were measured on both.

    Values marked estimated are no evidence: they say what the publisher's own link was.
    """
    from tracker.analysis.linking import LinkRequest, link_versions, links_between

    if listed == bool(source or target) or bool(source) != bool(target):
        raise UsageError("`link` takes --from and --to, or --list.", "Name two versions.")
    data = options.open().data
    if source is None or target is None:
        if method:
            raise UsageError("--method goes with --from and --to.", "")
        found = links_between(data, index, as_of, progress=options.progress)
        emit(options, found.document(), found.table())
        if options.format == "table":
            _show_links(found)
        return
    result = link_versions(data, LinkRequest(index, source, target, as_of, method))
    emit(options, result.document(), result.link.points)
    if options.format == "table":
        _show_link(result, options.verbose)


def _show_link(result: "LinkResult", verbose: bool) -> None:
    link = result.link
    echo(f"{result.index_name}: {link.source} to {link.target}, as of {link.dated}")
    estimated = f" ({link.n_estimated} more are estimated)" if link.n_estimated else ""
    echo(f"  Measured on both: {link.n_measured} models{estimated}")
    top = f"{link.rmse_top:.2f} in the top quarter"
    beyond = "" if link.rmse_beyond is None else f", {link.rmse_beyond:.2f} where that is left out"
    echo(f"  Chosen: {link.method}; error {link.rmse:.2f} points, {top}{beyond}")
    echo(f"  Rank correlation: {link.spearman:.3f}; stated errors: rms z {link.rms_z:.2f}")
    if link.outliers:
        echo(f"  Fit badly: {', '.join(link.outliers)}")
    if link.publisher_rmse is not None:
        echo(
            f"  The publisher's estimates: {link.publisher_rmse:.2f} points from the link, "
            f"{link.publisher_bias:+.2f} on average"
        )
    echo(f"  Moves {result.moved.height} models that {link.target} does not have")
    echo()
    print_table(result.methods())
    echo()
    print_table(_some(link.points, verbose))


def _some(points: "pl.DataFrame", verbose: bool) -> "pl.DataFrame":
    """The points, or nine of them over the whole range."""
    if verbose or points.height <= 9:
        return points
    return points[[round(i * (points.height - 1) / 8) for i in range(9)]]


def _show_links(found: "Links") -> None:
    print_table(found.table())
    for version, path in found.paths().items():
        steps = " -> ".join([*(link.source for link in path.links), path.target])
        echo(f"{version} reaches {found.target} by {steps}, error {path.error:.1f} points.")
    for version in found.unreachable():
        echo(f"{version} is linked to nothing: it stays on its own scale.")
