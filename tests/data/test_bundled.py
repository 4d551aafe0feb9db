"""The bundled facts: well formed, sourced, and the same as the files that they came from."""

import gzip
import json
from pathlib import Path

import polars as pl
import pytest

from tracker.catalogue import Catalogue
from tracker.store.schema import REQUIRED, STATED, text_problem

SHARED = Path(__file__).parents[3] / "shared" / "data"
FOLDER = Path(__file__).parents[2] / "data"
CATALOGUE = Catalogue(FOLDER)


def shared(name: str) -> Path:
    if not (SHARED / name).is_file():
        pytest.skip(f"../shared/data/{name} is not on this machine")
    return SHARED / name


def test_every_observation_is_complete_clean_and_sourced() -> None:
    rows = CATALOGUE.observations()
    assert tuple(rows.columns) == STATED
    assert rows.select(pl.col(REQUIRED).null_count()).sum_horizontal().item() == 0
    assert rows["source_url"].str.starts_with("https://").all()
    assert rows["value"].is_between(0, 100).all()
    assert (rows["released_on"] <= rows["observed_on"]).drop_nulls().mean() > 0.99
    for name in ("model", "lab", "source", "note"):
        assert [t for t in rows[name].drop_nulls().unique() if text_problem(t)] == []


def test_labs_have_one_name_and_known_countries() -> None:
    rows = CATALOGUE.observations()
    assert {str(name) for name in rows["lab"].unique()} <= set(CATALOGUE.labs["lab"])
    for countries in CATALOGUE.labs["countries"].drop_nulls():
        assert set(filter(None, countries.split(","))) <= CATALOGUE.countries
    names = [
        name
        for lab, aliases in CATALOGUE.labs.select("lab", "aliases").iter_rows()
        for name in [lab, *(aliases or "").split(";")]
        if name
    ]
    folded = ["".join(c for c in n.casefold() if c.isalnum()) for n in names]
    assert len(set(folded)) == len(folded)


@pytest.mark.parametrize(
    ("alias", "lab", "country"),
    [
        ("Zhipu", "Z AI", "CN"),
        ("kimi", "Moonshot AI", "CN"),
        ("Google DeepMind", "Google", "US,GB"),
        ("deepseek", "DeepSeek", "CN"),
    ],
)
def test_labs_are_found_by_alias(alias: str, lab: str, country: str) -> None:
    found = CATALOGUE.lab(alias)
    assert found is not None
    assert (found.name, set(found.countries.split(","))) == (lab, set(country.split(",")))


def test_every_version_in_the_data_is_described() -> None:
    rows = CATALOGUE.observations()
    for name, version in rows.select("index_name", "index_version").unique().iter_rows():
        assert CATALOGUE.index_version(name, version) is not None


# How the leaderboard called three models before it called them as the bundled data do.
RENAMED = {
    "Gemini 3.1 Flash-Lite Preview": "Gemini 3.1 Flash-Lite",
    "Grok 4.3": "Grok 4.3 (high)",
    "Claude Opus 4.6 (Non-reasoning)": "Claude Opus 4.6 (Non-reasoning, High Effort)",
    "gpt-oss-120B (high)": "gpt-oss-120b (high)",
    "gpt-oss-120B (low)": "gpt-oss-120b (low)",
}
AA_INDEX = "Artificial Analysis Intelligence Index"


def board(day: str) -> pl.DataFrame:
    """The bundled rows of the leaderboard of a day that is held whole."""
    on_day = pl.col("observed_on") == pl.lit(day).str.to_date()
    return CATALOGUE.observations().filter(on_day, pl.col("index_name") == AA_INDEX)


@pytest.mark.parametrize(
    ("day", "version", "models"),
    [
        ("2026-04-10", "4.0", 439),
        ("2026-05-10", "4.0", 477),
        ("2026-06-10", "4.0", 491),
        ("2026-06-15", "4.0", 501),
        ("2026-06-16", "4.1", 501),
    ],
)
def test_whole_boards_are_the_snapshots(day: str, version: str, models: int) -> None:
    path = f"aa-llms-{day}.json"
    packed = (SHARED / f"{path}.gz").is_file()
    content = gzip.decompress(shared(f"{path}.gz").read_bytes()) if packed else (
        shared(path).read_bytes())  # fmt: skip
    key = "artificial_analysis_intelligence_index"
    theirs = {
        RENAMED.get(name := m["name"].strip(), name): m["evaluations"][key]
        for m in json.loads(content)["models"]
        if m["evaluations"].get(key) is not None
    }
    rows = board(day)
    assert rows.height == models
    assert rows["index_version"].unique().to_list() == [version]
    assert dict(rows.select("model", "value").iter_rows()) == theirs


def test_every_day_is_what_the_shared_changes_say(daily_changes: pl.DataFrame) -> None:
    """Replayed: the values that stand on each day are those of the board, to its four digits."""
    gone = pl.col("release_date").eq_missing(pl.lit("REMOVED"))
    rows = CATALOGUE.observations().filter(index_name=AA_INDEX, source="artificial-analysis")
    days = daily_changes["observed_on"].unique().sort().to_list()
    assert (days[0], days[-1], len(days)) == ("2026-04-10", "2026-06-30", 51)
    for day in days:
        version = "4.0" if day < "2026-06-16" else "4.1"
        since = "2026-06-16" if version == "4.1" else "2026-04-10"
        listed = (
            daily_changes.filter(pl.col("observed_on").is_between(pl.lit(since), pl.lit(day)))
            .group_by("id", maintain_order=True)
            .last()
            .filter(~gone, pl.col("value").is_not_null())
        )
        held = (
            rows.filter(
                pl.col("index_version") == version,
                pl.col("observed_on") <= pl.lit(day).str.to_date(),
            )
            .sort("observed_on")
            .group_by("model", maintain_order=True)
            .last()
        )
        both = listed.with_columns(
            model=pl.col("name").str.strip_chars().replace(RENAMED),
            theirs=pl.col("value").cast(float),
        ).join(held, on="model", how="left")
        assert both["value_right"].null_count() == 0, day
        assert (both["value_right"] - both["theirs"]).abs().max() < 0.00501, day  # type: ignore[operator]
        assert (both["estimated"] == (both["is_estimated"] == "True")).all(), day


def test_days_that_count_as_sweeps_hold_the_board_whole(daily_changes: pl.DataFrame) -> None:
    sweeps = CATALOGUE.sweeps.filter(source="artificial-analysis")["observed_on"].cast(pl.String)
    assert sweeps.to_list() == [
        "2026-04-10", "2026-05-10", "2026-06-10", "2026-06-15", "2026-06-16", "2026-06-30",
    ]  # fmt: skip
    gone = pl.col("release_date").eq_missing(pl.lit("REMOVED"))
    for day in sweeps:
        listed = (
            daily_changes.filter(pl.col("observed_on") <= day)
            .group_by("id", maintain_order=True)
            .last()
            .filter(~gone, pl.col("value").is_not_null())
        )
        names = listed["name"].str.strip_chars().replace(RENAMED)
        assert sorted(board(day)["model"]) == sorted(names)


def test_weights_are_those_published_and_sum_to_one() -> None:
    weights = CATALOGUE.index_weights.drop_nulls("weight")  # of 4.0 the components alone are known
    totals = weights.group_by("index_version").agg(pl.col("weight").sum()).sort("index_version")
    assert totals["index_version"].to_list() == ["4.1.1", "4.3.2"]
    assert totals["weight"].to_list() == pytest.approx([1, 1], abs=1e-12)
    theirs = pl.read_csv(shared("aa-index-weights.csv"), infer_schema=False)
    ours = weights.select("index_version", "component", "weight")
    assert ours.rows() == theirs.with_columns(pl.col("weight").cast(pl.Float64)).rows()


def test_scores_that_the_eci_is_fitted_to_are_all_there() -> None:
    theirs = pl.read_csv(
        gzip.decompress(shared("epoch/eci_benchmarks-2026-08-11.csv.gz").read_bytes()),
        infer_schema=False,
    )
    ours = CATALOGUE.observations().filter(index_version="eci")
    assert (ours.height, ours["index_name"].n_unique()) == (2249, 57)
    wanted = sorted(theirs.select("model", "date", pl.col("performance").cast(float)).rows())
    have = sorted(ours.select("model", pl.col("released_on").cast(pl.String), "value").rows())
    assert have == wanted
    names = theirs.select("benchmark", "model", pl.col("performance").cast(float))
    mine = ours.select(pl.col("index_name").str.strip_prefix("Epoch ECI "), "model", "value")
    assert sorted(mine.rows()) == sorted(names.rows())


def test_no_published_value_of_the_eci_is_bundled() -> None:
    names = CATALOGUE.observations()["index_name"].unique().to_list()
    assert "Epoch Capabilities Index" not in names


def test_the_published_values_are_all_there_but_the_misread_ones() -> None:
    theirs = pl.read_csv(shared("published_index_facts.csv"), infer_schema_length=None)
    ours = CATALOGUE.observations().filter(source="published")
    counts = theirs.group_by("scale").len().sort("scale")
    mine = ours.group_by("index_version").len().sort("index_version")
    assert counts["scale"].to_list() == mine["index_version"].to_list()
    assert int(counts["len"].sum()) - int(mine["len"].sum()) == 4


def test_the_article_has_all_its_values() -> None:
    theirs = pl.read_csv(shared("seed-article-facts.csv")).filter(kind="index")
    ours = CATALOGUE.observations().filter(source="article")
    assert sorted(ours["value"]) == sorted(map(float, theirs["value"]))
    assert set(ours.filter(value=94)["model"]) == {"o1", "o3"}
    assert set(ours.filter(value=84)["model"]) == {"Step-2-16k", "Step-R-mini"}


def test_the_catalogue_covers_every_lab_of_the_shared_files() -> None:
    labs: set[str] = set()
    for day in ("04", "05", "06"):
        snapshot = json.loads(shared(f"aa-llms-2026-{day}-10.json").read_text("utf-8"))
        labs |= {m["creator"]["name"] for m in snapshot["models"]}
    labs |= set(pl.read_csv(shared("published_index_facts.csv"))["lab"])
    labs |= set(pl.read_csv(shared("seed-article-facts.csv"))["lab"].drop_nulls())
    eci = pl.read_csv(shared("epoch/eci_scores-sample.csv"), infer_schema=False)
    for names in eci["Organization"].drop_nulls():
        labs |= {part.strip() for part in names.split(",")}
    assert sorted(name for name in labs if CATALOGUE.lab(name) is None) == []
