"""The smallest model that reaches a level, over time: how little it takes to be so good."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from forecasts.measures.blocs import Bloc

Size = Literal["params", "active"]
SIZES: dict[Size, str] = {"params": "parameters", "active": "active_parameters"}


@dataclass(frozen=True)
class Smallest:
    """The models that were the smallest of their bloc to reach a level when they were released.

    Attributes:
        table: level, bloc, released_on, size (billions of parameters), model, lab, country, value,
            unknown; by level, then bloc in the order asked for, then day. `unknown` counts the
            models of the bloc that reach the level and whose size nobody stated.
        unreached: level, bloc and unknown where no model of known size reaches the level.
    """

    of: Size
    table: pl.DataFrame
    unreached: pl.DataFrame


_TABLE = {
    "level": pl.Float64(), "bloc": pl.String(), "released_on": pl.Date(), "size": pl.Float64(),
    "model": pl.String(), "lab": pl.String(), "country": pl.String(), "value": pl.Float64(),
    "unknown": pl.Int64(),
}  # fmt: skip


def smallest_models(
    models: pl.DataFrame, blocs: Sequence[Bloc], levels: Sequence[float], of: Size = "params"
) -> Smallest:
    """Running minima of size by release date among the models of at least each level.

    Args:
        models: rows of `known_models`.
        levels: in the unit of the index.
        of: all parameters, or those that a token passes.
    """
    tables: list[pl.DataFrame] = []
    unreached: list[tuple[float, str, int]] = []
    for level in sorted(set(levels)):
        for bloc in blocs:
            reach = models.filter(bloc.member, pl.col("value") >= level).with_columns(
                size=pl.col(SIZES[of])
            )
            sized = reach.filter(pl.col("size").is_not_null())
            unknown = reach.height - sized.height
            if sized.is_empty():
                unreached.append((level, bloc.spec, unknown))
                continue
            # The smallest of a day first; of equal ones the better.
            records = (
                sized.sort("released_on", "size", "value", "model_key",
                           descending=[False, False, True, False])
                .unique("released_on", keep="first", maintain_order=True)
                .filter(pl.col("size") < pl.col("size").cum_min().shift(1).fill_null(float("inf")))
            )  # fmt: skip
            tables.append(
                records.with_columns(
                    level=pl.lit(level, pl.Float64),
                    bloc=pl.lit(bloc.spec),
                    unknown=pl.lit(unknown, pl.Int64),
                ).select(list(_TABLE))
            )
    kinds = {name: _TABLE[name] for name in ("level", "bloc", "unknown")}
    return Smallest(
        of,
        pl.concat([pl.DataFrame(schema=_TABLE), *tables]),
        pl.DataFrame(unreached, schema=kinds, orient="row"),
    )
