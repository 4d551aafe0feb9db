"""Time horizons: the file of results and the table of fits, their siblings, and what is none."""

from datetime import date
from math import exp, log
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from reading import read

from forecasts.errors import TrackerError
from tracker.sources.contract import MissingFact, Reading
from tracker.sources.metr import _name_of_key
from tracker.workspace import Workspace

SHARED = Path(__file__).parents[4] / "shared/data/metr/metr-benchmark_results_1_1-2026-04.yaml"
P50, P80 = "METR time horizon p50", "METR time horizon p80"


def horizon(value: Any, low: float | None = None, high: float | None = None) -> Any:
    return {"estimate": value, "ci_low": low, "ci_high": high}


def result(**more: Any) -> dict[str, Any]:
    return {
        "benchmark_name": "METR-Horizon-v1.1",
        "metrics": {"p50_horizon_length": horizon(60.0, 30.0, 120.0), "is_sota": True,
                    "average_score": {"estimate": 0.5}},
        "release_date": "2025-03-04", "scaffolds": ["a", None], **more,
    }  # fmt: skip


def of_p50(held: Any) -> dict[str, Any]:
    return result(metrics={"p50_horizon_length": held})


def of(tmp_path: Path, results: Any, name: str = "r.yaml", **top: Any) -> Reading:
    document = {"benchmark_name": "METR-Horizon-v1.1", "results": results, **top}
    return read("metr", tmp_path / name, yaml.safe_dump(document, sort_keys=False))


def test_the_shared_file_goes_in_whole(empty: Workspace) -> None:
    if not SHARED.is_file():
        pytest.skip("../shared/data/metr is not on this machine")
    done = empty.import_files("metr", [SHARED])
    assert (done.read, done.added, done.rejected, done.skipped) == (48, 48, 0, 0)
    rows = empty.store.current()
    assert rows.group_by("index_name", "index_version").len().sort(pl.all()).rows() == [
        (P50, "1.0", 3), (P50, "1.1", 21), (P80, "1.0", 3), (P80, "1.1", 21),
    ]  # fmt: skip
    assert rows["lab"].null_count() == rows["released_on"].null_count() == 0
    assert rows["observed_on"].unique().to_list() == [date(2026, 3, 5)]  # its latest release
    held = yaml.safe_load(SHARED.read_text())["results"]
    for key, stated in held.items():
        for metric, index in (("p50_horizon_length", P50), ("p80_horizon_length", P80)):
            row = rows.row(by_predicate=(pl.col("index_name") == index)
                           & (pl.col("model") == _name_of_key(key)), named=True)  # fmt: skip
            ends = stated["metrics"][metric]
            assert row["value"] == ends["estimate"]
            assert row["released_on"] == stated["release_date"]
            # Of the logarithm: the interval of the same width around the estimate.
            width = log(ends["ci_high"] / ends["ci_low"]) / (2 * 1.959963984540054)
            assert row["stderr"] / row["value"] == pytest.approx(width)
    # Rows taken over from 1.0 are no sweep of it.
    assert set(empty.data.sweeps()["index_version"]) == {"1.1"}
    assert empty.import_files("metr", [SHARED]).unchanged == 48


def test_the_scale_is_known(empty: Workspace) -> None:
    for index in (P50, P80, "METR time horizon p90"):
        spec = empty.data.index_spec(index, "2.0")
        assert (spec.low, spec.high, spec.unit, spec.scale, spec.true_zero) == (
            0, None, "minutes", "log", True,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("claude_3_5_sonnet_20241022_inspect", "claude-3.5-sonnet-20241022"),
        ("gpt_5_2025_08_07_inspect", "gpt-5-2025-08-07"), ("o1_inspect", "o1"),
        ("gpt_4_1106_inspect", "gpt-4-1106"), ("kimi_k2_5", "kimi-k2.5"), ("gpt2", "gpt2"),
        ("llama_3_1_405b", "llama-3.1-405b"), ("gpt_5_4_xhigh", "gpt-5.4-xhigh"),
    ],
)  # fmt: skip
def test_the_name_of_a_key(key: str, name: str) -> None:
    assert _name_of_key(key) == name


def test_what_is_left_out_is_left_open_and_what_is_more_is_no_harm(tmp_path: Path) -> None:
    found = of(tmp_path, {
        "claude_9": result(release_date=None, more={"x": [1]}),
        "gpt_5_9": result(metrics={"p80_horizon_length": horizon(9)}),
        "o4_mini": result(metrics={"p50_horizon_length": horizon(5.0, None, 7.0),
                              "p95_horizon_length": horizon(1.0, 0.0, 2.0)}),
        "grok_9": result(metrics={"p50_horizon_length": horizon(None)}),
        "glm_9": result(metrics={"p50_horizon_length": horizon(0.0, 0.0, 0.1)}),
        "qwen_9": result(metrics=None, agents={"one": {"p50_horizon_length": horizon(3.0)}}),
    }, version="0123")  # fmt: skip
    assert found.problems == []
    rows = found.rows.select("model", "index_name", "value", "stderr", "released_on").rows()
    day = date(2025, 3, 4)
    assert [(m, i, v, s is not None, d) for m, i, v, s, d in rows] == [
        ("claude-9", P50, 60.0, True, None), ("gpt-5.9", P80, 9.0, False, day),
        ("o4-mini", P50, 5.0, False, day), ("o4-mini", "METR time horizon p95", 1.0, False, day),
        ("qwen-9", P50, 3.0, False, day),
    ]  # fmt: skip
    assert [p.reason for p in found.skipped] == [
        "grok-9 has no horizon", "glm-9 has a horizon of 0",
    ]  # fmt: skip
    assert found.read == 7


def test_each_version_is_its_own(tmp_path: Path) -> None:
    older = result(benchmark_name="METR-Horizon-v1")
    found = of(
        tmp_path, {"gpt_5_9": result(), "gpt_4_8": older, "o4_mini": result(benchmark_name=None)}
    )
    assert found.rows.select("model", "index_version").rows() == [
        ("gpt-5.9", "1.1"), ("gpt-4.8", "1.0"), ("o4-mini", "1.1"),
    ]  # fmt: skip
    assert found.partial == {(P50, "1.0")}
    later = of(
        tmp_path, {"gpt_5_9": result(benchmark_name=None)}, benchmark_name="METR-Horizon-v2.0"
    )
    assert later.index_version == "2.0"
    none = {"gpt_5_9": result(benchmark_name=None)}
    told = of(tmp_path, none, "benchmark_results_1_2.yaml", benchmark_name="METR-Horizon")
    assert told.index_version == "1.2"
    with pytest.raises(MissingFact, match="which version"):
        of(tmp_path, none, benchmark_name=None)


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        (result(metrics=[]), "metrics", "is a list"),
        (of_p50(3), "p50_horizon_length", "is a number"),
        (of_p50(horizon("x")), "p50_horizon_length.estimate", "is text"),
        (of_p50(horizon(-1)), "p50_horizon_length", "negative"),
        (of_p50(horizon(5, 9, 2)), "p50_horizon_length", "from 9 to 2"),
        (result(release_date="soon"), "released_on", "'soon' is not a date"),
        (result(release_date=[2025]), "release_date", "is a list"),
        ("text", "results", "is text"),
    ],
)  # fmt: skip
def test_a_wrong_member_is_a_problem_of_its_row(
    tmp_path: Path, wrong: Any, field: str, words: str
) -> None:
    found = of(tmp_path, {"gpt_5_9": result(), "o4_mini": wrong})
    assert [(p.row, p.field) for p in found.problems] == [(2, field)]
    assert words in found.problems[0].reason
    assert found.rows["model"].to_list() == ["gpt-5.9"]


@pytest.mark.parametrize(
    "text", ["results: []", "results: {}", "- 1", "benchmark_name: x", "just text"]
)
def test_what_is_none_of_the_files(tmp_path: Path, text: str) -> None:
    with pytest.raises(TrackerError, match="YAML of another shape") as caught:
        read("metr", tmp_path / "x.yaml", text)
    assert "benchmark_results" in caught.value.hint


FITS = """,coefficient,p50,p50q0.025,p50q0.975,p80,p80q0.025,p80q0.975,1-4 min,agent,release_date
0,-0.6,11.4,5.4,22.5,1.7,0.6,4.5,0.9,Claude 3.5 Sonnet (Old) (Inspect),2024-06-20
1,-0.6,0.0,0.0,0.0,0.0,0.0,0.0,0.9,GPT-2,2019-02-14
2,-0.6,40.0,,,9.0,,,0.9,o3 (Inspect),
3,,600.0,,,,,,,human,
"""


def test_the_table_of_fits(empty: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "time-horizon-1-1" / "data"
    folder.mkdir(parents=True)
    (folder / "headline.csv").write_text(FITS)
    done = empty.import_files("metr", [folder / "headline.csv"])
    assert (done.added, done.skipped, done.rejected) == (4, 3, 0)
    rows = empty.store.current().sort("index_name", "value", descending=[False, True])
    assert rows.select("model", "lab", "index_name", "index_version", "value").rows() == [
        ("o3", "OpenAI", P50, "1.1", 40.0),
        ("Claude 3.5 Sonnet (Old)", "Anthropic", P50, "1.1", 11.4),
        ("o3", "OpenAI", P80, "1.1", 9.0),
        ("Claude 3.5 Sonnet (Old)", "Anthropic", P80, "1.1", 1.7),
    ]
    assert rows["observed_on"].unique().to_list() == [date(2024, 6, 20)]


@pytest.mark.parametrize(("low", "high", "z"), [
    ("p50q10", "p50q90", 1.2815515655446004), ("p50q0.05", "p50q0.95", 1.6448536269514722),
    ("p50q025", "p50q975", 1.959963984540054),
])  # fmt: skip
def test_the_columns_say_the_level_of_the_interval(
    tmp_path: Path, low: str, high: str, z: float
) -> None:
    text = f"agent,release_date,p50,{low},{high}\nGPT-5.9,2025-01-01,10,5,20\n"
    row = read("metr", tmp_path / "benchmark_results_1_1.csv", text).rows.row(0, named=True)
    error = row["stderr"] / row["value"]
    assert exp(log(10) + z * error) == pytest.approx(20)


def test_a_table_that_lacks_a_column_names_it(tmp_path: Path) -> None:
    with pytest.raises(TrackerError, match="has no column 'p50'"):
        read("metr", tmp_path / "t.csv", "agent,p51\nA,1\n")
    with pytest.raises(MissingFact, match="which version"):
        read("metr", tmp_path / "t.csv", "agent,p50,release_date\nGPT-5.9,1,2025-01-01\n")
    found = read("metr", tmp_path / "time-horizon-1-1.csv", "agent,p50\nGPT-5.9,x\nGPT-4.8\n")
    assert [(p.row, p.field) for p in found.problems] == [(2, "p50"), (3, "row")]


def test_of_a_model_held_back_each_horizon_counts(empty: Workspace, tmp_path: Path) -> None:
    wide = {"p50_horizon_length": horizon(60.0, 0.001, 9e5)} | {
        "p80_horizon_length": horizon(20.0, 0.0001, 9e5)
    }
    known = {f"gpt_5_{n}": result(metrics={"p50_horizon_length": horizon(50.0 + n),
                                           "p80_horizon_length": horizon(5.0 + n)})
             for n in range(9)}  # fmt: skip
    path = tmp_path / "r.yaml"
    path.write_text(yaml.safe_dump({"results": known}))
    empty.import_files("metr", [path])
    path.write_text(yaml.safe_dump({"results": {"o4_mini": result(metrics=wide)}}))
    done = empty.import_files("metr", [path], accept=["unjudged"])
    assert (done.read, done.added, done.unchanged, done.held["count"]) == (2, 0, 0, 2)
