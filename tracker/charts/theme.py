"""What all charts share: palette (Okabe and Ito 2008), theme, caption."""

from datetime import date
from typing import Any

import pandas as pd
import polars as pl
from plotnine import (
    element_blank,
    element_line,
    element_text,
    scale_x_datetime,
    theme,
    theme_minimal,
)

from forecasts.forecast import Forecast
from forecasts.gap import Gap
from forecasts.quarter import Quarter

LEADER, FOLLOWER, NEUTRAL = "#0072B2", "#D55E00", "#444444"
SIZE = (9.0, 5.5)


def look() -> theme:
    """The theme of every chart."""
    return theme_minimal(base_size=11) + theme(
        figure_size=SIZE,
        panel_grid_minor=element_blank(),
        panel_grid_major_x=element_blank(),
        panel_grid_major_y=element_line(color="#e4e4e4", size=0.6),
        plot_title=element_text(weight="bold", size=14, ha="left"),
        plot_subtitle=element_text(size=10.5, color="#444444", ha="left"),
        plot_caption=element_text(size=8, color="#555555", ha="left"),
        plot_title_position="plot",
        plot_caption_position="plot",
        axis_title_x=element_blank(),
        legend_position="none",
        strip_text=element_text(ha="left", weight="bold"),
    )


def colours(subject: Gap | Forecast) -> dict[str, str]:
    """Colour of each of the two blocs."""
    return {subject.leader.bloc: LEADER, subject.follower.bloc: FOLLOWER}


def plain(frame: pl.DataFrame) -> pd.DataFrame:
    """The frame as plotnine takes it; column by column, which needs no Arrow library."""
    return pd.DataFrame(
        {
            name: pd.to_datetime(column.to_list()) if kind == pl.Date else column.to_list()
            for (name, kind), column in zip(frame.schema.items(), frame, strict=True)
        }
    )


def dates(breaks: str, labels: str, room: float) -> Any:
    """Date axis with `room`, a share of its length, at the right end for names."""
    expand: Any = (0.02, 0, room, 0)
    return scale_x_datetime(date_breaks=breaks, date_labels=labels, expand=expand)


def shown(day: date) -> str:
    """A date for a figure, the same in every language."""
    return day.isoformat()


def caption(subject: Gap | Forecast | Quarter, sources: str) -> str:
    """Source, index version, as-of date and vintage; a quarter in progress or stale says so."""
    if isinstance(subject, Quarter):
        progress = "" if subject.complete else f"{subject.label} is in progress. "
        stale = f"Newest observation: {subject.last_observed}. " if subject.stale else ""
        return f"{caption(subject.gap, sources)}\n{progress}{stale}".rstrip()
    text = (
        f"Data: {sources}. {subject.index_name} {subject.index_version}, "
        f"as of {shown(subject.as_of)}, vintage {subject.vintage}. gap-tracker."
    )
    return _wrapped(text, 140)


def _wrapped(text: str, width: int) -> str:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)
