"""Options shared by the commands that measure and forecast."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import click

from tracker.cli.globals import GlobalOptions


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


def _vintage(default: str) -> Callable[[Any], Any]:
    return click.option(
        "--vintage",
        type=click.Choice(["real", "final"]),
        default=default,
        show_default=True,
        help="real: observed by then; final: the latest values of models released by then.",
    )


_INDEX = [
    click.option("--index", type=NAME, metavar="NAME", help="The index."),
    click.option("--index-version", "version", type=NAME, metavar="NAME", help="Its version."),
]
_PAIR = [
    click.option("--leader", type=NAME, metavar="BLOC", help="The bloc measured against (US)."),
    click.option("--follower", type=NAME, metavar="BLOC", help="The bloc that trails (CN)."),
]
_TOLERANCE = click.option(
    "--tolerance", type=float, metavar="POINTS", help="Points that count as level."
)
_WHEN = [
    click.option("--as-of", type=PAST_DATE, help="The day to look from (the last observed)."),
    _vintage("real"),
    RECORDED,
]
_FORECAST = [
    click.option("--model", "models", type=NAME, multiple=True, metavar="NAME",
                 help="A trend model; repeat."),
    click.option("--horizon", "horizon_months", type=int, default=24, show_default=True,
                 metavar="MONTHS", help="How far to look."),
    click.option("--draws", type=int, default=10_000, show_default=True, help="Joint futures."),
    click.option("--seed", type=int, help="Seed of the draws."),
]  # fmt: skip
_PERIOD = [
    click.option("--quarter", metavar="2026Q2", help="As it stood at the end of that quarter."),
    click.option("--from", "first", type=DATE, help="First day to show."),
    click.option("--to", "last", type=DATE, help="As it stood on that day (the last observed)."),
]
_CHART = [
    click.option("--bloc", "blocs", multiple=True, metavar="BLOC",
                 help="A bloc to compare; repeat. The first leads, unless --leader says which."),
    *_PERIOD,
    click.option("--all-versions", is_flag=True,
                 help="Every version of the index, each over its own time, with the breaks."),
    *_INDEX,
    _WHEN[0],
    click.option("--vintage", type=click.Choice(["real", "final"]),
                 help="real: observed by then (with --as-of); final: the latest values (else)."),
    *_PAIR,
    _TOLERANCE,
    click.option("--model", "models", type=NAME, multiple=True, metavar="NAME",
                 help="A trend model; repeat."),
    click.option("--horizon", "horizon_months", type=int, metavar="MONTHS",
                 help="How far to look (24; skill: 3, 6 and 12)."),
    click.option("--draws", type=int, help="Joint futures (10000; forecast-models: 1000 each)."),
    click.option("--seed", type=int, help="Seed of the draws."),
]  # fmt: skip


def _all(options: list[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    def decorate(function: Any) -> Any:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


index_options = _all(_INDEX)
when_options = _all([*_INDEX, *_WHEN])
# Few stores go far back in what had been observed: a backtest takes the latest values.
backtest_options = _all([*_INDEX, _WHEN[0], _vintage("final"), *_PAIR, RECORDED])
report_options = _all([*_INDEX, _vintage("final"), *_PAIR, RECORDED])
diff_options = _all([*_INDEX, _vintage("real"), *_PAIR, _TOLERANCE])
fit_options = _all([*_INDEX, *_WHEN, *_PAIR])
gap_options = _all([*_INDEX, *_WHEN, *_PAIR, _TOLERANCE])
chart_options = _all(_CHART)
forecast_options = _all([*_INDEX, *_WHEN, *_PAIR, _TOLERANCE, *_FORECAST])
