"""The three shapes of an entry say the same of the same model."""

from pathlib import Path
from typing import Any

import pytest
from reading import read

from forecasts.measures.facts import FACTS
from tracker.sources.artificial_analysis_facts import facts_of

SNAPSHOT: dict[str, Any] = {
    "deprecated": False,
    "pricing": {"price_1m_blended_3_to_1": 2, "price_1m_input_tokens": 1.5,
                "price_1m_output_tokens": 3.5, "intelligence_index_cost_total": 271.7},
    "speed": {"output_tokens_per_second": 58.6, "time_to_first_token_seconds": 0.78},
    "capabilities": {
        "context_window_tokens": 1050000, "total_parameters": 397, "active_parameters": 17,
        "size_class": "large", "input_modality_text": True, "input_modality_image": True,
        "input_modality_video": None, "input_modality_speech": False, "output_modality_text": True,
    },
    "open_weights": {"commercial_allowed": True, "license_name": "MIT"},
}  # fmt: skip
PAID: dict[str, Any] = {
    "pricing": {"price_1m_input_tokens": 1.5, "price_1m_output_tokens": 3.5},
    "performance": {"median_output_tokens_per_second": 58.6,
                    "median_time_to_first_token_seconds": 0.78},
    "artificial_analysis_intelligence_index_cost": {"total_cost": 271.7, "cost_per_task": None},
    "context_window_tokens": 1050000,
    "parameters": {"total": 397, "active": 17},
    "modalities": {"input": {"text": True, "image": True, "video": False, "speech": False},
                   "output": {"text": True, "image": False}},
    "licensing": {"is_open_weights": True},
}  # fmt: skip
FREE: dict[str, Any] = {
    "pricing": {"price_1m_blended_3_to_1": 2, "price_1m_input_tokens": 1.5,
                "price_1m_output_tokens": 3.5},
    "median_output_tokens_per_second": 58.6, "median_time_to_first_token_seconds": 0.78,
}  # fmt: skip
WHOLE = {
    "parameters": 397.0, "active_parameters": 17.0, "size_class": "large",
    "context_window": 1050000.0, "licence": "MIT", "commercial_use": "true", "price_input": 1.5,
    "price_output": 3.5, "price_blended": 2.0, "output_speed": 58.6, "first_token": 0.78,
    "index_cost": 271.7, "deprecated": "false", "input_modalities": "text,image",
    "output_modalities": "text",
}  # fmt: skip


def test_a_snapshot_states_every_fact() -> None:
    assert dict(facts_of(SNAPSHOT)) == WHOLE
    assert set(WHOLE) == set(FACTS)


@pytest.mark.parametrize("entry", [PAID, FREE], ids=["paid", "free"])
def test_the_answers_state_the_same_of_what_they_have(entry: dict[str, Any]) -> None:
    found = dict(facts_of(entry))
    assert found.items() <= WHOLE.items()
    assert len(found) == (10 if entry is PAID else 5)


@pytest.mark.parametrize("wrong", [
    {"capabilities": None}, {"capabilities": []}, {"capabilities": {"total_parameters": "7B"}},
    {"parameters": {"total": 1e300}}, {"pricing": 5}, {"licensing": {"license_name": 5}},
    {"open_weights": {"license_name": "x" * 501}}, {"open_weights": {"license_name": "a\x00b"}},
    {"deprecated": "no"}, {"modalities": "text"}, {"modalities": {"input": ["text"]}}, {},
])  # fmt: skip
def test_what_cannot_be_taken_is_no_fact(wrong: dict[str, Any]) -> None:
    assert dict(facts_of(wrong)) == {}


def test_the_shared_snapshot(snapshots: dict[str, Path]) -> None:
    found = read("aa", snapshots["06"]).facts
    counts = dict(found["name"].value_counts().iter_rows())
    assert (counts["context_window"], counts["deprecated"]) == (500, 500)
    assert counts["parameters"] == counts["size_class"] == 300
    assert found.filter(name="size_class")["text"].unique().sort().to_list() == [
        "large", "medium", "small", "tiny",
    ]  # fmt: skip
    assert found.filter(model="Qwen3.5 397B A17B (Reasoning)", name="parameters")[
        "number"
    ].to_list() == [397.0]
