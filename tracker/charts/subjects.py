"""What each chart is drawn from: one place that makes the subject and the caption of a chart."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from forecasts.errors import TrackerError, UsageError
from forecasts.forecasting.comparison import DRAWS_EACH, with_headline
from forecasts.forecasting.forecast import Forecast
from forecasts.measures.frontier import Frontier
from forecasts.measures.gap import Gap
from forecasts.measures.period import Quarter
from forecasts.measures.prices import PRICE_INDEX, latest_prices, price_points
from forecasts.request import (
    BacktestRequest,
    ClosureRule,
    ForecastRequest,
    Pair,
    PeriodRequest,
    Scope,
    Vintage,
    check_numbers,
)
from models.contract import Learnt
from tracker import charts
from tracker.analysis.backtesting import run_backtest
from tracker.analysis.forecasting import forecast_of
from tracker.analysis.issued_forecasts import track_record
from tracker.analysis.measuring import period_of
from tracker.charts.drawing.save import save
from tracker.charts.drawing.steps import stretch_steps
from tracker.charts.drawing.theme import MAX_BLOCS, caption, check_size
from tracker.charts.price import Prices
from tracker.charts.skill import Skill
from tracker.workspace_data import WorkspaceData

Progress = Callable[[str], None]
SKILL_HORIZONS = (3, 6, 12)


@dataclass(frozen=True)
class ChartRequest:
    """What a chart is asked to show; None and empty take the workspace's defaults.

    Attributes:
        period: the days and blocs, the leader first unless the pair names it. The chart decides on
            the vintage of its scope unless `vintage` does.
        horizon_months, draws: None for what the chart takes by default.
    """

    period: PeriodRequest = field(default_factory=PeriodRequest)
    vintage: Vintage | None = None
    models: tuple[str, ...] = ()
    horizon_months: int | None = None
    draws: int | None = None
    seed: int | None = None

    @property
    def asks_for_days(self) -> bool:
        """Whether a period is named."""
        return any(
            d is not None for d in (self.period.quarter, self.period.first, self.period.last)
        )


@dataclass(frozen=True)
class Made:
    """A subject, ready to be drawn, and the words below it."""

    subject: Any
    caption: str


def subject_for(
    data: WorkspaceData,
    name: str,
    request: ChartRequest | None = None,
    progress: Progress = lambda _: None,
    headline: Forecast | None = None,
) -> Made:
    """Make what the chart `name` is drawn from.

    `headline` is a forecast of the same day whose own rows stand for its models in a comparison;
    None makes that of the workspace's models.

    Raises:
        UsageError: no such chart, or a request that does not go with it.
        TrackerError: there is too little data for it.
    """
    module = charts.load(name)
    asked = _with_pair(data, name, request or ChartRequest())
    if asked.period.all_versions and not getattr(module, "VERSIONS", False):
        able = [n for n in charts.CHARTS if getattr(charts.load(n), "VERSIONS", False)]
        raise UsageError(
            f"The chart {name} is drawn for one version of the index.",
            f"Leave out --all-versions; it goes with {', '.join(able)}.",
            code="bad_choice",
        )
    if module.NEEDS == "ledger":  # it speaks of days of its own
        track = track_record(data, asked.period.scope, asked.period.pair)
        return Made(track, words_for(data, track))
    period = _period(data, asked, module.NEEDS)
    makers: dict[str, Callable[[], Any]] = {
        "quarter": lambda: period,
        "gap": lambda: period.gap,
        "forecast": lambda: _forecast(data, _forecast_request(asked, period), period, progress),
        "models": lambda: _models(data, asked, period, progress, headline),
        "skill": lambda: _skill(data, asked, period, progress),
        "price": lambda: _prices(data, period),
    }
    subject = makers[module.NEEDS]()
    return Made(subject, words_for(data, subject, period if asked.asks_for_days else None))


def draw_chart(
    data: WorkspaceData,
    name: str,
    path: Path,
    subject: Any = None,
    *,
    request: ChartRequest | None = None,
    size: tuple[float, float] | None = None,
    progress: Progress = lambda _: None,
) -> Path:
    """Draw one chart (`tracker chart --list`) to a .png, .svg or .pdf file.

    Args:
        subject: what to draw, or what `subject_for` made; None makes it by the request.
        size: width and height in inches.
    """
    if subject is None:
        made = subject_for(data, name, request, progress)
    elif isinstance(subject, Made):
        made = subject
    else:
        wanted = as_needed(data, name, subject)
        made = Made(wanted, words_for(data, wanted))
    wide = None if size is None else check_size(size)
    save(charts.load(name).draw(made.subject, made.caption, wide), path)
    return path


def words_for(data: WorkspaceData, subject: Any, period: Quarter | None = None) -> str:
    """The caption of a subject, with what is to be said of the period that was asked for."""
    measured = subject.quarter if isinstance(subject, Prices) else subject
    return caption(measured, attribution(data, measured), period)


def attribution(data: WorkspaceData, subject: Any) -> str:
    """Sources of the observations behind a result, for people."""
    measured = subject.gap if isinstance(subject, Quarter) else subject
    rows = data.observations(measured.index_name, measured.index_version)
    named = {"artificial-analysis": "Artificial Analysis (artificialanalysis.ai)"}
    sources = sorted({named.get(str(s), str(s)) for s in rows["source"].unique()})
    return ", ".join(sources[:4]) + (f" and {len(sources) - 4} more" if len(sources) > 4 else "")


def as_needed(data: WorkspaceData, name: str, subject: Any) -> Any:
    """A gap as the period that it stands in, for charts that draw one; all else as it is."""
    if not isinstance(subject, Gap) or charts.load(name).NEEDS != "quarter":
        return subject
    scope = Scope(subject.index_name, subject.index_version, subject.as_of, subject.vintage)
    pair = Pair(subject.leader.bloc, subject.follower.bloc)
    return period_of(data, PeriodRequest(scope, pair, subject.tolerance))


def _with_pair(data: WorkspaceData, name: str, request: ChartRequest) -> ChartRequest:
    """The request with leader and follower taken from its blocs."""
    period = request.period
    if not period.blocs:
        return request
    blocs = list(dict.fromkeys(data.with_lab_names(b) for b in period.blocs))
    leader = data.with_lab_names(period.pair.leader) if period.pair.leader else blocs[0]
    blocs = [leader, *(b for b in blocs if b != leader)]
    if len(blocs) < 2:
        raise UsageError(
            f"A chart compares two or more blocs; here is one, {blocs[0]}.",
            "Give --bloc twice or more.",
            code="one_bloc",
        )
    if len(blocs) > MAX_BLOCS:
        raise UsageError(
            f"{len(blocs)} blocs in one figure cannot be read.",
            f"Give at most {MAX_BLOCS}.",
            code="many_blocs",
        )
    if len(blocs) > 2 and not getattr(charts.load(name), "MANY", False):
        able = [n for n in charts.CHARTS if getattr(charts.load(n), "MANY", False)]
        raise UsageError(
            f"The chart {name} compares two blocs; here are {len(blocs)}.",
            f"More go with {', '.join(able)}.",
            code="many_blocs",
        )
    pair = Pair(leader, period.pair.follower or blocs[1])
    return replace(request, period=replace(period, blocs=tuple(blocs), pair=pair))


def _period(data: WorkspaceData, request: ChartRequest, needs: str) -> Quarter:
    # A period takes the latest values of the models of then, as the report does. Else a forecast,
    # and all that is looked from a day, takes what had been seen by then, as `forecast` and `gap`.
    scope = request.period.scope
    today = needs in {"quarter", "price"} and scope.as_of is None
    usual: Vintage = "final" if request.asks_for_days or today else "real"
    scope = replace(scope, vintage=request.vintage or usual)
    return period_of(data, replace(request.period, scope=scope))


def _forecast_request(request: ChartRequest, period: Quarter) -> ForecastRequest:
    """The forecast that a chart of the period asks for."""
    scope = replace(request.period.scope, as_of=period.as_of, vintage=period.vintage)
    return ForecastRequest(
        scope, request.period.pair, ClosureRule(request.period.tolerance), request.models,
        24 if request.horizon_months is None else request.horizon_months,
        10_000 if request.draws is None else request.draws, request.seed,
    )  # fmt: skip


def _forecast(
    data: WorkspaceData,
    request: ForecastRequest,
    period: Quarter,
    progress: Progress,
    learnt: Learnt | None = None,
) -> Forecast:
    def told(model: str) -> None:
        progress(f"simulating {model} ...")

    made = forecast_of(data, request, told, learnt)
    if period.shown_from is None:
        return made
    return replace(
        made,
        leader=since(made.leader, period.shown_from),
        follower=since(made.follower, period.shown_from),
    )


def since(line: Frontier, first: date) -> Frontier:
    """The frontier seen from `first` on: the record that held then counts from that day."""
    last = max(first, line.records["released_on"].max())  # type: ignore[type-var]
    kept = stretch_steps(line, first, last).height  # type: ignore[arg-type]
    records = line.records.tail(min(kept, line.records.height)).with_columns(
        pl.max_horizontal("released_on", pl.lit(first)).alias("released_on")
    )
    return replace(line, records=records)


def _models(
    data: WorkspaceData,
    request: ChartRequest,
    period: Quarter,
    progress: Progress,
    headline: Forecast | None,
) -> Forecast:
    from models import MODELS

    names = tuple(dict.fromkeys(request.models)) or tuple(MODELS)
    each = DRAWS_EACH if request.draws is None else request.draws
    asked = _forecast_request(request, period)
    own_models = data.models(())
    # Learnt once for both forecasts, which are of one day.
    learnt = data.learnt((*names, *own_models), period.as_of, period.vintage)
    all_of_them = replace(asked, models=names, draws=each * len(names))
    compared = _forecast(data, all_of_them, period, progress, learnt)
    if headline is not None:
        return with_headline(compared, headline)
    if request.draws is not None or not set(own_models) & set(compared.models):
        return compared
    # As many draws as `forecast` takes by default, so that both give one number.
    own = _forecast(data, replace(asked, models=own_models), period, progress, learnt)
    return with_headline(compared, own)


def _skill(
    data: WorkspaceData, request: ChartRequest, period: Quarter, progress: Progress
) -> Skill:
    from forecasts.verification.evaluation import score_table

    check_numbers(request.horizon_months, request.draws, request.seed)
    months = request.horizon_months
    horizons = SKILL_HORIZONS if months is None else (months,)

    def told(done: int, total: int) -> None:
        if done < total:
            progress(f"backtest: {done} of {total} folds")

    asked = BacktestRequest(
        replace(request.period.scope, as_of=period.as_of, vintage="final"),
        request.period.pair, request.models, horizons, every="quarter",
        draws=500 if request.draws is None else request.draws, seed=request.seed,
    )  # fmt: skip
    result = run_backtest(data, asked, progress=told)
    origins = result.folds["origin"]
    gap = period.gap
    return Skill(
        score_table(result, targets=("gap",)), gap.leader.bloc, gap.follower.bloc, gap.index_name,
        gap.index_version, gap.as_of, period.vintage,
        origins.min(), origins.max(),  # type: ignore[arg-type]
    )  # fmt: skip


def _prices(data: WorkspaceData, period: Quarter) -> Prices:
    kept = data.store.snapshot().current(pl.col("index_name") == PRICE_INDEX)
    prices = latest_prices(kept, period.as_of)
    if prices.is_empty():
        raise TrackerError(
            f"There are no prices here (observations of '{PRICE_INDEX}').",
            "Import them with `tracker import aa FILE --prices`.",
            code="no_prices",
        )
    keys = pl.concat(
        [
            f.releases.filter(pl.col("released_on").is_between(period.start, period.as_of))
            .select("model_key")
            for f in period.frontiers
        ]
    )["model_key"].n_unique()  # fmt: skip
    points = price_points(period.frontiers, prices, period.start, period.as_of)
    return Prices(period, points, keys)
