"""Policy events over the follower's frontier and the gap: annotation, no claim of cause."""

import plotnine as p9
import polars as pl

from forecasts.frontier import to_date
from forecasts.quarter import Quarter, quarter_of
from tracker.catalogue import Catalogue
from tracker.charts.frontier import joined
from tracker.charts.steps import stretch_steps
from tracker.charts.text import fit, in_rows, literal, width
from tracker.charts.theme import (
    FOLLOWER,
    NEUTRAL,
    Sheet,
    Size,
    TimeAxis,
    free_axis,
    ordered,
    padded,
    plain,
    room_for,
    short,
)

TITLE = "Policy events over the follower's frontier and the gap"
NEEDS = "quarter"
_SIZE, _ROW = 7.5, 12.0


def table(quarter: Quarter) -> pl.DataFrame:
    """What is drawn: panel (events, frontier or gap), date, value, number, title, jurisdiction,
    source_url.

    Events since the follower's first record have a number and no value.
    """
    texts = {"number": pl.Int64, "title": pl.String, "jurisdiction": pl.String,
             "source_url": pl.String}  # fmt: skip
    lines = panels(quarter).with_columns(pl.lit(None, t).alias(n) for n, t in texts.items())
    marks = events(quarter).select(
        pl.lit("events").alias("panel"), "date", pl.lit(None, pl.Float64).alias("value"),
        *texts,
    )  # fmt: skip
    return pl.concat([marks, lines])


def events(quarter: Quarter) -> pl.DataFrame:
    """number, date, told (the date as precise as it is known), title, jurisdiction, source_url."""
    first = quarter.shown_from or quarter.gap.follower.records["released_on"][0]
    rows = (
        Catalogue()
        .events.filter(pl.col("date").is_between(first, quarter.as_of))
        .sort("date", "title")
        .with_row_index("number", 1)
    )
    told = [
        quarter_of(day) if precision == "quarter" else day.isoformat()
        for day, precision in rows.select("date", "date_precision").iter_rows()
    ]
    return rows.with_columns(
        pl.col("number").cast(pl.Int64), told=pl.Series(told, dtype=pl.String)
    ).select("number", "date", "told", "title", "jurisdiction", "source_url")


def panels(quarter: Quarter) -> pl.DataFrame:
    """panel, date, value: the follower's frontier as steps, and the gap after each change."""
    gap = quarter.gap
    line = stretch_steps(gap.follower, quarter.shown_from, quarter.as_of)
    start = int(max(gap.follower.days[0], gap.leader.days[0]))
    if quarter.shown_from is not None:
        start = max(start, (quarter.shown_from - to_date(0)).days)
    end = (quarter.as_of - to_date(0)).days
    days = pl.Series(
        sorted({start, end, *(int(d) for f in (gap.leader, gap.follower) for d in f.days
                              if start < d <= end)}), dtype=pl.Int64,
    ).to_numpy()  # fmt: skip
    return pl.concat(
        [
            line.select(pl.lit("frontier").alias("panel"), "date", "value"),
            pl.DataFrame(
                {
                    "panel": ["gap"] * len(days),
                    "date": [to_date(int(d)) for d in days],
                    "value": gap.leader.at(days) - gap.follower.at(days),
                },
                schema={"panel": pl.String, "date": pl.Date, "value": pl.Float64},
            ),
        ]
    )


def draw(quarter: Quarter, caption: str, size: Size | None = None) -> p9.ggplot:
    """Two panels of steps, a numbered line per event, the numbers told below."""
    rows, marks = panels(quarter), events(quarter)
    gap = quarter.gap
    told = [
        f"{n}\u00a0{t}\u00a0{title}"
        for n, t, title in marks.select("number", "told", "title").rows()
    ]
    words = [caption] if not told else [";  ".join(told) + ".", caption]
    lead, follow = joined([gap.leader.bloc]), joined([gap.follower.bloc])
    sheet = Sheet(
        f"Policy events, the {follow} frontier and the gap to {lead}",
        f"{gap.index_name} {gap.index_version}, points. Numbered: events, named below. That one "
        "thing follows another shows no cause.",
        "\n".join(words), size or (9.0, 6.5),
    )  # fmt: skip
    wide, high = sheet.room
    names = {"frontier": fit(f"{follow} frontier, points", wide - 20, 10, True),
             "gap": fit(f"Gap to {lead}, points", wide - 20, 10, True)}  # fmt: skip
    order = list(names.values())
    last = rows.group_by("panel", maintain_order=True).last()
    last = last.with_columns(text=pl.Series([short(v) for v in last["value"]], dtype=pl.String))
    axis = TimeAxis(rows["date"].min(), rows["date"].max(), wide,  # type: ignore[arg-type]
                    room_for(last["text"].to_list(), 9))  # fmt: skip
    panel = (high - 44) / 2
    x = axis.x(marks["date"]).tolist() if marks.height else []
    wides = [width(str(n), _SIZE) + 5 for n in marks["number"]]
    at = in_rows([a - w / 2 for a, w in zip(x, wides, strict=True)],
                 [a + w / 2 for a, w in zip(x, wides, strict=True)])  # fmt: skip
    above = (max(at, default=-1) + 1) * _ROW
    data = ordered(rows.with_columns(pl.col("panel").replace(names)), "panel", order)
    figure = p9.ggplot(data, p9.aes("date", "value"))
    for name, over in (("frontier", above), ("gap", 0.0)):
        values = rows.filter(panel=name)["value"]
        least, most = min(0.0, float(values.min())), max(0.0, float(values.max()))  # type: ignore[arg-type]
        low, top = padded(least, most)
        top += (top - low) * over / max(panel - over, 20)
        edges = pl.DataFrame({"panel": [names[name]] * 2, "date": [rows["date"].max()] * 2,
                              "value": [low, top]})  # fmt: skip
        figure += p9.geom_blank(data=ordered(edges, "panel", order))
        if name == "frontier" and marks.height:
            up = panel / (top - low)
            numbers = marks.select(
                "date", text=pl.col("number").cast(pl.String), panel=pl.lit(names[name]),
                value=top - (pl.Series(at, dtype=pl.Float64) + 0.6) * _ROW / up,
            )  # fmt: skip
            figure += [
                p9.geom_vline(p9.aes(xintercept="date"), data=plain(marks.select("date")),
                              color="#999999", linetype="dotted", size=0.5),
                p9.geom_label(p9.aes(label="text"), data=ordered(numbers, "panel", order),
                              size=_SIZE, label_size=0, label_padding=0.08, color="#333333"),
            ]  # fmt: skip
    ends = ordered(last.with_columns(pl.col("panel").replace(names)), "panel", order)
    ends["x"] = [axis.moved(d, 6) for d in last["date"]]
    ends["text"] = [literal(t) for t in last["text"]]
    return (
        figure
        + p9.geom_step(p9.aes(color="panel"), size=0.9)
        + p9.geom_text(p9.aes("x", label="text", color="panel"), data=ends, ha="left", va="center",
                       size=9, fontweight="bold")
        + p9.facet_wrap("panel", ncol=1, scales="free_y")
        + p9.scale_color_manual(values=dict(zip(order, (FOLLOWER, NEUTRAL), strict=True)))
        + axis.scale()
        + free_axis()
        + sheet.parts()
    )  # fmt: skip
