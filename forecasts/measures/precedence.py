"""Which of several sources counts where they state different values of a model on one day.

Those named first in a stated order, else the index's publisher, else the median of all: never the
higher. A rank is a column of observations, PRECEDENCE, that `known_models` reads.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from forecasts.measures.frontier import Frontier
from forecasts.measures.vintage import PRECEDENCE


def precedence(order: Sequence[str], publishers: Mapping[str, str]) -> pl.Expr:
    """The rank of each observation by its source, lower ones first, as the column PRECEDENCE.

    Args:
        order: sources by name; a name without what follows a colon stands for all such, `csv` for
            `csv:scores.csv`.
        publishers: the publishing source of the indices whose name begins with a prefix.
    """
    ranks = {source: at for at, source in enumerate(order)}
    source = pl.col("source")
    stated = pl.coalesce(_rank(source, ranks), _rank(source.str.split(":").list.first(), ranks))
    published = pl.lit(False)
    for prefix, publisher in publishers.items():
        published |= pl.col("index_name").str.starts_with(prefix) & (source == publisher)
    other = pl.when(published).then(len(ranks)).otherwise(len(ranks) + 1)
    return pl.coalesce(stated, other).cast(pl.Int32).alias(PRECEDENCE)


def _rank(name: pl.Expr, ranks: Mapping[str, int]) -> pl.Expr:
    if not ranks:
        return pl.lit(None, pl.Int64)
    return name.replace_strict(ranks, default=None, return_dtype=pl.Int64)


def disagreements(rows: pl.DataFrame, models: pl.DataFrame) -> pl.DataFrame:
    """Models whose sources differ on the day that counts.

    Args:
        rows: the observations, `models`: what `known_models` made of them.

    Returns:
        model, model_key, observed_on, lowest, highest, counts (the value that does), sources (what
        each said).
    """
    day = models.select("model_key", "observed_on", shown="model", counts="value")
    said = pl.concat_str(
        "source", pl.lit(" "), pl.col("value").round(4).cast(pl.String).str.strip_suffix(".0")
    )
    return (
        rows.filter(pl.col("value").is_not_null())
        .join(day, on=["model_key", "observed_on"])
        .group_by("model_key", "observed_on", "counts", model="shown")
        .agg(
            lowest=pl.col("value").min(),
            highest=pl.col("value").max(),
            of=pl.col("source").n_unique(),
            sources=said.unique().sort().str.join(", "),
        )
        .filter((pl.col("highest") > pl.col("lowest")) & (pl.col("of") > 1))
        .sort("observed_on", "model")
        .select("model", "model_key", "observed_on", "lowest", "highest", "counts", "sources")
    )


def touching(found: pl.DataFrame, fronts: Sequence[Frontier]) -> pl.DataFrame:
    """Those of `disagreements` that are records of one of `fronts`, or would be by the highest."""
    kept: set[str] = set()
    for front in fronts:
        releases = front.releases.sort("released_on", "value", descending=[False, True])
        best = releases.with_columns(
            best=pl.col("value").cum_max().shift(1).fill_null(float("-inf"))
        ).join(found.select("model_key", "highest"), on="model_key")
        kept |= set(
            best.filter(pl.max_horizontal("value", "highest") > pl.col("best"))["model_key"]
        )
    return found.filter(pl.col("model_key").is_in(list(kept)))


def disagreement_notes(found: pl.DataFrame) -> list[str]:
    """A sentence on each of `disagreements`."""
    return [
        f"Sources differ on {row['model']} on {row['observed_on']} ({row['sources']}): "
        f"{row['counts']:.6g} counts."
        for row in found.iter_rows(named=True)
    ]
