"""Labs by their common names, and what a source leaves open filled from what is known."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import polars as pl

from forecasts.measures.vintage import PRECISION, last_stated
from tracker.catalogue import Catalogue, family_key
from tracker.store.schema import SCHEMA, Rows, model_key

# What describes a model rather than its measurement. A row may leave each of them open.
FACTS = ("lab", "country", "released_on", "open_weights", "reasoning")
# Those of them that decide where a model counts.
MEASURED = FACTS[:4]
_ROUTED = re.compile(r"^(?:[\w.-]+/)+(?=\S)")


def _nothing() -> pl.DataFrame:
    return pl.DataFrame(schema={c: SCHEMA[c] for c in ("model_key", *FACTS, PRECISION)})


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
    """model_key, the FACTS of each model, each as it was last stated, and the precision of its
    release date."""
    stated = observations.group_by("model_key", *FACTS, PRECISION).agg(
        pl.col("observed_on", "recorded_at").max()
    )
    return (
        stated.collect(engine="streaming")
        .sort("observed_on", "recorded_at", *FACTS, PRECISION)
        .group_by("model_key")
        .agg(last_stated(FACTS))
    )


def fill(rows: pl.DataFrame, catalogue: Catalogue, known: Known) -> pl.DataFrame:
    """Text rows with labs by their common names and open FACTS filled in.

    A model that is known brings its facts (its country if it is of the same lab), then the
    beginning of its name its lab, then a lab its countries: the catalogue's, else those last
    observed. What nobody knows stays null. `left_open` has a bit for each of FACTS that the row
    itself leaves open: `open_facts` names them.
    """
    names = {name: catalogue.lab_name(name) for name in rows["lab"].drop_nulls().unique()}
    bits = (pl.col(c).is_null().cast(pl.UInt8) * 2**at for at, c in enumerate(FACTS))
    named = rows.with_columns(
        lab=pl.col("lab").replace(names),
        country=pl.col("country").str.to_uppercase().str.replace_all(r"\s*[;/,]\s*", ","),
        left_open=pl.sum_horizontal(bits).cast(pl.UInt8),
    )
    return with_labs(_from_models(named, known), catalogue, known.labs)


def open_facts(bits: int) -> list[str]:
    """The columns that a value of `left_open` stands for."""
    names = [name for at, name in enumerate(FACTS) if bits >> at & 1]
    return [*names, PRECISION] if "released_on" in names else names


def with_labs(rows: pl.DataFrame, catalogue: Catalogue, labs: Mapping[str, str]) -> pl.DataFrame:
    """Rows with the lab that the beginning of a model's name tells, then with the country of its
    lab: the catalogue's, else that of `labs`. Only what is null is filled."""
    unnamed = rows.filter(pl.col("lab").is_null())["model"].drop_nulls().unique()
    families = {name: lab_of_family(name, catalogue) for name in unnamed}
    of_family = pl.col("model").replace_strict(families, default=None, return_dtype=pl.String)
    rows = rows.with_columns(lab=pl.coalesce("lab", of_family))
    homeless = rows.filter(pl.col("country").is_null())["lab"].drop_nulls().unique()
    countries: dict[str, str | None] = {}
    for name in homeless:
        lab = catalogue.lab(name)
        countries[name] = (lab.countries if lab is not None else None) or labs.get(name)
    of_lab = pl.col("lab").replace_strict(countries, default=None, return_dtype=pl.String)
    return rows.with_columns(country=pl.coalesce("country", of_lab))


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
        return rows
    keys = {name: model_key(name) for name in rows["model"].drop_nulls().unique()}
    described = (*FACTS, PRECISION)
    facts = models.select("model_key", pl.col(described).cast(pl.String).name.prefix("known:"))
    both = rows.with_columns(
        model_key=pl.col("model").replace_strict(keys, default=None, return_dtype=pl.String)
    ).join(facts, on="model_key", how="left", maintain_order="left")
    same_lab = pl.col("lab").is_null() | (pl.col("lab") == pl.col("known:lab"))
    gaps = {c: pl.col(c).is_null() for c in FACTS}
    gaps["country"] &= same_lab
    gaps[PRECISION] = gaps["released_on"]
    return both.with_columns(
        pl.when(gap).then(f"known:{c}").otherwise(c).alias(c) for c, gap in gaps.items()
    ).select(rows.columns)


def described(
    rows: Rows,
    standing: Callable[[], pl.LazyFrame],
    catalogue: Catalogue,
    labs: Callable[[], Mapping[str, str]],
) -> Rows:
    """Observations with what is known of their models where no row of their index states it.

    Lab, country, release date and weights come from rows of other indices (what `standing` gives),
    then from the catalogue, as in `fill`. They are what a model is, not what was seen of it on some
    day: of what `standing` gives all counts. Nothing stated is changed.
    """
    key, lazy = ["index_name", "index_version", "model_key"], rows.lazy()
    blank = lazy.filter(pl.any_horizontal(pl.col(MEASURED).is_null())).select(key).unique()
    own = lazy.join(blank, on=key, how="semi").sort("observed_on").group_by(key)
    said = own.agg(pl.col("model").last(), *(pl.col(c).drop_nulls().last() for c in MEASURED))
    silent = said.filter(pl.any_horizontal(pl.col(MEASURED).is_null())).collect()
    if silent.is_empty():
        return rows
    facts = facts_of(standing().join(silent.lazy(), on="model_key", how="semi"))
    known = facts.select("model_key", pl.exclude("model_key").name.prefix("known:"))
    both = silent.join(known, on="model_key", how="left")
    same_lab = pl.col("lab").is_null() | (pl.col("lab") == pl.col("known:lab"))
    told = both.select(
        *key, "model",
        pl.coalesce("lab", "known:lab"),
        pl.coalesce("country", pl.when(same_lab).then("known:country")),
        pl.coalesce("released_on", "known:released_on"),
        pl.when(pl.col("released_on").is_null()).then(f"known:{PRECISION}").alias(PRECISION),
        pl.coalesce("open_weights", "known:open_weights"),
    )  # fmt: skip
    told = with_labs(told, catalogue, labs()).drop("model")
    return _completed(rows, told, key)


def commonly_named(rows: Rows, catalogue: Catalogue) -> Rows:
    """Observations with labs by their common names, which may have become known later."""
    return rows.with_columns(pl.col("lab").replace(catalogue.lab_names))


def _completed(rows: Rows, told: pl.DataFrame, key: list[str]) -> Rows:
    prefixed = told.lazy().select(*key, pl.exclude(key).name.prefix("told:"))
    precision = pl.when(pl.col("released_on").is_null()).then(f"told:{PRECISION}")
    found = (
        rows.lazy()
        .join(prefixed, on=key, how="left", maintain_order="left")
        .with_columns(
            *(pl.coalesce(c, f"told:{c}") for c in MEASURED),
            precision.otherwise(PRECISION).alias(PRECISION),
        )
        .drop(f"told:{c}" for c in (*MEASURED, PRECISION))
    )
    return found if isinstance(rows, pl.LazyFrame) else found.collect()
