"""Epoch's tables told apart by their columns: the ECI, the scores behind it, its benchmarks."""

import csv
import gzip
import io
import zipfile
from collections.abc import Callable
from datetime import date
from math import nan
from pathlib import Path

import polars as pl
import pytest
from scipy.stats import norm

from forecasts.errors import TrackerError
from tracker.catalogue import Catalogue
from tracker.recording.rebase import ScaleInDoubt
from tracker.sources import load
from tracker.sources.epoch import facts
from tracker.sources.file import SourceFile
from tracker.workspace import Workspace

SHARED = Path(__file__).parents[4] / "shared" / "data" / "epoch"
CATALOGUE = Catalogue()
# An invented model in each of the shapes that Epoch publishes.
SCORES = """Model,Display name,eci,eci_ci_low,eci_ci_high,date,Organization,\
Country (of organization),Model accessibility,Accessibility group,model_versions
Alpha 2,Alpha 2,150.5,148.0,153.5,2026-03-05,Google DeepMind,"United States of America,\
United Kingdom of Great Britain and Northern Ireland",API access,Closed weights,
Beta,Beta (max),140,,,2026-01-02,"Z.ai (Zhipu AI),Tsinghua University",China,\
Open weights (restricted use),Open weights,
Gamma,Gamma,130.25,129,131,2025-12-01,Somebody,Atlantis,Unknown,Other,
"""
EXPORT = """Model version,ECI Score,Release date,Organization,Country,Model accessibility,\
Training compute (FLOP),Confidence,Model name,Description,Display name
alpha-2_high,150.5,2026-03-05,OpenAI,United States of America,,,Unverified,Alpha 2,"two
lines",
alpha-2_low,150.5,2026-03-01,OpenAI,United States of America,API access,,Unverified,Alpha 2,,
beta-1,,2026-01-01,DeepSeek,China,Open weights (unrestricted),,Unverified,Beta,,
"""
FITTED = """model_id,benchmark_id,performance,benchmark,benchmark_release_date,optimized,model,\
model_version,Model,model_group,Model aggregation,Model Aggregation Date,date,source
m1,b1,0.605,MMLU,2020-09-07,True,Claude 9 (May 2026),claude-9-20260501,Claude 9,Claude 9,,,\
2026-05-01,Some paper
m1,b2,0.1,A New Test,,False,Claude 9 (May 2026),claude-9-20260501,Claude 9,Claude 9,,,2026-05-01,\
https://example.org/t
m1,b2,,A New Test,,False,Claude 9 (May 2026),claude-9-20260501,Claude 9,Claude 9,,,2026-05-01,
"""
HUB = """Model version,mean_score,Best score (across scorers),Release date,Organization,Country,\
Training compute (FLOP),Training compute notes,stderr,Log viewer,Logs,Started at,id
gpt-9_high,0.8,0.81,2026-02-01,OpenAI,United States of America,,,0.0125,https://example.org/log,,\
2026-03-04T00:10:00.000Z,a
gpt-9_high,0.82,0.82,2026-02-01,OpenAI,United States of America,,,0.011,,,\
2026-03-01T00:10:00.000Z,b
fireworks/deepseek-v9,,,2026-02-03,DeepSeek,China,,,,,,2026-03-04T00:10:00.000Z,c
qwen9,0.5,0.5,2026-02-05,Alibaba,China,,,,,,2026-03-04T00:10:00.000Z,d
"""


def imported(workspace: Workspace, name: str, text: str) -> tuple[int, int, int, int]:
    file = SourceFile(Path(name), text.encode())
    result = workspace.import_files("epoch", [file])
    assert result.read == result.added + result.unchanged + result.rejected + result.skipped
    return result.read, result.added, result.unchanged, result.skipped


def shared(name: str) -> SourceFile:
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"../shared/data/epoch/{name} is not on this machine")
    content = path.read_bytes()
    if name.endswith(".gz"):
        return SourceFile(Path(name.removesuffix(".gz")), gzip.decompress(content))
    return SourceFile(path, content)


def cells(file: SourceFile) -> list[dict[str, str]]:
    text = file.read(10_000_000).decode("utf-8-sig")
    return list(csv.DictReader(text.splitlines(keepends=True)))


def test_scores_of_the_eci(empty: Workspace) -> None:
    assert imported(empty, "eci_scores-2026-08-11.csv", SCORES) == (3, 3, 0, 0)
    rows = {row["model"]: row for row in empty.list().to_dicts()}
    alpha, beta, gamma = rows["Alpha 2"], rows["Beta"], rows["Gamma"]
    assert (alpha["lab"], alpha["country"], alpha["open_weights"]) == ("Google", "US,GB", False)
    assert alpha["stderr"] == pytest.approx((153.5 - 148.0) / (2 * norm.ppf(0.95)), rel=1e-12)
    assert (beta["lab"], beta["country"], beta["open_weights"]) == ("Z AI", "CN", True)
    assert (beta["stderr"], beta["released_on"]) == (None, date(2026, 1, 2))
    assert (gamma["lab"], gamma["country"], gamma["open_weights"]) == ("Somebody", None, None)
    assert {row["observed_on"] for row in rows.values()} == {date(2026, 8, 11)}
    assert {row["index_name"] for row in rows.values()} == {"Epoch Capabilities Index"}


def test_a_country_that_is_not_known_is_named(empty: Workspace) -> None:
    file = SourceFile(Path("eci_scores-2026-08-11.csv"), SCORES.encode())
    notes = empty.import_files("epoch", [file]).notes
    assert any("Atlantis" in note for note in notes)


def test_a_name_without_a_day_leaves_the_latest_that_is_stated(empty: Workspace) -> None:
    imported(empty, "eci_scores.csv", SCORES)
    assert empty.list()["observed_on"].unique().to_list() == [date(2026, 3, 5)]


def test_versions_of_a_model_have_one_score_of_the_eci(empty: Workspace) -> None:
    assert imported(empty, "export-2026-04-11.csv", EXPORT) == (3, 1, 1, 1)
    row = empty.list().row(0, named=True)
    assert (row["model"], row["value"], row["stderr"]) == ("Alpha 2", 150.5, None)
    # The first release of any of them, and what any of them states.
    assert (row["released_on"], row["open_weights"]) == (date(2026, 3, 1), False)


def test_scores_that_the_eci_is_fitted_to(empty: Workspace) -> None:
    assert imported(empty, "eci_benchmarks-2026-08-11.csv", FITTED) == (3, 2, 0, 1)
    rows = empty.list().sort("index_name").to_dicts()
    assert [row["index_name"] for row in rows] == ["Epoch ECI A New Test", "Epoch ECI MMLU"]
    assert {row["index_version"] for row in rows} == {"eci"}
    assert {(row["model"], row["lab"]) for row in rows} == {("Claude 9 (May 2026)", "Anthropic")}
    assert [row["value"] for row in rows] == [0.1, 0.605]
    assert rows[0]["source_url"] == "https://example.org/t"


def test_a_table_of_the_hub(empty: Workspace) -> None:
    assert imported(empty, "gpqa_diamond.csv", HUB) == (4, 2, 0, 2)
    rows = {row["model"]: row for row in empty.list().to_dicts()}
    best = rows["gpt-9_high"]
    assert (best["value"], best["stderr"], best["lab"]) == (0.82, 0.011, "OpenAI")
    assert best["observed_on"] == date(2026, 3, 4)
    assert best["released_on"] == date(2026, 2, 1)
    assert {(row["index_name"], row["index_version"]) for row in rows.values()} == {
        ("Epoch GPQA diamond", "epoch")
    }


def test_shares_are_percentages_where_the_index_is_in_percent(empty: Workspace) -> None:
    text = (
        "Model version,EM,Release date,Organization,Country\nqwen9,0.123,2026-02-05,Alibaba,China\n"
    )
    imported(empty, "mmlu_external.csv", text)
    row = empty.list().row(0, named=True)
    assert (row["index_name"], row["value"]) == ("Epoch mmlu", 12.3)
    percent = text.replace("EM", "Score").replace("0.123", "62.9")
    imported(empty, "os_world_external.csv", percent)
    assert empty.list().filter(index_name="Epoch os world")["value"].to_list() == [62.9]


@pytest.mark.parametrize(
    ("table", "index"),
    [
        ("terminalbench", "Epoch Terminal-Bench 2"),
        ("Terminal Bench", "Epoch Terminal-Bench 2"),
        ("hella swag", "Epoch hellaswag"),
        ("adversarial nli", "Epoch anli"),
        ("METR Time Horizons", "Epoch metr"),
        ("frontiermath tier 4 v2", "Epoch FrontierMath-Tier-4-v2-Private"),
        ("Another Bench", "Epoch Another Bench"),
    ],
)
def test_an_index_has_one_name_however_it_is_spelt(table: str, index: str) -> None:
    assert facts.index_of(table, CATALOGUE) == index


def test_no_two_indices_of_epoch_differ_by_signs_alone() -> None:
    names = CATALOGUE.index_versions["index_name"].unique().to_list()
    folded = ["".join(c for c in name.casefold() if c.isalnum()) for name in names]
    assert len(set(folded)) == len(folded)


@pytest.mark.parametrize(
    ("columns", "what"),
    [
        ("benchmark_name,is_anchor,benchmark_release_date,edi,slope", "difficulty"),
        ("benchmark,in_eci,source_file,score_column,scale", "description of benchmarks"),
        ("model_version,model_group,date,display_name,organization,country,accessibility",
         "catalogue of models"),
        ("a,b,c", "no column of scores"),
    ],
)  # fmt: skip
def test_tables_without_scores_are_refused_in_a_sentence(
    empty: Workspace, columns: str, what: str
) -> None:
    text = columns + "\n" + ",".join("1" for _ in columns.split(",")) + "\n"
    with pytest.raises(TrackerError, match=what):
        empty.import_files("epoch", [SourceFile(Path("x.csv"), text.encode())])


def test_one_name_is_not_given_to_many_benchmarks(empty: Workspace) -> None:
    file = SourceFile(Path("eci_benchmarks-2026-08-11.csv"), FITTED.encode())
    with pytest.raises(TrackerError, match="2 benchmarks"):
        empty.import_files("epoch", [file], index="Mine")


def test_a_table_of_errors_is_no_table_of_scores(empty: Workspace) -> None:
    text = "Model version,Score,Release date\nqwen9,0.1,2026-02-05\n"
    with pytest.raises(TrackerError, match="the lower they are"):
        empty.import_files("epoch", [SourceFile(Path("btf3_external.csv"), text.encode())])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Open weights (non-commercial)", True),
        ("API access", False),
        ("Hosted access (no API)", False),
        ("Unreleased", False),
        ("Unknown", None),
        ("", None),
    ],
)
def test_weights_by_accessibility(text: str, expected: bool | None) -> None:
    assert facts.open_weights(text) is expected


def test_the_old_name_is_the_same_source() -> None:
    assert load("epoch-benchmarks") is load("epoch")


@pytest.mark.parametrize(
    "name",
    [
        "eci_scores-sample.csv",
        "eci_scores-2026-08-11-sample.csv",
        "eci-raw-export-2026-04-11.csv.gz",
        "eci_benchmarks-2026-08-11.csv.gz",
    ],
)
def test_the_shared_tables_of_the_eci_go_in_whole(empty: Workspace, name: str) -> None:
    file = shared(name)
    result = empty.import_files("epoch", [file])
    assert result.read == len(cells(file))
    assert result.rejected == 0
    assert result.read == result.added + result.unchanged + result.skipped
    score = next(c for c in ("eci", "ECI Score", "performance") if c in cells(file)[0])
    stated = sorted(
        {(r.get("model") or r.get("Model") or r["Model name"], r.get("benchmark"), float(r[score]))
         for r in cells(file) if r[score]}
    )  # fmt: skip
    assert result.added == len(stated)
    assert sorted(empty.list()["value"]) == sorted(value for *_, value in stated)


@pytest.mark.parametrize("tolerance", [0.5, 1.0])
def test_gap_and_lag_on_the_shared_scores(empty: Workspace, tolerance: float) -> None:
    """Frontiers by hand: the United States against China, every model on its release day."""
    file = shared("eci_scores-2026-08-11-sample.csv")
    empty.import_files("epoch", [file])
    gap = empty.gap(index="Epoch Capabilities Index", tolerance=tolerance)
    of_bloc: dict[str, list[tuple[date, float]]] = {"United States of America": [], "China": []}
    for row in cells(file):
        for country, models in of_bloc.items():
            if country in row["Country (of organization)"].split(","):
                models.append((date.fromisoformat(row["date"]), float(row["eci"])))
    ahead, behind = (max(value for _, value in models) for models in of_bloc.values())
    assert gap.gap_points == pytest.approx(ahead - behind, abs=1e-9)
    reached = min(
        day for day, value in of_bloc["United States of America"] if value >= behind - tolerance
    )
    assert gap.as_of == date(2026, 8, 11)
    assert gap.lag_months == pytest.approx((gap.as_of - reached).days / 30.4375, abs=1e-9)


def test_standard_errors_of_the_shared_scores(empty: Workspace) -> None:
    file = shared("eci_scores-sample.csv")
    empty.import_files("epoch", [file])
    theirs = {r["Model"]: (float(r["eci_ci_low"]), float(r["eci_ci_high"])) for r in cells(file)}
    for model, stderr in empty.list().select("model", "stderr").iter_rows():
        low, high = theirs[model]
        assert stderr * 2 * 1.6449 == pytest.approx(high - low, rel=1e-4)


def test_numbers_that_are_none_have_no_standard_error() -> None:
    assert facts.standard_error("", "2") is None
    assert facts.standard_error("x", "2") is None
    assert float(facts.standard_error("1", "1") or nan) == 0


def test_every_row_of_the_catalogue_of_epoch_is_described() -> None:
    rows = CATALOGUE.index_versions.filter(pl.col("index_name").str.starts_with("Epoch "))
    assert rows.select("index_name", "index_version").is_unique().all()
    assert rows["unit"].null_count() == 0
    bounded = rows.filter(scale="logit")
    assert bounded.select(pl.col("low", "high").null_count()).sum_horizontal().item() == 0


def archive(members: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in members.items():
            file.writestr(name, text)
    return packed.getvalue()


def test_the_archive_is_read_as_it_is(empty: Workspace) -> None:
    held = {
        "README.md": "Licence",
        "gpqa_diamond.csv": HUB,
        "epoch_capabilities_index/edi_scores.csv": "benchmark_name,edi\nMMLU,1\n",
        "epoch_capabilities_index/eci_scores.csv": SCORES.replace("Somebody", "OpenAI"),
    }
    file = SourceFile(Path("benchmark_data.zip"), archive(held))
    result = empty.import_files("epoch", [file])
    assert (result.read, result.added, result.skipped) == (7, 5, 2)
    # Seen on the latest day of any of its tables.
    assert empty.list()["observed_on"].unique().to_list() == [date(2026, 3, 5)]
    assert any("edi_scores.csv" in note for note in result.notes)
    dated = SourceFile(Path("benchmark_data-2026-09-01.zip"), archive(held))
    assert empty.import_files("epoch", [dated]).observed_on == date(2026, 9, 1)


def test_a_damaged_archive_is_refused(empty: Workspace) -> None:
    content = archive({"gpqa_diamond.csv": HUB})
    changed = bytearray(content)
    changed[100] ^= 0xFF
    for damaged in (content[:-4], content[:200], content[:40], bytes(changed)):
        with pytest.raises(TrackerError):
            empty.import_files("epoch", [SourceFile(Path("x.zip"), damaged)])
    with pytest.raises(TrackerError, match="no table"):
        empty.import_files("epoch", [SourceFile(Path("x.zip"), archive({"a.csv": "x,y\n1,2\n"}))])


def test_a_later_fit_of_the_eci_goes_in_and_other_scores_do_not(empty: Workspace) -> None:
    head, *_ = SCORES.splitlines()
    value = "{m},{m},{v},,,2026-0{d}-05,OpenAI,United States of America,API access,Closed weights,"

    def fit(day: str, change: Callable[[int], float]) -> SourceFile:
        rows = [value.format(m=f"M{i}", v=change(i), d=1 + i % 3) for i in range(24)]
        return SourceFile(Path(f"eci_scores-{day}.csv"), "\n".join([head, *rows, ""]).encode())

    empty.import_files("epoch", [fit("2026-04-01", lambda i: 100 + 2 * i)])
    later = empty.import_files("epoch", [fit("2026-05-01", lambda i: 106 + 1.9 * i)])
    assert (later.added, later.held["count"]) == (24, 0)
    assert any("24 known values of 24 changed" in note for note in later.notes)
    with pytest.raises(ScaleInDoubt):
        empty.import_files("epoch", [fit("2026-06-01", lambda i: 146 - 2 * i)])


def test_the_shared_fits_of_the_eci_follow_each_other(empty: Workspace) -> None:
    for name in ("eci_scores-sample.csv", "eci-raw-export-2026-04-11.csv.gz"):
        assert empty.import_files("epoch", [shared(name)], yes=True).added > 0
