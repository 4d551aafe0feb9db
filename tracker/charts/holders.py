"""Who holds the frontier: the best ten models of the last year by country and by lab."""

import plotnine as p9
import polars as pl

from forecasts.errors import TrackerError
from forecasts.measures.period import Quarter, frontier_holders
from tracker.charts.drawing.rows import TICK, height_for, name_scale, value_scale
from tracker.charts.drawing.theme import LEADER, NEUTRAL, Sheet, Size, ordered, rows_look

TITLE = "The last year's ten best models by country and by lab"
NEEDS = "quarter"
TOP = 10
_ROW = 22.0
PANELS = {"country": "By country", "lab": "By lab"}


def table(quarter: Quarter) -> pl.DataFrame:
    """by (country or lab), name, models, share."""
    return frontier_holders(quarter, TOP)


def placed(rows: pl.DataFrame) -> pl.DataFrame:
    """`table` with its panel and the place of each row, the same number of places per panel."""
    most = int(rows["by"].value_counts()["count"].max())  # type: ignore[arg-type]
    return rows.with_columns(
        panel=pl.col("by").replace(PANELS),
        place=pl.when(pl.col("by") == "country").then(0).otherwise(100)
        + most - 1 - pl.int_range(pl.len()).over("by"),
        text=pl.format(
            "{} ({}%)", pl.col("models").round(1).cast(pl.String).str.strip_suffix(".0"),
            (100 * pl.col("share")).round(0).cast(pl.Int64),
        ),
    )  # fmt: skip


def draw(quarter: Quarter, caption: str, size: Size | None = None) -> p9.ggplot:
    """Bars of the shares, countries beside labs on one scale."""
    rows = table(quarter)
    if rows.is_empty():
        raise TrackerError(
            f"No model was released in the year to {quarter.as_of}.",
            "Choose an earlier --quarter or --to.",
            code="no_releases",
        )
    rows = placed(rows)
    count = round(float(rows.filter(by="country")["models"].sum()))
    span = f"year to {quarter.as_of.isoformat()}"
    few = "" if count == TOP else f" Only {count} models were released in it."
    sheet = Sheet(
        f"Who made the {TOP if count == TOP else count} best models of the {span}",
        f"Number of models (share). {quarter.gap.index_name} {quarter.gap.index_version}; variants "
        f"of one model count once; a lab of several countries counts in part for each.{few}",
        caption, size or (9.0, 5.5),
    )  # fmt: skip
    deep = max(rows.filter(by=by).height for by in PANELS)
    if size is None:
        tall = max(3.2, height_for(deep, _ROW, sheet) + 0.3)
        sheet = Sheet(sheet.title, sheet.subtitle, caption, (9.0, tall))
    order = list(PANELS.values())
    edges = pl.DataFrame(
        {"panel": [order[0]] * 2 + [order[1]] * 2, "place": [0, deep - 1, 100, 99 + deep],
         "models": [0.0] * 4}
    )  # fmt: skip
    high = float(rows["models"].max())  # type: ignore[arg-type]
    return (
        p9.ggplot(ordered(rows, "panel", order), p9.aes(y="place"))
        + p9.geom_blank(p9.aes("models", "place"), data=ordered(edges, "panel", order))
        + p9.geom_segment(p9.aes(x=0, xend="models", yend="place", color="panel"), size=6)
        + p9.geom_text(p9.aes("models", label="text"), ha="left", va="center",
                       nudge_x=0.04 * high, size=9)
        + p9.facet_wrap("panel", nrow=1, scales="free_y")
        + name_scale(rows["place"].to_list(), rows["name"].fill_null("unknown").to_list(), 130)
        + value_scale(0.0, high, high * 1.45)
        + p9.scale_color_manual(values=dict(zip(order, (LEADER, NEUTRAL), strict=True)))
        + sheet.parts(x=f"Models among the {TOP} best")
        + rows_look(TICK)
    )  # fmt: skip
