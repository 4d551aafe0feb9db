"""Tables that only grow: what was added is read back, and two copies become one."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasts.errors import TrackerError
from tracker.dated_rows import DatedRows

COLUMNS = {"name": pl.String(), "from": pl.Date()}


def rows_in(folder: Path, before: datetime | None = None) -> DatedRows:
    return DatedRows(folder / "notes.csv", COLUMNS, "notes", before)


def test_rows_are_read_back_in_their_order_and_as_of_a_moment(tmp_path: Path) -> None:
    notes = rows_in(tmp_path)
    assert notes.rows().is_empty()
    notes.add('a "quoted", one', date(2026, 1, 2))
    between = datetime.now(UTC)
    notes.add("b", date(2026, 1, 1))
    assert notes.rows().drop("recorded_at").rows() == [
        ('a "quoted", one', date(2026, 1, 2)), ("b", date(2026, 1, 1))
    ]  # fmt: skip
    assert rows_in(tmp_path, between).rows()["name"].to_list() == ['a "quoted", one']


@pytest.mark.parametrize(
    "text",
    [
        "name,recorded_at\na,2026-01-01T00:00:00.0Z\n",
        "name,from,recorded_at\na,1 May,2026-01-01T00:00:00.0Z\n",
        "name,from,recorded_at\na,2026-05-01,yesterday\n",
        "",
        "\x00\xff",
    ],
)
def test_another_table_is_refused_with_what_its_columns_are(tmp_path: Path, text: str) -> None:
    (tmp_path / "notes.csv").write_text(text)
    with pytest.raises(TrackerError, match=r"notes\.csv is not a table of notes\.") as caught:
        rows_in(tmp_path).rows()
    assert caught.value.code == "bad_notes"
    assert "name, from (YYYY-MM-DD) and recorded_at" in caught.value.hint


SAID = st.lists(st.tuples(st.booleans(), st.text("ab,;\"'\n é", max_size=4)), max_size=8)


@given(SAID)
def test_copies_that_grew_apart_become_one_whichever_takes_over(
    tmp_path_factory: pytest.TempPathFactory, said: list[tuple[bool, str]]
) -> None:
    mine, theirs = (rows_in(tmp_path_factory.mktemp(name)) for name in ("mine", "theirs"))
    for here, name in said:
        (mine if here else theirs).add(name or None, date(2026, 1, 1))
    news = sum(not here for here, _ in said)
    assert mine.merge(theirs, dry_run=True) == news
    assert mine.rows().height == len(said) - news
    assert mine.merge(theirs) == news
    assert theirs.merge(mine) == len(said) - news
    assert mine.rows().equals(theirs.rows())
    assert mine.rows()["name"].to_list() == [name or None for _, name in said]
    assert mine.merge(theirs) == 0
