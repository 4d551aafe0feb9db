"""The gap in points and the lag in months, quarter by quarter."""

import plotnine as p9
import polars as pl

from forecasts.measures.frontier import Frontier
from forecasts.measures.gap_series import gap_series
from forecasts.measures.period import Quarter, Stretch
from tracker.charts.drawing import breaks
from tracker.charts.drawing.steps import break_marks
from tracker.charts.drawing.text import fit
from tracker.charts.drawing.theme import (
    NEUTRAL,
    Sheet,
    Size,
    TimeAxis,
    colours,
    end_labels,
    free_axis,
    line_types,
    name_of,
    ordered,
    padded,
    plain,
    room_for,
    short,
)
from tracker.charts.frontier import joined

TITLE = "The gap in points and the lag in months, by quarter"
NEEDS = "quarter"
MANY = True
VERSIONS = True
PANELS = {"gap_points": "Gap, points", "lag_months": "Lag, months"}


def table(quarter: Quarter) -> pl.DataFrame:
    """Ends of quarters: bloc, index_version, date, gap_points, gap_low, gap_high, lag_months.

    `bloc` trails or leads the first one. The interval (90%) is null where a standard error is not
    known, the lag where the leader was never so low.
    """
    leader = quarter.gap.leader.bloc
    frames = [
        gap_series(top, line, stretch.first, stretch.last, "quarter", quarter.gap.tolerance).select(
            pl.lit(line.bloc).alias("bloc"),
            pl.lit(stretch.index_version).alias("index_version"),
            "date", "gap_points", "gap_low", "gap_high", "lag_months",
        )
        for stretch in quarter.stretches
        if (top := _named(stretch, leader)) is not None
        for line in stretch.frontiers
        if line.bloc != leader
    ]  # fmt: skip
    return pl.concat(frames)


def _named(stretch: Stretch, bloc: str) -> Frontier | None:
    return next((f for f in stretch.frontiers if f.bloc == bloc), None)


def panels(quarter: Quarter) -> pl.DataFrame:
    """`table` as it is drawn: panel, bloc, index_version, date, value, low, high, open.

    `open` marks the last point of a period in progress.
    """
    rows = table(quarter)
    unknown = pl.lit(None, pl.Float64)
    frames = [
        rows.filter(pl.col(name).is_not_null()).select(
            pl.lit(PANELS[name]).alias("panel"), "bloc", "index_version", "date",
            pl.col(name).alias("value"), low.alias("low"), high.alias("high"),
        )
        for name, low, high in (("gap_points", pl.col("gap_low"), pl.col("gap_high")),
                                ("lag_months", unknown, unknown))
    ]  # fmt: skip
    going = pl.lit(not quarter.complete) & (pl.col("date") == quarter.as_of)
    return pl.concat(frames).with_columns(open=going)


def _subtitle(quarter: Quarter, rows: pl.DataFrame) -> str:
    lead = fit(name_of(quarter.gap.leader.bloc), 150, 10.5)
    pair = len(quarter.blocs) == 2
    other = fit(name_of(quarter.gap.follower.bloc), 150, 10.5) if pair else "other"
    whose = f"{other}'s" if pair else "the other bloc's"
    text = (
        f"Gap: best {lead} minus best {other} model, {quarter.gap.index_name}"
        f"{'' if quarter.versions else ' ' + quarter.gap.index_version}. "
        f"Lag: time since {lead} first reached {whose} frontier of the day. Ends of quarters."
    )
    if rows["low"].count():
        text += " Bars: 90% interval of the measurement."
    if rows["open"].any():
        text += f" Hollow: quarter in progress, to {quarter.as_of.isoformat()}."
    return text + (f" {breaks.NOTE}" if quarter.versions else "")


def draw(quarter: Quarter, caption: str, size: Size | None = None) -> p9.ggplot:
    """Two panels of lines with scales of their own, zero among them, the last values named."""
    rows = panels(quarter)
    gap = quarter.gap
    others = [b for b in quarter.blocs if b != gap.leader.bloc]
    many = len(others) > 1
    verb = "trail" if many else "trails"
    sheet = Sheet(
        f"How far {joined(others)} {verb} {joined([gap.leader.bloc])}", _subtitle(quarter, rows),
        caption, size or (9.0, max(6.0, 2.2 + 0.36 * len(others)) if many else 5.5),
    )  # fmt: skip
    last = rows.group_by("panel", "bloc", maintain_order=True).last()
    names = [
        (f"{fit(name_of(b), 100, 9, True)} " if many else "") + short(v)
        for b, v in last.select("bloc", "value").iter_rows()
    ]
    last = last.with_columns(text=pl.Series(names, dtype=pl.String))
    wide, high = sheet.room
    panel = (high - 44) / 2
    axis = TimeAxis(rows["date"].min(), rows["date"].max(), wide, room_for(names, 9))  # type: ignore[arg-type]
    marks = break_marks(quarter)
    _, named = breaks.name_rows(marks, axis)
    order = list(PANELS.values())
    palette = colours([gap.leader.bloc, *others])
    if not many:
        palette = {others[0]: NEUTRAL}
    types = line_types([gap.leader.bloc, *others])
    lines = rows.with_columns(line=pl.format("{} {}", "bloc", "index_version"))
    figure = (
        p9.ggplot(ordered(lines, "panel", order), p9.aes("date", "value", color="bloc"))
        + p9.geom_hline(yintercept=0, color="#999999", size=0.6)
        + p9.geom_line(p9.aes(group="line", linetype="bloc"), size=0.8)
        + p9.geom_point(size=1.5)
        + p9.geom_linerange(p9.aes(ymin="low", ymax="high"), data=ordered(
            rows.filter(pl.col("low").is_not_null()), "panel", order), size=0.6)
        + p9.geom_point(data=ordered(rows.filter("open"), "panel", order), size=1.9, fill="white",
                        shape="o", stroke=0.7)
    )  # fmt: skip
    for name in order:
        part = rows.filter(panel=name)
        if part.is_empty():
            continue
        bounds = pl.concat([part["value"], part["low"], part["high"]]).drop_nulls()
        low, top = _limits(float(bounds.min()), float(bounds.max()))  # type: ignore[arg-type]
        over = breaks.room(named) if name == order[0] else 0
        top += (top - low) * over / max(panel - over, 1)
        ends = last.filter(panel=name)
        tall = min(9.0, 0.9 * panel / max(ends.height, 1) / 1.32)
        finals = end_labels(ends, axis, (low, top), panel, tall)
        if ends["value"].to_list() == [0.0]:  # on the line of zero it would be struck out
            finals["y"] = (top - low) * (0.7 * tall + 2) / panel
        finals["panel"] = name
        finals = _kept(finals, order)
        limits = plain(pl.DataFrame({"panel": [name] * 2, "date": [rows["date"].max()] * 2,
                                     "value": [low, top]}))  # fmt: skip
        figure += [
            p9.geom_blank(p9.aes("date", "value"), data=_kept(limits, order), inherit_aes=False),
            p9.geom_segment(p9.aes("date", "value", xend="tie", yend="y"), data=finals,
                            inherit_aes=False, color="#bbbbbb", size=0.4),
            p9.geom_text(p9.aes("x", "y", label="text", color="bloc"), data=finals, ha="left",
                         va="center", size=tall, fontweight="bold", inherit_aes=False),
        ]  # fmt: skip
        if name == order[0]:
            figure += breaks.layers(marks, axis, top, panel / (top - low),
                                    panel=_category(name, order, marks.height))  # fmt: skip
    return (
        figure
        + p9.facet_wrap("panel", ncol=1, scales="free_y")
        + p9.scale_color_manual(values=palette)
        + p9.scale_linetype_manual(values=types)
        + axis.scale()
        + free_axis()
        + sheet.parts()
    )


def _limits(least: float, most: float) -> tuple[float, float]:
    """Limits with zero among them; a line at zero alone lies at the bottom."""
    if least == most == 0.0:
        return -0.06, 1.0
    return padded(min(0.0, least), max(0.0, most), 0.08)


def _category(name: str, order: list[str], rows: int) -> object:
    import pandas as pd

    return pd.Categorical([name] * rows, categories=order)


def _kept(data: object, order: list[str]) -> object:
    import pandas as pd

    assert isinstance(data, pd.DataFrame)
    return data.assign(panel=pd.Categorical(data["panel"], categories=order))
