"""A chart by its name: its subject made as asked, its figure written to a file."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from forecasts.errors import UsageError
from forecasts.measures.gap import Gap
from forecasts.request import Pair, PeriodRequest, Scope
from tracker import charts
from tracker.analysis.measuring import period_of
from tracker.charts.captions import caption_of
from tracker.charts.contract import Basis, Known, Made
from tracker.charts.drawing.save import save
from tracker.charts.drawing.theme import MAX_BLOCS, Size, check_size
from tracker.charts.request import ChartRequest
from tracker.charts.subjects import quarter_subject
from tracker.workspace_data import WorkspaceData

Progress = Callable[[str], None]


def subject_for(
    data: WorkspaceData,
    name: str,
    request: ChartRequest | None = None,
    progress: Progress = lambda _: None,
    known: Known | None = None,
) -> Made[Any]:
    """Make what the chart `name` is drawn from, out of what is `known` of the same request.

    Raises:
        UsageError: no such chart, or a request that does not go with it.
        TrackerError: there is too little data for it.
    """
    chart = charts.load(name)
    asked = _with_pair(data, name, request or ChartRequest())
    if asked.period.all_versions and not chart.versions:
        raise UsageError(
            f"The chart {name} is drawn for one version of the index.",
            f"Leave out `all_versions`; it goes with {', '.join(charts.able('versions'))}.",
            code="bad_choice",
        )
    return chart.subject(Basis(data, asked, progress, known))


def draw_chart(
    data: WorkspaceData,
    name: str,
    path: Path,
    subject: Any = None,
    *,
    request: ChartRequest | None = None,
    size: Size | None = None,
    progress: Progress = lambda _: None,
) -> Path:
    """Draw one chart (`tracker chart --list`) to a .png, .svg or .pdf file.

    Args:
        subject: what to draw, or what `subject_for` made; None makes it by the request.
        size: width and height in inches.
    """
    if subject is None:
        made = subject_for(data, name, request, progress)
    elif isinstance(subject, Made):
        made = subject
    else:
        measured = _as_drawn(data, name, subject)
        made = Made(measured, caption_of(data, measured))
    wide = None if size is None else check_size(size)
    save(charts.load(name).draw(made.subject, made.caption, wide), path)
    return path


def _as_drawn(data: WorkspaceData, name: str, subject: Any) -> Any:
    """A gap as the period that it stands in, for charts that draw one; all else as it is."""
    if not isinstance(subject, Gap) or charts.load(name).subject is not quarter_subject:
        return subject
    scope = Scope(subject.index_name, subject.index_version, subject.as_of, subject.vintage)
    pair = Pair(subject.leader.bloc, subject.follower.bloc, subject.sharing.rule)
    return period_of(data, PeriodRequest(scope, pair, subject.tolerance))


def _with_pair(data: WorkspaceData, name: str, request: ChartRequest) -> ChartRequest:
    """The request with leader and follower taken from its blocs."""
    period = request.period
    if not period.blocs:
        return request
    blocs = list(dict.fromkeys(data.with_lab_names(b) for b in period.blocs))
    leader = data.with_lab_names(period.pair.leader) if period.pair.leader else blocs[0]
    blocs = [leader, *(b for b in blocs if b != leader)]
    if len(blocs) < 2:
        raise UsageError(
            f"A chart compares two or more blocs; here is one, {blocs[0]}.",
            "Give `blocs` twice or more.",
            code="one_bloc",
        )
    if len(blocs) > MAX_BLOCS:
        raise UsageError(
            f"{len(blocs)} blocs in one figure cannot be read.",
            f"Give at most {MAX_BLOCS}.",
            code="many_blocs",
        )
    if len(blocs) > 2 and not charts.load(name).many:
        raise UsageError(
            f"The chart {name} compares two blocs; here are {len(blocs)}.",
            f"More go with {', '.join(charts.able('many'))}.",
            code="many_blocs",
        )
    pair = Pair(leader, period.pair.follower or blocs[1], period.pair.shared)
    return replace(request, period=replace(period, blocs=tuple(blocs), pair=pair))
