"""Past issued forecasts of the gap against what came, one panel for each."""

import plotnine as p9
import polars as pl

from tracker.analysis.issued_forecasts import Track
from tracker.charts.drawing.text import fit, literal
from tracker.charts.drawing.theme import (
    LEADER,
    NEUTRAL,
    Sheet,
    Size,
    TimeAxis,
    name_of,
    padded,
    plain,
    value_axis,
)

TITLE = "Past issued forecasts of the gap against what came"
NEEDS = "ledger"
_BANDS = (("low_90", "high_90", 0.16), ("low_80", "high_80", 0.22))
_OUTSIDE = "#D55E00"


def table(track: Track) -> pl.DataFrame:
    """The fans of `Track`: what was said, and what came where it has."""
    return track.fans


def panels(track: Track) -> pl.DataFrame:
    """`fans` with `panel`, a name for each forecast that says when it was issued."""
    late = pl.when(pl.col("issued_at").dt.date() > pl.col("as_of")).then(
        pl.format(", issued {}", pl.col("issued_at").dt.date())
    )
    order = track.fans["forecast_id"].unique(maintain_order=True).to_list()
    number = pl.col("forecast_id").replace_strict({f: i for i, f in enumerate(order, 1)})
    return track.fans.with_columns(
        panel=pl.format("{}. {}{}: {}", number, "as_of", late.otherwise(pl.lit("")), "model")
    )


def draw(track: Track, caption: str, size: Size | None = None) -> p9.ggplot:
    """Bands of 80 and 90 percent, the median, the gap as it came, and each date's outcome."""
    fans = panels(track)
    names = fans["panel"].unique(maintain_order=True).to_list()
    came = fans.filter(pl.col("observed").is_not_null())
    retro = int(came["retrospective"].sum())
    outcome = (
        f"{came['in_80'].sum()} of {came.height} dates that have come lie inside the 80% band, "
        f"{came['in_90'].sum()} inside the 90% band"
        if came.height
        else "None of its dates has come yet"
    )
    share = "All" if retro == came.height else str(retro)
    note = f" {share} of these had come when the forecast was issued: no test of it."
    lead, follow = (fit(name_of(b), 150, 14, True) for b in (track.leader, track.follower))
    sheet = Sheet(
        f"Issued forecasts of the gap from {lead} to {follow}, and what came",
        f"{outcome}.{note if retro else ''} Panels: day looked from, day of issue, model. "
        "Bands: 80% and 90% of draws, dashed: median. Dark line: the gap as it came; dot: inside "
        "the 90% band, cross: outside.",
        caption, size or (9.0, 5.5 if len(names) <= 2 else 6.5),
    )  # fmt: skip
    wide, _ = sheet.room
    columns = min(2, len(names))
    shown = {n: literal(fit(n, wide / columns - 16, 9, True)) for n in names}
    fans = fans.with_columns(pl.col("panel").replace_strict(shown))
    came = came.with_columns(pl.col("panel").replace_strict(shown))
    line = pl.concat([track.line.with_columns(panel=pl.lit(n)) for n in shown.values()])
    days = pl.concat([fans["date"], line["date"]])
    axis = TimeAxis(days.min(), days.max(), (wide - 30 * (columns - 1)) / columns)  # type: ignore[arg-type]
    values = pl.concat([fans["low_90"], fans["high_90"], line["gap_points"]])
    figure = p9.ggplot(plain(fans), p9.aes("date"))
    for lower, upper, alpha in _BANDS:
        figure += p9.geom_ribbon(p9.aes(ymin=lower, ymax=upper), alpha=alpha, fill=LEADER)
    figure = (
        figure
        + p9.geom_hline(yintercept=0, color="#888888", size=0.7)
        + p9.geom_line(p9.aes(y="median"), color=LEADER, size=0.9, linetype="dashed")
        + p9.geom_step(p9.aes(y="gap_points"), data=plain(line), color=NEUTRAL, size=0.9)
    )
    inside, outside = came.filter("in_90"), came.filter(~pl.col("in_90"))
    if inside.height:
        figure += p9.geom_point(p9.aes(y="observed"), data=plain(inside), color=NEUTRAL, size=2.4)
    if outside.height:
        figure += p9.geom_point(
            p9.aes(y="observed"), data=plain(outside), color=_OUTSIDE, shape="x", size=3, stroke=1
        )
    return (
        figure
        + p9.facet_wrap("panel", ncol=columns)
        + axis.scale()
        + value_axis(*padded(min(0.0, *values.to_list()), max(0.0, *values.to_list())))
        + sheet.parts(y="Gap, points")
        + p9.theme(
            panel_spacing_x=0.05, strip_text=p9.element_text(ha="left", weight="bold", size=9)
        )
    )
