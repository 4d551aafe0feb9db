"""The words below a figure: sources, index version, day and vintage, and what is not complete."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from forecasts.forecasting.forecast import Forecast
from forecasts.measures.gap import Gap
from forecasts.measures.linked import LinkUse
from forecasts.measures.period import STALE_DAYS, Quarter
from tracker.text.counting import counted
from tracker.text.summary import sharing_told
from tracker.workspace_data import WorkspaceData

_NAMED = {"artificial-analysis": "Artificial Analysis (artificialanalysis.ai)"}


class Measured(Protocol):
    """What was measured or forecast on one version of one index."""

    @property
    def index_name(self) -> str: ...
    @property
    def index_version(self) -> str: ...
    @property
    def as_of(self) -> date: ...
    @property
    def vintage(self) -> str: ...


def caption_of(
    data: WorkspaceData, subject: Measured | Quarter, period: Quarter | None = None
) -> str:
    """Source, index version, as-of date and vintage; a period in progress or stale says so.

    Args:
        period: the period that was asked for, if any; a subject that is one speaks for itself.
    """
    if isinstance(subject, Quarter):
        return caption_of(data, subject.gap, subject)
    text = (
        f"Data: {attribution(data, subject)}. {subject.index_name} {subject.index_version}, "
        f"as of {subject.as_of.isoformat()}, vintage {subject.vintage}. gap-tracker."
    )
    swept = getattr(subject, "swept_until", None)
    if swept is not None and swept < subject.as_of:
        text += (
            f"\nDotted: the index was last seen whole on {swept.isoformat()}; of later days only "
            "what was logged is known."
        )
    notes = []
    if isinstance(subject, Gap | Forecast):
        # Versions that are drawn side by side stay on their own scales.
        apart = period is not None and bool(period.versions)
        linked = "" if apart else _linked(subject.links)
        notes = [n for n in (linked, sharing_told(subject.sharing)) if n]
    if period is None:
        return "\n".join([text, *notes])
    if not period.complete:
        notes.append(f"{period.label} is incomplete: figures go to {period.as_of.isoformat()}.")
    if period.stale:
        notes.append(
            f"Stale: the newest observation is of {period.last_observed.isoformat()}, more than "
            f"{STALE_DAYS} days before the end of the period."
        )
    return "\n".join([text, *notes])


def _linked(links: Sequence[LinkUse]) -> str:
    moved = [link for link in links if link.n_moved]
    if not moved:
        return ""
    number, errors = sum(link.n_moved for link in moved), sorted(link.error for link in moved)
    ends = " to ".join(dict.fromkeys(f"{e:.1f}" for e in (errors[0], errors[-1])))
    return (
        f"{counted(number, 'model', 'models')} of other versions moved to the scale of "
        f"{moved[0].target}, error {ends} points."
    )


def attribution(data: WorkspaceData, measured: Measured) -> str:
    """Sources of the observations behind a result, for people."""
    links = measured.links if isinstance(measured, Gap | Forecast) else ()
    versions = [measured.index_version, *(link.source for link in links if link.n_moved)]
    stated = [data.observations(measured.index_name, v)["source"].unique() for v in versions]
    sources = sorted({_NAMED.get(str(s), str(s)) for of in stated for s in of})
    return ", ".join(sources[:4]) + (f" and {len(sources) - 4} more" if len(sources) > 4 else "")
