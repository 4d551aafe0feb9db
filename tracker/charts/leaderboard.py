"""Best model of each lab at the quarter's end."""

import plotnine as p9
import polars as pl

from forecasts.quarter import Quarter, leaderboard
from tracker.charts.theme import FOLLOWER, LEADER, NEUTRAL, look, plain

TITLE = "Best model per lab at the quarter's end"
NEEDS = "quarter"
SHOWN = 20


def table(quarter: Quarter) -> pl.DataFrame:
    """rank, lab, country, model, value, released_on, open_weights, before, change."""
    return leaderboard(quarter)


def draw(quarter: Quarter, caption: str) -> p9.ggplot:
    """A bar per lab, the best at the top, with its model and the change in the quarter."""
    gap = quarter.gap
    in_leader = set(gap.leader.releases["lab"].to_list())
    in_follower = set(gap.follower.releases["lab"].to_list())
    rows = table(quarter).head(SHOWN).with_columns(
        bloc=pl.col("lab").map_elements(
            lambda lab: gap.leader.bloc if lab in in_leader
            else gap.follower.bloc if lab in in_follower else "other",
            return_dtype=pl.String,
        ),
        label=pl.format("{} ({})", pl.col("lab").str.head(26), pl.col("country")),
        text=pl.format(
            "{}  {}{}",
            pl.col("value").round(1),
            pl.when(pl.col("model").str.len_chars() > 44)
            .then(pl.col("model").str.head(43) + "…").otherwise("model"),
            pl.when(pl.col("before").is_null()).then(pl.lit(", new"))
            .when(pl.col("change") > 0)
            .then(pl.format(", +{}", pl.col("change").round(1)))
            .otherwise(pl.lit("")),
        ),
    )  # fmt: skip
    order = rows["label"].to_list()[::-1]
    top = float(rows["value"].max())  # type: ignore[arg-type]
    low = min(0.0, float(rows["value"].min()))  # type: ignore[arg-type]
    palette = {gap.leader.bloc: LEADER, gap.follower.bloc: FOLLOWER, "other": NEUTRAL}
    kinds = [b for b in palette if b in set(rows["bloc"])]
    return (
        p9.ggplot(plain(rows), p9.aes("label", "value", fill="bloc"))
        + p9.geom_col(width=0.7, alpha=0.8)
        + p9.geom_text(p9.aes(label="text"), ha="left", nudge_y=0.01 * max(top, 1e-9), size=7.5)
        + p9.scale_x_discrete(limits=order)
        + p9.scale_y_continuous(limits=(low, top * 1.75))
        + p9.scale_fill_manual(values=palette, limits=kinds)
        + p9.coord_flip()
        + p9.labs(
            title=f"Best model of each lab, {quarter.label}"
            + ("" if quarter.complete else f" to {quarter.as_of}"),
            subtitle=f"The best {rows.height} labs. +: rise of the lab's best since the quarter "
            "before.",
            y=f"{gap.index_name}, points"[:70],
            fill="",
            caption=caption,
        )
        + look()
        + p9.theme(panel_grid_major_y=p9.element_blank(), axis_title_y=p9.element_blank(),
                   axis_text_y=p9.element_text(size=8), legend_position="top",
                   axis_title_x=p9.element_text(size=9))
    )  # fmt: skip
