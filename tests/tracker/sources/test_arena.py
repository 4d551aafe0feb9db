"""Ratings of Arena: pages, the data set with its history, the catalog, their siblings, and none."""

import gzip
import io
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from reading import OPTIONS, read

from forecasts.errors import TrackerError, UsageError
from tracker import sources
from tracker.sources.arena_boards import BOARDS, Board, board_of, board_of_path, index_name, named
from tracker.sources.contract import MissingFact, Reading
from tracker.sources.file import SourceFile
from tracker.workspace import Workspace

SHARED = Path(__file__).parents[4] / "shared/data/arena/lmarena-if-coding-2026-07-29.json.gz"
URL = "https://lmarena.ai/leaderboard/text/coding"
WIDTH = 2 * 1.959963984540054


def row(**more: Any) -> dict[str, Any]:
    return {
        "rank": 1, "model_key": "k", "model_display_name": "GPT-5.9", "organization": "OpenAI",
        "elo": 1500.5, "elo_upper": 1510.5, "elo_lower": 1490.5, "votes": 5530, **more,
    }  # fmt: skip


def page(categories: Any, **meta: Any) -> str:
    told = {"fetched_at": "2026-07-29T17:16:52+00:00", "source_urls": {"coding": URL}, **meta}
    return json.dumps({"meta": told, "categories": categories})


def arena(name: str, content: bytes | str, **own: Any) -> Reading:
    """What is made of a file that lies at this path, without the day that a caller says."""
    raw = content.encode() if isinstance(content, str) else content
    given = replace(OPTIONS, own=sources.own_options("arena", own))
    return sources.load("arena").read(SourceFile(Path(name), raw), given)


def parquet(rows: list[dict[str, Any]]) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(rows).write_parquet(buffer)
    return buffer.getvalue()


def published(**more: Any) -> dict[str, Any]:
    return {"model_name": "gpt-5.9", "organization": "openai", "license": "Proprietary",
            "rating": 1500.0, "rating_lower": 1490.0, "rating_upper": 1510.0, "variance": 26.0,
            "vote_count": 4932.0, "rank": 1.0, "category": "overall",
            "leaderboard_publish_date": "2026-10-02", **more}  # fmt: skip


def test_the_shared_page_goes_in_whole(empty: Workspace) -> None:
    if not SHARED.is_file():
        pytest.skip("../shared/data/arena is not on this machine")
    content = gzip.decompress(SHARED.read_bytes())
    done = empty.import_files("arena", [SourceFile(Path("page.json"), content)])
    assert (done.read, done.added, done.rejected, done.skipped) == (757, 757, 0, 0)
    held = empty.store.current()
    assert held.group_by("index_name", "index_version").len().sort(pl.all()).rows() == [
        ("Arena text coding", "style-control", 376),
        ("Arena text instruction following", "style-control", 381),
    ]
    assert held["observed_on"].unique().to_list() == [date(2026, 7, 29)]
    for category in ("coding", "instruction-following"):
        of = held.filter(index_name=f"Arena text {category.replace('-', ' ')}")
        for stated in json.loads(content)["categories"][category]:
            found = of.row(by_predicate=pl.col("model") == stated["model_display_name"], named=True)
            assert found["value"] == stated["elo"]
            width = stated["elo_upper"] - stated["elo_lower"]
            assert found["stderr"] == pytest.approx(width / WIDTH)
            assert found["note"] == f"{stated['votes']} votes"
    assert empty.import_files("arena", [SourceFile(Path("p.json"), content)]).unchanged == 757
    assert set(empty.data.sweeps()["observed_on"]) == {date(2026, 7, 29)}


def test_what_a_page_lacks_is_open_and_what_is_more_is_no_harm() -> None:
    rows = [
        row(), row(model_display_name=None, model_key="glm-9", organization="", preliminary=True),
        row(model_display_name="x1", organization=None, elo_upper=None, votes=None),
        row(model_display_name="x2", elo=None), {"model_display_name": "x3", "elo": 1},
    ]  # fmt: skip
    found = arena("p.json", page({"coding": rows, "math": []}, more=[1]))
    assert found.problems == []
    assert [p.reason for p in found.skipped] == ["x2 has no rating"]
    told = found.rows.select("model", "lab", "value", pl.col("stderr").round(3), "note").rows()
    assert told == [
        ("GPT-5.9", "OpenAI", 1500.5, 5.102, "5530 votes"),
        ("glm-9", "Z AI", 1500.5, 5.102, "5530 votes"),
        ("x1", None, 1500.5, None, None),
        ("x3", None, 1.0, None, None),
    ]
    assert found.read == 5


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        (row(elo="high"), "rating", "'high' is not a number"),
        (row(elo=[1]), "elo", "neither text nor a number"),
        (row(elo_lower=1600), "rating", "an interval from 1600 to 1510.5"),
        (row(votes="many"), "votes", "'many' is not a number"),
        (row(model_display_name=None, model_key=None), "model", "is missing"),
        (row(elo=1e13), "value", "beyond"),
        (5, "row", "is a number where an object must be"),
    ],
)
def test_a_wrong_row_is_a_problem_of_its_own(wrong: Any, field: str, words: str) -> None:
    found = arena("p.json", page({"coding": [row(), wrong]}))
    assert [(p.row, p.field) for p in found.problems] == [(2, field)]
    assert words in found.problems[0].reason
    assert (found.rows.height, found.read) == (1, 2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (page([1]), "JSON of another shape"),
        (page({"coding": {}}), "the category 'coding' is no list"),
        ('{"coding": 5}', "JSON of another shape"),
        ("{}", "JSON of another shape"),
        ("key,Model,License\na,b,c\n", "no column of a rating (elo, rating"),
        ("rating,votes\n1,2\n", "no column of a model"),
        (b"PAR1xxxx", "not usable Parquet"),
        (b'{"coding": "\xff"}', "not UTF-8"),
    ],
)
def test_what_is_none_of_the_files(text: str | bytes, words: str) -> None:
    with pytest.raises(TrackerError) as caught:
        arena("text.json", text)
    assert words in caught.value.message


def test_nobody_says_the_board() -> None:
    text = page({"coding": [row()]}, source_urls=None)
    with pytest.raises(MissingFact, match="which board") as caught:
        arena("p.json", text)
    assert caught.value.field == "board"
    assert arena("p.json", text, board="vision").index_name == "Arena vision coding"
    assert arena("text/p.json", text).index_name == "Arena text coding"
    told = page({"coding": [row()]}, source_urls=None, endpoint="lmarena-search-arena")
    assert arena("p.json", told).index_name == "Arena search coding"


HISTORY = [
    ("text", "2023-12-20", "elo"), ("text", "2024-01-09", "bradley-terry"),
    ("text", "2026-10-02", "bradley-terry"), ("webdev", "2026-01-01", "bradley-terry"),
    ("text_style_control", "2025-05-11", "style-control-2024"),
    ("text_style_control", "2025-05-19", "style-control"),
    ("agent", "2026-07-01", "published"), ("text_factuality", "2026-07-01", "published"),
]  # fmt: skip


@pytest.mark.parametrize(("folder", "day", "version"), HISTORY)
def test_the_version_says_how_ratings_were_computed(folder: str, day: str, version: str) -> None:
    content = parquet([published(leaderboard_publish_date=day)])
    found = arena(f"{folder}/full-00000-of-00001.parquet", content)
    assert (found.index_version, str(found.observed_on)) == (version, day)


@pytest.mark.parametrize(
    ("address", "board"),
    [
        ("https://arena.ai/leaderboard/text/coding coding", Board("text", None)),
        ("https://arena.ai/leaderboard/text/coding-no-style-control x", Board("text", False)),
        ("https://arena.ai/leaderboard/text coding-style-control", Board("text", True)),
        ("https://arena.ai/leaderboard/text-to-image overall", Board("text_to_image", None)),
        ("https://arena.ai/leaderboard/code overall", Board("webdev", None)),
        ("https://arena.ai/leaderboard/poker overall", None), ("x y", None),
    ],
)  # fmt: skip
def test_the_board_of_an_address(address: str, board: Board | None) -> None:
    assert board_of(address) == board


@pytest.mark.parametrize(
    ("path", "board"),
    [
        ("leaderboard-text-style-control.json", "text_style_control"),
        ("leaderboard-vision.json", "vision"), ("leaderboard-image.json", "text_to_image"),
        ("text_to_image/latest/0.parquet", "text_to_image"), ("documents/scores.csv", None),
        ("my search/full.parquet", None), ("search/full.parquet", "search"), ("t.csv", None),
    ],
)  # fmt: skip
def test_the_board_of_a_path(path: str, board: str | None) -> None:
    assert board_of_path(Path(path)) == (named(board) if board else None)


def test_every_folder_of_the_data_set_is_told(empty: Workspace) -> None:
    for folder in BOARDS:
        assert board_of_path(Path(folder) / "latest-00000-of-00001.parquet") == named(folder)
        spec = empty.data.index_spec(index_name(f"Arena {named(folder).words}", "x"), "v")
        assert (spec.low, spec.high, spec.true_zero or False) == (None, None, False)
        elo = "factuality" not in folder and not folder.startswith("agent")
        assert (spec.unit, spec.scale) == ("Elo points", "linear") or not elo


@pytest.mark.parametrize(
    ("category", "name"),
    [
        ("overall", "B"), ("full", "B"), ("", "B"), ("if", "B instruction following"),
        ("instruction-following", "B instruction following"), ("hard_prompts", "B hard prompts"),
        ("hard_6", "B hard prompts"), ("overall-no-style-control", "B"),
        ("no-style-control", "B"), ("coding style control", "B coding"),
    ],
)  # fmt: skip
def test_a_category_has_one_name(category: str, name: str) -> None:
    assert index_name("B", category) == name


def test_the_data_set_keeps_every_day_of_publication(empty: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "text"
    folder.mkdir()
    (folder / "full-00000-of-00001.parquet").write_bytes(parquet([
        published(leaderboard_publish_date="2026-09-30", rating=1490.0),
        published(),
        published(category="coding", license="MIT", model_name="glm-9", organization="zai"),
        published(model_name="falcon-180b-chat", organization="TII", rating=float("nan")),
        published(model_name="x", organization="", license="", rating_lower=None, variance=4.0),
        published(model_name="y", rating_lower=None, rating_upper=None, variance=None,
                  vote_count=None),
    ]))  # fmt: skip
    done = empty.import_files("arena", [folder / "full-00000-of-00001.parquet"])
    assert (done.read, done.added, done.skipped, done.rejected) == (6, 5, 1, 0)
    rows = empty.store.current().sort("index_name", "observed_on", "model")
    columns = ("model", "lab", "open_weights", "index_name", "observed_on", "note")
    first, last = date(2026, 9, 30), date(2026, 10, 2)
    assert rows.select(columns).rows() == [
        ("gpt-5.9", "OpenAI", False, "Arena text", first, "4932 votes"),
        ("gpt-5.9", "OpenAI", False, "Arena text", last, "4932 votes"),
        ("x", None, None, "Arena text", last, "4932 votes"),
        ("y", "OpenAI", False, "Arena text", last, None),
        ("glm-9", "Z AI", True, "Arena text coding", last, "4932 votes"),
    ]
    assert rows["stderr"].round(3).to_list() == [5.102, 5.102, 2.0, None, 5.102]
    days = empty.data.sweeps().select("index_name", "observed_on").rows()
    assert days == [
        ("Arena text", first), ("Arena text", last), ("Arena text coding", last),
    ]  # fmt: skip


def test_one_day_is_not_said_of_many(tmp_path: Path) -> None:
    many = parquet([published(), published(leaderboard_publish_date="2026-09-30")])
    with pytest.raises(UsageError, match="holds 2 days of publication"):
        read("arena", tmp_path / "text.parquet", many)
    one = read("arena", tmp_path / "text.parquet", parquet([published()]))
    assert one.observed_on == date(2026, 1, 1)


def test_the_catalog_is_read_as_json_and_as_a_table() -> None:
    of = {"rating": 1500.0, "rating_q975": 1510.0, "rating_q025": 1490.0}
    catalog = json.dumps({"full": {"gpt-5.9": of, "glm-9": of}, "if": {"glm-9": of}})
    found = arena("leaderboard-text-2026-01-02.json", catalog)
    assert found.rows.select("model", "index_name", "index_version", "observed_on").rows() == [
        ("gpt-5.9", "Arena text", "bradley-terry", date(2026, 1, 2)),
        ("glm-9", "Arena text", "bradley-terry", date(2026, 1, 2)),
        ("glm-9", "Arena text instruction following", "bradley-terry", date(2026, 1, 2)),
    ]
    with pytest.raises(MissingFact, match="does not say when"):
        arena("leaderboard-text.json", catalog)
    table = "Rank* (UB),Model,Arena Score,95% CI,Votes,Organization,License,Category\n"
    cells = ["+3/-5", "±4", '"[1496, 1504]"', "1496-1504", "", "wide"]
    table += "".join(
        f"1,glm-{n},1500,{cell},24135,zai,MIT,coding\n" for n, cell in enumerate(cells)
    )
    read_ = arena("text-2026-01-02.csv", table)
    assert read_.rows["stderr"].round(4).to_list() == [2.0409, 2.0409, 2.0409, 2.0409, None]
    assert read_.rows["open_weights"].all()
    assert [(p.row, p.field, p.reason) for p in read_.problems] == [
        (7, "interval", "'wide' is no interval")
    ]


def test_rows_of_the_data_set_as_json_are_those_of_its_parquet() -> None:
    rows = [published(), published(category="coding", rating=1400)]
    same = arena("text.parquet", parquet([{**r, "rating": float(r["rating"])} for r in rows]))
    for document in (rows, {"rows": [{"row_idx": n, "row": r} for n, r in enumerate(rows)]}):
        assert arena("text.json", json.dumps(document)).rows.equals(same.rows)


def test_a_page_of_one_list_says_its_board_once() -> None:
    meta = {"fetched_at": "2026-07-29", "source_url": "https://arena.ai/leaderboard/vision"}
    found = arena("p.json", json.dumps({"meta": meta, "models": [row(), row(category="math")]}))
    assert found.rows.select("index_name", "index_version", "observed_on").rows() == [
        ("Arena vision", "style-control", date(2026, 7, 29)),
        ("Arena vision math", "style-control", date(2026, 7, 29)),
    ]


def test_an_agent_board_has_scores_of_its_own() -> None:
    cell = {"model_name": "Qwen3.7 Max", "score": -0.0019, "score_ci_lower": -0.0108,
            "score_ci_upper": 0.007, "category": "overall",
            "leaderboard_publish_date": "2026-08-01", "session_count": 19135}  # fmt: skip
    found = arena("agent/latest-00000-of-00001.parquet", parquet([cell]))
    told = found.rows.row(0, named=True)
    assert (told["index_name"], told["index_version"], told["lab"]) == (
        "Arena agent", "published", "Alibaba",
    )  # fmt: skip
    assert (told["value"], round(told["stderr"], 5)) == (-0.0019, 0.00454)
