"""Identity of rows and of models."""

from datetime import date

import polars as pl

from tracker.store.schema import identify, model_key


def test_identity_is_stable() -> None:
    # Written down once: a change of it would record every fact of every workspace anew.
    row = {
        "model": "GPT-5 (high)", "lab": "OpenAI", "country": "US", "released_on": date(2025, 8, 7),
        "index_name": "I", "index_version": "1", "value": 68.5, "observed_on": date(2025, 8, 8),
        "source": "s", "estimated": False,
    }  # fmt: skip
    first, second = (identify(pl.DataFrame([row]))["observation_id"].item() for _ in range(2))
    assert first == second == "1fe0122ea1ef0a28f3120bda69c5e847"
    for column, value in (("value", 68.6), ("note", "x"), ("estimated", True), ("stderr", 0.0)):
        assert identify(pl.DataFrame([{**row, column: value}]))["observation_id"].item() != first


def test_model_keys() -> None:
    assert model_key("GPT-5 (high)") == model_key("gpt 5 HIGH") == "gpt-5-high"
    assert model_key("GPT-4o+") != model_key("GPT-4o")
    assert model_key("文心一言") != model_key("通义千问")
    assert model_key("🚀") != model_key("🎉")
