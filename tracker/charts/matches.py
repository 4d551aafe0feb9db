"""How long each record of the leader stood before the follower matched it."""

from dataclasses import replace

import plotnine as p9
import polars as pl

from forecasts.errors import TrackerError
from forecasts.measures.period import Quarter
from forecasts.measures.variants import base_model
from tracker.charts.drawing.rows import (
    TICK,
    height_for,
    name_scale,
    names_width,
    places,
    value_room,
    value_scale,
)
from tracker.charts.drawing.text import fit_before
from tracker.charts.drawing.theme import Sheet, Size, colours, plain, rows_look
from tracker.charts.frontier import joined

TITLE = "Months until each record of the leader was matched"
NEEDS = "quarter"
SHOWN = 30
_ROW, _NAMES = 12.0, 230


def table(quarter: Quarter) -> pl.DataFrame:
    """leader_model, leader_released_on, leader_value, follower_model, follower_released_on, months,
    censored: the last records of the leader, as many as the figure has, oldest first.
    """
    return quarter.shown(quarter.gap.matches, "leader_released_on").tail(SHOWN)


def draw(quarter: Quarter, caption: str, size: Size | None = None) -> p9.ggplot:
    """A line per record, the newest at the top; an open end where it is not matched yet."""
    gap = quarter.gap
    rows = table(quarter)
    if rows.is_empty():
        raise TrackerError(
            f"{gap.leader.bloc} set no record in the period that is shown.",
            "Give an earlier --from.",
            code="no_records",
        )
    match = gap.match_months
    median = match["median"]
    told = "is not reached" if median is None else f"is {median:.1f} months"
    lead, follow = joined([gap.leader.bloc]), joined([gap.follower.bloc])
    sheet = Sheet(
        f"How long {lead} records stood before {follow} matched them",
        f"Months from each {lead} record to the first {follow} model as good, "
        f"{gap.index_name} {gap.index_version}. Hollow, +: not matched by "
        f"{gap.as_of.isoformat()}, so at least as long. The Kaplan-Meier median of all "
        f"{match['n']} records {told}.",
        caption, size or (9.0, 5.5),
    )  # fmt: skip
    if size is None:
        tall = max(3.0, height_for(rows.height, _ROW, sheet))
        sheet = Sheet(sheet.title, sheet.subtitle, caption, (9.0, tall))
    else:
        # Measured with the sentence, which may take a line of its own.
        longer = replace(sheet, subtitle=f"{sheet.subtitle} Shown: the newest {rows.height}.")
        if int((sheet.room[1] - 24) / _ROW) < rows.height:
            rows = rows.tail(max(int((longer.room[1] - 24) / _ROW), 1))
    if rows.height < int(match["n"] or 0):
        sheet = replace(sheet, subtitle=f"{sheet.subtitle} Shown: the newest {rows.height}.")
    names = [
        fit_before(name, f"  {day}", _NAMES, TICK)
        for name, day in rows.select(
            base_model(pl.col("leader_model")), "leader_released_on"
        ).iter_rows()
    ]
    rows = rows.with_columns(
        place=pl.Series(places(rows.height)[::-1], dtype=pl.Int64),
        text=pl.col("months").round(1).cast(pl.String)
        + pl.when("censored").then(pl.lit("+")).otherwise(pl.lit("")),
    )
    high = max(float(rows["months"].max()), 0.1)  # type: ignore[arg-type]
    wide = sheet.room[0] - names_width(names, _NAMES)
    limit = value_room(high, 0.0, wide, rows["text"].to_list(), 8)
    palette = colours([gap.leader.bloc, gap.follower.bloc])
    done, open_ = rows.filter(~pl.col("censored")), rows.filter("censored")
    return (
        p9.ggplot(plain(rows), p9.aes("months", "place"))
        + p9.geom_segment(p9.aes(x=0, xend="months", yend="place"), color="#bbbbbb", size=1.0)
        + p9.geom_point(data=plain(done), color=palette[gap.leader.bloc], size=2.4)
        + p9.geom_point(data=plain(open_), color=palette[gap.follower.bloc], fill="white",
                        shape="o", size=2.6, stroke=0.8)
        + p9.geom_text(p9.aes(label="text"), ha="left", va="center", nudge_x=8 * limit / wide,
                       size=8)
        + name_scale(rows["place"].to_list(), names, _NAMES)
        + value_scale(0.0, high, limit)
        + sheet.parts(x="Months")
        + rows_look()
    )  # fmt: skip
