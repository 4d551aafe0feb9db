"""The dated events drawn on charts: each row well formed, sourced and in order."""

from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import polars as pl
import pytest

EVENTS = Path(__file__).parents[2] / "data" / "events.csv"

COLUMNS = [
    "event_id",
    "date",
    "date_precision",
    "title",
    "description",
    "jurisdiction",
    "source_title",
    "source_url",
    "note",
]
TITLE_LENGTH = 45
# The months in which a period of each coarser precision can begin.
FIRST_MONTHS = {"month": set(range(1, 13)), "quarter": {1, 4, 7, 10}}
# The seed article names four events, each given there no closer than the month.
ARTICLE_PERIODS = [(2022, 10), (2023, 10), (2025, 1), (2025, 1)]


@pytest.fixture(scope="module")
def events() -> pl.DataFrame:
    return pl.read_csv(EVENTS, infer_schema=False)


def test_file_is_utf8_with_unix_line_ends() -> None:
    raw = EVENTS.read_bytes()
    raw.decode("utf-8")
    assert b"\r" not in raw
    assert raw.endswith(b"\n")


def test_columns(events: pl.DataFrame) -> None:
    assert events.columns == COLUMNS


def test_size(events: pl.DataFrame) -> None:
    assert 10 <= events.height <= 16


def test_only_a_note_may_be_empty(events: pl.DataFrame) -> None:
    required = events.drop("note")
    assert required.null_count().row(0) == (0,) * required.width
    for column in required.columns:
        assert required[column].str.strip_chars().str.len_chars().min() != 0, column


def test_no_stray_blanks(events: pl.DataFrame) -> None:
    for column in events.columns:
        values = events[column].drop_nulls()
        assert (values == values.str.strip_chars()).all(), column


def test_ids_are_unique_slugs(events: pl.DataFrame) -> None:
    assert events["event_id"].is_unique().all()
    assert events["event_id"].str.contains(r"^[a-z0-9]+(-[a-z0-9]+)*$").all()


def test_titles_are_distinct_and_fit_a_chart(events: pl.DataFrame) -> None:
    assert events["title"].is_unique().all()
    too_long = events.filter(pl.col("title").str.len_chars() > TITLE_LENGTH)
    assert too_long["title"].to_list() == []


def test_dates_are_iso_and_sorted(events: pl.DataFrame) -> None:
    dates = [date.fromisoformat(text) for text in events["date"]]
    assert [day.isoformat() for day in dates] == events["date"].to_list()
    assert dates == sorted(dates)


def test_precision_values(events: pl.DataFrame) -> None:
    assert set(events["date_precision"]) <= {"day", *FIRST_MONTHS}


def test_a_coarse_date_is_the_first_day_of_its_period(events: pl.DataFrame) -> None:
    coarse = events.filter(pl.col("date_precision") != "day")
    assert coarse.height > 0
    for text, precision in coarse.select("date", "date_precision").iter_rows():
        day = date.fromisoformat(text)
        assert day.day == 1
        assert day.month in FIRST_MONTHS[precision]


def test_descriptions_are_one_sentence(events: pl.DataFrame) -> None:
    assert events["description"].str.ends_with(".").all()
    assert not events["description"].str.contains(r"[.!?]\s").any()


def test_jurisdictions(events: pl.DataFrame) -> None:
    assert set(events["jurisdiction"]) <= {"US", "CN", "EU"}


def test_sources_are_https_addresses(events: pl.DataFrame) -> None:
    for address in events["source_url"]:
        parts = urlsplit(address)
        assert parts.scheme == "https", address
        assert "." in parts.netloc, address
        assert parts.path.strip("/"), address


def test_a_federal_register_address_agrees_with_its_citation(events: pl.DataFrame) -> None:
    cited = events.filter(pl.col("source_url").str.contains("federalregister.gov/citation/"))
    assert cited.height > 0
    for title, address in cited.select("source_title", "source_url").iter_rows():
        citation = address.rsplit("/", 1)[-1].replace("-", " ")
        assert title.endswith(f", {citation}")


def test_the_events_of_the_article_are_marked(events: pl.DataFrame) -> None:
    marked = events.filter(pl.col("note") == "in the article")
    periods = [(day.year, day.month) for day in map(date.fromisoformat, marked["date"])]
    assert periods == ARTICLE_PERIODS
