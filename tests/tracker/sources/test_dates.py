"""Dates as people write them: read in the only way there is, or refused with both."""

from datetime import UTC, date, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.sources.formats.dates import Dates, Refused, Slashed, TwoOrders, read_date

DAYS = st.dates(date(2010, 1, 1), date(2049, 12, 31))
# Written by the standard library: what each gives is one day, or one month.
OF_A_DAY = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d %Y",
    "%d-%b-%y", "%d-%b-%Y", "%A, %d %B %Y", "%a %d %b %Y", "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%d %H:%M:%S", "%d %b %Y %H:%M", "%Y-%b-%d", "%Y年%m月%d日",
)  # fmt: skip
OF_A_MONTH = ("%B %Y", "%b %Y", "%b, %Y", "%Y-%m", "%Y/%m", "%m/%Y", "%Y %B", "%Y年%m月")


@given(DAYS, st.sampled_from(OF_A_DAY))
def test_a_day_is_read_as_it_was_written(day: date, form: str) -> None:
    assert read_date(datetime(day.year, day.month, day.day, 13, 5).strftime(form)) == str(day)


@given(DAYS, st.sampled_from(OF_A_MONTH))
def test_a_month_stays_one(day: date, form: str) -> None:
    assert read_date(day.strftime(form)) == day.strftime("%Y-%m")


@given(DAYS, st.sampled_from("/.-"), st.booleans())
def test_slashes_have_the_two_readings_that_are_days(day: date, sign: str, short: bool) -> None:
    zero = "" if short else "0"
    first, second = (f"{n:{zero}{2 if zero else ''}}" for n in (day.day, day.month))
    read = read_date(f"{first}{sign}{second}{sign}{day.year}")
    assert isinstance(read, Slashed)
    assert read.by("dmy") == str(day)
    turned = read.by("mdy")
    assert (turned is not None) == (day.day <= 12)
    if turned is not None:
        assert turned == str(date(day.year, day.day, day.month))


MOMENTS = {
    "2025-02-01T23:30:00-05:00": "2025-02-02",
    "2025-02-01T23:30:00+00:00": "2025-02-01",
    "2025-02-01T00:00:00+08:00": "2025-02-01",  # midnight of its zone is the day itself
    "2025-02-01T00:30:00+08:00": "2025-01-31",
    "2025-02-01 12:00:00.123456": "2025-02-01",
}


@pytest.mark.parametrize("cell", MOMENTS)
def test_a_moment_is_its_day_in_utc(cell: str) -> None:
    assert read_date(cell) == MOMENTS[cell]


@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)), st.integers(-23, 23))
def test_moments_of_any_zone(moment: datetime, hours: int) -> None:
    of_zone = moment.replace(tzinfo=timezone(timedelta(hours=hours)))
    midnight = moment.time() == datetime.min.time()
    expected = of_zone.date() if midnight else of_zone.astimezone(UTC).date()
    assert read_date(of_zone.isoformat()) == str(expected)


REFUSED = {
    "30 Feb 2025": "is no day of any month",
    "2025-02-30": "is no day of any month",
    "25-Feb-01": "a year of two digits",
    "Feb-25": "a year of two digits or none",
    "Q2 2025": "is a quarter",
    "2025-Q3": "is a quarter",
    "45689": "spreadsheet's number of 2025-02-01",
}


@pytest.mark.parametrize("cell", REFUSED)
def test_what_is_no_day_says_why(cell: str) -> None:
    read = read_date(cell)
    assert isinstance(read, Refused)
    assert REFUSED[cell] in read.reason


@pytest.mark.parametrize("cell", ["soon", "May", "1", "TBD", "2025-13", "June the first", ""])
def test_what_is_nothing_like_a_date_is_left(cell: str) -> None:
    assert read_date(cell) is None


@given(st.text(max_size=30))
def test_any_text_is_read_or_not(cell: str) -> None:
    read = read_date(cell)
    if isinstance(read, str):
        date.fromisoformat(read if len(read) == 10 else f"{read}-01")


def column(
    cells: list[str], order: str = "auto", pieces: int = 1, name: str = "released_on"
) -> tuple[list[str | None], dict[str, str], str | None]:
    """The days of a column, why others have none, and the note on it."""
    dates = Dates(name, order)
    found: dict[int, str] = {}
    reasons: dict[str, str] = {}
    waiting: list[tuple[int, str]] = []
    numbered = list(enumerate(cells, start=2))
    size = -(-len(cells) // pieces)
    parts = [numbered[at : at + size] for at in range(0, len(cells), size)]
    for part in [*parts, None]:
        rows = waiting if part is None else part
        text = pl.Series([c for _, c in rows], dtype=pl.String)
        numbers = pl.Series([n for n, _ in rows], dtype=pl.Int64)
        read, wrong, held = dates.read(text, numbers, last=part is None)
        reasons |= wrong
        waiting = [*([] if part is None else waiting), *((n, c) for n, c in rows if c in held)]
        known = zip(rows, read, strict=True)
        found |= {n: day for (n, c), day in known if c not in wrong and c not in held}
    return [found.get(n) for n, _ in numbered], reasons, dates.note


@pytest.mark.parametrize("pieces", [1, 2, 3])
def test_one_cell_decides_for_its_column_wherever_it_stands(pieces: int) -> None:
    cells = ["01/02/2025", "03/04/2025", "25/02/2025"]
    for order in (cells, cells[::-1]):
        days, wrong, note = column(order, pieces=pieces)
        expected = {"01/02/2025": "2025-02-01", "03/04/2025": "2025-04-03",
                    "25/02/2025": "2025-02-25"}  # fmt: skip
        assert days == [expected[c] for c in order]
        assert wrong == {}
        row = 2 + order.index("25/02/2025")
        told = f"read day first, as '25/02/2025' in row {row} can only"
        assert note is not None
        assert told in note


def test_what_a_column_leaves_open_is_refused_with_both_readings() -> None:
    days, wrong, note = column(["01/02/2025", "03/03/2025", "2025-05-05"], pieces=2)
    assert days == [None, "2025-03-03", "2025-05-05"]
    assert wrong == {
        "01/02/2025": "'01/02/2025' is 2025-02-01 (day first) or 2025-01-02 (month first): say "
        "`dates` dmy or mdy"
    }
    assert note is None


def test_an_order_that_is_said_is_that_of_every_cell() -> None:
    cells = ["01/02/2025", "25/02/2025", "02/25/2025", "1/2/25", "99/99/2025"]
    assert column(cells, "dmy")[0] == ["2025-02-01", "2025-02-25", None, "2025-02-01", None]
    assert column(cells, "mdy")[0] == ["2025-01-02", None, "2025-02-25", "2025-01-02", None]
    assert column(cells, "mdy")[1]["25/02/2025"] == "'25/02/2025' is no date month first"


@pytest.mark.parametrize("pieces", [1, 2])
def test_two_orders_in_one_column_are_refused(pieces: int) -> None:
    with pytest.raises(TwoOrders, match=r"day first \('25/02/2025' in row 3\).*in row 2"):
        column(["02/25/2025", "25/02/2025"], pieces=pieces)


def test_a_month_is_no_day_of_observation() -> None:
    days, wrong, _ = column(["June 2025", "1 June 2025"], name="observed_on")
    assert days == [None, "2025-06-01"]
    assert "is a month: give the day" in wrong["June 2025"]
