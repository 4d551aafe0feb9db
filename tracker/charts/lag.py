"""The lag over time, a line for each index: months are the one unit that all share."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import plotnine as p9
import polars as pl

from forecasts.errors import TrackerError, UsageError
from forecasts.measures.frontier import to_day
from forecasts.measures.gap import Gap
from forecasts.measures.period import parse_quarter
from forecasts.measures.pooled_lag import AllIndices
from tracker.analysis.all_indices import lags_of_all
from tracker.charts.captions import attribution
from tracker.charts.contract import Basis, Chart, Made
from tracker.charts.drawing.ends import end_labels, room_for, tie
from tracker.charts.drawing.text import fit
from tracker.charts.drawing.theme import (
    NEUTRAL,
    Sheet,
    Size,
    TimeAxis,
    colours,
    line_types,
    plain,
    value_axis,
)
from tracker.charts.drawing.words import joined
from tracker.text.all_indices import over_all_told
from tracker.text.counting import counted

_MOST, _NAME = 24, 190.0
# More lines than these have no colours of their own: their median tells.
_COLOURED = 8
_FEWEST = 3
_GREY = "#6e6e6e"
MEDIAN = "median of the indices"


@dataclass(frozen=True)
class Lags:
    """The lag on every index, and from which day on it is shown (None: all of it)."""

    found: AllIndices
    first: date | None

    @property
    def as_of(self) -> date:
        """The day of the question."""
        return self.found.as_of


def subject(basis: Basis) -> Made[Lags]:
    """The lag on every index by the day asked for: the end of a period, else the last known."""
    asked = basis.request.period
    scope = asked.scope
    if scope.index or scope.version:
        raise UsageError(
            "The chart lag shows every index.", "Leave out `index` and `version`.", "bad_choice"
        )
    last = asked.last or (parse_quarter(asked.quarter)[1] if asked.quarter else None)
    days = basis.request.asks_for_days
    scope = replace(
        scope, as_of=scope.as_of or last,
        vintage=basis.request.vintage or ("final" if days else "real"),
    )  # fmt: skip
    found = lags_of_all(basis.data, scope, asked.pair, asked.tolerance)
    gaps = [lag.gap for lag in found.pooled if lag.gap is not None]
    sources = sorted({attribution(basis.data, gap) for gap in gaps})
    caption = (
        f"Data: {'; '.join(sources[:4])}{' and more' if len(sources) > 4 else ''}. As of "
        f"{found.as_of.isoformat()}, vintage {found.vintage}. gap-tracker."
    )
    return Made(Lags(found, asked.first), caption)


def table(lags: Lags) -> pl.DataFrame:
    """index_name, index_version, date, lag_months at the ends of months, of every index that is
    pooled, the one that goes back furthest first; then of their MEDIAN.

    Months in which the lag is only known to be so long at least are left out. The median is that of
    the indices known in the month, three at least; on the last day that of all.
    """
    frames = [
        _known(gap).select(
            pl.lit(gap.index_name).alias("index_name"),
            pl.lit(gap.index_version).alias("index_version"),
            "date", "lag_months",
        )
        for lag in lags.found.pooled
        if (gap := lag.gap) is not None
    ]  # fmt: skip
    if not frames:
        return pl.DataFrame(
            schema={"index_name": pl.String, "index_version": pl.String, "date": pl.Date,
                    "lag_months": pl.Float64}
        )  # fmt: skip
    rows = pl.concat(frames)
    begun = pl.col("date").min().over("index_name")
    rows = pl.concat([rows.sort(begun, "index_name", "date"), _median(lags.found, rows)])
    return rows if lags.first is None else rows.filter(pl.col("date") >= lags.first)


def _median(found: AllIndices, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of the median of the indices; none of fewer than three."""
    over = found.over_all
    if over.indices < _FEWEST:
        return rows.clear()
    ends = rows.filter(
        pl.col("date") == pl.col("date").dt.month_end(), pl.col("date") < found.as_of
    )
    by_month = (
        ends.group_by("date")
        .agg(pl.col("lag_months").median(), known=pl.len())
        .filter(pl.col("known") >= _FEWEST)
        .sort("date")
        .select("date", "lag_months")
    )
    today = pl.DataFrame({"date": [found.as_of], "lag_months": [over.median]})
    return pl.concat([by_month, today]).select(
        pl.lit(MEDIAN).alias("index_name"),
        pl.lit(None, pl.String).alias("index_version"),
        "date", "lag_months",
    )  # fmt: skip


def _known(gap: Gap) -> pl.DataFrame:
    """The history of the months in which the leader's first model was not above the follower."""
    history = gap.history.filter(pl.col("lag_months").is_not_null())
    days = np.array([to_day(day) for day in history["date"]], dtype=np.int64)
    level = gap.follower.at(days)
    known = (level - gap.tolerance >= gap.leader.values[0]) | (level >= gap.leader.at(days))
    return history.filter(pl.Series(known, dtype=pl.Boolean))


def draw(lags: Lags, caption: str, size: Size | None = None) -> p9.ggplot:
    """A line for each index, named at its end with its lag of today, and that of their median."""
    rows = table(lags).rename({"index_name": "bloc"})
    if rows.is_empty():
        raise TrackerError(
            "There is no index to draw the lag on.",
            "`tracker gap --all-indices` says why each is left out.",
            code="no_index",
        )
    median = rows.filter(bloc=MEDIAN)
    every = rows.filter(pl.col("bloc") != MEDIAN)["bloc"].unique(maintain_order=True).to_list()
    names = every[:_MOST]
    rows = rows.filter(pl.col("bloc").is_in(names))
    shown = [*names, *([MEDIAN] if median.height else [])]
    sheet = Sheet(
        f"How many months {joined([lags.found.follower])} is behind "
        f"{joined([lags.found.leader])}, index by index",
        _subtitle(lags, len(names), len(every), bool(median.height)), caption,
        size or (9.0, max(5.5, 2.6 + 0.24 * len(shown))),
    )  # fmt: skip
    last = (
        pl.concat([rows, median])
        .group_by("bloc", maintain_order=True)
        .last()
        .rename({"lag_months": "value"})
    )
    texts = [
        f"{fit(name, _NAME, 9, True)}: {value:.1f}"
        for name, value in last.select("bloc", "value").iter_rows()
    ]
    last = last.with_columns(text=pl.Series(texts, dtype=pl.String))
    wide, high = sheet.room
    days = pl.concat([rows["date"], median["date"]])
    axis = TimeAxis(days.min(), days.max(), wide, room_for(texts, 9))  # type: ignore[arg-type]
    most = float(rows["lag_months"].max())  # type: ignore[arg-type]
    limits = (-0.02 * most, 1.06 * most) if most > 0 else (-0.06, 1.0)
    tall = min(9.0, 0.9 * high / len(shown) / 1.32)
    # No name stands on the line of zero.
    above = (high - 24) * limits[1] / (limits[1] - limits[0])
    finals = end_labels(last, axis, (0.0, limits[1]), above, tall)
    many = len(names) > _COLOURED
    figure = (
        p9.ggplot(plain(rows), p9.aes("date", "lag_months", color="bloc"))
        + p9.geom_hline(yintercept=0, color="#999999", size=0.6)
        + p9.geom_line(p9.aes(linetype="bloc"), size=0.5 if many else 0.8)
    )
    if median.height:
        figure += p9.geom_line(data=plain(median), size=1.5)
    return (
        figure
        + p9.geom_point(p9.aes("date", "value"), data=plain(last), size=1.8)
        + tie(finals)
        + p9.geom_text(p9.aes("x", "y", label="text", color="bloc"), data=finals, ha="left",
                       va="center", size=tall, fontweight="bold", inherit_aes=False)
        + p9.scale_color_manual(values=_palette(names))
        + p9.scale_linetype_manual(
            values=dict.fromkeys(names, "solid") if many else line_types(names)
        )
        + axis.scale()
        + value_axis(*limits)
        + sheet.parts(y="Lag, months")
    )  # fmt: skip


def _palette(names: list[str]) -> dict[str, str]:
    """Colours of the indices, none of their own where they are many or one, and of the median."""
    if len(names) > _COLOURED:
        own = dict.fromkeys(names, _GREY)
    else:
        own = colours(names) if len(names) > 1 else {names[0]: NEUTRAL}
    return {**own, MEDIAN: "#111111"}


def _subtitle(lags: Lags, shown: int, known: int, with_median: bool) -> str:
    lead, follow = joined([lags.found.leader]), joined([lags.found.follower])
    text = (
        f"Lag: time since {lead} first reached {follow}'s frontier of the day, at the ends of "
        f"months. {over_all_told(lags.found)}"
    )
    if with_median:
        text += " Black: their median, of those known in the month."
    if known > shown:
        text += f" {counted(known - shown, 'more index is', 'more indices are')} not drawn."
    above = len(lags.found.pooled) - known
    if above:
        text += (
            f" Not drawn: {counted(above, 'index', 'indices')} on which {lead}'s first model "
            f"stood above {follow} all along."
        )
    return text


def describe(lags: Lags, table: pl.DataFrame) -> str:
    """The figure in words."""
    of_indices = table.filter(pl.col("index_name") != MEDIAN)
    last = of_indices.group_by("index_name", maintain_order=True).last()
    told = ", ".join(
        f"{name} {value:.1f}" for name, value in last.select("index_name", "lag_months").iter_rows()
    )
    return (
        f"The lag of {lags.found.follower} behind {lags.found.leader} in months over time, on "
        f"{counted(last.height, 'index', 'indices')}. Today: {told}. {over_all_told(lags.found)}"
    )


CHART = Chart("The lag in months over time, index by index", subject, table, draw, describe,
              rank=None)  # fmt: skip
