"""Intelligence against price for the models of a period."""

from dataclasses import dataclass

import numpy as np
import plotnine as p9
import polars as pl

from forecasts.errors import TrackerError
from forecasts.measures.period import Quarter
from tracker.charts.drawing.text import fit, literal, meets, width
from tracker.charts.drawing.theme import (
    Sheet,
    Size,
    colours,
    name_of,
    number,
    padded,
    plain,
    value_axis,
)
from tracker.charts.frontier import joined

TITLE = "Intelligence against price of the period's models"
NEEDS = "price"
MANY = True
_SIZE, _LINE = 7.5, 10.5


@dataclass(frozen=True)
class Prices:
    """A period's models with their prices: rows of `forecasts.measures.prices.price_points`."""

    quarter: Quarter
    points: pl.DataFrame
    released: int


def table(prices: Prices) -> pl.DataFrame:
    """bloc, model, lab, date, price (USD per million tokens), value, front, cheapest first."""
    return prices.points.drop("base")


def draw(prices: Prices, caption: str, size: Size | None = None) -> p9.ggplot:
    """A point per model, price on a logarithmic axis, the Pareto front as steps with names."""
    quarter, rows = prices.quarter, prices.points
    if rows.is_empty():
        raise TrackerError(
            f"No model of {quarter.label} has a known price.",
            "Import prices with `tracker import aa FILE --prices`, or choose another period.",
            code="no_prices",
        )
    gap = quarter.gap
    sheet = Sheet(
        f"Intelligence and price of models released in {quarter.label}",
        f"{gap.index_name} {gap.index_version}, points, against the blended price (3 parts input, "
        f"1 part output), USD per million tokens, logarithmic. {rows.height} of "
        f"{prices.released} models of {joined(quarter.blocs)} have a price. Line: the best value "
        "at or below each price.",
        caption, size or (9.0, 5.5),
    )  # fmt: skip
    wide, high = sheet.room
    high -= 34
    log = np.log10(rows["price"].to_numpy())
    left, right = padded(float(log.min()), float(log.max()), 0.06)
    low, top = padded(float(rows["value"].min()), float(rows["value"].max()), 0.09)  # type: ignore[arg-type]
    front = rows.filter("front")
    end = front.tail(1).with_columns(price=pl.lit(10.0 ** float(log.max())))
    names = labels(rows, (left, right), (low, top), (wide, high))
    blocs = [b for b in quarter.blocs if b in set(rows["bloc"])]
    shown = names.with_columns(
        pl.Series("text", [literal(t) for t in names["text"]], dtype=pl.String)
    )
    return (
        p9.ggplot(plain(rows), p9.aes("price", "value", color="bloc"))
        + p9.geom_step(data=plain(pl.concat([front, end])), color="#999999", size=0.8,
                       inherit_aes=False, mapping=p9.aes("price", "value"))
        + p9.geom_point(size=1.9, alpha=0.75)
        + p9.geom_text(p9.aes("x", "y", label="text", color="bloc"), data=plain(shown), ha="left",
                       va="center", size=_SIZE, inherit_aes=False)
        + p9.scale_color_manual(values=colours(quarter.blocs), limits=blocs,
                                labels=[literal(fit(name_of(b), 120, 9)) for b in blocs])
        + p9.scale_x_log10(limits=(10**left, 10**right), expand=(0, 0),
                           breaks=log_steps(10**left, 10**right),
                           labels=lambda vs: [number(v) for v in vs])
        + value_axis(low, top)
        + p9.guides(color=p9.guide_legend(nrow=-(-len(blocs) // 8)))
        + sheet.parts(x="USD per million tokens", y="Points")
        + p9.theme(legend_position="top", legend_title=p9.element_blank(),
                   panel_grid_major_x=p9.element_line(color="#eeeeee", size=0.5))
    )  # fmt: skip


def log_steps(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten, or the powers alone where there are many."""
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        steps = [round(f * 10.0**p, 12) for p in powers for f in factors]
        steps = [s for s in steps if low <= s <= high]
        if len(steps) <= 9:
            break
    return steps


def labels(
    rows: pl.DataFrame,
    across: tuple[float, float],
    up: tuple[float, float],
    panel: tuple[float, float],
) -> pl.DataFrame:
    """Names that stand clear of points and of each other: bloc, text, x, y of the text's left.

    Those on the front come first, then the best. Limits of x are logarithms to base ten.
    """
    per_x, per_y = panel[0] / (across[1] - across[0]), panel[1] / (up[1] - up[0])
    x = (np.log10(rows["price"].to_numpy()) - across[0]) * per_x
    y = (rows["value"].to_numpy() - up[0]) * per_y
    taken = np.stack([x - 3, y - 3, x + 3, y + 3], axis=1)
    # The front as a step line is no place for a name either.
    at = np.flatnonzero(rows["front"].to_numpy())
    until = np.append(x[at[1:]], x.max())
    level = np.stack([x[at], y[at] - 1.5, until, y[at] + 1.5], axis=1)
    rise = np.stack([x[at[1:]] - 1.5, y[at[:-1]], x[at[1:]] + 1.5, y[at[1:]]], axis=1)
    taken = np.concatenate([taken, level, rise])
    order = rows.with_row_index("at").sort("front", "value", "at", descending=[True, True, False])
    kept: list[dict[str, object]] = []
    seen: set[str] = set()
    for row in order.head(80).iter_rows(named=True):
        text = fit(str(row["base"]), 150, _SIZE)
        if text in seen:
            continue
        wide = width(text, _SIZE) + 2
        px, py = x[row["at"]], y[row["at"]]
        before, after, middle = px - wide - 4, px + 5, px - wide / 2
        above, below = py + 2, py - _LINE - 2
        places = (
            (before, above), (after, above), (before, below), (after, below),
            (middle, py + 4), (middle, py - _LINE - 4),
        )  # fmt: skip
        for left, low in places:
            box = np.array([left, low, left + wide, low + _LINE])
            if left > 0 and box[2] < panel[0] and low > 0 and box[3] < panel[1]:
                if meets(box, taken):
                    continue
                taken = np.concatenate([taken, box[None]])
                seen.add(text)
                kept.append({"bloc": row["bloc"], "text": text,
                             "x": 10 ** (across[0] + left / per_x),
                             "y": up[0] + (low + _LINE / 2) / per_y})  # fmt: skip
                break
    kinds = {"bloc": pl.String, "text": pl.String, "x": pl.Float64, "y": pl.Float64}
    return pl.DataFrame(kept, schema=kinds)
