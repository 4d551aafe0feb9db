"""What a chart is asked to show."""

from dataclasses import dataclass, field
from datetime import date

from forecasts.request import PeriodRequest, Vintage


@dataclass(frozen=True)
class ChartRequest:
    """What a chart is asked to show; None and empty take the workspace's defaults.

    Attributes:
        period: the days and blocs, the leader first unless the pair names it. The chart decides on
            the vintage of its scope unless `vintage` does.
        horizon_months, draws: None for what the chart takes by default.
        today: the day on which it is asked, see `ForecastRequest`.
    """

    period: PeriodRequest = field(default_factory=PeriodRequest)
    vintage: Vintage | None = None
    models: tuple[str, ...] = ()
    horizon_months: int | None = None
    draws: int | None = None
    seed: int | None = None
    today: date | None = None

    @property
    def asks_for_days(self) -> bool:
        """Whether a period is named."""
        return any(
            d is not None for d in (self.period.quarter, self.period.first, self.period.last)
        )
