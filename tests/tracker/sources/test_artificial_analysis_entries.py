"""The shapes in which the leaderboard is published say the same of the same models."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from reading import read

from forecasts.errors import TrackerError
from forecasts.measures.prices import PRICE_INDEX
from tracker.sources.artificial_analysis import INDEX
from tracker.sources.artificial_analysis_entries import parse_board
from tracker.sources.file import SourceFile
from tracker.workspace import Workspace

SCORE = "artificial_analysis_intelligence_index"
NAME = "aa-2026-06-20.json"


def api(*models: Any, **more: Any) -> str:
    """An answer of /api/v2/data/llms/models."""
    options = {"parallel_queries": 1, "prompt_length": "medium"}
    return json.dumps({"status": 200, "prompt_options": options, "data": models, **more})


def page(at: int, of: int, *models: Any, version: object = 4.1) -> dict[str, Any]:
    """A page of /api/v2/language/models."""
    told = {"page": at, "page_size": 200, "total_pages": of, "has_more": at < of}
    return {
        "tier": "pro", "intelligence_index_version": version, "pagination": told,
        "data": list(models),
    }  # fmt: skip


def entry(name: str = "o3-mini", **more: Any) -> dict[str, Any]:
    """A model as the API states it."""
    return {
        "id": "2dad8957", "name": name, "slug": "o3-mini", "release_date": "2025-01-31",
        "model_creator": {"id": "e67e56e3", "name": "OpenAI", "slug": "openai"},
        "evaluations": {SCORE: 62.9, "artificial_analysis_coding_index": 55.8,
                        "mmlu_pro": 0.791, "gpqa": 0.748, "livecodebench": None},
        "pricing": {"price_1m_blended_3_to_1": 1.925, "price_1m_input_tokens": 1.1,
                    "price_1m_output_tokens": 4.4},
        "median_output_tokens_per_second": 153.831, "median_time_to_first_token_seconds": 14.939,
        **more,
    }  # fmt: skip


def test_an_answer_of_the_api(tmp_path: Path) -> None:
    found = read("aa", tmp_path / NAME, api(entry()), components=True, prices=True)
    assert not found.problems
    assert dict(found.rows.select("index_name", "value").iter_rows()) == {
        INDEX: 62.9, "AA coding_index": 55.8, "AA mmlu_pro": 0.791, "AA gpqa": 0.748,
        PRICE_INDEX: 1.925,
    }  # fmt: skip
    row = found.rows.row(0, named=True)
    assert (row["lab"], row["country"]) == ("OpenAI", "US")
    assert (row["released_on"], row["observed_on"]) == (date(2025, 1, 31), date(2026, 6, 20))


def test_the_paid_answer_and_its_pages(tmp_path: Path) -> None:
    more = {"licensing": {"is_open_weights": True}, "reasoning_model": True}
    pages = [page(1, 2, entry("A", **more)), page(2, 2, entry("B", model_creator=None))]
    for whole in (pages, {"pages": pages, "fetched_at": "2026-06-21T01:00:00Z"}):
        found = read("aa", tmp_path / NAME, json.dumps(whole))
        assert found.whole
        assert found.index_version == "4.1"
    assert found.observed_on == date(2026, 6, 21)
    first = found.rows.filter(model="A")
    assert first.select("open_weights", "reasoning").rows() == [(True, True)]


def test_an_answer_that_lacks_pages_is_no_sweep(empty: Workspace, tmp_path: Path) -> None:
    file = tmp_path / NAME
    file.write_text(json.dumps(page(1, 3, entry("A"), entry("B"))))
    found = read("aa", file)
    assert not found.whole
    assert found.notes[-1].endswith("lacks pages of the answer (2, 3 of 3): no sweep.")
    empty.import_files("aa", [file])
    assert not empty.data.imports.facts()["whole"].any()


def test_a_version_that_changes_between_two_pages(tmp_path: Path) -> None:
    pages = [page(1, 2, entry("A"), version=4.1), page(2, 2, entry("B"), version=4.2)]
    with pytest.raises(TrackerError, match="several index versions"):
        read("aa", tmp_path / NAME, json.dumps(pages))


@pytest.mark.parametrize(("stated", "name"), [(4.3, "4.3"), (4, "4.0"), ("4.1.1", "4.1.1")])
def test_a_version_is_its_name(tmp_path: Path, stated: object, name: str) -> None:
    found = read("aa", tmp_path / NAME, json.dumps(page(1, 1, entry(), version=stated)))
    assert found.index_version == name
    assert found.rows["index_version"].unique().to_list() == [name]


def test_one_evaluation_is_one_index_by_any_of_its_names(tmp_path: Path) -> None:
    """What snapshots and the two answers call differently."""
    names = [
        {"gpqa": 0.5, "tau2_bench": 0.5, "terminal_bench_hard": 0.5, "aa_lcr": 0.5,
         "aa_omniscience": 0.5, "aa_omniscience_non_hallucination": 0.5},
        {"gpqa_diamond": 0.5, "tau2_telecom": 0.5, "terminalbench_hard": 0.5, "lcr": 0.5,
         "aa_omniscience_index": 0.5, "aa_omniscience_non_hallucination_rate": 0.5},
    ]  # fmt: skip
    known = [
        set(read("aa", tmp_path / NAME, api(entry(evaluations={SCORE: 1, **each})),
                 components=True).rows["index_name"])
        for each in names
    ]  # fmt: skip
    assert known[0] == known[1]
    assert len(known[0]) == 7


def test_several_dated_files_are_each_seen_on_their_day(empty: Workspace, tmp_path: Path) -> None:
    files = [tmp_path / f"aa-2026-06-{day}.json" for day in (17, 18, 19)]
    same = [entry(f"M{at}", evaluations={SCORE: 10 + at}) for at in range(20)]
    for at, file in enumerate(files):
        file.write_text(api(*same, entry("X", evaluations={SCORE: 50 + at / 10})))
    result = empty.import_files("aa", files)
    assert (result.observed_on, result.observed_until) == (date(2026, 6, 17), date(2026, 6, 19))
    rows = empty.list().filter(model="X").sort("observed_on")
    assert rows.select("observed_on", "value").rows() == [
        (date(2026, 6, 17), 50.0), (date(2026, 6, 18), 50.1), (date(2026, 6, 19), 50.2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text", ['{"data": [1]}', '{"data": {"id": 1}}', '{"status": 401}', "[]", '{"data": [{}]}',
             '{"pages": [1]}']
)  # fmt: skip
def test_what_is_no_board(tmp_path: Path, text: str) -> None:
    file = SourceFile(Path(NAME), text.encode())
    if text == "[]":
        assert parse_board(file).models == []
        return
    with pytest.raises(TrackerError, match="another shape"):
        parse_board(file)


def test_the_shapes_of_one_day_are_one_reading(snapshots: dict[str, Path], tmp_path: Path) -> None:
    """A snapshot written again as the API would answer states the same rows."""
    stored = json.loads(snapshots["06"].read_text())
    models = []
    for model in stored["models"]:
        creator = {k: model["creator"][k] for k in ("id", "name", "slug", "country")}
        kept = {k: model[k] for k in ("id", "name", "slug", "release_date", "reasoning_model",
                                      "evaluations")}  # fmt: skip
        weights = {"is_open_weights": model["open_weights"]["is_open_weights"]}
        models.append({**kept, "model_creator": creator, "licensing": weights})
    parts = [page(1, 2, *models[:200], version=4), page(2, 2, *models[200:], version=4)]
    (tmp_path / "aa-2026-06-10.json").write_text(json.dumps(parts))
    ours = read("aa", tmp_path / "aa-2026-06-10.json").rows.drop("source_url", "row")
    theirs = read("aa", snapshots["06"]).rows.drop("source_url", "row")
    assert ours.equals(theirs)
    assert ours.height > 480


@pytest.mark.parametrize(
    ("stated", "day", "precision"),
    [
        ("2025-01-31T00:00:00.000Z", date(2025, 1, 31), None),
        ("2025-06", date(2025, 6, 30), "month"),
        ("2025", date(2025, 12, 31), "year"), ("TBD", None, None), ("2025-13", None, None),
        ("", None, None), (None, None, None),
    ],
)  # fmt: skip
def test_a_release_date_that_is_none_or_part_of_one_blocks_nothing(
    tmp_path: Path, stated: str | None, day: date | None, precision: str | None
) -> None:
    found = read("aa", tmp_path / NAME, api(entry(release_date=stated, model_creator=None)))
    assert not found.problems
    assert found.rows.select("released_on", "released_precision").rows() == [(day, precision)]
    assert any("no date and left out" in note for note in found.notes) == (
        stated in {"TBD", "2025-13"}
    )
