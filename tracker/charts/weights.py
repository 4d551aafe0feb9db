"""Open-weight against proprietary frontiers: of all, within each bloc, and across two blocs."""

import plotnine as p9
import polars as pl

from forecasts.errors import TrackerError
from forecasts.measures.period import Quarter
from tracker.charts.drawing.steps import stretch_steps
from tracker.charts.drawing.text import fit
from tracker.charts.drawing.theme import (
    FIXED,
    Sheet,
    Size,
    TimeAxis,
    end_labels,
    name_of,
    ordered,
    padded,
    room_for,
    short,
    value_axis,
)

TITLE = "Open against proprietary weights: of all, within each bloc and across"
NEEDS = "quarter"
MANY = True
LINES = {"open": "dashed", "proprietary": "solid"}


def _panels(quarter: Quarter) -> list[tuple[str, list[tuple[str, str]]]]:
    """Panel names, each with the blocs of its two lines and their weights."""
    kinds = ("open", "proprietary")
    plain_blocs = [b for b in quarter.blocs if "," not in b and not set(kinds) & set(b.split("+"))]
    found = [("All models", [(w, w) for w in kinds])]
    found += [(f"Within {name_of(b)}", [(f"{b}+{w}", w) for w in kinds]) for b in plain_blocs]
    top, low = quarter.gap.leader.bloc, quarter.gap.follower.bloc
    if len(quarter.blocs) == 2 and {top, low} <= set(plain_blocs):
        for first, second in ((low, top), (top, low)):
            name = f"{name_of(first)} open, {name_of(second)} proprietary"
            found.append((name, [(f"{first}+open", "open"), (f"{second}+proprietary", kinds[1])]))
    return found


def table(quarter: Quarter) -> pl.DataFrame:
    """panel, bloc, weights, date, value, model: every point of the steps of each frontier."""
    frames: list[pl.DataFrame] = []
    for panel, lines in _panels(quarter):
        for bloc, weights in lines:
            found = quarter.frontier(bloc)
            if found is None:
                continue
            frames.append(
                stretch_steps(found, quarter.shown_from, quarter.as_of).select(
                    pl.lit(panel).alias("panel"), pl.lit(bloc).alias("bloc"),
                    pl.lit(weights).alias("weights"), "date", "value", "model",
                )
            )  # fmt: skip
    schema = {"panel": pl.String, "bloc": pl.String, "weights": pl.String, "date": pl.Date,
              "value": pl.Float64, "model": pl.String}  # fmt: skip
    return pl.concat(frames) if frames else pl.DataFrame(schema=schema)


def draw(quarter: Quarter, caption: str, size: Size | None = None) -> p9.ggplot:
    """Step lines side by side, on one scale, each named at its end."""
    rows = table(quarter)
    if rows.is_empty():
        raise TrackerError(
            "No model here says whether its weights are open.",
            "Log it with --open-weights or --proprietary.",
            code="unknown_weights",
        )
    panels = rows["panel"].unique(maintain_order=True).to_list()
    across = 3 if len(panels) in (3, 5, 6) or len(panels) > 8 else min(len(panels), 2)
    if size is not None and size[0] < 8:
        across = min(across, 2)
    down = -(-len(panels) // across)
    sheet = Sheet(
        "Frontiers of open and proprietary weights",
        f"{quarter.gap.index_name} {quarter.gap.index_version}, points: best model released so "
        "far. Dashed: open weights. Solid: proprietary.",
        caption, size or (9.0, max(5.5, 1.3 + 1.75 * down)),
    )  # fmt: skip
    wide, high = sheet.room
    panel_wide, panel_high = wide / across - 12, (high - 24 * down) / down
    ends = rows.group_by("panel", "weights", maintain_order=True).last()
    tight = across > 2 or panel_wide < 230
    kind = pl.col("weights").replace({"proprietary": "prop."}) if tight else pl.col("weights")
    texts = [f"{w} {short(v)}" for w, v in ends.select(kind, "value").iter_rows()]
    ends = ends.with_columns(text=pl.Series(texts, dtype=pl.String))
    axis = TimeAxis(rows["date"].min(), rows["date"].max(), panel_wide,  # type: ignore[arg-type]
                    room_for(ends["text"].to_list(), 8))  # fmt: skip
    low, top = padded(float(rows["value"].min()), float(rows["value"].max()))  # type: ignore[arg-type]
    title = {p: fit(p, panel_wide - 6, 10, True) for p in panels}
    order = [title[p] for p in panels]
    named = rows.with_columns(pl.col("panel").replace(title))
    figure = p9.ggplot(
        ordered(named, "panel", order), p9.aes("date", "value", color="weights")
    ) + p9.geom_step(p9.aes(linetype="weights"), size=0.9)
    for panel in panels:
        finals = end_labels(ends.filter(panel=panel), axis, (low, top), panel_high, 8)
        finals["panel"] = title[panel]
        data = ordered(pl.DataFrame({"panel": [title[panel]] * len(finals)}), "panel", order)
        finals["panel"] = data["panel"]
        figure += p9.geom_text(p9.aes("x", "y", label="text", color="weights"), data=finals,
                               ha="left", va="center", size=8, fontweight="bold",
                               inherit_aes=False)  # fmt: skip
    return (
        figure
        + p9.facet_wrap("panel", ncol=across)
        + p9.scale_color_manual(values={w: FIXED[w] for w in LINES})
        + p9.scale_linetype_manual(values=LINES)
        + axis.scale()
        + value_axis(low, top, max(3, min(6, int(panel_high / 16))))
        + sheet.parts(y="Points")
    )
