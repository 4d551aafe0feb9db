"""Models side by side: what each alone says of the gap at the horizon and of its closing."""

import numpy as np
import plotnine as p9
import polars as pl

from forecasts.forecasting.comparison import draws_told
from forecasts.forecasting.forecast import Forecast
from tracker.charts.drawing.rows import height_for, name_scale, names_width, value_room
from tracker.charts.drawing.text import sentence
from tracker.charts.drawing.theme import (
    FOLLOWER,
    LEADER,
    Sheet,
    Size,
    number,
    ordered,
    padded,
    round_steps,
    rows_look,
)
from tracker.charts.frontier import joined

TITLE = "Models side by side: the gap at the horizon and the chance of closing"
NEEDS = "models"
_ROW = 15.0
GAP, CHANCE = "Gap at the horizon, points", "Chance of closing by then, %"
AHEAD = "Chance of level or ahead then, %"


def table(forecast: Forecast) -> pl.DataFrame:
    """model, gap_q05, gap_q10, gap_q50, gap_q90, gap_q95, probability_closed, by median gap.

    Of a gap that is closed on the day of the forecast the last is probability_ahead, the follower
    level or ahead at the horizon: there is no closing to come.
    """
    chance = pl.col("probability_within_horizon").alias("probability_closed")
    if forecast.follower_is_ahead:
        ahead = {
            name: float((paths[:, 1, -1] >= paths[:, 0, -1]).mean())
            for name, paths in forecast.paths.items()
        }
        chance = pl.col("model").replace_strict(ahead).alias("probability_ahead")
    return forecast.by_model.sort("gap_q50", "model").select(
        "model", "gap_q05", "gap_q10", "gap_q50", "gap_q90", "gap_q95", chance
    )


def ceiling_note(forecast: Forecast) -> str:
    """Says which models have no interval because every draw ends at the index's upper bound."""
    narrow = table(forecast).filter(pl.col("gap_q95") - pl.col("gap_q05") < 1e-9)
    top = forecast.history.ceiling
    names = [
        name for name in narrow["model"]
        if (np.quantile(forecast.paths[name][:, :, -1], 0.05, axis=0) >= top - 1e-9).all()
    ]  # fmt: skip
    if not names:
        return ""
    return f" No interval: {joined(names, 3)}, both blocs at the ceiling of {number(top)}."


def draw(forecast: Forecast, caption: str, size: Size | None = None) -> p9.ggplot:
    """A row per model: median and intervals of the gap, beside them the chance of closing."""
    rows = table(forecast)
    lead, follow = joined([forecast.leader.bloc]), joined([forecast.follower.bloc])
    end = forecast.gap["date"][-1].isoformat()
    failed = len(forecast.failed)
    note = f" {failed} more could not be fitted." if failed else ""
    sheet = Sheet(
        f"Gap from {lead} to {follow} on {end}, by model",
        sentence(f"{lead} minus {follow}, ")
        + f"{forecast.index_name} {forecast.index_version}. Point: median. "
        "Thick: 80% of draws. Thin: 90%. Left of the line: "
        f"{follow} ahead. Each model alone, {draws_told(forecast)}.{ceiling_note(forecast)}{note}",
        caption, size or (9.0, 5.5),
    )  # fmt: skip
    if size is None:
        tall = max(3.2, height_for(rows.height, _ROW, sheet) + 0.35)
        sheet = Sheet(sheet.title, sheet.subtitle, caption, (9.0, tall))
    places = pl.Series("place", range(rows.height - 1, -1, -1), dtype=pl.Int64)
    told = AHEAD if forecast.follower_is_ahead else CHANCE
    rows = rows.with_columns(rows[:, -1].alias("chance"), places).with_columns(
        chance=100 * pl.col("chance"),
        text=(100 * pl.col("chance")).round(0).cast(pl.Int64).cast(pl.String) + "%",
        panel=pl.lit(GAP), second=pl.lit(told),
    )  # fmt: skip
    order = [GAP, told]
    left = ordered(rows, "panel", order)
    right = ordered(rows.with_columns(panel="second"), "panel", order)
    bounds = pl.concat([rows["gap_q05"], rows["gap_q95"]])
    low, high = padded(min(0.0, float(bounds.min())), max(0.0, float(bounds.max())))  # type: ignore[arg-type]
    half = (sheet.room[0] - names_width(rows["model"].to_list())) / 2
    limit = value_room(max(float(rows["chance"].max()), 1.0), 0.0, half, ["100%"], 9)  # type: ignore[arg-type]
    edges = pl.DataFrame({"panel": [GAP] * 2 + [told] * 2, "x": [low, high, 0.0, limit],
                          "place": [0] * 4})  # fmt: skip
    zero = pl.DataFrame({"panel": [GAP, told], "x": [0.0, 0.0]})
    return (
        p9.ggplot(left, p9.aes(y="place"))
        + p9.geom_blank(p9.aes("x", "place"), data=ordered(edges, "panel", order))
        + p9.geom_vline(p9.aes(xintercept="x"), data=ordered(zero, "panel", order),
                        color="#888888", size=0.6)
        + p9.geom_segment(p9.aes(x="gap_q05", xend="gap_q95", yend="place"), color=LEADER,
                          size=0.7)
        + p9.geom_segment(p9.aes(x="gap_q10", xend="gap_q90", yend="place"), color=LEADER,
                          size=2.6, alpha=0.45)
        + p9.geom_point(p9.aes("gap_q50"), color=LEADER, size=2.6)
        + p9.geom_segment(p9.aes(x=0, xend="chance", yend="place"), data=right, color="#bbbbbb",
                          size=1.0)
        + p9.geom_point(p9.aes("chance"), data=right, color=FOLLOWER, size=2.6)
        + p9.geom_text(p9.aes("chance", label="text"), data=right, ha="left", va="center", size=9,
                       nudge_x=8 * limit / half)
        + p9.facet_wrap("panel", nrow=1, scales="free_x")
        + name_scale(rows["place"].to_list(), rows["model"].to_list())
        + p9.scale_x_continuous(expand=(0, 0), breaks=lambda ends: round_steps(*ends, 6),
                                labels=lambda vs: [number(v) for v in vs])
        + sheet.parts()
        + rows_look()
    )  # fmt: skip
