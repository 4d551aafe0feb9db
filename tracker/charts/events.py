"""Policy events over the follower's frontier and the gap: annotation, no claim of cause."""

import plotnine as p9
import polars as pl

from forecasts.quarter import Quarter
from tracker.catalogue import Catalogue
from tracker.charts.theme import FOLLOWER, NEUTRAL, dates, look, plain

TITLE = "Policy events over the follower's frontier and the gap"
NEEDS = "quarter"


def table(quarter: Quarter) -> pl.DataFrame:
    """number, date, title, jurisdiction, source_url of the events since the follower's first
    record.
    """
    first = quarter.gap.follower.records["released_on"][0]
    return (
        Catalogue()
        .events.filter(pl.col("date").is_between(first, quarter.as_of))
        .sort("date")
        .with_row_index("number", 1)
        .select("number", "date", "title", "jurisdiction", "source_url")
    )


def panels(quarter: Quarter) -> pl.DataFrame:
    """panel, date, value: the follower's frontier as steps, and the gap after each change."""
    gap = quarter.gap
    days = sorted(
        {*gap.follower.records["released_on"].to_list(),
         *gap.leader.records["released_on"].to_list(), quarter.as_of}
    )  # fmt: skip
    first = max(f.records["released_on"][0] for f in (gap.leader, gap.follower))
    days = [d for d in days if d >= first]
    at = pl.Series(days).cast(pl.Int32).to_numpy()
    top, low = gap.leader.at(at), gap.follower.at(at)
    names = (f"{gap.follower.bloc} frontier, points", f"Gap to {gap.leader.bloc}, points")
    return pl.concat(
        [
            pl.DataFrame({"panel": names[0], "date": days, "value": low}),
            pl.DataFrame({"panel": names[1], "date": days, "value": top - low}),
        ]
    )


def draw(quarter: Quarter, caption: str) -> p9.ggplot:
    """Two panels of steps, a numbered line per event, the numbers told below."""
    import pandas as pd

    rows, marks = panels(quarter), table(quarter)
    order = rows["panel"].unique(maintain_order=True).to_list()
    data = plain(rows)
    data["panel"] = pd.Categorical(data["panel"], categories=order)
    # The numbers stand above the upper panel; those of events close together take turns.
    highest = float(rows.filter(panel=order[0])["value"].max())  # type: ignore[arg-type]
    heights = [1.08 + 0.12 * (i % 5) for i in range(marks.height)]
    numbers = plain(
        marks.select("date", "number").with_columns(
            panel=pl.lit(order[0]), value=pl.Series(heights, dtype=pl.Float64) * highest
        )
    )
    lines_at = plain(marks.select("date"))
    told = [f"{n} {d} {t}" for n, d, t in marks.select("number", "date", "title").iter_rows()]
    lines = [";  ".join(told[i : i + 3]) for i in range(0, len(told), 3)]
    figure = (
        p9.ggplot(data, p9.aes("date", "value"))
        + p9.geom_step(p9.aes(color="panel"), size=0.9)
        + p9.facet_wrap("panel", ncol=1, scales="free_y")
        + p9.scale_color_manual(values={order[0]: FOLLOWER, order[1]: NEUTRAL})
        + dates("6 months", "%Y-%m", room=0.03)
        + p9.labs(
            title=f"Policy events and the {quarter.gap.follower.bloc} frontier",
            subtitle="Dates of events beside the data; that one follows the other shows no cause.",
            y="",
            caption="\n".join([*lines, caption]),
        )
        + look()
    )
    if marks.height:
        numbers["panel"] = pd.Categorical(numbers["panel"], categories=order)
        figure = (
            figure
            + p9.geom_vline(p9.aes(xintercept="date"), data=lines_at, color="#999999",
                            linetype="dotted", size=0.5)
            + p9.geom_label(p9.aes(label="number"), data=numbers, size=7, label_size=0,
                            label_padding=0.12, color="#333333")
        )  # fmt: skip
    return figure
