"""What is asked: each option of a measurement or forecast, declared once.

What is left out (None or empty) is filled from the workspace's settings and store before anything
is computed (`tracker.workspace_data.WorkspaceData.resolved`); a result carries the filled request.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from forecasts.errors import UsageError
from forecasts.nearest import did_you_mean

Vintage = Literal["real", "final"]
VINTAGES: tuple[Vintage, ...] = ("real", "final")
Definition = Literal["level", "today"]
DEFINITIONS: tuple[Definition, ...] = ("level", "today")
Shared = Literal["neither", "both", "lab"]
SHARED: tuple[Shared, ...] = ("neither", "both", "lab")
# What the backtest supports: docs/skill.md.
DEFAULT_MODELS = ("pooled-growth",)
# The last outcome that any of its constants was chosen on: what comes later is out of sample.
TUNED_UNTIL = date(2025, 6, 10)
MAX_MONTHS = 240
MAX_DRAWS = 1_000_000
MAX_HOLD_DAYS = 366


@dataclass(frozen=True)
class Scope:
    """Which observations count.

    Attributes:
        index, version: None for the workspace's choice.
        as_of: the day to look from; None for the last observed.
        vintage: `real`, what had been observed by then, or `final`, the latest values of the
            models released by then.
        recorded_before: an aware moment; nothing recorded here at or after it counts.
        no_link: other versions of the index do not count; else what they say of models that the
            version does not have by then is moved to its scale.
    """

    index: str | None = None
    version: str | None = None
    as_of: date | None = None
    vintage: Vintage = "real"
    recorded_before: datetime | None = None
    no_link: bool = False

    def checked(self) -> "Scope":
        """This scope; raises UsageError when its vintage is none."""
        if self.vintage not in VINTAGES:
            raise UsageError(
                f"The vintage is '{self.vintage}'; it is real or final.",
                did_you_mean(self.vintage, VINTAGES).strip(),
            )
        return self


@dataclass(frozen=True)
class Pair:
    """The two blocs compared, as text (`US`, `CN+open`, `lab:NAME`); empty for the workspace's.

    Attributes:
        shared: what a model of both blocs counts for: `neither`, `both`, or the bloc of its `lab`'s
            seat; None for the workspace's choice, and without a workspace for `neither`.
    """

    leader: str = ""
    follower: str = ""
    shared: Shared | None = None

    @property
    def rule(self) -> Shared:
        """What a model of both counts for; raises UsageError when `shared` is none of SHARED."""
        if self.shared is None:
            return SHARED[0]
        if self.shared not in SHARED:
            raise UsageError(
                f"A model of both blocs counts for '{self.shared}'; it is {', '.join(SHARED)}.",
                did_you_mean(self.shared, SHARED).strip(),
            )
        return self.shared


@dataclass(frozen=True)
class ClosureRule:
    """What counts as closed.

    Attributes:
        tolerance: points within which the follower counts as level; None for the workspace's.
        definition: `level`, the follower's frontier comes within the tolerance of the leader's
            (and stays there for `hold_days`), or `today`, it reaches the leader's frontier of the
            day of the forecast.
    """

    tolerance: float | None = None
    definition: Definition = "level"
    hold_days: int = 0

    @property
    def points(self) -> float:
        """The tolerance in points, zero where none is said."""
        return 0.0 if self.tolerance is None else self.tolerance

    def checked(self) -> "ClosureRule":
        """This rule; raises UsageError when a part of it is out of its range."""
        if not self.points >= 0:
            raise UsageError(f"The tolerance is {self.points} points; it must be zero or more.")
        if self.definition not in DEFINITIONS:
            raise UsageError(
                f"The definition is '{self.definition}'; it is {' or '.join(DEFINITIONS)}.",
                did_you_mean(self.definition, DEFINITIONS).strip(),
            )
        if not 0 <= self.hold_days <= MAX_HOLD_DAYS:
            raise UsageError(
                f"The gap is to stay closed for {self.hold_days} days; give 0 to {MAX_HOLD_DAYS}."
            )
        return self


@dataclass(frozen=True)
class ForecastRequest:
    """A joint forecast of two frontiers and of the closing of their gap.

    Attributes:
        models: names, pooled with equal weight; empty for the workspace's.
        horizon_months: calendar months ahead.
        draws: joint futures in all.
        seed: None for the workspace's.
        today: the day on which it is asked: quarters that are over by then are marked, and data
            that are old by then are said to be. None marks nothing. No number depends on it.
    """

    scope: Scope = field(default_factory=Scope)
    pair: Pair = field(default_factory=Pair)
    rule: ClosureRule = field(default_factory=ClosureRule)
    models: tuple[str, ...] = ()
    horizon_months: int = 24
    draws: int = 10_000
    seed: int | None = None
    today: date | None = None

    def checked(self) -> "ForecastRequest":
        """This request; raises UsageError when a number of it is out of its range."""
        check_numbers(self.horizon_months, self.draws, self.seed)
        self.rule.checked()
        self.scope.checked()
        return self


def check_numbers(horizon_months: int | None, draws: int | None, seed: int | None) -> None:
    """Raise UsageError when a number of a forecast is out of its range; None is in it."""
    if horizon_months is not None and not 1 <= horizon_months <= MAX_MONTHS:
        raise UsageError(f"The horizon is {horizon_months} months; it must be 1 to {MAX_MONTHS}.")
    if draws is not None and not 100 <= draws <= MAX_DRAWS:
        raise UsageError(f"{draws} draws; give 100 to {MAX_DRAWS:,}.")
    if seed is not None and seed < 0:
        raise UsageError(f"The seed is {seed}; it cannot be negative.")
    if seed is not None and seed >= 2**63:
        raise UsageError(f"The seed is {seed}; it must be below 2^63.")


@dataclass(frozen=True)
class PeriodRequest:
    """A quarter such as 2026Q2, or the days from `first` to `last` (else the last quarter).

    Attributes:
        scope: its `as_of` looks from a day of the period.
        tolerance: points that count as level; None for the workspace's.
        blocs: all that are compared, the pair among them; empty for the pair alone.
        all_versions: each version of the index over the time in which it was observed.
    """

    scope: Scope = field(default_factory=lambda: Scope(vintage="final"))
    pair: Pair = field(default_factory=Pair)
    tolerance: float | None = None
    quarter: str | None = None
    first: date | None = None
    last: date | None = None
    blocs: tuple[str, ...] = ()
    all_versions: bool = False


@dataclass(frozen=True)
class BacktestRequest:
    """Rolling origins on the first of each month or quarter, scored by the latest values known.

    Attributes:
        scope: with the vintage `final` an origin sees the latest value of each model released by
            then; with `real` only what had been observed by then.
        models: names, `all`, or empty for the default and the baselines.
        horizons: months ahead; empty for 1, 2, 3, 6, 9, 12.
        panel: every pair of blocs of every index, not one pair.
        every: `month` or `quarter`, the step between origins.
        first, last: bounds of the origins.
        seed: None for the workspace's.
    """

    scope: Scope = field(default_factory=lambda: Scope(vintage="final"))
    pair: Pair = field(default_factory=Pair)
    models: tuple[str, ...] = ()
    horizons: tuple[int, ...] = ()
    panel: bool = False
    every: str = "month"
    first: date | None = None
    last: date | None = None
    draws: int = 500
    seed: int | None = None
