"""Dates are shown in as many digits as are known of them."""

from datetime import date

import polars as pl

from tracker.text.dates import shown_date, with_shown_dates

DAY = date(2025, 6, 30)


def test_a_date_has_the_digits_that_are_known() -> None:
    shown = [shown_date(DAY, how) for how in (None, "month", "year")]
    assert shown == ["2025-06-30", "2025-06", "2025"]
    assert shown_date(None, None) == "-"


def test_the_dates_of_a_frame() -> None:
    frame = pl.DataFrame(
        {"released_on": [DAY, DAY, DAY, None], "released_precision": [None, "month", "year", None]}
    )
    expected = ["2025-06-30", "2025-06", "2025", None]
    assert with_shown_dates(frame).to_dict(as_series=False) == {"released_on": expected}
    known = frame.head(1)
    assert with_shown_dates(known).equals(known.select("released_on"))
    assert with_shown_dates(known.drop("released_precision")).equals(known.select("released_on"))
