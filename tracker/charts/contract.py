"""What a chart is: what it is drawn from, its numbers, its figure, its words, its place."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import polars as pl

from forecasts.forecasting.forecast import Forecast
from forecasts.measures.period import Quarter
from tracker.charts.request import ChartRequest
from tracker.workspace_data import WorkspaceData

S = TypeVar("S")
Drawn = TypeVar("Drawn", contravariant=True)
Progress = Callable[[str], None]


class Known(Protocol):
    """What has been measured and forecast already, such as the results of a report.

    `forecast` is None where none can be made; `no_forecast` says why.
    """

    @property
    def quarter(self) -> Quarter: ...
    @property
    def forecast(self) -> Forecast | None: ...
    @property
    def no_forecast(self) -> str: ...


@dataclass(frozen=True)
class Basis:
    """What a subject is made from: the workspace, the request, and what is `known` already."""

    data: WorkspaceData
    request: ChartRequest
    progress: Progress = lambda _: None
    known: Known | None = None


@dataclass(frozen=True)
class Made(Generic[S]):
    """A subject, ready to be drawn, and the words below it."""

    subject: S
    caption: str


class Draw(Protocol[Drawn]):
    """Makes the figure, a plotnine.ggplot, of `size` inches (None: as its content needs).

    Raises TrackerError when there is nothing to draw.
    """

    def __call__(
        self, subject: Drawn, caption: str, size: tuple[float, float] | None = None, /
    ) -> Any: ...


@dataclass(frozen=True)
class Chart(Generic[S]):
    """One chart, `CHART` of a module of its own; it computes nothing: its subject has all.

    Attributes:
        title: for the list of charts and for the report.
        subject: makes what the chart is drawn from. Charts of one subject share its function, one
            of `tracker.charts.subjects`; a subject of one chart stands beside it.
        table: the numbers that the figure draws, in their order.
        draw: the figure; see `Draw`.
        describe: what a reader who does not see the figure must know of it, from the subject and
            its table, which has rows. None: the first and the last row of the table.
        beside: columns of the table that say more than the figure draws.
        many: it compares more than two blocs.
        versions: it can draw every version of the index, with the breaks.
        rank: its place in the report, the lowest first; None: it is not in the report.
        optional: codes of errors for which the report has a line among its notes and no section:
            few stores have what the chart is drawn from.
        left_out: why there is nothing to draw in a report of such a subject, a line among its
            notes as well; empty where there is.
        opened: its table stands open in the report, to be sorted and filtered.
    """

    title: str
    subject: Callable[[Basis], Made[S]]
    table: Callable[[S], pl.DataFrame]
    draw: Draw[S]
    describe: Callable[[S, pl.DataFrame], str] | None = None
    beside: tuple[str, ...] = ()
    many: bool = False
    versions: bool = False
    rank: int | None = 1000
    optional: tuple[str, ...] = ()
    left_out: Callable[[S], str] = lambda _: ""
    opened: bool = False


AnyChart = Chart[Any]
