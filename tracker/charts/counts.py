"""Releases per quarter by bloc, and how many were records."""

import plotnine as p9
import polars as pl

from forecasts.quarter import Quarter, release_counts
from tracker.charts.theme import colours, look, plain

TITLE = "Releases per quarter, and how many were records"
NEEDS = "quarter"


def table(quarter: Quarter) -> pl.DataFrame:
    """quarter, bloc, models (variants grouped), records."""
    return release_counts(quarter)


def draw(quarter: Quarter, caption: str) -> p9.ggplot:
    """Bars of both blocs side by side; the records in full colour."""
    rows = table(quarter)
    labels = rows["quarter"].unique(maintain_order=True).to_list()
    star = labels[-1] + ("" if quarter.complete else "*")
    rows = rows.with_columns(pl.col("quarter").replace({labels[-1]: star}))
    labels[-1] = star
    tops = rows.with_columns(text=pl.format("{} / {}", "models", "records"))
    place = p9.position_dodge(width=0.8)
    note = "" if quarter.complete else f" * to {quarter.as_of}."
    return (
        p9.ggplot(plain(rows), p9.aes("quarter", fill="bloc"))
        + p9.geom_col(p9.aes(y="models"), position=place, width=0.7, alpha=0.35)
        + p9.geom_col(p9.aes(y="records"), position=place, width=0.7)
        + p9.geom_text(p9.aes(y="models", label="text"), data=plain(tops), position=place,
                       va="bottom", size=7.5)
        + p9.scale_x_discrete(limits=labels)
        + p9.scale_fill_manual(values=colours(quarter.gap))
        + p9.labs(
            title="Models released per quarter",
            subtitle=f"Pale: all models, variants of one grouped. Full: those that raised their "
            f"bloc's frontier.{note}",
            y="Models",
            fill="",
            caption=caption,
        )
        + look()
        + p9.theme(legend_position="top")
    )  # fmt: skip
