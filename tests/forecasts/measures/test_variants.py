"""Which names are variants of one model."""

import polars as pl
import pytest

from forecasts.measures.variants import base_model


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("GPT-5.5 (xhigh)", "GPT-5.5"),
        ("GLM-5.1 (Reasoning)", "GLM-5.1"),
        ("Claude Opus 4.8 (Adaptive Reasoning, Max Effort)", "Claude Opus 4.8"),
        ("Gemini 1.5 Pro (Sep '24)", "Gemini 1.5 Pro (Sep '24)"),
        ("GPT-4 (0613)", "GPT-4 (0613)"),
        ("Kimi K2 Thinking", "Kimi K2"),
        ("Thinking", "Thinking"),
        ("(high)", "(high)"),
    ],
)
def test_variants_are_grouped_by_name(name: str, base: str) -> None:
    assert pl.DataFrame({"m": [name]}).select(base_model(pl.col("m"))).item() == base
