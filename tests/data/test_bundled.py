"""The bundled facts: well formed, sourced, and the same as the files that they came from."""

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


def test_version_4_is_the_snapshot() -> None:
    snapshot = json.loads(shared("aa-llms-2026-06-10.json").read_text("utf-8"))
    key = "artificial_analysis_intelligence_index"
    theirs = {
        (m["name"].strip(), m["release_date"]): m["evaluations"][key]
        for m in snapshot["models"]
        if m["evaluations"].get(key) is not None
    }
    rows = CATALOGUE.observations().filter(index_version="4.0")
    ours = {
        (model, None if day is None else str(day)): value
        for model, day, value in rows.select("model", "released_on", "value").iter_rows()
    }
    assert rows.height == 491
    assert ours == theirs


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
