"""What all charts share: palette (Okabe and Ito 2008), theme, axes, sizes, caption."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd
import polars as pl
from plotnine import (
    element_blank,
    element_line,
    element_text,
    labs,
    scale_x_datetime,
    scale_y_continuous,
    theme,
    theme_minimal,
)

from forecasts.errors import UsageError
from forecasts.forecasting.forecast import Forecast
from forecasts.measures.gap import Gap
from forecasts.measures.period import Quarter
from tracker.charts.drawing.text import literal, spread, width, wrap

Size = tuple[float, float]
SIZE: Size = (9.0, 5.5)
SMALLEST, LARGEST = (6.0, 4.0), (30.0, 30.0)
LEADER, FOLLOWER, NEUTRAL, FAINT = "#0072B2", "#D55E00", "#444444", "#9a9a9a"
# Okabe and Ito without the yellow and the sky blue, which are too faint for lines on white.
PALETTE = (LEADER, FOLLOWER, "#009E73", "#CC79A7", "#B07A00")
# Two charts side by side show one bloc in one colour.
FIXED = {"US": LEADER, "CN": FOLLOWER, "open": "#009E73", "proprietary": "#333333"}
_PAST = "#7a7a7a"
LINES = ("solid", "dashed", "dotted", "dashdot")
MAX_BLOCS = 24
# plotnine's types ask for time differences here; it takes numbers of days as well.
_EXPAND: Any = (0.015, 0, 0.015, 0)
_TITLE, _SUBTITLE, _CAPTION = 14.0, 10.5, 8.0


def check_size(size: Size) -> Size:
    """The size in inches; raises UsageError where a figure of it cannot be read or held."""
    for name, value, low, high in zip(("wide", "high"), size, SMALLEST, LARGEST, strict=True):
        if not low <= value <= high:
            raise UsageError(
                f"A figure {value:g} inches {name} cannot be drawn.",
                f"Give {low:g} to {high:g} inches (default {SIZE[0]:g} by {SIZE[1]:g}).",
                code="bad_size",
            )
    return size


@dataclass(frozen=True)
class Sheet:
    """A figure's words, wrapped to its width, and the room that they leave for the panels."""

    title: str
    subtitle: str
    caption: str
    size: Size = SIZE

    def _lines(self, text: str, size: float, bold: bool = False) -> str:
        return wrap(text, 72 * self.size[0] - 14, size, bold)

    @property
    def room(self) -> tuple[float, float]:
        """Width and height in points that panels and their axes have, a little underestimated."""
        taken = 46.0
        for text, size in ((self.title, _TITLE), (self.subtitle, _SUBTITLE),
                           (self.caption, _CAPTION)):  # fmt: skip
            lines = self._lines(text, size, size == _TITLE).count("\n") + 1
            taken += 1.25 * size * lines + 4
        return 72 * self.size[0] - 58, max(72 * self.size[1] - taken, 60.0)

    def parts(self, **names: str | None) -> list[Any]:
        """Title, subtitle, caption, axis names (x and y) and the theme, to be added to a figure."""
        look = theme_minimal(base_size=11) + theme(
            figure_size=self.size,
            text=element_text(family="DejaVu Sans"),
            panel_grid_minor=element_blank(),
            panel_grid_major_x=element_blank(),
            panel_grid_major_y=element_line(color="#e4e4e4", size=0.6),
            plot_title=element_text(weight="bold", size=_TITLE, ha="left"),
            plot_subtitle=element_text(size=_SUBTITLE, color="#444444", ha="left"),
            plot_caption=element_text(size=_CAPTION, color="#555555", ha="left"),
            plot_title_position="plot",
            plot_caption_position="plot",
            axis_title_x=element_text(size=9) if names.get("x") else element_blank(),
            axis_title_y=element_text(size=9.5) if names.get("y") else element_blank(),
            axis_text=element_text(size=9),
            legend_position="none",
            strip_text=element_text(ha="left", weight="bold", size=10),
        )
        words = labs(
            title=literal(self._lines(self.title, _TITLE, True)),
            subtitle=literal(self._lines(self.subtitle, _SUBTITLE)),
            caption=literal(self._lines(self.caption, _CAPTION)),
            x=literal(names.get("x") or ""),
            y=literal(names.get("y") or ""),
        )
        return [words, look]


def rows_look(tick: float = 8.5) -> theme:
    """Theme of a chart of horizontal rows: light lines down, row names beside."""
    return theme(
        panel_grid_major_y=element_blank(),
        panel_grid_major_x=element_line(color="#e4e4e4", size=0.6),
        axis_text_y=element_text(size=tick),
        axis_ticks=element_blank(),
    )


def colours(blocs: Sequence[str]) -> dict[str, str]:
    """Colour of each bloc: its own in every figure (FIXED), the others the rest of the palette.

    No two of the palette are equal; blocs past it share one grey.
    """
    own = {b: FIXED[b] for b in blocs if b in FIXED}
    free = [c for c in PALETTE if c not in own.values()]
    rest = [b for b in blocs if b not in own]
    return {b: own.get(b) or (free[rest.index(b)] if rest.index(b) < len(free) else _PAST)
            for b in blocs}  # fmt: skip


def coloured(blocs: Sequence[str]) -> set[str]:
    """The blocs that have a colour of their own in `colours`."""
    return {bloc for bloc, colour in colours(blocs).items() if colour != _PAST}


def line_types(blocs: Sequence[str]) -> dict[str, str]:
    """Line type of each bloc: solid for those with a colour, then in turn."""
    own = coloured(blocs)
    past = [b for b in blocs if b not in own]
    return {b: "solid" if b in own else LINES[past.index(b) % len(LINES)] for b in blocs}


def name_of(bloc: str) -> str:
    """A bloc as a figure names it: a lab by its name alone."""
    return bloc.replace("lab:", "")


def plain(frame: pl.DataFrame) -> pd.DataFrame:
    """The frame as plotnine takes it; column by column, which needs no Arrow library."""
    return pd.DataFrame(
        {
            name: pd.to_datetime(column.to_list()) if kind == pl.Date else column.to_list()
            for (name, kind), column in zip(frame.schema.items(), frame, strict=True)
        }
    )


def ordered(frame: pl.DataFrame, column: str, order: Sequence[str]) -> pd.DataFrame:
    """As `plain`, with a column whose panels come in the given order."""
    data = plain(frame)
    data[column] = pd.Categorical(data[column], categories=list(order))
    return data


def number(value: Any) -> str:
    """A number for an axis, the same in every language."""
    text = f"{value:.10g}"
    return f"{value:.10f}".rstrip("0").rstrip(".") if "e" in text and abs(value) < 1e15 else text


def short(value: float) -> str:
    """A value for a label: one decimal, or three digits where it is large."""
    return f"{value:.1f}" if abs(value) < 1e5 else f"{value:.3g}"


def tick_days(first: date, last: date, most: int) -> list[date]:
    """At most `most` round days from first to last: years, half years, quarters, months or days."""
    for step in ("1mo", "3mo", "6mo", "12mo", "24mo", "60mo", "120mo"):
        months = int(step[:-2])
        start = date(first.year - first.year % max(months // 12, 1), 1, 1)
        days = pl.date_range(start, last, step, eager=True).to_list()
        days = [d for d in days if first <= d <= last]
        if len(days) <= most:
            break
    if len(days) >= 2:
        return days
    return [first] if (last - first).days < 2 else [first, last]


@dataclass(frozen=True)
class TimeAxis:
    """A date axis of `points` length that ends with `room` points for names."""

    first: date
    last: date
    points: float
    room: float = 0.0

    @property
    def _begin(self) -> date:
        return self.first if self.last > self.first else self.first - timedelta(days=15)

    @property
    def _until(self) -> date:
        return self.last if self.last > self.first else self.last + timedelta(days=15)

    @property
    def per_day(self) -> float:
        """Points per day."""
        room = min(self.room, 0.45 * self.points)
        return 0.97 * (self.points - room) / max((self._until - self._begin).days, 1)

    def x(self, days: pl.Series) -> Any:
        """Points from the first day."""
        start = (self._begin - date(1970, 1, 1)).days
        return (days.cast(pl.Int32).to_numpy() - start) * self.per_day

    def moved(self, day: date, points: float) -> Any:
        """A moment `points` to the right of a day."""
        return pd.Timestamp(day) + pd.Timedelta(days=points / self.per_day)

    def scale(self, most: int = 0) -> Any:
        """The scale, with round days as breaks and ISO dates as names."""
        length = self.per_day * (self._until - self._begin).days
        most = most or max(2, int(length / 52))
        breaks = tick_days(self.first, self.last, most)
        if all((d.month, d.day) == (1, 1) for d in breaks):
            form = "%Y"
        else:
            form = "%Y-%m" if all(d.day == 1 for d in breaks) else "%Y-%m-%d"
        room = min(self.room, 0.45 * self.points)
        until = pd.Timestamp(self._until) + pd.Timedelta(days=room / self.per_day)
        return scale_x_datetime(
            breaks=[pd.Timestamp(d) for d in breaks],
            labels=[d.strftime(form) for d in breaks],
            limits=(pd.Timestamp(self._begin), until),
            expand=_EXPAND,
        )


def padded(low: float, high: float, share: float = 0.05) -> tuple[float, float]:
    """Limits with room on both sides, also where all values are one."""
    pad = share * (high - low) if high > low else max(0.1 * abs(high), 0.5)
    return low - pad, high + pad


def round_steps(low: float, high: float, most: int = 6) -> list[float]:
    """At most `most` round numbers from low to high: steps of 1, 2 or 5 times a power of ten."""
    span = max(high - low, 1e-9)
    power = 10.0 ** math.floor(math.log10(span / most))
    for step in (power, 2 * power, 5 * power, 10 * power, 20 * power):
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first + 1 <= most:
            break
    return [round(k * step, 10) for k in range(first, last + 1)]


def free_axis(tops: Sequence[tuple[float, float]] = (), count: int = 5) -> Any:
    """A y scale for panels with limits of their own: round numbers, none in a corner.

    Args:
        tops: upper limits of panels with room for words above the data, and where the data end.
        count: the most breaks.
    """

    def breaks(ends: tuple[float, float]) -> list[float]:
        most = next((data for top, data in tops if math.isclose(top, ends[1])), ends[1])
        return round_steps(ends[0] + 0.04 * (ends[1] - ends[0]), most, count)

    return scale_y_continuous(
        expand=(0, 0), breaks=breaks, labels=lambda values: [number(v) for v in values]
    )


def value_axis(low: float, high: float, most: int = 6) -> Any:
    """A scale for y with these limits and round numbers, none in the corner of the axes."""
    return scale_y_continuous(
        limits=(low, high),
        expand=(0, 0),
        breaks=round_steps(low + 0.03 * (high - low), high, most),
        labels=lambda values: [number(v) for v in values],
    )


def end_labels(
    ends: pl.DataFrame, axis: TimeAxis, limits: tuple[float, float], height: float, size: float = 10
) -> pd.DataFrame:
    """Names at the ends of lines, none over another: `ends` with x, y, and the tie from the line.

    Args:
        ends: bloc, date, value, text: one row per line.
        limits, height: of the y axis, in points of the index and of the figure.
    """
    up = height / (limits[1] - limits[0])
    y = spread(
        (ends["value"].to_numpy() * up).tolist(), 1.32 * size, limits[0] * up + size * 0.6,
        limits[1] * up - size * 0.6,
    ) / up  # fmt: skip
    data = plain(ends)
    data["text"] = [literal(t) for t in ends["text"]]
    data["y"] = y
    data["x"] = [axis.moved(axis._until, 14) for _ in range(ends.height)]
    data["tie"] = [axis.moved(axis._until, 11) for _ in range(ends.height)]
    return data


def room_for(texts: Sequence[str], size: float, bold: bool = True) -> float:
    """Points that the widest of `texts` needs at the end of its line."""
    return max((width(t, size, bold) for t in texts), default=0.0) + 18


def caption(subject: Gap | Forecast | Quarter, sources: str, period: Quarter | None = None) -> str:
    """Source, index version, as-of date and vintage; a period in progress or stale says so.

    Args:
        period: the quarter that a gap or forecast was asked for, if any.
    """
    if isinstance(subject, Quarter):
        return caption(subject.gap, sources, subject)
    text = (
        f"Data: {sources}. {subject.index_name} {subject.index_version}, "
        f"as of {subject.as_of.isoformat()}, vintage {subject.vintage}. gap-tracker."
    )
    if period is None:
        return text
    notes: list[str] = []
    if not period.complete:
        notes.append(f"{period.label} is incomplete: figures go to {period.as_of.isoformat()}.")
    if period.stale:
        notes.append(
            f"Stale: the newest observation is of {period.last_observed.isoformat()}, more than "
            "45 days before the end of the period."
        )
    return f"{text}\n{' '.join(notes)}".rstrip()
