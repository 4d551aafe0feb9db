"""Options shared by the commands that measure and forecast, and what is built of them."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import fields
from datetime import UTC, date, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, overload

import click

from forecasts.request import (
    DEFINITIONS,
    SHARED,
    VINTAGES,
    BacktestRequest,
    ClosureRule,
    ForecastRequest,
    Pair,
    PeriodRequest,
    Scope,
)
from tracker.cli.choosing import Choice
from tracker.cli.globals import GlobalOptions
from tracker.text.argv import FLAGS

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from tracker.charts.request import ChartRequest
    from tracker.report import ReportRequest

    # click's types are generic to a type checker alone in the versions that still work.
    DateBase = click.ParamType[date]
    ReleaseBase = click.ParamType[date | str]
    TextBase = click.ParamType[str]
    MomentBase = click.ParamType[datetime]
else:
    DateBase = ReleaseBase = TextBase = MomentBase = click.ParamType

Option = Callable[[Any], Any]
Given = dict[str, Any]
P = ParamSpec("P")
R = TypeVar("R")
A = TypeVar("A")
B = TypeVar("B")
D = TypeVar("D", bound="DataclassInstance")


class DateType(DateBase):
    """A date YYYY-MM-DD."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Text to date; fails with a sentence."""
        if isinstance(value, date):
            return value
        try:
            return datetime.strptime(value, "%Y-%m-%d").date()
        except ValueError:
            self.fail(f"'{value}' is not a date YYYY-MM-DD.", param, ctx)


class ReleaseType(ReleaseBase):
    """A date YYYY-MM-DD, or YYYY-MM or YYYY of which no more is known, as text."""

    name = "date"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> date | str:
        """Text to a date or a part of one; fails with a sentence."""
        if isinstance(value, date):
            return value
        for form in ("%Y-%m", "%Y"):
            with suppress(ValueError):
                return datetime.strptime(value, form).strftime(form)
        return DATE.convert(value, param, ctx)


class PastDateType(DateType):
    """A date YYYY-MM-DD up to today (UTC): nothing is known of a later day."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Text to date; fails with a sentence."""
        day = super().convert(value, param, ctx)
        if day > datetime.now(UTC).date():
            self.fail(f"{day} is in the future; nothing is known of it yet.", param, ctx)
        return day


class NameType(TextBase):
    """Text that is not blank: an empty name would pass for one left out."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text as it is; fails with a sentence."""
        text = str(value)
        if not text.strip():
            self.fail("it is empty; name one, or leave the option out.", param, ctx)
        return text


class MomentType(MomentBase):
    """A moment as ISO text, a date alone meaning its beginning; UTC unless it says otherwise."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Text to an aware moment in UTC; fails with a sentence."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"'{value}' is not a time such as 2026-06-10T12:00:00Z.", param, ctx)


DATE = DateType()
RELEASED = ReleaseType()
PAST_DATE = PastDateType()
NAME = NameType()
MOMENT = MomentType()


def _recorded_before(ctx: click.Context, param: click.Parameter, value: datetime | None) -> None:
    ctx.ensure_object(GlobalOptions).recorded_before = value


RECORDED = click.option(
    "--recorded-before", type=MOMENT, metavar="TIME", expose_value=False, is_eager=True,
    callback=_recorded_before, help="As this workspace knew it just before then (UTC).",
)  # fmt: skip


def _vintage(default: str | None, help_text: str = "") -> Option:
    return click.option(
        FLAGS["vintage"], "vintage",
        type=Choice(VINTAGES),
        default=default,
        show_default=default is not None,
        help=help_text
        or "real: observed by then; final: the latest values of models released by then.",
    )  # fmt: skip


def _text(field: str, metavar: str, help_text: str) -> Option:
    return click.option(FLAGS[field], field, type=NAME, metavar=metavar, help=help_text)


INDEX = [_text("index", "NAME", "The index."), _text("version", "NAME", "Its version.")]
# Of commands that measure one version with what others hold.
_ON = [
    INDEX[0],
    click.option(
        FLAGS["version"], "--on", "version", type=NAME, metavar="NAME",
        help="Its version, on whose scale what others hold is told.",
    ),
    click.option(FLAGS["no_link"], "no_link", is_flag=True,
                 help="Leave out what other versions hold."),
]  # fmt: skip
_AS_OF = click.option(
    FLAGS["as_of"],
    "as_of",
    type=PAST_DATE,
    help="The day to look from (the last on which the index was seen whole).",
)
SHARED_OPTION = click.option(
    FLAGS["shared"], "shared", type=Choice(SHARED),
    help="What a model of both blocs counts for; lab: the bloc of its lab's seat (neither).",
)  # fmt: skip
_PAIR = [
    _text("leader", "BLOC", "The bloc measured against (US)."),
    _text("follower", "BLOC", "The bloc that trails (CN)."),
    SHARED_OPTION,
]
_TOLERANCE = click.option(
    FLAGS["tolerance"], "tolerance", type=float, metavar="POINTS",
    help="Points that count as level.",
)  # fmt: skip
_WHEN = [_AS_OF, _vintage("real"), RECORDED]
_MODELS = click.option(
    FLAGS["models"], "models", type=NAME, multiple=True, metavar="NAME",
    help="A trend model; repeat.",
)  # fmt: skip
TODAY = click.option(
    FLAGS["today"], "today", type=DATE, default=lambda: datetime.now(UTC).date().isoformat(),
    help="The day of the question (that of the call): what is over, how old the data are.",
)  # fmt: skip
_SEED = click.option(FLAGS["seed"], "seed", type=int, help="Seed of the draws.")
_FORECAST = [
    _MODELS,
    click.option(FLAGS["horizon_months"], "horizon_months", type=int, default=24,
                 show_default=True, metavar="MONTHS", help="How far to look."),
    click.option(FLAGS["draws"], "draws", type=int, default=10_000, show_default=True,
                 help="Joint futures."),
    _SEED,
    click.option(FLAGS["definition"], "definition", type=Choice(DEFINITIONS),
                 default="level", show_default=True,
                 help="Closed: level with the leader's frontier, or with that of today."),
    click.option(FLAGS["hold_days"], "hold_days", type=int, default=0, metavar="DAYS",
                 help="Closed only if it stays so for so long."),
    TODAY,
]  # fmt: skip
_CHART = [
    click.option(FLAGS["blocs"], "blocs", multiple=True, metavar="BLOC",
                 help="A bloc to compare; repeat. The first leads, unless --leader says which."),
    click.option(FLAGS["quarter"], "quarter", metavar="2026Q2",
                 help="As it stood at the end of that quarter."),
    click.option(FLAGS["first"], "first", type=DATE, help="First day to show."),
    click.option(FLAGS["last"], "last", type=DATE,
                 help="As it stood on that day (the last observed)."),
    click.option(FLAGS["all_versions"], "all_versions", is_flag=True,
                 help="Every version of the index, each over its own time, with the breaks."),
    *_ON,
    _AS_OF,
    _vintage(None, "real: observed by then (with --as-of); final: the latest values (else)."),
    *_PAIR,
    _TOLERANCE,
    _MODELS,
    click.option(FLAGS["horizon_months"], "horizon_months", type=int, metavar="MONTHS",
                 help="How far to look (24; skill: 3, 6 and 12)."),
    click.option(FLAGS["draws"], "draws", type=int,
                 help="Joint futures (10000; forecast-models: 1000 each)."),
    _SEED,
    RECORDED,
    TODAY,
]  # fmt: skip
_BACKTEST = [
    click.option(FLAGS["models"], "models", multiple=True, metavar="NAME",
                 help="A trend model; repeat (the default and the baselines; `all`)."),
    click.option("--horizon", "horizons", multiple=True, type=click.IntRange(1, 60),
                 metavar="MONTHS", help="Months ahead; repeat (1 2 3 6 9 12)."),
    click.option("--panel", is_flag=True, help="Every pair of blocs of every index, not one pair."),
    click.option("--every", type=Choice(["month", "quarter"]), default="month",
                 show_default=True, help="Steps between origins."),
    click.option(FLAGS["first"], "first", type=DATE, help="First origin (2024-01-01)."),
    click.option(FLAGS["last"], "last", type=DATE, help="Last origin."),
    click.option(FLAGS["draws"], "draws", type=click.IntRange(100, 100_000), default=500,
                 show_default=True),
    _SEED,
    *INDEX,
    # Few stores go far back in what had been observed: a backtest takes the latest values.
    _AS_OF,
    _vintage("final"),
    *_PAIR,
    RECORDED,
]  # fmt: skip


def taken(kind: type[D], given: Given) -> D:
    """A request of what the command line gave for its fields, which leaves `given`.

    What was left out has the default of the request.
    """
    found = {f.name: given.pop(f.name) for f in fields(kind) if f.name in given}
    return kind(**{name: value for name, value in found.items() if value is not None})


def _scope(given: Given) -> Scope:
    return taken(Scope, given)


def _pair(given: Given) -> Pair:
    return taken(Pair, given)


def _request(given: Given) -> ForecastRequest:
    given |= {"scope": _scope(given), "pair": _pair(given), "rule": taken(ClosureRule, given)}
    return taken(ForecastRequest, given)


def _backtest(given: Given) -> BacktestRequest:
    given |= {"scope": _scope(given), "pair": _pair(given)}
    return taken(BacktestRequest, given)


def _chart(given: Given) -> "ChartRequest":
    from tracker.charts.request import ChartRequest

    vintage = given.pop("vintage")
    given |= {"scope": _scope(given), "pair": _pair(given)}
    given |= {"period": taken(PeriodRequest, given), "vintage": vintage}
    return taken(ChartRequest, given)


def _report(given: Given) -> "ReportRequest":
    from tracker.report import ReportRequest

    return ReportRequest(given.pop("quarter"), _request(given))


@overload
def takes(
    options: Sequence[Option], first: Callable[[Given], A], /
) -> Callable[[Callable[Concatenate[GlobalOptions, A, P], R]], Callable[P, R]]: ...


@overload
def takes(
    options: Sequence[Option], first: Callable[[Given], A], second: Callable[[Given], B], /
) -> Callable[[Callable[Concatenate[GlobalOptions, A, B, P], R]], Callable[P, R]]: ...


def takes(options: Sequence[Option], /, *builds: Callable[[Given], Any]) -> Callable[[Any], Any]:
    """Give a command the options; it is called with the GlobalOptions and what is built of them.

    What nothing is built of comes by its name.
    """

    def decorate(function: Any) -> Any:
        @wraps(function)
        def call(**given: Any) -> Any:
            asked = click.get_current_context().ensure_object(GlobalOptions)
            built = [build(given) for build in builds]
            return function(asked, *built, **given)

        for option in reversed(options):
            call = option(call)
        return call

    return decorate


when_options = takes([*_ON, *_WHEN, TODAY], _scope)
backtest_options = takes(_BACKTEST, _backtest)
report_options = takes(
    [
        click.option(FLAGS["quarter"], "quarter", required=True, metavar="2026Q2",
                     help="The quarter."),
        *_ON, _vintage("final"), *_PAIR, RECORDED, _TOLERANCE, _MODELS, _SEED,
        TODAY,
    ],
    _report,
)  # fmt: skip
diff_options = takes(
    [
        click.option(FLAGS["as_of"], "as_of", type=PAST_DATE,
                     help="With --recorded: the day to look from."),
        *_ON, _vintage("real"), *_PAIR, _TOLERANCE,
    ],
    _scope, _pair,
)  # fmt: skip
fit_options = takes([_MODELS, *_ON, *_WHEN, *_PAIR, TODAY], _scope, _pair)
gap_options = takes([*_ON, *_WHEN, *_PAIR, _TOLERANCE, TODAY], _scope, _pair)
chart_options = takes(_CHART, _chart)
forecast_options = takes([*_ON, *_WHEN, *_PAIR, _TOLERANCE, *_FORECAST], _request)
