"""The charts of a report, each with its description and its table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from forecasts.errors import TrackerError
from tracker import charts
from tracker.charts.theme import caption
from tracker.report.descriptions import describe
from tracker.report.results import Results
from tracker.report.svg import inline_svg
from tracker.report.tables import Table, make_table

if TYPE_CHECKING:
    from tracker.workspace import Workspace

# In the order of the page. A chart is added by its name here; one that draws something else than a
# gap, a quarter or a forecast adds to SUBJECTS how that is made.
ORDER = (
    "frontier", "gap", "matches", "closure", "forecast-gap", "forecast-frontier", "leaderboard",
    "releases", "weights", "counts", "holders", "events",
)  # fmt: skip
# Its table stands open, to be sorted and filtered.
BOARD = "leaderboard"


def _forecast(workspace: "Workspace", results: Results) -> Any:
    if results.forecast is None:
        raise TrackerError(results.no_forecast)
    return results.forecast


# What `NEEDS` of a chart names; raises TrackerError where it cannot be made.
SUBJECTS: dict[str, Callable[["Workspace", Results], Any]] = {
    "gap": lambda _, results: results.quarter.gap,
    "quarter": lambda _, results: results.quarter,
    "forecast": _forecast,
}


@dataclass(frozen=True)
class Section:
    """One chart: its SVG markup, empty when it cannot be drawn, and its table.

    `problem` says why there is no drawing.
    """

    name: str
    title: str
    svg: str
    table: Table | None
    problem: str


def make_sections(
    workspace: "Workspace", results: Results, progress: Callable[[str], None]
) -> list[Section]:
    """Every chart of ORDER; one that cannot be drawn says why, and costs the others nothing."""
    found: list[Section] = []
    made: dict[str, Any] = {}
    for name in ORDER:
        if name not in charts.CHARTS:
            continue
        module = charts.load(name)
        progress(f"drawing {name} ...")
        table: pl.DataFrame | None = None
        try:
            if module.NEEDS not in made:
                made[module.NEEDS] = _subject(module.NEEDS)(workspace, results)
            subject = made[module.NEEDS]
            table = module.table(subject)
            figure = module.draw(subject, caption(subject, workspace.attribution(subject)))
            told = describe(name, module.TITLE, results, table)
            svg, problem = inline_svg(figure, name, module.TITLE, told), ""
        except TrackerError as error:
            svg, problem = "", error.message
        except Exception as error:
            # A fault in one chart must not cost the reader the report; the page names it.
            svg, problem = "", f"Drawing it failed ({type(error).__name__})."
        shown = None if table is None or table.is_empty() else make_table(table)
        found.append(Section(name, module.TITLE, svg, shown, problem))
    return found


def _subject(needs: str) -> Callable[["Workspace", Results], Any]:
    if needs not in SUBJECTS:
        raise TrackerError(f"The report does not make what it shows, a {needs}.")
    return SUBJECTS[needs]
