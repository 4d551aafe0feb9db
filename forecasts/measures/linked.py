"""One series through re-basings: what earlier versions of an index said, on the scale of one."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from forecasts.measures.link_evidence import Evidence
from forecasts.measures.link_graph import LinkGraph
from forecasts.measures.variants import base_model

# The version that the value of a row was moved from, null where the row is of its own version.
LINKED_FROM = "linked_from"
LINK_DRAWS = 16
DRAWN: dict[str, pl.DataType] = {
    "observation_id": pl.String(), "values": pl.List(pl.Float64),
}  # fmt: skip


@dataclass(frozen=True)
class LinkUse:
    """A link that moved models.

    source, target: versions. by: all versions on the way, these two among them.
    n_moved: models on the scale of `target` by it alone. error: root mean square of the standard
    errors of their values, in points. dated: the day that the link was fitted as of.
    """

    source: str
    target: str
    by: tuple[str, ...]
    n_moved: int
    error: float
    dated: date


@dataclass(frozen=True)
class Linked:
    """Rows on the scale of one version, with LINKED_FROM, and the links that moved them.

    `draws`: observation_id and `values`, those of the row in each of LINK_DRAWS draws of the links;
    one draw moves all the rows that it moves at once.
    """

    rows: pl.DataFrame
    uses: tuple[LinkUse, ...]
    draws: pl.DataFrame

    @classmethod
    def none(cls, like: pl.DataFrame) -> "Linked":
        """No rows, in the columns of `like`."""
        return cls(_unmoved(like), (), pl.DataFrame(schema=DRAWN))


def to_move(own: pl.DataFrame, others: pl.DataFrame, versions: Sequence[str]) -> pl.DataFrame:
    """Those of `others`, rows of other versions of an index, that say what `own` does not.

    A model counts by its own version, measured or estimated there, from the day on which that
    states it, and so do all its variants. Of several other versions the one that stands last in
    `versions` says what the model had.
    """
    keys = own.group_by("model_key").agg(pl.col("observed_on").min().alias("_own"))
    bases = own.select("lab", base=base_model(pl.col("model"))).unique()
    with_base = others.with_columns(base=base_model(pl.col("model")))
    variants = with_base.join(bases, on=["lab", "base"], how="semi", nulls_equal=True)
    alone = with_base.join(bases, on=["lab", "base"], how="anti", nulls_equal=True)
    before = variants.join(keys, on="model_key").filter(pl.col("observed_on") < pl.col("_own"))
    rows = pl.concat([alone, before.select(alone.columns)])
    places = {version: at for at, version in enumerate(versions)}
    rank = pl.col("index_version").replace_strict(places, default=-1, return_dtype=pl.Int32)
    kept = rows.filter(rank == rank.max().over("model_key")).drop("base")
    return kept.sort("observation_id")


def move_rows(
    rows: pl.DataFrame,
    own: pl.DataFrame,
    evidence: Mapping[str, Evidence],
    graph: LinkGraph,
    target: str,
) -> Linked:
    """Rows of other versions on the scale of `target`; what no path leads from is left out.

    Args:
        rows: observations of one index, none of `target`.
        own: those of `target`.
        evidence: by version, of its first link; its `pool` holds the component scores.
    """
    moved: list[pl.DataFrame] = []
    drawn = [pl.DataFrame(schema=DRAWN)]
    uses: list[LinkUse] = []
    there = own["model_key"].unique().implode()
    for (version,), part in rows.group_by("index_version", maintain_order=True):
        source = str(version)
        path = graph.path(source, target, part["value"].to_numpy())
        if path is None:
            continue
        extra = evidence[source].pool.drop("model", "lab", "from_value")
        models = part.rename({"value": "from_value"}).join(
            extra, on="model_key", how="left", maintain_order="left"
        )
        found = path.move(models)
        stderr = found["stderr"].to_numpy()
        moved.append(
            part.with_columns(
                value=found["value"], stderr=pl.Series(stderr), index_version=pl.lit(target),
                linked_from=pl.lit(source),
            )
        )  # fmt: skip
        # From the names of the versions: the same whichever others are moved beside it.
        seed = zlib.crc32(f"{source}\0{target}".encode())
        values = path.draw(LINK_DRAWS, np.random.default_rng(seed)).models(models)
        drawn.append(
            pl.DataFrame(
                {"observation_id": part["observation_id"], "values": values.T.tolist()},
                schema=DRAWN,
            )
        )
        uses.append(
            LinkUse(
                source,
                target,
                (*(link.source for link in path.links), target),
                part.filter(~pl.col("model_key").is_in(there))["model_key"].n_unique(),
                float(np.sqrt(np.mean(stderr**2))),
                path.dated,
            )
        )
    empty = _unmoved(rows)
    return Linked(pl.concat([empty, *moved]), tuple(uses), pl.concat(drawn))


def _unmoved(like: pl.DataFrame) -> pl.DataFrame:
    return like.head(0).with_columns(pl.lit(None, pl.String).alias(LINKED_FROM))
