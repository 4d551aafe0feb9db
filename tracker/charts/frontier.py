"""Both frontiers over time, their records labelled."""

import numpy as np
import plotnine as p9
import polars as pl

from forecasts.frontier import to_day
from forecasts.gap import Gap
from tracker.charts.theme import SIZE, colours, dates, look, plain

TITLE = "Both frontiers over time, with their records"
NEEDS = "gap"
_POINTS_PER_CHAR = 4.9  # mean width of a character at the label's size, in points
_LINE = 11.0


def table(gap: Gap) -> pl.DataFrame:
    """Records of both blocs: bloc, date, value, model, lab."""
    return pl.concat(
        [
            f.records.select(
                pl.lit(f.bloc).alias("bloc"),
                pl.col("released_on").alias("date"),
                "value",
                pl.col("base").alias("model"),
                "lab",
            )
            for f in (gap.leader, gap.follower)
        ]
    )


def steps(gap: Gap) -> pl.DataFrame:
    """The frontiers as points of a step line that ends at the as-of date: bloc, date, value."""
    rows = table(gap).select("bloc", "date", "value")
    ends = pl.DataFrame(
        {
            "bloc": [gap.leader.bloc, gap.follower.bloc],
            "date": [gap.as_of] * 2,
            "value": [float(gap.leader.values[-1]), float(gap.follower.values[-1])],
        }
    )
    return pl.concat([rows, ends])


def labels(gap: Gap) -> pl.DataFrame:
    """The records that can be labelled without overlap: table's columns, x and y of the text.

    The best of each bloc first, then the newest with the largest rise; a label that would cover
    another label or a record is left out. Leader's labels end at their point, the follower's begin.
    """
    rows = table(gap)
    start, end = to_day(rows["date"].min()), to_day(gap.as_of)  # type: ignore[arg-type]
    low, high = float(rows["value"].min()), float(rows["value"].max())  # type: ignore[arg-type]
    # Points per day and per index point on the panel, margins taken off.
    across = 72 * (SIZE[0] - 1.9) / max(end - start, 1)
    up = 72 * (SIZE[1] - 1.7) / max((high - low) * 1.12, 1e-9)
    rows = rows.with_columns(
        rise=(pl.col("value") - pl.col("value").shift(1).over("bloc")).fill_null(0.0),
        last=pl.col("date") == pl.col("date").max().over("bloc"),
        age=pl.lit(gap.as_of) - pl.col("date"),
    )
    rows = rows.with_columns(
        rank=pl.col("rise") / max(high - low, 1e-9) - pl.col("age").dt.total_days() / 2000
    ).sort("last", "rank", descending=True)
    x = (rows["date"].cast(pl.Int32).to_numpy() - start) * across
    y = (rows["value"].to_numpy() - low) * up
    boxes = [(a - 3, b - 3, a + 3, b + 3) for a, b in zip(x, y, strict=True)]
    # The blocs' own names stand right of the end of their lines.
    right = (end - start) * across
    boxes += [
        (
            right + 2,
            (float(f.values[-1]) - low) * up - 9,
            right + 30,
            (float(f.values[-1]) - low) * up + 9,
        )
        for f in (gap.leader, gap.follower)
    ]
    kept: list[dict[str, object]] = []
    for at, row in enumerate(rows.iter_rows(named=True)):
        leads = row["bloc"] == gap.leader.bloc
        text = str(row["model"]) if len(str(row["model"])) <= 34 else str(row["model"])[:33] + "…"
        width = _POINTS_PER_CHAR * len(text) + 2
        # The follower's current best goes above its line like a leader's: right of it is the bloc.
        if row["last"]:
            leads = True
        left = x[at] - width - 4 if leads else x[at] + 4
        bottom = y[at] + 2 if leads else y[at] - _LINE - 2
        box = (left, bottom, left + width, bottom + _LINE)
        others = [b for i, b in enumerate(boxes) if i != at]
        if (
            left < -40
            or box[2] > (end - start) * across + 100
            or any(_meet(box, o) for o in others)
        ):
            continue
        boxes.append(box)
        kept.append({"bloc": row["bloc"], "date": row["date"], "value": row["value"], "text": text,
                     "leads": leads})  # fmt: skip
    kinds = {"bloc": pl.String, "date": pl.Date, "value": pl.Float64, "text": pl.String,
             "leads": pl.Boolean}  # fmt: skip
    return pl.DataFrame(kept, schema=kinds).with_columns(
        y=pl.col("value") + pl.when("leads").then(5.0).otherwise(-6.0) / up,
        x=pl.col("date")
        + pl.duration(
            days=pl.when("leads")
            .then(-5.0 / across)
            .otherwise(5.0 / across)
            .round(0)
            .cast(pl.Int64)
        ),
    )


def _meet(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return bool(a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3])


def draw(gap: Gap, caption: str) -> p9.ggplot:
    """Step lines, a point per record, names where they fit, the blocs named at the right."""
    line, names = steps(gap), labels(gap)
    ends = line.group_by("bloc", maintain_order=True).last()
    clash = abs(float(np.diff(ends["value"])[0])) < 0.04 * float(line["value"].max())  # type: ignore[arg-type]
    lag = "none" if gap.lag_months is None else f"{gap.lag_months:.1f} months"
    ends = ends.with_columns(nudge=pl.Series([1.0, -1.0] if clash else [0.0, 0.0]))
    return (
        p9.ggplot(plain(line), p9.aes("date", "value", color="bloc"))
        + p9.geom_step(size=1.0)
        + p9.geom_point(data=plain(table(gap)), size=2.0)
        + p9.geom_text(
            p9.aes("x", "y", label="text"), data=plain(names.filter("leads")),
            ha="right", size=7.5,
        )
        + p9.geom_text(
            p9.aes("x", "y", label="text"), data=plain(names.filter(~pl.col("leads"))),
            ha="left", size=7.5,
        )
        + p9.geom_text(
            p9.aes("date", "value + nudge", label="bloc"), data=plain(ends), ha="left",
            nudge_x=12, size=11, fontweight="bold",
        )
        + p9.scale_color_manual(values=colours(gap))
        + dates("6 months", "%Y-%m", room=0.09)
        + p9.labs(
            title=f"{gap.leader.bloc} and {gap.follower.bloc} frontiers",
            subtitle=f"Best model released so far. Gap {gap.gap_points:.1f} points, lag {lag}. "
            "Named where there is room.",
            y=f"{gap.index_name}, points"[:70],
            caption=caption,
        )
        + look()
    )  # fmt: skip
