"""Policy events over the follower's frontier and the gap: annotation, no claim of cause."""

import plotnine as p9
import polars as pl

from forecasts.measures.frontier import to_date
from forecasts.measures.period import Quarter, quarter_of
from tracker.catalogue import Catalogue
from tracker.charts.drawing.steps import stretch_steps
from tracker.charts.drawing.text import fit, in_rows, literal, width
from tracker.charts.drawing.theme import (
    NEUTRAL,
    Sheet,
    Size,
    TimeAxis,
    colours,
    free_axis,
    ordered,
    padded,
    plain,
    room_for,
    short,
)
from tracker.charts.frontier import joined

TITLE = "Policy events over the follower's frontier and the gap"
NEEDS = "quarter"
_SIZE, _ROW, _SHARE = 7.5, 12.0, 0.4


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


def numbers(marks: pl.DataFrame, axis: TimeAxis, most: int) -> pl.DataFrame:
    """Where the numbers of events stand: date, text, row (0 the highest), none over another.

    Where more than `most` rows would be needed, neighbours are one label in one row: 5-10.
    """
    x = axis.x(marks["date"]).tolist() if marks.height else []
    texts = [str(n) for n in marks["number"]]
    half = [width(text, _SIZE) / 2 + 2.5 for text in texts]
    at = in_rows([a - w for a, w in zip(x, half, strict=True)],
                 [a + w for a, w in zip(x, half, strict=True)])  # fmt: skip
    placed = marks.select("date", text=pl.Series(texts, dtype=pl.String),
                          row=pl.Series(at, dtype=pl.Float64))  # fmt: skip
    if max(at, default=0) < most:
        return placed
    groups: list[list[int]] = []
    end = float("-inf")
    for i in range(len(x)):
        if x[i] - half[i] <= end:
            groups[-1].append(i)
        else:
            groups.append([i])
        first, last = groups[-1][0], groups[-1][-1]
        wide = half[first] if first == last else width(f"{texts[first]}-{texts[last]}", _SIZE) / 2
        end = (x[first] + x[last]) / 2 + wide + 4
    told = [texts[g[0]] if len(g) == 1 else f"{texts[g[0]]}-{texts[g[-1]]}" for g in groups]
    days = marks["date"].to_list()
    middle = [days[g[0]] + (days[g[-1]] - days[g[0]]) / 2 for g in groups]
    return pl.DataFrame({"date": middle, "text": told, "row": [0.0] * len(groups)},
                        schema_overrides={"date": pl.Date})  # fmt: skip


def draw(quarter: Quarter, caption: str, size: Size | None = None) -> p9.ggplot:
    """Two panels of steps, a numbered line per event, the numbers told below."""
    rows, marks = panels(quarter), events(quarter)
    gap = quarter.gap
    told = [
        f"{n}\u00a0{t}\u00a0{title}"
        for n, t, title in marks.select("number", "told", "title").rows()
    ]
    note = (
        "Numbered: events, named below. An order in time is no proof of cause."
        if told else "No event of the list falls into the time that is shown."
    )  # fmt: skip
    words = [caption] if not told else [";  ".join(told) + ".", caption]
    lead, follow = joined([gap.leader.bloc]), joined([gap.follower.bloc])
    sheet = Sheet(
        f"Policy events, the {follow} frontier and the gap to {lead}",
        f"{gap.index_name} {gap.index_version}, points. {note}",
        "\n".join(words), size or (9.0, 6.5),
    )  # fmt: skip
    wide, high = sheet.room
    names = {"frontier": fit(f"{follow} frontier, points", wide - 20, 10, True),
             "gap": fit(f"Gap to {lead}, points", wide - 20, 10, True)}  # fmt: skip
    order = list(names.values())
    own = colours([gap.leader.bloc, gap.follower.bloc])[gap.follower.bloc]
    last = rows.group_by("panel", maintain_order=True).last()
    last = last.with_columns(text=pl.Series([short(v) for v in last["value"]], dtype=pl.String))
    axis = TimeAxis(rows["date"].min(), rows["date"].max(), wide,  # type: ignore[arg-type]
                    room_for(last["text"].to_list(), 9))  # fmt: skip
    panel = max((high - 44) / 2, 45.0)
    tags = numbers(marks, axis, int(_SHARE * panel / _ROW))
    above = 0.0 if tags.is_empty() else (float(tags["row"].max()) + 1) * _ROW  # type: ignore[arg-type]
    tops: list[tuple[float, float]] = []
    data = ordered(rows.with_columns(pl.col("panel").replace(names)), "panel", order)
    figure = p9.ggplot(data, p9.aes("date", "value"))
    for name, over in (("frontier", above), ("gap", 0.0)):
        values = rows.filter(panel=name)["value"]
        least, most = min(0.0, float(values.min())), max(0.0, float(values.max()))  # type: ignore[arg-type]
        low, top = padded(least, most)
        top += (top - low) * over / max(panel - over, 1)
        tops.append((top, most))
        edges = pl.DataFrame({"panel": [names[name]] * 2, "date": [rows["date"].max()] * 2,
                              "value": [low, top]})  # fmt: skip
        figure += p9.geom_blank(data=ordered(edges, "panel", order))
        if name == "frontier" and marks.height:
            up = panel / (top - low)
            named = tags.with_columns(
                panel=pl.lit(names[name]), value=top - (pl.col("row") + 0.6) * _ROW / up
            )
            figure += [
                p9.geom_vline(p9.aes(xintercept="date"), data=plain(marks.select("date")),
                              color="#999999", linetype="dotted", size=0.5),
                p9.geom_label(p9.aes(label="text"), data=ordered(named, "panel", order),
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
        + p9.scale_color_manual(values=dict(zip(order, (own, NEUTRAL), strict=True)))
        + axis.scale()
        + free_axis(tops, max(2, min(5, int(panel / 16))))
        + sheet.parts()
    )  # fmt: skip
