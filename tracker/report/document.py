"""The report as one HTML text: gather the results, put them into words and charts, render."""

import base64
import hashlib
from collections.abc import Callable
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from forecasts.errors import TrackerError, UsageError
from forecasts.measures.period import parse_quarter, quarter_of
from tracker import __version__
from tracker.charts.drawing.text import sentence
from tracker.report.colours import dark_rules
from tracker.report.influence import influence_label, influence_table
from tracker.report.provenance import check_commands, method, report_command, sources
from tracker.report.results import Choice, gather, make_choice
from tracker.report.sections import BOARD, make_sections
from tracker.report.sentences import (
    headline,
    key_figures,
    notices,
    subtitle,
    summary_sentences,
)

if TYPE_CHECKING:
    from tracker.workspace import Workspace


def build_report(
    workspace: "Workspace",
    quarter: str,
    *,
    progress: Callable[[str], None] = lambda _: None,
    **options: Any,
) -> str:
    """The report of one quarter as HTML text, the same bytes for the same store and options.

    Options are those of `tracker.report.results.make_choice`. A quarter without enough data becomes
    a page that says what is missing. Raises UsageError when `quarter` is not a quarter or an option
    is wrong.
    """
    choice = make_choice(workspace, quarter, **options)
    try:
        results = gather(workspace, choice, progress)
    except UsageError:
        raise
    except TrackerError as error:
        return _without_answer(workspace, choice, error)
    known, forecast, influence = results.quarter, results.forecast, results.influence
    gap = known.gap
    answer = headline(known)
    sections = make_sections(workspace, choice, results, progress)
    return _render(
        title=sentence(f"{gap.leader.bloc} and {gap.follower.bloc}, {known.label}: {answer}"),
        kicker=sentence(f"{gap.leader.bloc} and {gap.follower.bloc}, {known.label}"),
        headline=answer,
        subtitle=subtitle(known),
        notices=notices(known),
        figures=key_figures(results),
        sentences=summary_sentences(results),
        influence=None if influence is None else influence_table(influence),
        influence_label="" if forecast is None else influence_label(forecast),
        sections=[s for s in sections if not s.optional],
        method=[
            *(sentence(text) for text in method(results)),
            *(f"Left out: {s.title}. {s.problem}" for s in sections if s.optional),
        ],
        sources=sources(workspace, known),
        command=report_command(choice),
        checks=check_commands(choice, results),
    )


def _without_answer(workspace: "Workspace", choice: Choice, error: TrackerError) -> str:
    """A page for a quarter with no gap to speak of: what is missing, and what there is."""
    rows = workspace.store.current()
    end = parse_quarter(choice.quarter)[1]
    if choice.index:
        rows = rows.filter(index_name=choice.index, index_version=choice.version)
        seen, released = rows["observed_on"].sort(), rows["released_on"].drop_nulls().sort()
        there = (
            f"The workspace holds {rows.height:,} observations of {choice.index} {choice.version}, "
            f"made {seen[0]} to {seen[-1]}"
            + (
                f", of models released {released[0]} to {released[-1]}. "
                if released.len()
                else "; none says when its model was released. "
            )
            + f"The newest quarter with data is {quarter_of(seen[-1])}."
        )
    else:
        there = "The workspace holds no observations."
    return _render(
        title=f"{choice.quarter}: no report",
        kicker=sentence(f"{choice.leader} and {choice.follower}, {choice.quarter}"),
        headline=f"There is no gap to report for {choice.quarter}",
        subtitle="",
        notices=[error.message],
        figures=[],
        sentences=[
            f"Asked for: {choice.leader} and {choice.follower}, models released by {end}.",
            there,
            "" if error.hint in there else error.hint,
        ],
        influence=None, influence_label="", sections=[], method=[], sources=[],
        command=report_command(choice),
        checks=[],
    )  # fmt: skip


def _render(**content: Any) -> str:
    from jinja2 import Environment, StrictUndefined

    folder = files("tracker.report")
    dark = dark_rules(section.svg for section in content["sections"])
    style = folder.joinpath("style.css").read_text("utf-8") + (
        f"@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}\n" if dark else ""
    )
    script = folder.joinpath("script.js").read_text("utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                              lstrip_blocks=True)  # fmt: skip
    template = environment.from_string(folder.joinpath("page.html").read_text("utf-8"))
    return template.render(
        **content, board=BOARD, style=style, script=script, style_hash=_hash(style),
        script_hash=_hash(script), program=f"gap-tracker {__version__}",
    )  # fmt: skip


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
