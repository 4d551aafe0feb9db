"""Facts: what is said of a model beside its values, and what of it was known on a day.

A fact has a name, a text or a number, and the day on which it was observed. The latest day counts;
of several statements of one day the lower middle one, so that the order of recording says nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeVar

import polars as pl

from forecasts.request import Vintage

Rows = TypeVar("Rows", pl.DataFrame, pl.LazyFrame)


@dataclass(frozen=True)
class Fact:
    """What a fact is: a number in a unit, a text, or a flag (the text `true` or `false`)."""

    kind: Literal["number", "text", "flag"]
    meaning: str
    unit: str = ""


FACTS: Mapping[str, Fact] = {
    "parameters": Fact("number", "all its parameters", "billions"),
    "active_parameters": Fact("number", "the parameters that a token passes", "billions"),
    "size_class": Fact("text", "its size as the source classes it, such as small"),
    "context_window": Fact("number", "the longest input", "tokens"),
    "input_modalities": Fact("text", "what it reads, such as image,text"),
    "output_modalities": Fact("text", "what it writes"),
    "licence": Fact("text", "the licence of its weights, as the source names it"),
    "commercial_use": Fact("flag", "whether the licence allows commercial use"),
    "price_input": Fact("number", "the price of what it reads", "USD per million tokens"),
    "price_output": Fact("number", "the price of what it writes", "USD per million tokens"),
    "price_blended": Fact(
        "number", "the price of three parts read and one written", "USD per million tokens"
    ),
    "output_speed": Fact("number", "how fast it writes", "tokens per second"),
    "first_token": Fact("number", "how long it takes to begin", "seconds"),
    "index_cost": Fact("number", "what running the whole index on it cost", "USD"),
    "deprecated": Fact("flag", "whether its maker or the source has given it up"),
}
# The facts that blocs and frontiers ask for, as columns of `known_models`.
DESCRIBED: Mapping[str, pl.DataType] = {
    "parameters": pl.Float64(),
    "active_parameters": pl.Float64(),
    "size_class": pl.String(),
    "licence": pl.String(),
}
# A column that observations may have: from each day on, what was known of the model; by day.
STAGES = "stages"
STAGE = pl.Struct({"from": pl.Date(), **DESCRIBED})


def of_each_day(facts: pl.DataFrame) -> pl.DataFrame:
    """One row for each model, fact and day: that which counts.

    Args:
        facts: model_key, name, text, number, observed_on, fact_id and more; rows that stand.
    """
    on = ["model_key", "name", "observed_on"]
    ordered = facts.sort(*on, "number", "text", "fact_id")
    middle = (pl.len().over(on) - 1) // 2
    return ordered.filter(pl.int_range(pl.len()).over(on) == middle)


def known_facts(facts: pl.DataFrame, as_of: date, vintage: Vintage) -> pl.DataFrame:
    """The latest statement of each fact of each model: rows of `facts` (as in `of_each_day`).

    `real` takes those observed by `as_of`, `final` all.
    """
    if vintage == "real":
        facts = facts.filter(pl.col("observed_on") <= as_of)
    return of_each_day(facts).unique(["model_key", "name"], keep="last", maintain_order=True)


def stages(facts: pl.DataFrame) -> pl.DataFrame:
    """model_key and STAGES, from `facts` as in `of_each_day`: what was known from each day on.

    A day on which nothing of DESCRIBED was stated otherwise than before has no stage.
    """
    days = of_each_day(facts.filter(pl.col("name").is_in(list(DESCRIBED))))
    wide = (
        days.group_by("model_key", "observed_on")
        .agg(
            pl.col("number" if kind == pl.Float64() else "text")
            .filter(pl.col("name") == name)
            .first()
            .alias(name)
            for name, kind in DESCRIBED.items()
        )
        .sort("model_key", "observed_on")
        .with_columns(pl.col(list(DESCRIBED)).forward_fill().over("model_key"))
    )
    before = (pl.col(name).shift(1).over("model_key") for name in DESCRIBED)
    changed = pl.any_horizontal(
        pl.col(name).ne_missing(b) for name, b in zip(DESCRIBED, before, strict=True)
    )
    stage = pl.struct(pl.col("observed_on").alias("from"), *DESCRIBED)
    return (
        wide.filter(changed)
        .group_by("model_key", maintain_order=True)
        .agg(stage.alias(STAGES))
        .cast({STAGES: pl.List(STAGE)})
    )


def as_known(rows: Rows, as_of: date, vintage: Vintage) -> Rows:
    """Observations with the columns of DESCRIBED as they were known on a day, null: unknown.

    `real` takes what was observed by `as_of`, `final` all.
    """
    if STAGES not in rows.collect_schema().names():
        return rows.with_columns(pl.lit(None, kind).alias(n) for n, kind in DESCRIBED.items())
    begun = pl.col(STAGES)
    if vintage == "real":
        from_ = pl.element().struct.field("from")
        begun = begun.list.eval(pl.element().filter(from_ <= as_of))
    return rows.with_columns(begun.list.last().struct.field(n).alias(n) for n in DESCRIBED)
