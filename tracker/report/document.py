"""The report as one HTML text: gather the results, put them into words and charts, render."""

import base64
import hashlib
from importlib.resources import files
from typing import Any

from forecasts.errors import TrackerError, UsageError
from forecasts.measures.period import Quarter, parse_quarter, quarter_of
from tracker import __version__
from tracker.charts.drawing.text import sentence
from tracker.queries.newer import newer_version
from tracker.report.colours import dark_rules
from tracker.report.influence import influence_label, influence_table
from tracker.report.provenance import check_commands, method, report_command, sources
from tracker.report.results import Progress, ReportRequest, gather, resolved
from tracker.report.sections import make_sections
from tracker.report.sentences import (
    headline,
    key_figures,
    notices,
    subtitle,
    summary_sentences,
)
from tracker.text.argv import option_words
from tracker.text.freshness import age_note
from tracker.workspace_data import WorkspaceData

_NEWEST = "The newest quarter with data is"


def build_report(
    data: WorkspaceData, asked: ReportRequest, progress: Progress = lambda _: None
) -> str:
    """The report of one quarter as HTML text, the same bytes for the same store and options.

    Raises TrackerError saying what is missing when a quarter has no gap to report, UsageError when
    `quarter` is not a quarter or an option is wrong.
    """
    request = resolved(data, asked)
    try:
        results = gather(data, request, progress)
    except UsageError:
        raise
    except TrackerError as error:
        raise _no_report(data, request, error) from error
    known, forecast, influence = results.quarter, results.forecast, results.influence
    gap = known.gap
    answer = headline(known)
    sections = make_sections(data, request, results, progress)
    return _render(
        title=sentence(f"{gap.leader.bloc} and {gap.follower.bloc}, {known.label}: {answer}"),
        kicker=sentence(f"{gap.leader.bloc} and {gap.follower.bloc}, {known.label}"),
        headline=answer,
        subtitle=subtitle(known),
        notices=[*notices(known), *_newer(data, known), *_age(data, request, known)],
        figures=key_figures(results),
        sentences=summary_sentences(results),
        influence=None if influence is None else influence_table(influence),
        influence_label="" if forecast is None else influence_label(forecast),
        sections=[s for s in sections if not s.optional],
        method=[
            *(sentence(text) for text in method(results)),
            *(f"Left out: {s.title}. {s.problem}" for s in sections if s.optional),
        ],
        sources=sources(data, known),
        command=report_command(request),
        checks=check_commands(request, results),
    )


def _age(data: WorkspaceData, request: ReportRequest, known: Quarter) -> list[str]:
    """How old the data are on the day of the question, where the quarter goes on beyond them."""
    today = request.forecast.today
    if today is None or known.complete:
        return []
    swept, days = known.gap.swept_until, data.settings.stale_days
    note = age_note(known.as_of, swept, min(today, known.end), days)
    return [note] if note else []


def _newer(data: WorkspaceData, known: Quarter) -> list[str]:
    """A notice of a later version of the index that was seen by the end of the quarter."""
    found = newer_version(data, known.gap.index_name, known.gap.index_version, known.end)
    return [] if found is None else [option_words(found.sentence)]


def _no_report(data: WorkspaceData, request: ReportRequest, error: TrackerError) -> TrackerError:
    """Why there is no gap to speak of, and what there is."""
    rows = data.store.current()
    index, version = request.forecast.scope.index, request.forecast.scope.version
    pair = request.forecast.pair
    end = parse_quarter(request.quarter)[1]
    if index:
        rows = rows.filter(index_name=index, index_version=version)
    if rows.is_empty() or not index:
        there = "The workspace holds no observations."
    else:
        seen, released = rows["observed_on"].sort(), rows["released_on"].drop_nulls().sort()
        there = (
            f"The workspace holds {rows.height:,} observations of {index} {version}, "
            f"made {seen[0]} to {seen[-1]}"
            + (
                f", of models released {released[0]} to {released[-1]}. "
                if released.len()
                else "; none says when its model was released. "
            )
            # What is known to when is the cause's to say: a logged row is no quarter of data.
            + ("" if _NEWEST in error.hint else f"{_NEWEST} {quarter_of(seen[-1])}.")
        ).rstrip()
    return TrackerError(
        f"There is no report of {request.quarter} for {pair.leader} and {pair.follower}, models "
        f"released by {end}: {error.message}",
        there if error.hint in there else f"{there} {error.hint}",
        code="no_report",
    )


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
        **content, style=style, script=script, style_hash=_hash(style),
        script_hash=_hash(script), program=f"gap-tracker {__version__}",
    )  # fmt: skip


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
