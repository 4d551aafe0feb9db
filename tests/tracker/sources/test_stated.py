"""Whatever is changed in a published file, each value that is read is one that it states of that
model: a field that moved, went or became another thing gives no other number."""

import copy
import gzip
import json
import random
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from reading import OPTIONS

from forecasts.errors import TrackerError
from tracker import sources
from tracker.sources.file import SourceFile
from tracker.sources.metr import _name_of_key

SHARED = Path(__file__).parents[4] / "shared/data"
Values = set[tuple[str, float]]
ODD: list[Any] = [
    None, "", 0, -1, 1.5, "x", [], {}, [1], {"a": 1}, True, 1e300, 10**30, "2026-13-01",
    float("nan"), float("inf"), "\u202e", "a" * 300, "1500", "2999-01-01",
]  # fmt: skip


@cache
def metr_sample() -> Any:
    files = sorted((SHARED / "metr").glob("*.yaml"))
    if not files:
        pytest.skip("../shared/data/metr is not on this machine")
    return yaml.safe_load(files[0].read_text())


@cache
def arena_sample() -> Any:
    files = sorted((SHARED / "arena").glob("*.json.gz"))
    if not files:
        pytest.skip("../shared/data/arena is not on this machine")
    page = json.loads(gzip.decompress(files[0].read_bytes()))
    return {**page, "categories": {c: rows[:6] for c, rows in page["categories"].items()}}


def evals_sample() -> Any:
    return {
        "schema_version": "0.3.0", "retrieved_timestamp": "1760000000",
        "model_info": {"id": "meta-llama/Llama-3.1-8B-Instruct", "developer": "Meta"},
        "evaluation_results": [
            {"evaluation_name": f"bench {n}", "source_data": {"hf_repo": "a/b"},
             "metric_config": {"metric_id": "accuracy", "min_score": 0.0, "max_score": 1.0,
                               "lower_is_better": False},
             "score_details": {"score": n / 7, "uncertainty": {"standard_error": {"value": 0.01}}}}
            for n in range(5)
        ],
    }  # fmt: skip


def numbers(holder: Any, *fields: str) -> set[float]:
    held = holder if isinstance(holder, dict) else {}
    found = (held.get(field) for field in fields)
    return {float(n) for n in found if isinstance(n, int | float) and not isinstance(n, bool)}


def inner(holder: Any, field: str) -> Any:
    return holder.get(field) if isinstance(holder, dict) else None


def members(holder: Any) -> list[tuple[str, Any]]:
    return list(holder.items()) if isinstance(holder, dict) else []


def of_metr(tree: Any) -> Values:
    return {
        (_name_of_key(str(key)), value)
        for key, result in members(inner(tree, "results"))
        for field, held in members(inner(result, "metrics"))
        if field.startswith("p")
        for value in numbers(held, "estimate")
    }


def of_arena(tree: Any) -> Values:
    # A number that a page gives as text is read as well.
    return {
        (str(name).strip(), value)
        for _, rows in members(inner(tree, "categories"))
        for row in (rows if isinstance(rows, list) else ())
        for name in (inner(row, "model_display_name"), inner(row, "model_key"))
        for value in numbers(row, "elo") | ({1500.0} if inner(row, "elo") == "1500" else set())
    }


def of_evals(tree: Any) -> Values:
    identity = inner(inner(tree, "model_info"), "id")
    identity = identity or inner(inner(tree, "model_info"), "name")
    results = inner(tree, "evaluation_results")
    return {
        (str(identity).split("/")[-1], value)
        for result in (results if isinstance(results, list) else ())
        for value in numbers(inner(result, "score_details"), "score")
    }


Kind = tuple[str, Callable[[], Any], Callable[[Any], Values]]
KINDS: dict[str, Kind] = {
    "benchmark_results_1_1.yaml": ("metr", metr_sample, of_metr),
    "page.json": ("arena", arena_sample, of_arena),
    "record.json": ("evals", evals_sample, of_evals),
}


def changed(rng: random.Random, sample: Any) -> Any:
    """The sample with some of its members taken out, renamed or made another thing."""
    tree = copy.deepcopy(sample)
    for _ in range(rng.choice([1, 1, 2, 5])):
        holder, key = rng.choice(list(places(tree)))
        kind = rng.randrange(5)
        if kind == 0:
            del holder[key]
        elif kind == 1 and isinstance(holder, dict):
            holder[f"{key}_new"] = holder.pop(key)
        elif kind == 2 and isinstance(holder, dict):
            holder[rng.choice(["elo", "estimate", "score", "extra"])] = rng.choice(ODD)
        else:
            holder[key] = copy.deepcopy(rng.choice(ODD))
    return tree


def places(tree: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    stack = [tree]
    while stack:
        node = stack.pop()
        for key in node if isinstance(node, dict) else range(len(node)):
            found.append((node, key))
            if isinstance(node[key], dict | list):
                stack.append(node[key])
    return found


def one_sentence(error: TrackerError) -> None:
    assert error.message
    assert "\n" not in error.message


def check(name: str, rng: random.Random) -> tuple[int, int]:
    """Read one changed file; rows read, and whether it was refused."""
    source, sample, stated = KINDS[name]
    tree = changed(rng, sample())
    fast = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text = yaml.dump(tree, Dumper=fast) if name.endswith("yaml") else json.dumps(tree)
    content = text.encode("utf-8", "surrogatepass")
    given = replace(OPTIONS, own=sources.own_options(source, {}))
    try:
        found = sources.load(source).read(SourceFile(Path(name), content), given)
    except TrackerError as error:
        one_sentence(error)
        return 0, 1
    bad = {p.row for p in found.problems}
    assert found.read == found.rows.height + len(bad) + len(found.skipped)
    assert set(found.rows.select("model", "value").rows()) <= stated(tree)
    return found.rows.height, 0


@pytest.mark.parametrize("name", KINDS)
def test_no_value_is_read_that_is_not_stated(name: str) -> None:
    told = [check(name, random.Random(f"{name}:{n}")) for n in range(40)]
    assert sum(rows for rows, _ in told) > 40


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_no_value_is_read_that_is_not_stated_in_thousands_of_files(name: str) -> None:
    for n in range(3000):
        check(name, random.Random(f"{name}:slow:{n}"))
