"""A view of one version of one index as of a day: the rows that every measure starts from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

import polars as pl

from forecasts.measures.index_spec import IndexSpec
from forecasts.measures.linked import DRAWN, LINK_DRAWS, LinkUse
from forecasts.measures.value_scale import ValueScale, value_scale
from forecasts.measures.variants import base_model
from forecasts.measures.vintage import released, undated, valued_models
from forecasts.request import Vintage


@dataclass(frozen=True)
class IndexView:
    """What counts of one version of one index as of a day.

    Attributes:
        rows: observations that suffice for `known_models` on that day.
        spec: what is known of the scale of the index.
        swept_until: the last day, by `as_of`, on which the index was seen whole: what was released
            since is known in part only. None where it never was.
        seats: the country of a lab's seat, for labs of several countries.
        links: by which models of other versions were moved to this one's scale.
        link_draws: as of `Linked.draws`.
    """

    index_name: str
    index_version: str
    as_of: date
    vintage: Vintage
    rows: pl.DataFrame
    spec: IndexSpec = field(default_factory=lambda: IndexSpec(""))
    swept_until: date | None = None
    seats: Mapping[str, str] = field(default_factory=dict)
    links: tuple[LinkUse, ...] = ()
    link_draws: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=DRAWN))

    def models(self) -> pl.DataFrame:
        """The value of each model that counts, one row each."""
        return released(self._valued, self.as_of)

    def undated(self) -> pl.DataFrame:
        """Models with a value and without a release date, the best first: they count nowhere."""
        return undated(self._valued)

    @cached_property
    def _valued(self) -> pl.DataFrame:
        return valued_models(self.rows, self.as_of, self.vintage)

    def scale(self) -> ValueScale:
        """How the values of the index are told."""
        return value_scale(self.models(), self.spec)

    def on(self, day: date) -> "IndexView":
        """The same rows looked at from another day that they suffice for."""
        return replace(self, as_of=day)

    def with_rows(self, rows: pl.DataFrame) -> "IndexView":
        """The same view on other rows."""
        return replace(self, rows=rows)

    def drawn(self) -> list["IndexView"]:
        """The view in each of LINK_DRAWS draws of its links; empty where nothing was moved."""
        moved = self.rows.join(self.link_draws, on="observation_id", how="left",
                               maintain_order="left")  # fmt: skip
        if moved["values"].null_count() == moved.height:
            return []
        return [
            self.with_rows(
                moved.with_columns(value=pl.coalesce(pl.col("values").list.get(at), "value"))
                .drop("values")
            )
            for at in range(LINK_DRAWS)
        ]  # fmt: skip

    def without(self, models: pl.DataFrame) -> "IndexView":
        """The view without some models and all their variants: rows of `lab` and `base`."""
        kept = self.rows.with_columns(base=base_model(pl.col("model"))).join(
            models.select("lab", "base"), on=["lab", "base"], how="anti", nulls_equal=True
        )
        return self.with_rows(kept.drop("base"))
