"""Open-weight against proprietary frontier, of all and within both blocs."""

import plotnine as p9
import polars as pl

from forecasts.errors import TrackerError
from forecasts.quarter import Quarter
from tracker.charts.theme import FOLLOWER, LEADER, dates, look, plain

TITLE = "Open against proprietary weights, of all and within each bloc"
NEEDS = "quarter"


def table(quarter: Quarter) -> pl.DataFrame:
    """panel (all or a bloc), weights, date, value: the steps of each frontier."""
    frames: list[pl.DataFrame] = []
    for panel, prefix in (
        ("All", ""),
        *((b, f"{b}+") for b in (quarter.gap.leader.bloc, quarter.gap.follower.bloc)
          if "," not in b and b not in {"open", "proprietary"}),
    ):  # fmt: skip
        for weights in ("open", "proprietary"):
            found = quarter.frontier(prefix + weights)
            if found is None:
                continue
            end = pl.DataFrame({"date": [quarter.as_of], "value": [float(found.values[-1])]})
            frames.append(
                pl.concat([found.records.select(date="released_on", value="value"), end]).select(
                    pl.lit(panel).alias("panel"), pl.lit(weights).alias("weights"), "date", "value"
                )
            )
    schema = {"panel": pl.String, "weights": pl.String, "date": pl.Date, "value": pl.Float64}
    return pl.concat(frames) if frames else pl.DataFrame(schema=schema)


def draw(quarter: Quarter, caption: str) -> p9.ggplot:
    """Step lines side by side, on one scale."""
    rows = table(quarter)
    if rows.is_empty():
        raise TrackerError(
            "No model here says whether its weights are open.",
            "Log it with --open-weights or --proprietary.",
            code="unknown_weights",
        )
    panels = rows["panel"].unique(maintain_order=True).to_list()
    data = plain(rows)
    import pandas as pd

    data["panel"] = pd.Categorical(data["panel"], categories=panels)
    return (
        p9.ggplot(data, p9.aes("date", "value", color="weights", linetype="weights"))
        + p9.geom_step(size=0.9)
        + p9.facet_wrap("panel", nrow=1)
        + p9.scale_color_manual(values={"open": FOLLOWER, "proprietary": LEADER})
        + p9.scale_linetype_manual(values={"open": "dashed", "proprietary": "solid"})
        + dates("1 year", "%Y", room=0.03)
        + p9.labs(
            title="Frontiers of open and proprietary weights",
            subtitle="Best model released so far.",
            y=f"{quarter.gap.index_name}, points"[:70],
            color="", linetype="",
            caption=caption,
        )
        + look()
        + p9.theme(legend_position="top")
    )  # fmt: skip
