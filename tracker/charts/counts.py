"""Releases per quarter by bloc and lab, and how many were records."""

from dataclasses import replace

import plotnine as p9
import polars as pl

from forecasts.measures.period import Quarter, lab_counts, quarter_of
from tracker.charts.drawing.rows import height_for, name_scale
from tracker.charts.drawing.theme import NEUTRAL, Sheet, Size, colours, name_of, plain, rows_look
from tracker.charts.frontier import joined

TITLE = "Releases per quarter by bloc and lab, and how many were records"
NEEDS = "quarter"
MANY = True
_ROWS, _ROW = 24, 14.0


def table(quarter: Quarter) -> pl.DataFrame:
    """bloc, lab (null: the whole bloc), quarter, models (variants grouped), records."""
    return lab_counts(quarter, _labs(len(quarter.frontiers)))


def _labs(blocs: int) -> int:
    return min(6, max(0, (_ROWS - 2 * blocs) // blocs))


def draw(quarter: Quarter, caption: str, size: Size | None = None) -> p9.ggplot:
    """A table of quarters, darker where there are more; each bloc above its labs."""
    rows = table(quarter)
    going = quarter_of(quarter.as_of) if _going(quarter) else ""
    note = f" * to {quarter.as_of.isoformat()}." if going else ""
    sheet = Sheet(
        f"Models released per quarter: {joined(quarter.blocs)}",
        "Number of models on the index, variants of one counted once; after the stroke, how many "
        f"raised the frontier of their bloc. The labs with most models.{note}",
        caption, size or (9.0, 5.5),
    )  # fmt: skip
    keys = rows.select("bloc", "lab").unique(maintain_order=True)
    blocs = keys["bloc"].n_unique()
    if size is not None:
        fits = int((sheet.room[1] - 24) / _ROW) - blocs
        all_labs = keys["lab"].count()
        while keys.height > max(fits, blocs) and keys["lab"].count():
            most = keys.group_by("bloc").len()["len"].max()
            at = pl.int_range(pl.len()).over("bloc")
            keys = keys.filter(at < most - 1)  # type: ignore[operator]
        if (left := keys["lab"].count()) < all_labs:
            told = f"{left} of {all_labs} labs fit." if left else "No lab has room here."
            sheet = replace(sheet, subtitle=f"{sheet.subtitle} {told}")
    else:
        tall = max(3.0, height_for(keys.height + 0.6 * blocs, _ROW, sheet))
        sheet = Sheet(sheet.title, sheet.subtitle, caption, (9.0, tall))
    group = keys["bloc"].rle_id().cast(pl.Float64)
    keys = keys.with_columns(place=-(pl.int_range(keys.height, eager=True) + 0.6 * group))
    rows = rows.join(keys, on=["bloc", "lab"], how="inner", nulls_equal=True,
                     maintain_order="left")  # fmt: skip
    most = max(*rows["models"].to_list(), 1)
    rows = rows.with_columns(
        text=pl.when(pl.col("models") + pl.col("records") == 0).then(pl.lit("·"))
        .when(pl.col("records") > 0).then(pl.format("{} / {}", "models", "records"))
        .otherwise(pl.col("models").cast(pl.String)),
        share=0.06 + 0.54 * pl.col("models") / most,
        column=pl.when(pl.col("quarter") == going).then(pl.col("quarter") + "*")
        .otherwise("quarter"),
    )  # fmt: skip
    names = [
        f"{name_of(bloc)}, all" if lab is None else lab
        for bloc, lab in keys.select("bloc", "lab").iter_rows()
    ]
    order = rows["column"].unique(maintain_order=True).to_list()
    whole, part = rows.filter(pl.col("lab").is_null()), rows.filter(pl.col("lab").is_not_null())
    return (
        p9.ggplot(plain(rows), p9.aes("column", "place"))
        + p9.geom_tile(p9.aes(fill="bloc", alpha="share"), width=0.94, height=0.9)
        + p9.geom_text(p9.aes(label="text"), data=plain(whole), size=8.5, fontweight="bold",
                       color="#111111")
        + p9.geom_text(p9.aes(label="text"), data=plain(part), size=8.5, color="#222222")
        + p9.scale_x_discrete(limits=order)
        + name_scale(keys["place"].to_list(), names)
        + p9.scale_alpha_identity()
        + p9.scale_fill_manual(values={**colours(quarter.blocs), "": NEUTRAL})
        + sheet.parts()
        + rows_look()
        + p9.theme(panel_grid_major_x=p9.element_blank())
    )  # fmt: skip


def _going(quarter: Quarter) -> bool:
    """Whether the last quarter of the figure was not over on the day it is drawn as of."""
    from forecasts.measures.period import parse_quarter

    return parse_quarter(quarter_of(quarter.as_of))[1] != quarter.as_of
