"""A made pair of versions, and the real one of 2026-06-15 and -16 where its files are."""

import gzip
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from forecasts.measures.link_methods import Component

SHARED = next(
    (p / "shared" / "data" for p in Path(__file__).parents if (p / "shared" / "data").is_dir()),
    Path("shared", "data"),
)
DAY = date(2026, 6, 16)

# Published for 4.1.1, of which 4.1 is the version before: the weights are a guess for 4.1.
UNCHANGED = {
    "hle": 0.12,
    "aa_omniscience_accuracy": 0.08,
    "aa_omniscience_non_hallucination": 0.04,
    "scicode": 0.08,
    "gpqa": 0.06,
    "critpt": 0.06,
    "aa_lcr": 0.06,
}
EARLIER = [*UNCHANGED, "gdpval_aa_normalized", "terminal_bench_hard", "tau2_bench", "ifbench"]


@dataclass(frozen=True)
class RealPair:
    """pairs: common models of 4.0 and 4.1; later: those measured on 4.1 after 2026-06-16."""

    pairs: pl.DataFrame
    later: pl.DataFrame
    components: list[Component]


@pytest.fixture(scope="session")
def real_pair() -> RealPair:
    old, new = SHARED / "aa-llms-2026-06-15.json.gz", SHARED / "aa-llms-2026-06-16.json.gz"
    daily = SHARED / "aa-daily-changes-2026-04-10_2026-06-30.csv.gz"
    if not all(p.is_file() for p in (old, new, daily)):
        pytest.skip("the snapshots of the re-basing are not on this machine (../shared/data)")
    before, after = _snapshot(old), _snapshot(new)
    pairs = before.rename({"value": "from_value", "estimated": "from_estimated"}).join(
        after.select(
            "model_key",
            to_value="value",
            to_estimated="estimated",
            gdpval_later="gdpval_aa_normalized",
        ),
        on="model_key",
    )
    later = (
        pl.read_csv(daily, try_parse_dates=True, null_values="REMOVED")
        .filter((pl.col("observed_on") > DAY) & ~pl.col("is_estimated"))
        .drop_nulls("value")
        .sort("observed_on")
        .group_by("id", maintain_order=True)
        .agg(pl.col("value", "observed_on").first())
        .join(pairs, left_on="id", right_on="model_key")
        .drop_nulls("from_value")
        .rename({"id": "model_key", "value": "truth"})
    )
    components = [
        *(Component(c, w, c, c, published=False) for c, w in UNCHANGED.items()),
        Component("gdpval", 0.20, "gdpval_later", "gdpval_aa_normalized", published=False),
        Component("terminal-bench", 0.16, None, "terminal_bench_hard", published=False),
        Component("tau", 0.14, None, "tau2_bench", published=False),
        Component("ifbench", 0.0, None, "ifbench"),
    ]
    return RealPair(pairs, later, components)


def _snapshot(path: Path) -> pl.DataFrame:
    def row(model: dict[str, Any]) -> dict[str, Any]:
        scores = model["evaluations"]
        index = "artificial_analysis_intelligence_index"
        return {
            "model_key": model["id"],
            "model": model["name"],
            "lab": model["creator"]["name"],
            "released_on": model["release_date"],
            "value": scores[index],
            "estimated": scores[f"{index}_is_estimated"],
            **{c: None if scores[c] is None else 100.0 * scores[c] for c in EARLIER},
        }

    models = json.loads(gzip.decompress(path.read_bytes()))["models"]
    return pl.DataFrame([row(m) for m in models], infer_schema_length=None).with_columns(
        pl.col("released_on").str.to_date()
    )


@pytest.fixture
def pairs() -> pl.DataFrame:
    """Thirty measured models on a straight link with noise, and sixty estimated to be elsewhere."""
    rng = np.random.default_rng(0)
    x = np.concatenate([np.linspace(15, 65, 30), rng.uniform(5, 60, 60)])
    y = -4 + 0.9 * x + rng.normal(0, 1, 90)
    y[30:] = 0.5 * x[30:]
    return pl.DataFrame(
        {
            "model_key": [f"m{i:02d}" for i in range(90)],
            "lab": [f"lab {i % 7}" for i in range(90)],
            "released_on": [date(2025, 1 + i % 12, 1) for i in range(90)],
            "from_value": x,
            "to_value": y,
            "from_estimated": False,
            "to_estimated": [i >= 30 for i in range(90)],
        }
    )
