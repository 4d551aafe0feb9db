"""Evaluations of one model: records of every_eval_ever, results of Hugging Face, and none."""

import copy
import json
from dataclasses import replace
from datetime import date
from math import sqrt
from pathlib import Path
from typing import Any

import pytest
import yaml
from reading import OPTIONS

from forecasts.errors import TrackerError
from tracker import sources
from tracker.sources.contract import MissingFact, Reading
from tracker.sources.file import SourceFile
from tracker.workspace import Workspace

HUB = Path("org/Qwen9-7B/.eval_results/hle.yaml")


def evals(document: Any, path: Path = Path("r.json"), **options: Any) -> Reading:
    text = document if isinstance(document, str) else json.dumps(document)
    given = replace(OPTIONS, **options)
    return sources.load("evals").read(SourceFile(path, text.encode()), given)


def result(**more: Any) -> dict[str, Any]:
    return {
        "evaluation_name": "gpqa",
        "source_data": {"dataset_name": "g", "source_type": "hf_dataset", "hf_repo": "I/gpqa"},
        "metric_config": {"metric_id": "accuracy", "metric_unit": "proportion", "min_score": 0.0,
                          "max_score": 1.0, "lower_is_better": False, "score_type": "continuous"},
        "score_details": {"score": 0.75}, **more,
    }  # fmt: skip


def record(*results: Any, **more: Any) -> dict[str, Any]:
    return {
        "schema_version": "0.3.0", "evaluation_id": "s/m/1", "evaluation_timestamp": "1750000000",
        "retrieved_timestamp": "1760000000",
        "source_metadata": {"source_name": "A board", "source_organization_name": "Org"},
        "eval_library": {"name": "unknown", "version": "unknown"},
        "model_info": {"name": "m", "id": "meta-llama/Llama-3.1-8B-Instruct", "developer": "Meta",
                       "additional_details": {"model_availability": "open_weights"}},
        "evaluation_results": list(results), **more,
    }  # fmt: skip


def of(where: str, value: Any) -> dict[str, Any]:
    """A result with one member another one."""
    changed = copy.deepcopy(result())
    *holders, last = where.split(".")
    held = changed
    for key in holders:
        held = held[key]
    held[last] = value
    return changed


def test_a_record_goes_in(empty: Workspace) -> None:
    text = json.dumps(record(result(), of("evaluation_name", "hle"))).encode()
    done = empty.import_files("evals", [SourceFile(Path("r.json"), text)])
    assert (done.read, done.added, done.rejected) == (2, 2, 0)
    row = empty.store.current().filter(index_name="gpqa accuracy").row(0, named=True)
    told = {c: row[c] for c in ("model", "lab", "country", "open_weights", "value", "source",
                                "index_version", "observed_on", "source_url")}  # fmt: skip
    assert told == {
        "model": "Llama-3.1-8B-Instruct", "lab": "Meta", "country": "US", "open_weights": True,
        "value": 0.75, "source": "A board", "index_version": "proportion",
        "observed_on": date(2025, 6, 15), "source_url": "https://huggingface.co/datasets/I/gpqa",
    }  # fmt: skip
    spec = empty.data.index_spec("gpqa accuracy", "proportion")
    assert (spec.low, spec.high, spec.scale) == (0, 1, "logit")
    assert empty.data.sweeps().filter(inferred=False).is_empty()  # one model is no board


@pytest.mark.parametrize(
    ("uncertainty", "expected"),
    [
        ({"standard_error": {"value": 0.02, "method": "analytic"}}, 0.02),
        ({"confidence_interval": {"lower": 0.7, "upper": 0.8, "confidence_level": 0.9}},
         0.1 / (2 * 1.6448536269514722)),
        ({"confidence_interval": {"lower": 0.7, "upper": 0.8}}, None),  # of which level?
        ({"standard_deviation": 0.4, "num_samples": 100}, 0.4 / sqrt(100)),
        ({"standard_error": {"value": None}, "num_samples": 5}, None),
        ({}, None), (None, None),
    ],
)  # fmt: skip
def test_the_standard_error(uncertainty: Any, expected: float | None) -> None:
    found = evals(record(of("score_details.uncertainty", uncertainty)))
    assert found.rows["stderr"].to_list() == [pytest.approx(expected) if expected else None]


@pytest.mark.parametrize(
    ("unit", "low", "high", "version"),
    [
        ("proportion", 0, 1, "proportion"), (None, 0.0, 1.0, "proportion"),
        ("percent", 0, 100, "percent"), (None, 0, 100, "percent"), ("%", None, None, "percent"),
        ("Points", None, "Infinity", "points"), (None, None, None, "as-published"),
        (None, 0, 10, "as-published"), ("percent", -100, 100, "percent -100 to 100"),
    ],
)  # fmt: skip
def test_the_version_is_the_scale(unit: Any, low: Any, high: Any, version: str) -> None:
    metric = {"metric_name": "accuracy", "metric_unit": unit, "min_score": low, "max_score": high}
    found = evals(record(of("metric_config", metric)))
    assert found.rows["index_version"].to_list() == [version]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (of("metric_config.lower_is_better", True), "gpqa: less is better"),
        (of("score_details", {"score": None}), "gpqa has no score"),
        (result(score_details={"score": -1}, metric_config={"has_unknown_level": True}),
         "gpqa has an unknown level"),
    ],
)  # fmt: skip
def test_what_has_no_frontier_is_skipped_and_counted(changed: Any, reason: str) -> None:
    found = evals(record(result(), changed))
    assert [(p.row, p.reason) for p in found.skipped] == [(2, reason)]
    assert (found.read, found.rows.height) == (2, 1)


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        (of("score_details.score", "high"), "score_details.score", "is text"),
        (of("score_details.score", 1.5), "score_details.score", "1.5 is beyond max_score 1"),
        (of("score_details.score", -0.5), "score_details.score", "beyond min_score 0"),
        (of("metric_config", None), "metric_config", "is absent"),
        (of("evaluation_name", ""), "evaluation_name", "is absent"),
        (of("score_details.uncertainty", [1]), "score_details.uncertainty", "is a list"),
        (of("metric_config.max_score", 10**399) | {"evaluation_name": 5}, "evaluation_name", ""),
        (result(evaluation_timestamp="soon"), "evaluation_timestamp", "'soon' is no moment"),
        ("x", "evaluation_results", "is text"),
    ],
)  # fmt: skip
def test_a_wrong_result_is_a_problem_of_its_own(changed: Any, field: str, words: str) -> None:
    found = evals(record(result(), changed))
    assert [(p.row, p.field) for p in found.problems] == [(2, field)]
    assert words in found.problems[0].reason
    assert found.rows.height == 1


@pytest.mark.parametrize(
    ("stamps", "day"),
    [
        ({"evaluation_timestamp": "2025-02-03T23:30:00-05:00"}, date(2025, 2, 4)),
        ({"evaluation_timestamp": None, "retrieved_timestamp": "1770682486.623709"},
         date(2026, 2, 10)),
        ({"evaluation_timestamp": "1770682486623"}, date(2026, 2, 10)),
    ],
)  # fmt: skip
def test_the_day(stamps: Any, day: date) -> None:
    assert evals(record(result(), **stamps)).observed_on == day
    own = evals(record(result(evaluation_timestamp="2024-01-02"), **stamps))
    assert own.observed_on == date(2024, 1, 2)


def test_who_tunes_a_model_further_is_its_lab() -> None:
    for identity, lab in (("TencentARC/LLaMA-Pro-8B", "TencentARC"), ("llama-3-x", "Meta"),
                          ("openai/azure/gpt-4o", "OpenAI")):  # fmt: skip
        info = {"id": identity, "developer": "unknown"}
        assert evals(record(result(), model_info=info)).rows["lab"].to_list() == [lab]


def entry(**more: Any) -> dict[str, Any]:
    return {
        "dataset": {"id": "cais/hle", "task_id": "default", "revision": "abc"}, "value": 20.9,
        "date": "2025-01-15", "source": {"url": "https://e.org", "name": "n"}, **more,
    }  # fmt: skip


def test_results_of_a_repository(empty: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "Qwen" / "Qwen9-7B" / ".eval_results"
    folder.mkdir(parents=True)
    gpqa = {"dataset": {"id": "Idavidrein/gpqa", "task_id": "gpqa_diamond"}, "value": 0.412}
    text = yaml.safe_dump([entry(notes="no-tools", verifyToken="x", extra=[1]), gpqa])
    (folder / "all.yaml").write_text(text)
    with pytest.raises(MissingFact, match="does not say when"):
        empty.import_files("evals", [folder / "all.yaml"])
    (folder / "all.yaml").write_text(yaml.safe_dump([entry(notes="no-tools")]))
    (folder / "gpqa-2026-02-03.yaml").write_text(yaml.safe_dump([gpqa]))
    done = empty.import_files("evals", sorted(folder.iterdir()))
    assert (done.added, done.rejected) == (2, 0)
    assert [n for n in done.notes if "shares or percentages" in n] == [
        "1 value lies within one of zero, and the file does not say whether they are shares or "
        "percentages: kept as published."
    ]
    rows = empty.store.current().sort("index_name")
    columns = ("model", "lab", "open_weights", "index_name", "index_version", "value", "note")
    assert rows.select(columns).rows() == [
        ("Qwen9-7B", "Alibaba", True, "Idavidrein/gpqa gpqa_diamond", "as-published", 0.412, None),
        ("Qwen9-7B", "Alibaba", True, "cais/hle", "as-published", 20.9,
         "no-tools; dataset revision abc"),
    ]  # fmt: skip
    assert rows["observed_on"].to_list() == [date(2026, 2, 3), date(2025, 1, 15)]


@pytest.mark.parametrize(
    ("path", "model", "lab"),
    [
        (HUB, "Qwen9-7B", "org"),
        (Path("c/models--org--M/snapshots/12/.eval_results/x.yaml"), "M", "org"),
    ],
)
def test_the_folders_say_the_model(path: Path, model: str, lab: str) -> None:
    found = evals(yaml.safe_dump([entry()]), path)
    assert found.rows.select("model", "lab").rows() == [(model, lab)]


@pytest.mark.parametrize("path", ["x.yaml", ".eval_results/x.yaml", "M/.eval_results/x.yaml"])
def test_a_file_of_nobodys_repository_asks_for_it(path: str) -> None:
    with pytest.raises(MissingFact, match="whose results") as caught:
        evals(yaml.safe_dump([entry()]), Path(path))
    assert caught.value.field == "model"


@pytest.mark.parametrize(
    ("dataset", "name"),
    [
        ({"id": "ScaleAI/SWE-bench_Pro", "task_id": "SWE_Bench_Pro"}, "ScaleAI/SWE-bench_Pro"),
        ({"id": "I/gpqa", "config": "gpqa_diamond"}, "I/gpqa gpqa_diamond"),
        ({"id": "I/gpqa"}, "I/gpqa"),
    ],
)
def test_the_name_of_an_index(dataset: Any, name: str) -> None:
    found = evals(yaml.safe_dump([entry(dataset=dataset)]), HUB)
    assert found.rows["index_name"].to_list() == [name]


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        (entry(value="high"), "value", "is text"), (entry(value=float("nan")), "value", "finite"),
        (entry(dataset=None), "dataset", "is absent"), (entry(dataset={}), "dataset.id", "absent"),
        (entry(date="today"), "date", "'today' is no moment"),
    ],
)  # fmt: skip
def test_a_wrong_entry_is_a_problem_of_its_own(changed: Any, field: str, words: str) -> None:
    found = evals(yaml.safe_dump([entry(), changed]), HUB)
    assert [(p.row, p.field) for p in found.problems] == [(2, field)]
    assert words in found.problems[0].reason
    assert evals(yaml.safe_dump([entry(value=None)]), HUB).skipped[0].reason == (
        "cais/hle has no value"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "holds no results"), ("{}", "holds no results"), ("a: 1", "holds no results"),
        ("[1]", "is of another shape"), ("- a: 1", "is of another shape"),
        (json.dumps(record(result(), model_info=None)), "model_info is absent"),
        (json.dumps(record(result(), model_info={"id": "/"})), "model_info.id is absent"),
        (json.dumps(record(evaluation_results=5)), "is of another shape"),
    ],
)  # fmt: skip
def test_what_is_none_of_the_files(text: str, words: str) -> None:
    with pytest.raises(TrackerError) as caught:
        evals(text, HUB)
    assert words in caught.value.message
