"""What a report is about: the quarter, forecasts from its end and its start, what moved them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from forecasts.errors import TrackerError, UsageError
from forecasts.forecasting.forecast import DEFAULT_MODELS, Forecast
from forecasts.measures.period import Quarter, parse_quarter
from forecasts.measures.vintage import Vintage

if TYPE_CHECKING:
    from tracker.workspace import Workspace

# As many as `tracker forecast` takes by default: both print the same digits.
DRAWS = 10_000


@dataclass(frozen=True)
class Choice:
    """Every option that a report depends on, none left to the settings of a workspace.

    `index` and `version` are empty where the store has none to choose from.
    """

    quarter: str
    index: str
    version: str
    leader: str
    follower: str
    vintage: Vintage
    tolerance: float
    models: tuple[str, ...]
    seed: int
    recorded_before: datetime | None

    def measured(self) -> dict[str, Any]:
        """Options of Workspace.gap, .quarter and .forecast."""
        return {
            "index": self.index,
            "version": self.version,
            "leader": self.leader,
            "follower": self.follower,
            "vintage": self.vintage,
            "tolerance": self.tolerance,
        }


@dataclass(frozen=True)
class Results:
    """A quarter and its forecasts.

    Attributes:
        forecast: from the quarter's end; None when none can be made, `no_forecast` says why.
        earlier: from the last day of the quarter before, None when none can be made.
        influence: the quarter's records left out (`influence`), None without a forecast
            and where the gap is closed already.
    """

    quarter: Quarter
    forecast: Forecast | None
    no_forecast: str
    earlier: Forecast | None
    influence: pl.DataFrame | None


def make_choice(
    workspace: "Workspace",
    quarter: str,
    *,
    leader: str | None = None,
    follower: str | None = None,
    index: str | None = None,
    version: str | None = None,
    vintage: Vintage = "final",
    tolerance: float | None = None,
    models: Sequence[str] = (),
    seed: int | None = None,
) -> Choice:
    """The options with what the workspace's settings and store add to them.

    Raises UsageError when `quarter` is not one, or when the index or its version is unknown.
    """
    try:
        parse_quarter(quarter)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"'{quarter}' is not a quarter.", "Write it as 2026Q2.", "bad_quarter") \
            from error  # fmt: skip
    settings = workspace.settings
    indices = workspace.store.snapshot().indices
    chosen = ("", "") if indices.is_empty() else workspace.choose_index(indices, index, version)
    return Choice(
        quarter.strip().upper(),
        *chosen,
        leader or settings.leader,
        follower or settings.follower,
        vintage,
        settings.tolerance if tolerance is None else tolerance,
        tuple(models) or settings.models or DEFAULT_MODELS,
        settings.seed if seed is None else seed,
        workspace.store.recorded_before,
    )


def gather(
    workspace: "Workspace", choice: Choice, progress: Callable[[str], None] = lambda _: None
) -> Results:
    """Measure and forecast; the frontiers of the store are learnt from once for each day.

    Raises TrackerError when the quarter has no gap to speak of, UsageError for a wrong option.
    """
    quarter = workspace.quarter(choice.quarter, **choice.measured())
    forecast, earlier, influence, reason = None, None, None, ""
    try:
        progress(f"learning from all frontiers up to {quarter.as_of} ...")
        pool = workspace.pool(quarter.as_of, choice.vintage)
        progress(f"forecasting from {quarter.as_of} ...")
        forecast = _forecast(workspace, choice, quarter.as_of, pool)
        if not forecast.follower_is_ahead:  # nothing is left to close
            influence = workspace.influence(forecast, progress, since=quarter.start, pool=pool)
    except UsageError:
        raise
    except TrackerError as error:
        reason = error.message
    if forecast is not None and quarter.before is not None:
        day = quarter.start - timedelta(days=1)
        progress(f"learning and forecasting from {day} ...")
        try:
            earlier = _forecast(workspace, choice, day, workspace.pool(day, choice.vintage))
        except TrackerError:
            earlier = None
    return Results(quarter, forecast, reason, earlier, influence)


def _forecast(workspace: "Workspace", choice: Choice, day: date, pool: Any) -> Forecast:
    return workspace.forecast(
        **choice.measured(), as_of=day, models=choice.models, draws=DRAWS, seed=choice.seed,
        pool=pool,
    )  # fmt: skip
