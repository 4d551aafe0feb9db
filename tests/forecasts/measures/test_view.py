"""A view of an index as of a day, and the same without some models."""

from datetime import date

import polars as pl
from frames import NEW_YEAR, RELEASES, june, table, view

from forecasts.measures.vintage import known_models


def test_models_are_those_known_on_its_day() -> None:
    rows = table(RELEASES)
    seen = view(rows, vintage="final")
    assert seen.models().equals(known_models(rows, NEW_YEAR, "final"))
    early = seen.on(date(2024, 3, 1))
    assert (early.as_of, early.rows.equals(rows)) == (date(2024, 3, 1), True)
    assert early.models()["model"].to_list() == ["a1", "a2"]
    assert seen.with_rows(rows.head(1)).models()["model"].to_list() == ["a1"]
    assert seen.with_rows(rows.head(1)).vintage == "final"


def test_without_a_model_its_variants_are_gone_and_no_others() -> None:
    seen = june()
    left_out = pl.DataFrame({"lab": ["Anthropic"], "base": ["Claude Fable 5"]})
    kept = seen.without(left_out)
    gone = set(seen.rows["model"]) - set(kept.rows["model"])
    assert gone
    assert all(name.startswith("Claude Fable 5") for name in gone)
    assert not kept.rows["model"].str.starts_with("Claude Fable 5").any()
    assert kept.rows.columns == seen.rows.columns
    other_lab = left_out.with_columns(lab=pl.lit("OpenAI"))
    assert seen.without(other_lab).rows.height == seen.rows.height
