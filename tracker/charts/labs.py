"""Labs of each bloc over time: with a reasoning model, with open weights, near the frontier."""

from dataclasses import dataclass

import plotnine as p9
import polars as pl

from forecasts.measures.blocs import parse_bloc
from forecasts.measures.labs import KINDS, LabCounts, count_labs
from forecasts.measures.period import Quarter
from tracker.charts.captions import caption_of
from tracker.charts.contract import Basis, Chart, Made
from tracker.charts.drawing.ends import end_labels, room_for, tie
from tracker.charts.drawing.text import fit
from tracker.charts.drawing.theme import (
    Sheet,
    Size,
    TimeAxis,
    colours,
    free_axis,
    line_types,
    name_of,
    ordered,
)
from tracker.charts.drawing.words import joined, span
from tracker.charts.subjects import period_asked
from tracker.text.counting import counted

# How far below the frontier a lab is near it, in the unit of the index, unless `tolerance` says.
WITHIN = 5.0
_TEXT = 9.0


@dataclass(frozen=True)
class Labs:
    """A period, and the labs of its blocs over time."""

    quarter: Quarter
    counts: LabCounts

    @property
    def near(self) -> str:
        """How far below the frontier counts, in words."""
        return f"{self.counts.within:g} {self.quarter.scale.unit}"


def subject(basis: Basis) -> Made[Labs]:
    """The labs of the blocs of a period; `tolerance` says how near the frontier they are to be."""
    period = period_asked(basis, latest=True)
    asked = basis.request.period.tolerance
    blocs = [parse_bloc(bloc) for bloc in period.blocs]
    # A report is made with its tolerance, which is mostly zero: no lab but the best is so near.
    within = asked or WITHIN
    counts = count_labs(period.models, blocs, within, period.shown_from, period.as_of)
    return Made(Labs(period, counts), caption_of(basis.data, period))


def table(labs: Labs) -> pl.DataFrame:
    """kind, bloc, date, labs: every point of the steps."""
    return labs.counts.table


def draw(labs: Labs, caption: str, size: Size | None = None) -> p9.ggplot:
    """Step lines side by side, each panel on a scale of its own, the blocs named at the ends."""
    rows, quarter = table(labs), labs.quarter
    left = [
        f"{counted(count, 'model', 'models')} of which that is not known"
        for count in (max(labs.counts.unknown.values(), default=0),)
        if count
    ]
    sheet = Sheet(
        f"Labs of {joined(quarter.blocs)} by what they have released",
        f"Number of labs at the end of each month, {quarter.gap.index_name} "
        f"{quarter.gap.index_version}. A lab counts as near the frontier while its best model is "
        f"at most {labs.near} below the best of all{f'. Left out: {left[0]}' if left else ''}.",
        caption, size or (9.0, 4.6),
    )  # fmt: skip
    wide, high = sheet.room
    across = 3 if wide > 450 else 1
    down = len(KINDS) // across
    panel_wide, panel_high = wide / across - 16, (high - 24 * down) / down
    names = {
        "reasoning": "With a reasoning model",
        "open": "With an open-weight model",
        "near": f"Within {labs.near} of the best",
    }
    title = {kind: fit(name, panel_wide - 6, 10, True) for kind, name in names.items()}
    ends = rows.group_by("kind", "bloc", maintain_order=True).last().with_columns(value="labs")
    texts = [f"{fit(name_of(b), 60, _TEXT, True)} {n}" for b, n in
             ends.select("bloc", "labs").iter_rows()]  # fmt: skip
    ends = ends.with_columns(text=pl.Series(texts, dtype=pl.String))
    axis = TimeAxis(rows["date"].min(), rows["date"].max(), panel_wide,  # type: ignore[arg-type]
                    room_for(texts, _TEXT))  # fmt: skip
    shown = (axis.last - axis.first).days
    # Of many years each is named by itself, which is short.
    years, length = shown > 3 * 365, axis.per_day * max(shown, 1)
    order = [title[kind] for kind in KINDS]

    def panelled(frame: pl.DataFrame) -> object:
        named = frame.with_columns(panel=pl.col("kind").replace(title))
        return ordered(named, "panel", order)

    figure = p9.ggplot(panelled(rows.reverse()), p9.aes("date", "labs", color="bloc"))
    tops = dict(rows.group_by("kind").agg(pl.col("labs").max() * 1.08 + 0.5).iter_rows())
    edges = pl.DataFrame({"kind": list(tops), "labs": list(tops.values())}).with_columns(
        date=pl.lit(rows["date"].max()), bloc=pl.lit(quarter.blocs[0])
    )
    floor = edges.with_columns(labs=-0.06 * pl.col("labs"))
    figure += p9.geom_blank(data=panelled(pl.concat([edges, floor])))
    figure += p9.geom_step(p9.aes(linetype="bloc"), size=0.9)
    for kind in KINDS:
        finals = end_labels(
            ends.filter(kind=kind), axis, (-0.06 * tops[kind], tops[kind]), panel_high, _TEXT
        )
        one = pl.DataFrame({"panel": [title[kind]] * len(finals)})
        finals["panel"] = ordered(one, "panel", order)["panel"]
        figure += tie(finals)
        figure += p9.geom_text(p9.aes("x", "y", label="text", color="bloc"), data=finals, ha="left",
                               va="center", size=_TEXT, fontweight="bold",
                               inherit_aes=False)  # fmt: skip
    return (
        figure
        + p9.facet_wrap("panel", ncol=across, scales="free_y")
        + p9.scale_color_manual(values=colours(quarter.blocs))
        + p9.scale_linetype_manual(values=line_types(quarter.blocs))
        + axis.scale(max(2, int(length / (30 if years else 52))))
        + free_axis(count=max(3, min(6, int(panel_high / 24))))
        + sheet.parts(y="Labs")
    )


def describe(labs: Labs, table: pl.DataFrame) -> str:
    """The figure in words."""
    last = table.group_by("kind", "bloc", maintain_order=True).last()

    def of(kind: str) -> str:
        rows = last.filter(kind=kind).select("bloc", "labs").iter_rows()
        return ", ".join(f"{bloc} {number}" for bloc, number in rows)

    return (
        f"Step lines of the number of labs, {span(table['date'])}. At the end with a reasoning "
        f"model: {of('reasoning')}; with an open-weight model: {of('open')}; within {labs.near} of "
        f"the frontier: {of('near')}."
    )


CHART = Chart(
    "Labs of each bloc: with a reasoning model, with open weights, near the frontier",
    subject,
    table,
    draw,
    describe,
    rank=145,
    many=True,
)
