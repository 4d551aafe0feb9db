"""Epoch's per-benchmark tables: best score per model, dates and labs from the catalogue beside."""

from datetime import date
from pathlib import Path

import pytest

from forecasts.errors import TrackerError
from tracker.workspace import Workspace

SHARED = Path(__file__).parents[4] / "shared" / "data"
SCORES = """id,Model version,Accuracy,Source link
1,gpt-4-0613,50%,https://example.org/a
2,gpt-4-0613,61.5%,https://example.org/b
3,org/Thing-7B,40%,https://example.org/c
4,unheard-of,10%,https://example.org/d
5,claude-2.0,,https://example.org/e
"""
CATALOGUE = """id,Model,Version release date,Hugging Face developer id
gpt-4-0613,GPT-4,2023-06-13,
org/Thing-7B,Thing,2024/01/05,deepseek-ai
claude-2.0,Claude 2,2023-07-11,
unheard-of,X,2024-02-02,
"""


def test_a_table_of_scores(empty: Workspace, tmp_path: Path) -> None:
    (tmp_path / "external_benchmark_my_test.csv").write_text(SCORES, "utf-8")
    file = tmp_path / "external_benchmark_my_test.csv"
    with pytest.raises(TrackerError, match="model_versions"):
        empty.import_files("epoch-benchmarks", [file])
    (tmp_path / "model_versions.csv").write_text("\ufeff" + CATALOGUE, "utf-8")
    result = empty.import_files("epoch-benchmarks", [file])
    assert (result.added, result.skipped, result.rejected) == (2, 2, 0)
    assert result.read == result.added + result.skipped
    rows = empty.list()
    assert rows["model"].to_list() == ["gpt-4-0613", "Thing-7B"]
    assert rows["value"].to_list() == [61.5, 40.0]
    assert rows["lab"].to_list() == ["OpenAI", "DeepSeek"]
    assert rows["index_name"].unique().to_list() == ["Epoch my test"]
    assert rows["observed_on"].unique().to_list() == [date(2024, 1, 5)]
    assert empty.import_files("epoch-benchmarks", [file]).added == 0


def test_the_shared_tables_import_whole(empty: Workspace) -> None:
    folder = SHARED / "epoch"
    if not folder.is_dir():
        pytest.skip("../shared/data/epoch is not on this machine")
    files = [*sorted(folder.glob("external_benchmark_*.csv")), folder / "benchmarks_runs.csv"]
    result = empty.import_files("epoch-benchmarks", files)
    assert result.rejected == 0
    assert result.added > 1800
    assert empty.store.current()["index_name"].n_unique() > 40
