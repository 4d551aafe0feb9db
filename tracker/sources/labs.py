"""Labs by their common names, and what a source leaves open filled from what is known."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import polars as pl

from tracker.catalogue import Catalogue, family_key
from tracker.store.schema import SCHEMA, model_key

# What describes a model rather than its measurement. A row may leave each of them open.
FACTS = ("lab", "country", "released_on", "open_weights", "reasoning")
_ROUTED = re.compile(r"^(?:[\w.-]+/)+(?=\S)")


def _nothing() -> pl.DataFrame:
    return pl.DataFrame(schema={c: SCHEMA[c] for c in ("model_key", *FACTS)})


@dataclass(frozen=True)
class Known:
    """What a workspace knows already.

    Attributes:
        labs: the countries of each lab as they were last observed.
        indices: pairs of index and version that have observations.
        models: gives the FACTS of each `model_key`, as `facts_of`; asked when a row leaves some
            open.
    """

    labs: Mapping[str, str] = field(default_factory=dict[str, str])
    indices: frozenset[tuple[str, str]] = frozenset()
    models: Callable[[], pl.DataFrame] = _nothing


def facts_of(observations: pl.LazyFrame) -> pl.DataFrame:
    """model_key and the FACTS of each model, each as it was last stated."""
    stated = observations.group_by("model_key", *FACTS).agg(
        pl.col("observed_on", "recorded_at").max()
    )
    return (
        stated.collect(engine="streaming")
        .sort("observed_on", "recorded_at", *FACTS)
        .group_by("model_key")
        .agg(pl.col(FACTS).drop_nulls().last())
    )


def fill(rows: pl.DataFrame, catalogue: Catalogue, known: Known) -> pl.DataFrame:
    """Text rows with labs by their common names and open FACTS filled in.

    A model that is known brings its facts (its country if it is of the same lab), one that is not
    the lab of its family, then a lab brings its countries: the catalogue's, else those last
    observed. `filled` has a bit for each of FACTS that the model brought: `filled_facts` names
    them.
    """
    names = {name: catalogue.lab_name(name) for name in rows["lab"].drop_nulls().unique()}
    named = rows.with_columns(
        lab=pl.col("lab").replace(names),
        country=pl.col("country").str.to_uppercase().str.replace_all(r"\s*[;/,]\s*", ","),
    )
    filled = _from_models(named, known)
    nameless = filled.filter(pl.col("lab").is_null())["model"].drop_nulls().unique()
    families = {name: lab_of_family(name, catalogue) for name in nameless}
    family = pl.col("model").replace_strict(families, default=None, return_dtype=pl.String)
    filled = filled.with_columns(lab=pl.coalesce("lab", family))
    countries: dict[str, str | None] = {}
    for name in filled["lab"].drop_nulls().unique():
        lab = catalogue.lab(name)
        countries[name] = (lab.countries if lab is not None else "") or known.labs.get(name)
    of_lab = pl.col("lab").replace_strict(countries, default=None, return_dtype=pl.String)
    return filled.with_columns(country=pl.coalesce("country", of_lab))


def filled_facts(bits: int) -> list[str]:
    """Those of FACTS that a value of `filled` stands for."""
    return [name for at, name in enumerate(FACTS) if bits >> at & 1]


def lab_of_family(model: str, catalogue: Catalogue) -> str | None:
    """The lab of a model by the longest known beginning of its name, None for an unknown one.

    Names and beginnings are compared as `catalogue.family_key` writes them, what a router puts
    before a name (`openai/gpt-oss-120b`) left out.
    """
    families, key = catalogue.model_families, family_key(_ROUTED.sub("", model.strip())) + "-"
    for end in range(len(key), 0, -1):
        if key[:end] in families:
            return families[key[:end]]
    return None


def _from_models(rows: pl.DataFrame, known: Known) -> pl.DataFrame:
    is_open = rows.select(pl.any_horizontal(pl.col(FACTS).is_null().any())).item()
    models = known.models() if is_open else _nothing()
    if models.is_empty():
        return rows.with_columns(filled=pl.lit(0, pl.UInt8))
    keys = {name: model_key(name) for name in rows["model"].drop_nulls().unique()}
    facts = models.select("model_key", pl.col(FACTS).cast(pl.String).name.prefix("known:"))
    both = rows.with_columns(
        model_key=pl.col("model").replace_strict(keys, default=None, return_dtype=pl.String)
    ).join(facts, on="model_key", how="left", maintain_order="left")
    same_lab = pl.col("lab").is_null() | (pl.col("lab") == pl.col("known:lab"))
    gaps = {c: pl.col(c).is_null() & pl.col(f"known:{c}").is_not_null() for c in FACTS}
    gaps["country"] &= same_lab
    bits = (gap.cast(pl.UInt8) * 2**at for at, gap in enumerate(gaps.values()))
    return both.with_columns(
        pl.sum_horizontal(bits).cast(pl.UInt8).alias("filled"),
        *(pl.when(gap).then(f"known:{c}").otherwise(c).alias(c) for c, gap in gaps.items()),
    ).select(*rows.columns, "filled")
