"""Corrections and retractions: which rows they put out of force, and where they contradict.

An act names the row it supersedes or retracts. Acts on acts form a tree over the first row; where
copies of a workspace grew apart the tree has several ends. The end recorded last decides (then the
higher id): a correction stands, a retraction leaves nothing. The result depends on the set of rows
alone, not on the order in which copies were merged.

Whoever acts on a tree with several ends has chosen: the store then retracts the rival corrections
beside the new act. The retraction of a correction is thus no claim of its own.
"""

from dataclasses import dataclass

import polars as pl

COLUMNS = ("observation_id", "recorded_at", "supersedes", "retracts")


@dataclass(frozen=True)
class Acts:
    """Every correction and retraction of a store.

    `table`: observation_id, recorded_at, kind (correction or retraction), target, root (the first
    row of the tree), is_end, decides.
    """

    table: pl.DataFrame

    @property
    def gone(self) -> list[str]:
        """Ids of the rows that no longer stand."""
        stands = self.table.filter(pl.col("decides") & (pl.col("kind") == "correction"))
        touched = pl.concat([self.table["target"], self.table["observation_id"]]).unique()
        return touched.filter(~touched.is_in(stands["observation_id"].to_list())).sort().to_list()

    def rivals(self, observation_id: str) -> list[str]:
        """Corrections at other ends of the tree that a row, itself first or last, belongs to."""
        row = self.table.filter(observation_id=observation_id)
        root = observation_id if row.is_empty() else row["root"].item()
        ends = self.table.filter(pl.col("is_end"), root=root, kind="correction")
        return ends.filter(pl.col("observation_id") != observation_id)["observation_id"].to_list()

    def conflicts(self) -> pl.DataFrame:
        """Ends of the trees that have several, of which one at least corrects.

        The retraction of a correction counts for nothing beside another end.

        root, observation_id, kind, recorded_at, decides: sorted by root and time.
        """
        closes = (pl.col("kind") == "retraction") & (pl.col("target") != pl.col("root"))
        ends = self.table.filter(pl.col("is_end") & ~closes).with_columns(
            rivals=pl.len().over("root"),
            corrects=(pl.col("kind") == "correction").any().over("root"),
        )
        return (
            ends.filter((pl.col("rivals") > 1) & pl.col("corrects"))
            .sort("root", "recorded_at", "observation_id")
            .select("root", "observation_id", "kind", "recorded_at", "decides")
        )


def resolve(rows: pl.DataFrame) -> Acts:
    """The acts among `rows` (COLUMNS; a row may come twice, its earliest recording counts)."""
    acts = (
        rows.filter(pl.col("supersedes").is_not_null() | pl.col("retracts").is_not_null())
        .sort("recorded_at", "observation_id")
        .unique("observation_id", keep="first", maintain_order=True)
        .select(
            "observation_id",
            "recorded_at",
            kind=pl.when(pl.col("retracts").is_not_null())
            .then(pl.lit("retraction"))
            .otherwise(pl.lit("correction")),
            target=pl.coalesce("retracts", "supersedes"),
        )
    )
    # Each round doubles how far a row sees up its tree. No hash names itself, but a forged file
    # could hold a circle: what is not at its root by then never ends.
    up = acts.select("observation_id", root="target")
    for _ in range(acts.height.bit_length()):
        above = up.rename({"observation_id": "root", "root": "beyond"})
        up = up.join(above, on="root", how="left", maintain_order="left").select(
            "observation_id", root=pl.coalesce("beyond", "root")
        )
    acts = acts.with_columns(
        root=up["root"],
        is_end=~pl.col("observation_id").is_in(acts["target"].unique().to_list()),
    )
    # In order of recording already: the last end of each tree.
    decisive = acts.filter("is_end").group_by("root").agg(pl.col("observation_id").last())
    return Acts(
        acts.with_columns(
            decides=pl.col("observation_id").is_in(decisive["observation_id"].to_list())
        )
    )
