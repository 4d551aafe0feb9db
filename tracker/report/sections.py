"""The charts of a report, each with its description and its table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from forecasts.errors import TrackerError
from tracker import charts
from tracker.charts import subjects as chart_subjects
from tracker.charts.subjects import Made, subject_for, words_for
from tracker.report.descriptions import describe
from tracker.report.results import Choice, Results
from tracker.report.svg import inline_svg
from tracker.report.tables import Table, make_table

if TYPE_CHECKING:
    from tracker.workspace import Workspace

# In the order of the page; a chart is added by its name here.
ORDER = (
    "frontier", "gap", "matches", "closure", "forecast-gap", "forecast-frontier",
    "forecast-models", "skill", "ledger", "leaderboard", "releases", "price", "weights", "counts",
    "holders", "events",
)  # fmt: skip
# Its table stands open, to be sorted and filtered.
BOARD = "leaderboard"
# Codes of the errors of charts whose data few stores have, or that have no question to answer.
_OPTIONAL = {"no_prices", "no_issued_forecast", "already_closed"}
CLOSED = "The gap is closed already, so there is no closing to come."


def _forecast(results: Results) -> Any:
    if results.forecast is None:
        raise TrackerError(results.no_forecast)
    return results.forecast


# What `NEEDS` of a chart names and the report has already; all else is made as for `chart`.
SUBJECTS: dict[str, Callable[[Results], Any]] = {
    "gap": lambda results: results.quarter.gap,
    "quarter": lambda results: results.quarter,
    "forecast": _forecast,
}


@dataclass(frozen=True)
class Section:
    """One chart: its SVG markup, empty when it cannot be drawn, and its table.

    `problem` says why there is no drawing; `optional`: the store lacks what few stores have, and
    a line among the notes on method says enough.
    """

    name: str
    title: str
    svg: str
    table: Table | None
    problem: str
    optional: bool


def make_sections(
    workspace: "Workspace", choice: Choice, results: Results, progress: Callable[[str], None]
) -> list[Section]:
    """Every chart of ORDER; one that cannot be drawn says why, and costs the others nothing."""
    found: list[Section] = []
    made: dict[str, Made] = {}
    for name in ORDER:
        if name not in charts.CHARTS:
            continue
        module = charts.load(name)
        progress(f"drawing {name} ...")
        table: pl.DataFrame | None = None
        optional = False
        try:
            if module.NEEDS not in made:
                made[module.NEEDS] = _make(workspace, name, module.NEEDS, choice, results, progress)
            subject = made[module.NEEDS]
            if name == "closure" and subject.subject.follower_is_ahead:
                raise TrackerError(CLOSED, code="already_closed")
            table = module.table(subject.subject)
            figure = module.draw(subject.subject, subject.caption)
            told = describe(name, module.TITLE, results, table)
            svg, problem = inline_svg(figure, name, module.TITLE, told), ""
        except TrackerError as error:
            svg, problem, optional = "", error.message, error.code in _OPTIONAL
        except Exception as error:
            # A fault in one chart must not cost the reader the report; the page names it.
            svg, problem = "", f"Drawing it failed ({type(error).__name__})."
        shown = None if table is None or table.is_empty() else make_table(table)
        found.append(Section(name, module.TITLE, svg, shown, problem, optional))
    return found


def _make(
    workspace: "Workspace",
    name: str,
    needs: str,
    choice: Choice,
    results: Results,
    progress: Callable[[str], None],
) -> Made:
    if needs in SUBJECTS:
        subject = SUBJECTS[needs](results)
        return Made(subject, words_for(workspace, subject, results.quarter))
    asked = chart_subjects.Choice(
        quarter=choice.quarter,
        models=choice.models if needs == "skill" else (),
        seed=choice.seed,
        headline=results.forecast,  # one report gives one number for a model
        **choice.measured(),
    )
    return subject_for(workspace, name, asked, progress)
