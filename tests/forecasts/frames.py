"""Observations by hand, and the bundled ones read as plain files."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import polars as pl

from forecasts.measures.index_spec import IndexSpec
from forecasts.measures.view import IndexView
from forecasts.request import Vintage

FOLDER = Path(__file__).parents[2] / "data" / "observations"
INDEX, VERSION = "Artificial Analysis Intelligence Index", "4.0"
JUNE = date(2026, 6, 10)  # the last day of the bundled observations
SCHEMA = {
    "observation_id": pl.String, "model": pl.String, "model_key": pl.String, "lab": pl.String,
    "country": pl.String, "released_on": pl.Date, "released_precision": pl.String,
    "index_name": pl.String,
    "index_version": pl.String, "value": pl.Float64, "stderr": pl.Float64, "observed_on": pl.Date,
    "source": pl.String, "open_weights": pl.Boolean, "reasoning": pl.Boolean,
    "estimated": pl.Boolean,
}  # fmt: skip

Row = tuple[str, str, str, float]
# Model, country, release date, value.
RELEASES: list[Row] = [
    ("a1", "US", "2024-01-01", 10),
    ("a2", "US", "2024-03-01", 20),
    ("b1", "CN", "2024-03-15", 10),
    ("a3", "US", "2024-06-01", 30),
    ("b2", "CN", "2024-08-01", 22),
]
NEW_YEAR = date(2025, 1, 1)


def table(rows: Sequence[Row], observed: str = "2025-01-01", **more: object) -> pl.DataFrame:
    """Observations of one index version; `more` are columns with one value."""
    facts = [
        {
            "observation_id": f"{model}|{country}|{day}|{value}|{observed}", "model": model,
            "model_key": model.lower(), "lab": f"lab {country}", "country": country,
            "released_on": date.fromisoformat(day), "index_name": "I", "index_version": "1",
            "value": float(value), "observed_on": date.fromisoformat(observed), "source": "test",
            "open_weights": country == "CN", **more,
        }
        for model, country, day, value in rows
    ]  # fmt: skip
    return pl.DataFrame(facts, schema=SCHEMA)


def view(
    rows: pl.DataFrame,
    as_of: date = NEW_YEAR,
    vintage: Vintage = "real",
    ceiling: float | None = None,
    seats: Mapping[str, str] | None = None,
) -> IndexView:
    """Rows looked at from a day."""
    spec = IndexSpec("I", high=ceiling)
    return IndexView("I", "1", as_of, vintage, rows, spec, seats=seats or {})


def bundled() -> pl.DataFrame:
    """The bundled observations of the newest version of the main index."""
    files = [pl.read_csv(f, infer_schema=False) for f in sorted(FOLDER.glob("*.csv"))]
    text = pl.concat(files).filter(index_name=INDEX, index_version=VERSION)
    return text.select(
        pl.concat_str(
            "model", "lab", "released_on", "value", "observed_on", separator="|", ignore_nulls=True
        ).alias("observation_id"),
        "model",
        pl.col("model").str.to_lowercase().alias("model_key"),
        "lab",
        "country",
        pl.col("released_on").str.to_date(),
        "index_name",
        "index_version",
        pl.col("value", "stderr").cast(pl.Float64),
        pl.col("observed_on").str.to_date(),
        "source",
        *(pl.col(c) == "true" for c in ("open_weights", "reasoning", "estimated")),
    )


def june(vintage: Vintage = "final", as_of: date = JUNE) -> IndexView:
    """The bundled observations as of a day."""
    return IndexView(INDEX, VERSION, as_of, vintage, bundled(), IndexSpec(INDEX, high=100.0))
