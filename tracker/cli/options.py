"""Options shared by the commands that measure and forecast."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from forecasts.request import (
    DEFINITIONS,
    VINTAGES,
    BacktestRequest,
    ClosureRule,
    ForecastRequest,
    Pair,
    PeriodRequest,
    Scope,
)
from tracker.cli.globals import GlobalOptions
from tracker.text.argv import FLAGS

if TYPE_CHECKING:
    from tracker.charts.request import ChartRequest
    from tracker.report import ReportRequest

Option = Callable[[Any], Any]


class DateType(click.ParamType):
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


class PastDateType(DateType):
    """A date YYYY-MM-DD up to today (UTC): nothing is known of a later day."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Text to date; fails with a sentence."""
        day = super().convert(value, param, ctx)
        if day > datetime.now(UTC).date():
            self.fail(f"{day} is in the future; nothing is known of it yet.", param, ctx)
        return day


class NameType(click.ParamType):
    """Text that is not blank: an empty name would pass for one left out."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text as it is; fails with a sentence."""
        text = str(value)
        if not text.strip():
            self.fail("it is empty; name one, or leave the option out.", param, ctx)
        return text


class MomentType(click.ParamType):
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
        type=click.Choice(VINTAGES),
        default=default,
        show_default=default is not None,
        help=help_text
        or "real: observed by then; final: the latest values of models released by then.",
    )  # fmt: skip


def _text(field: str, metavar: str, help_text: str) -> Option:
    return click.option(FLAGS[field], field, type=NAME, metavar=metavar, help=help_text)


_INDEX = [_text("index", "NAME", "The index."), _text("version", "NAME", "Its version.")]
_AS_OF = click.option(
    FLAGS["as_of"], "as_of", type=PAST_DATE, help="The day to look from (the last observed)."
)
_PAIR = [
    _text("leader", "BLOC", "The bloc measured against (US)."),
    _text("follower", "BLOC", "The bloc that trails (CN)."),
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
_SEED = click.option(FLAGS["seed"], "seed", type=int, help="Seed of the draws.")
_FORECAST = [
    _MODELS,
    click.option(FLAGS["horizon_months"], "horizon_months", type=int, default=24,
                 show_default=True, metavar="MONTHS", help="How far to look."),
    click.option(FLAGS["draws"], "draws", type=int, default=10_000, show_default=True,
                 help="Joint futures."),
    _SEED,
    click.option(FLAGS["definition"], "definition", type=click.Choice(DEFINITIONS),
                 default="level", show_default=True,
                 help="Closed: level with the leader's frontier, or with that of today."),
    click.option(FLAGS["hold_days"], "hold_days", type=int, default=0, metavar="DAYS",
                 help="Closed only if it stays so for so long."),
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
    *_INDEX,
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
]  # fmt: skip
_BACKTEST = [
    click.option(FLAGS["models"], "models", multiple=True, metavar="NAME",
                 help="A trend model; repeat (the default and the baselines; `all`)."),
    click.option("--horizon", "horizons", multiple=True, type=click.IntRange(1, 60),
                 metavar="MONTHS", help="Months ahead; repeat (1 2 3 6 9 12)."),
    click.option("--panel", is_flag=True, help="Every pair of blocs of every index, not one pair."),
    click.option("--every", type=click.Choice(["month", "quarter"]), default="month",
                 show_default=True, help="Steps between origins."),
    click.option(FLAGS["first"], "first", type=DATE, help="First origin (2024-01-01)."),
    click.option(FLAGS["last"], "last", type=DATE, help="Last origin."),
    click.option(FLAGS["draws"], "draws", type=click.IntRange(100, 100_000), default=500,
                 show_default=True),
    _SEED,
    *_INDEX,
    # Few stores go far back in what had been observed: a backtest takes the latest values.
    _AS_OF,
    _vintage("final"),
    *_PAIR,
    RECORDED,
]  # fmt: skip


def _scope(given: dict[str, Any]) -> Scope:
    return Scope(
        index=given.pop("index"),
        version=given.pop("version"),
        as_of=given.pop("as_of", None),
        vintage=given.pop("vintage", None) or "real",
    )


def _pair(given: dict[str, Any]) -> Pair:
    return Pair(leader=given.pop("leader") or "", follower=given.pop("follower") or "")


def _request(given: dict[str, Any]) -> ForecastRequest:
    return ForecastRequest(
        scope=_scope(given),
        pair=_pair(given),
        rule=ClosureRule(
            tolerance=given.pop("tolerance"),
            definition=given.pop("definition"),
            hold_days=given.pop("hold_days"),
        ),
        models=given.pop("models"),
        horizon_months=given.pop("horizon_months"),
        draws=given.pop("draws"),
        seed=given.pop("seed"),
    )


def _backtest(given: dict[str, Any]) -> BacktestRequest:
    return BacktestRequest(
        scope=_scope(given),
        pair=_pair(given),
        models=given.pop("models"),
        horizons=given.pop("horizons"),
        panel=given.pop("panel"),
        every=given.pop("every"),
        first=given.pop("first"),
        last=given.pop("last"),
        draws=given.pop("draws"),
        seed=given.pop("seed"),
    )


def _chart(given: dict[str, Any]) -> "ChartRequest":
    from tracker.charts.request import ChartRequest

    vintage = given.pop("vintage")
    return ChartRequest(
        period=PeriodRequest(
            scope=_scope(given),
            pair=_pair(given),
            tolerance=given.pop("tolerance"),
            quarter=given.pop("quarter"),
            first=given.pop("first"),
            last=given.pop("last"),
            blocs=given.pop("blocs"),
            all_versions=given.pop("all_versions"),
        ),
        vintage=vintage,
        models=given.pop("models"),
        horizon_months=given.pop("horizon_months"),
        draws=given.pop("draws"),
        seed=given.pop("seed"),
    )


def _report(given: dict[str, Any]) -> "ReportRequest":
    from tracker.report import ReportRequest

    forecast = ForecastRequest(
        scope=_scope(given),
        pair=_pair(given),
        rule=ClosureRule(tolerance=given.pop("tolerance")),
        models=given.pop("models"),
        seed=given.pop("seed"),
    )
    return ReportRequest(quarter=given.pop("quarter"), forecast=forecast)


def _takes(
    options: Sequence[Option], **built: Callable[[dict[str, Any]], Any]
) -> Callable[[Any], Any]:
    """Give a command the options, and what is built of their values by the names of `built`."""

    def decorate(function: Any) -> Any:
        @wraps(function)
        def call(*args: Any, **given: Any) -> Any:
            made = {name: build(given) for name, build in built.items()}
            return function(*args, **given, **made)

        for option in reversed(options):
            call = option(call)
        return call

    return decorate


index_options = _takes(_INDEX)
when_options = _takes([*_INDEX, *_WHEN], scope=_scope)
backtest_options = _takes(_BACKTEST, request=_backtest)
report_options = _takes(
    [
        click.option(FLAGS["quarter"], "quarter", required=True, metavar="2026Q2",
                     help="The quarter."),
        *_INDEX, _vintage("final"), *_PAIR, RECORDED, _TOLERANCE, _MODELS, _SEED,
    ],
    request=_report,
)  # fmt: skip
diff_options = _takes(
    [
        click.option(FLAGS["as_of"], "as_of", type=PAST_DATE,
                     help="With --recorded: the day to look from."),
        *_INDEX, _vintage("real"), *_PAIR, _TOLERANCE,
    ],
    scope=_scope, pair=_pair,
)  # fmt: skip
fit_options = _takes([_MODELS, *_INDEX, *_WHEN, *_PAIR], scope=_scope, pair=_pair)
gap_options = _takes([*_INDEX, *_WHEN, *_PAIR, _TOLERANCE], scope=_scope, pair=_pair)
chart_options = _takes(_CHART, request=_chart)
forecast_options = _takes([*_INDEX, *_WHEN, *_PAIR, _TOLERANCE, *_FORECAST], request=_request)
