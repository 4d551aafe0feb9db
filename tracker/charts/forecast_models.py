"""Models side by side: what each alone says of the gap at the horizon and of its closing."""

from dataclasses import replace
from typing import Any

import plotnine as p9
import polars as pl

from forecasts.forecasting.comparison import (
    DRAWS_EACH,
    at_the_ceiling,
    draws_told,
    side_by_side,
    with_headline,
)
from forecasts.forecasting.forecast import Forecast
from models import MODELS
from tracker.charts.contract import Basis, Chart, Made
from tracker.charts.drawing.rows import height_for, name_scale, names_width, value_room
from tracker.charts.drawing.text import sentence
from tracker.charts.drawing.theme import (
    FOLLOWER,
    LEADER,
    NEUTRAL,
    Sheet,
    Size,
    number,
    ordered,
    padded,
    round_steps,
    rows_look,
)
from tracker.charts.drawing.values import gap_unit
from tracker.charts.drawing.words import joined
from tracker.charts.subjects import captioned, forecast_from, forecast_request, period_asked
from tracker.text.numbers import fixed, points

_ROW = 15.0
CHANCE = "Chance of closing by then, %"
AHEAD = "Chance of level or ahead then, %"


def subject(basis: Basis) -> Made[Forecast]:
    """The models asked for, else all; in a report all, beside its own forecast.

    Those of the headline, the report's or the workspace's, have its draws: one number for a model.
    """
    asked, period = basis.request, period_asked(basis)
    names = () if basis.known else tuple(dict.fromkeys(asked.models))
    names = names or tuple(MODELS)
    request = forecast_request(basis, period)
    own_models = basis.data.models(())
    # Learnt once for both forecasts, which are of one day.
    learnt = basis.data.learnt((*names, *own_models), period.as_of, period.vintage)
    each = DRAWS_EACH if asked.draws is None else asked.draws
    all_of_them = replace(request, models=names, draws=each * len(names))
    compared = forecast_from(basis, all_of_them, period, learnt)
    headline = basis.known.forecast if basis.known else None
    if headline is None and asked.draws is None and set(own_models) & set(compared.models):
        # As many draws as `forecast` takes by default, so that both give one number.
        headline = forecast_from(basis, replace(request, models=own_models), period, learnt)
    return captioned(
        basis, compared if headline is None else with_headline(compared, headline), period
    )


def table(forecast: Forecast) -> pl.DataFrame:
    """See `side_by_side`: model, gap_q05 ... gap_q95, probability_closed, probability_exhausted."""
    return side_by_side(forecast)


def ceiling_note(forecast: Forecast) -> str:
    """Says which models have no interval because every draw ends at the index's upper bound."""
    names = at_the_ceiling(forecast)
    if not names:
        return ""
    top = number(forecast.history.ceiling)
    return f" No interval: {joined(names, 3)}, both blocs at the ceiling of {top}."


def spent_note(rows: pl.DataFrame) -> str:
    """Says what the squares are, where there are any."""
    if not (rows["probability_exhausted"] > 0).any():
        return ""
    return " Square: chance that the leader is at the ceiling of the index before that."


def _told(forecast: Forecast, gap: float) -> str:
    return fixed(gap, 2) if forecast.gap_doublings is not None else points(forecast.scale, gap)


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
        f"{follow} ahead. Each model alone, {draws_told(forecast)}.{ceiling_note(forecast)}"
        f"{spent_note(rows)}{note}",
        caption, size or (9.0, 5.5),
    )  # fmt: skip
    if size is None:
        tall = max(3.2, height_for(rows.height, _ROW, sheet) + 0.35)
        sheet = Sheet(sheet.title, sheet.subtitle, caption, (9.0, tall))
    places = pl.Series("place", range(rows.height - 1, -1, -1), dtype=pl.Int64)
    told = AHEAD if forecast.follower_is_ahead else CHANCE
    panel = f"Gap at the horizon, {gap_unit(forecast.scale)}"
    rows = rows.rename(lambda name: name.replace("doublings", "gap"))
    rows = rows.with_columns(rows[:, -2].alias("chance"), places).with_columns(
        chance=100 * pl.col("chance"),
        text=(100 * pl.col("chance")).round(0).cast(pl.Int64).cast(pl.String) + "%",
        spent=100 * pl.col("probability_exhausted"),
        panel=pl.lit(panel), second=pl.lit(told),
    )  # fmt: skip
    order = [panel, told]
    left = ordered(rows, "panel", order)
    right = ordered(rows.with_columns(panel="second"), "panel", order)
    bounds = pl.concat([rows["gap_q05"], rows["gap_q95"]])
    low, high = padded(min(0.0, float(bounds.min())), max(0.0, float(bounds.max())))  # type: ignore[arg-type]
    half = (sheet.room[0] - names_width(rows["model"].to_list())) / 2
    shares = pl.concat([rows["spent"], rows["chance"]])
    limit = value_room(max(float(shares.max()), 1.0), 0.0, half, ["100%"], 9)  # type: ignore[arg-type]
    edges = pl.DataFrame({"panel": [panel] * 2 + [told] * 2, "x": [low, high, 0.0, limit],
                          "place": [0] * 4})  # fmt: skip
    squares: list[Any] = []
    if spent_note(rows):
        squares = [p9.geom_point(p9.aes("spent"), data=right, shape="s", color=NEUTRAL,
                                 fill="white", size=2.2, stroke=0.7)]  # fmt: skip
    zero = pl.DataFrame({"panel": [panel, told], "x": [0.0, 0.0]})
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
        + squares
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


def describe(forecast: Forecast, table: pl.DataFrame) -> str:
    """The figure in words."""
    chance = table.columns[-2]
    chances, gaps = table.sort(chance), table.columns[1:6]
    what = "closing by" if chance == "probability_closed" else "the follower level or ahead"
    medians = [_told(forecast, m) for m in table[gaps[2]].sort()]
    low, high = chances.row(0, named=True), chances.row(-1, named=True)
    return (
        f"{table.height} models, each alone: median and 80% and 90% intervals of the gap at the "
        f"horizon, and the chance of {what} then. Medians go from {medians[0]} to "
        f"{medians[-1]} {gap_unit(forecast.scale)}; chances from {low[chance]:.0%} "
        f"({low['model']}) to {high[chance]:.0%} ({high['model']}).{spent_note(table)}"
    )


CHART = Chart(
    "Models side by side: the gap at the horizon and the chance of closing",
    subject,
    table,
    draw,
    describe,
    rank=70,
)
