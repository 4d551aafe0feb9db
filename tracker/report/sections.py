"""The charts of a report, each with its description and its table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from forecasts.errors import TrackerError
from tracker import charts
from tracker.charts.contract import Basis, Made
from tracker.charts.figures import subject_for
from tracker.charts.request import ChartRequest
from tracker.report.descriptions import describe
from tracker.report.results import Progress, ReportRequest, Results
from tracker.report.svg import inline_svg
from tracker.report.tables import Table, make_table
from tracker.text.argv import option_words
from tracker.workspace_data import WorkspaceData

Maker = Callable[[Basis], Made[Any]]


@dataclass(frozen=True)
class Section:
    """One chart: its SVG markup, empty when it cannot be drawn, and its table.

    `problem` says why there is no drawing; `optional`: the store lacks what few stores have, and
    a line among the notes on method says enough; `opened`: the table stands open.
    """

    name: str
    title: str
    svg: str
    table: Table | None
    problem: str
    optional: bool
    opened: bool


def make_sections(
    data: WorkspaceData, request: ReportRequest, results: Results, progress: Progress
) -> list[Section]:
    """Every chart of the report; one that cannot be drawn says why and costs the others nothing."""
    asked = ChartRequest(
        request.period,
        request.forecast.scope.vintage,
        models=request.forecast.models,
        seed=request.forecast.seed,
        today=request.forecast.today,
    )
    found: list[Section] = []
    made: dict[Maker, Made[Any]] = {}
    for name in charts.of_report():
        chart = charts.load(name)
        progress(f"drawing {name} ...")
        table: pl.DataFrame | None = None
        svg, problem, optional = "", "", False
        try:
            if chart.subject not in made:
                made[chart.subject] = subject_for(data, name, asked, progress, results)
            drawn = made[chart.subject]
            problem = chart.left_out(drawn.subject)
            optional = bool(problem)
            if not problem:
                table = chart.table(drawn.subject)
                figure = chart.draw(drawn.subject, drawn.caption)
                told = describe(chart, drawn.subject, table)
                svg = inline_svg(figure, name, chart.title, told)
        except TrackerError as error:
            problem, optional = option_words(error.message), error.code in chart.optional
        except Exception as error:
            # A fault in one chart must not cost the reader the report; the page names it.
            problem = f"Drawing it failed ({type(error).__name__})."
        shown = None
        if table is not None and not table.is_empty():
            shown = make_table(table, getattr(drawn.subject, "scale", None))
        found.append(Section(name, chart.title, svg, shown, problem, optional, chart.opened))
    return found
