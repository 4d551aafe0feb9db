"""Snapshots of the leaderboard: what is none ends in a sentence, wrong members, prices."""

import json
from pathlib import Path
from typing import Any

import pytest
from reading import read

from forecasts.errors import TrackerError
from forecasts.measures.prices import PRICE_INDEX, PRICE_VERSION
from tracker.workspace import Workspace

SCORE = "artificial_analysis_intelligence_index"


def snapshot(*models: Any, **meta: Any) -> str:
    return json.dumps({"meta": {"fetched_at": "2026-06-10T00:00:00Z", **meta}, "models": models})


def model(**more: Any) -> dict[str, Any]:
    return {"name": "A", "creator": {"name": "OpenAI"}, "evaluations": {SCORE: 1}, **more}


WRONG: dict[str, Any] = {
    "name": model(name=["x"]), "creator": model(creator="OpenAI"),
    "evaluations": model(evaluations=""),
    "release_date": model(release_date=5),
    "creator.country": model(creator={"name": "OpenAI", "country": ["us"]}),
    "open_weights": model(open_weights=3), "reasoning_model": model(reasoning_model="yes"),
    "models": 5, SCORE: model(evaluations={SCORE: "1"}), "creator.name": model(creator={"name": 1}),
    "pricing.price_1m_blended_3_to_1": model(pricing={"price_1m_blended_3_to_1": -1}),
    "pricing": model(pricing=[]),
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 10_000 + "]" * 10_000, "nested more than 100 deep"),
        ("[" * 1_000_000 + "]" * 1_000_000, "nested more than 100 deep"),
        ('{"a":' * 5000 + "1" + "}" * 5000, "nested more than 100 deep"),
        ("[" + "[]," * 3_000_001 + "1]", "more than 3,000,000 values"),
        ("[" + "1" * 5000 + "]", "a whole number of 5,000 digits"),
        ("[NaN]", "holds NaN"),
        ("[-Infinity]", "holds -Infinity"),
        ('[{"a": 1, "a": 2}]', "two members named 'a'"),
        (snapshot(fetched_at=12), "meta.fetched_at"),
        (snapshot(fetched_at="9999-12-31T23:59:59-23:00"), "meta.fetched_at"),
        (snapshot(source_url=5), "meta.source_url is a number"),
        ('{"meta": [], "models": {}}', "another shape"),
        ('{"meta": {', "not complete JSON"),
    ],
)
def test_what_is_no_snapshot(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(TrackerError, match=r"s\.json") as caught:
        read("aa", tmp_path / "s.json", text)
    assert words in caught.value.message
    assert caught.value.hint


def test_brackets_in_text_are_no_depth(tmp_path: Path) -> None:
    found = read("aa", tmp_path / "s.json", snapshot(model(notes='\\"' + "[{" * 1000)))
    assert found.rows.height == 1


@pytest.mark.parametrize("field", WRONG)
def test_a_member_of_another_type_rejects_its_model_only(tmp_path: Path, field: str) -> None:
    found = read("aa", tmp_path / "s.json", snapshot(model(), WRONG[field]), prices=True)
    assert [(p.row, p.field) for p in found.problems] == [(2, field)]
    assert (found.rows.height, found.read) == (1, 2)


def test_half_a_character_is_a_problem_of_its_row(tmp_path: Path) -> None:
    found = read("aa", tmp_path / "s.json", snapshot(model(name="x\ud800"), model()))
    assert [(p.row, p.field) for p in found.problems] == [(1, "name")]
    assert found.problems[0].reason.isprintable()


def test_prices_are_an_index_of_their_own(empty: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "s.json"
    price = "price_1m_blended_3_to_1"
    file.write_text(snapshot(
        model(name="Free", pricing={price: 0}), model(name="Paid", pricing={price: 2.5}),
        model(name="None", pricing={price: None}), model(name="Absent"),
    ))  # fmt: skip
    assert empty.import_files("aa", [file]).read == 4
    result = empty.import_files("aa", [file], prices=True)
    assert (result.added, result.unchanged, result.skipped, result.rejected) == (2, 4, 0, 0)
    rows = empty.list(index=PRICE_INDEX, version=PRICE_VERSION).sort("model")
    assert rows.select("model", "value").rows() == [("Free", 0.0), ("Paid", 2.5)]


def test_a_blend_that_is_not_stated_is_computed_and_says_so(tmp_path: Path) -> None:
    both = {"price_1m_input_tokens": 2, "price_1m_output_tokens": 10}
    models = [
        model(name="Stated", pricing={**both, "price_1m_blended_3_to_1": 3.5}),
        model(name="Computed", pricing=both),
        model(name="Half", pricing={"price_1m_input_tokens": 2}),
    ]
    found = read("aa", tmp_path / "s.json", snapshot(*models), prices=True)
    prices = found.rows.filter(index_name=PRICE_INDEX).sort("model")
    assert prices.select("model", "value", "estimated").rows() == [
        ("Computed", 4.0, True), ("Stated", 3.5, None),
    ]  # fmt: skip
