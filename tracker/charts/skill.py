"""What past forecasts were worth: skill and coverage by model and horizon, from a backtest."""

from dataclasses import dataclass
from datetime import date

import plotnine as p9
import polars as pl

from forecasts.errors import TrackerError
from forecasts.verification.evaluation import REFERENCE
from tracker.charts.drawing.rows import height_for, name_scale
from tracker.charts.drawing.text import width
from tracker.charts.drawing.theme import Sheet, Size, ordered, rows_look
from tracker.charts.frontier import joined

TITLE = "Skill and coverage of past forecasts, by model and horizon"
NEEDS = "skill"
_ROW = 26.0
PANELS = {"skill": "CRPS skill", "coverage_80": "80% coverage",
          "coverage_90": "90% coverage"}  # fmt: skip
_BETTER, _WORSE, _EVEN = "#0072B2", "#D55E00", "#f4f4f4"


@dataclass(frozen=True)
class Skill:
    """Scores of forecasts of the gap: rows of `score_table` for its target.

    Attributes:
        first, last: origins.
    """

    scores: pl.DataFrame
    leader: str
    follower: str
    index_name: str
    index_version: str
    as_of: date
    vintage: str
    first: date
    last: date


def table(skill: Skill) -> pl.DataFrame:
    """model, horizon_months, forecasts, crps, skill, skill_low, skill_high, coverage_80,
    coverage_90: models by their mean skill, best first.
    """
    mean = pl.col("skill").mean().over("model").fill_null(-99.0)
    return (
        skill.scores.filter(pl.col("forecasts") > 0)
        .sort(mean, "model", "horizon_months", descending=[True, False, False])
        .select("model", "horizon_months", "forecasts", "crps", "skill", "skill_low", "skill_high",
                "coverage_80", "coverage_90")
    )  # fmt: skip


def cells(rows: pl.DataFrame) -> pl.DataFrame:
    """`table` as tiles: panel, model, horizon, text, tint (-1 worse to 1 better than wanted)."""
    interval = pl.when(pl.col("skill_low").is_not_null()).then(
        pl.format("\n{} to {}", pl.col("skill_low").round(2), pl.col("skill_high").round(2))
    ).otherwise(pl.lit(""))  # fmt: skip
    horizon = pl.col("horizon_months").cast(pl.String) + " mo"
    parts = [
        rows.select(
            pl.lit(PANELS["skill"]).alias("panel"), "model", horizon.alias("horizon"),
            pl.col("skill").alias("value"),
            pl.when(pl.col("model") == REFERENCE).then(pl.lit("0"))
            .otherwise(pl.format("{}{}", pl.col("skill").round(2), interval)).alias("text"),
            pl.col("skill").clip(-0.5, 0.5).alias("tint") * 2,
        )
    ]  # fmt: skip
    for column, wanted in (("coverage_80", 0.8), ("coverage_90", 0.9)):
        parts.append(
            rows.select(
                pl.lit(PANELS[column]).alias("panel"), "model", horizon.alias("horizon"),
                pl.col(column).alias("value"),
                pl.format("{}%", (100 * pl.col(column)).round(0).cast(pl.Int64)).alias("text"),
                # Below the wanted share the intervals are too narrow, the worse fault.
                ((pl.col(column) - wanted).clip(-0.4, 0.0) / 0.4).alias("tint"),
            )
        )  # fmt: skip
    return pl.concat(parts)


def draw(skill: Skill, caption: str, size: Size | None = None) -> p9.ggplot:
    """Three tables side by side, tinted: models by horizon."""
    rows = table(skill)
    if rows.is_empty():
        raise TrackerError(
            "No past forecast has an outcome yet.",
            "Choose shorter horizons or import more history.",
            code="no_outcomes",
        )
    counts = rows["forecasts"].to_list()
    fewest, most = min(counts), max(counts)
    pair = joined([skill.leader, skill.follower])
    few = f"{fewest} to {most}" if fewest != most else f"{most}"
    sheet = Sheet(
        f"What past forecasts of the gap of {pair} were worth",
        f"By model and months ahead, from origins {skill.first.isoformat()} to "
        f"{skill.last.isoformat()}, {few} outcomes each. Skill: 1 minus CRPS over that of "
        f"{REFERENCE}, below it a 90% interval; above 0 is better. Orange: worse than it, or "
        "fewer outcomes inside the interval than promised.",
        caption, size or (9.0, 5.5),
    )  # fmt: skip
    models = rows["model"].unique(maintain_order=True).to_list()
    if size is None:
        tall = max(3.0, height_for(len(models), _ROW, sheet) + 0.3)
        sheet = Sheet(sheet.title, sheet.subtitle, caption, (9.0, tall))
    place = {m: len(models) - 1 - i for i, m in enumerate(models)}
    order = list(PANELS.values())
    horizons = [f"{h} mo" for h in sorted(rows["horizon_months"].unique())]
    tiles = cells(rows).with_columns(place=pl.col("model").replace_strict(place))
    across = (sheet.room[0] - 110) / (3 * len(horizons))
    widest = max(width(line, 8.5) for t in tiles["text"] for line in t.split("\n"))
    font = 8.5 * min(1.0, 0.9 * across / widest)
    data = ordered(tiles, "panel", order)
    return (
        p9.ggplot(data, p9.aes("horizon", "place"))
        + p9.geom_tile(p9.aes(fill="tint"), width=0.95, height=0.92)
        + p9.geom_text(p9.aes(label="text"), size=font, color="#111111", lineheight=1.1)
        + p9.facet_wrap("panel", nrow=1)
        + p9.scale_x_discrete(limits=horizons)
        + p9.scale_fill_gradient2(low=_mixed(_WORSE), mid=_EVEN, high=_mixed(_BETTER), midpoint=0,
                                  limits=(-1, 1), na_value=_EVEN)
        + name_scale([place[m] for m in models], models)
        + sheet.parts()
        + rows_look()
        + p9.theme(panel_grid_major_x=p9.element_blank())
    )  # fmt: skip


def _mixed(colour: str) -> str:
    """A colour half way to white, on which dark text has contrast."""
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(f"{(p + 255) // 2:02x}" for p in parts)
