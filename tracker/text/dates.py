"""Dates as they are known: to the day, or to the month or year alone."""

from datetime import date

import polars as pl

_FORMS = {"month": "%Y-%m", "year": "%Y"}


def shown_date(day: object, precision: object) -> str:
    """A date in as many digits as are known of it; a dash for none."""
    form = _FORMS.get(str(precision), "%Y-%m-%d")
    return day.strftime(form) if isinstance(day, date) else "-"


def with_shown_dates(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` without `released_precision`, and where that holds any, with `released_on` as text in
    as many digits as are known."""
    if "released_precision" not in frame.columns:
        return frame
    if "released_on" not in frame.columns or not frame["released_precision"].is_not_null().any():
        return frame.drop("released_precision")
    day, how = pl.col("released_on"), pl.col("released_precision")
    text = day.dt.strftime("%Y-%m-%d")
    for precision, form in _FORMS.items():
        text = pl.when(how == precision).then(day.dt.strftime(form)).otherwise(text)
    return frame.with_columns(released_on=text).drop("released_precision")
