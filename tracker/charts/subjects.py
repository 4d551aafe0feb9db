"""What each chart is drawn from: one place that makes the subject and the caption of a chart."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from forecasts.errors import TrackerError, UsageError
from forecasts.forecasting.comparison import DRAWS_EACH, with_headline
from forecasts.forecasting.forecast import DEFAULT_MODELS, MAX_DRAWS, MAX_MONTHS, Forecast
from forecasts.measures.frontier import Frontier
from forecasts.measures.gap import Gap
from forecasts.measures.period import Quarter
from forecasts.measures.prices import PRICE_INDEX, latest_prices, price_points
from models.contract import FloatArray
from tracker import charts
from tracker.charts.drawing.save import save
from tracker.charts.drawing.steps import stretch_steps
from tracker.charts.drawing.theme import MAX_BLOCS, caption, check_size
from tracker.charts.price import Prices
from tracker.charts.skill import Skill

if TYPE_CHECKING:
    from tracker.workspace import Workspace

SKILL_HORIZONS = (3, 6, 12)


@dataclass(frozen=True)
class Choice:
    """What a chart is asked to show; None and empty take the workspace's defaults.

    Attributes:
        blocs: all that are compared, the leader first unless `leader` names it.
        quarter: or `first` and `last`, the days of a period; `as_of` looks from a day.
        headline: a forecast of the same day whose own rows stand for its models in a comparison;
            None makes that of the workspace's models.
        all_versions: each version of the index over the time in which it was observed.
    """

    blocs: Sequence[str] = ()
    leader: str | None = None
    follower: str | None = None
    index: str | None = None
    version: str | None = None
    quarter: str | None = None
    first: date | None = None
    last: date | None = None
    as_of: date | None = None
    vintage: str | None = None
    tolerance: float | None = None
    all_versions: bool = False
    models: Sequence[str] = ()
    horizon_months: int | None = None
    draws: int | None = None
    seed: int | None = None
    headline: Forecast | None = None


@dataclass(frozen=True)
class Made:
    """A subject, ready to be drawn, and the words below it."""

    subject: Any
    caption: str


def subject_for(
    workspace: "Workspace",
    name: str,
    choice: Choice | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Made:
    """Make what the chart `name` is drawn from.

    Raises:
        UsageError: no such chart, or a choice that does not go with it.
        TrackerError: there is too little data for it.
    """
    module = charts.load(name)
    chosen = _with_pair(workspace, name, choice or Choice())
    if chosen.all_versions and not getattr(module, "VERSIONS", False):
        able = [n for n in charts.CHARTS if getattr(charts.load(n), "VERSIONS", False)]
        raise UsageError(
            f"The chart {name} is drawn for one version of the index.",
            f"Leave out --all-versions; it goes with {', '.join(able)}.",
            code="bad_choice",
        )
    if module.NEEDS == "ledger":  # it speaks of days of its own
        track = _track(workspace, chosen)
        return Made(track, words_for(workspace, track))
    period = _period(workspace, chosen, module.NEEDS)
    makers: dict[str, Callable[[], Any]] = {
        "quarter": lambda: period,
        "gap": lambda: period.gap,
        "forecast": lambda: _forecast(workspace, chosen, period, progress),
        "models": lambda: _models(workspace, chosen, period, progress),
        "skill": lambda: _skill(workspace, chosen, period, progress),
        "price": lambda: _prices(workspace, period),
    }
    subject = makers[module.NEEDS]()
    asked = chosen.quarter or chosen.first or chosen.last
    return Made(subject, words_for(workspace, subject, period if asked else None))


def draw_chart(
    workspace: "Workspace",
    name: str,
    path: Path,
    subject: Any = None,
    *,
    size: tuple[float, float] | None = None,
    progress: Callable[[str], None] = lambda _: None,
    **choice: Any,
) -> Path:
    """Draw one chart (`tracker chart --list`) to a .png, .svg or .pdf file.

    Args:
        subject: what to draw, or what `subject_for` made; None makes it by the choice.
        size: width and height in inches.
        choice: the attributes of `Choice`.
    """
    if subject is None:
        made = subject_for(workspace, name, Choice(**choice), progress)
    elif isinstance(subject, Made):
        made = subject
    else:
        wanted = as_needed(workspace, name, subject)
        made = Made(wanted, words_for(workspace, wanted))
    wide = None if size is None else check_size(size)
    save(charts.load(name).draw(made.subject, made.caption, wide), path)
    return path


def words_for(workspace: "Workspace", subject: Any, period: Quarter | None = None) -> str:
    """The caption of a subject, with what is to be said of the period that was asked for."""
    measured = subject.quarter if isinstance(subject, Prices) else subject
    return caption(measured, workspace.attribution(measured), period)


def as_needed(workspace: "Workspace", name: str, subject: Any) -> Any:
    """A gap as the period that it stands in, for charts that draw one; all else as it is."""
    if not isinstance(subject, Gap) or charts.load(name).NEEDS != "quarter":
        return subject
    return workspace.quarter(
        as_of=subject.as_of, leader=subject.leader.bloc, follower=subject.follower.bloc,
        index=subject.index_name, version=subject.index_version, vintage=subject.vintage,
        tolerance=subject.tolerance,
    )  # fmt: skip


def _with_pair(workspace: "Workspace", name: str, choice: Choice) -> Choice:
    """The choice with leader and follower taken from its blocs."""
    if not choice.blocs:
        return choice
    blocs = list(dict.fromkeys(workspace.with_lab_names(b) for b in choice.blocs))
    leader = workspace.with_lab_names(choice.leader) if choice.leader else blocs[0]
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
    return replace(choice, blocs=blocs, leader=leader, follower=choice.follower or blocs[1])


def _period(workspace: "Workspace", choice: Choice, needs: str) -> Quarter:
    # A period takes the latest values of the models of then, as the report does. Else a forecast,
    # and all that is looked from a day, takes what had been seen by then, as `forecast` and `gap`.
    asked = choice.quarter or choice.first or choice.last
    today = needs in {"quarter", "price"} and choice.as_of is None
    vintage: Any = choice.vintage or ("final" if asked or today else "real")
    return workspace.quarter(
        choice.quarter, first=choice.first, last=choice.last, as_of=choice.as_of,
        blocs=choice.blocs, leader=choice.leader, follower=choice.follower, index=choice.index,
        version=choice.version, vintage=vintage, tolerance=choice.tolerance,
        all_versions=choice.all_versions,
    )  # fmt: skip


def _forecast(
    workspace: "Workspace",
    choice: Choice,
    period: Quarter,
    progress: Callable[[str], None],
    models: Sequence[str] = (),
    draws: int | None = None,
    pool: FloatArray | None = None,
) -> Any:
    made = workspace.forecast(
        leader=choice.leader, follower=choice.follower, index=choice.index,
        version=choice.version, as_of=period.as_of, vintage=period.vintage,
        tolerance=choice.tolerance, models=models or choice.models,
        horizon_months=24 if choice.horizon_months is None else choice.horizon_months,
        draws=_draws(choice) if draws is None else draws,
        seed=choice.seed, pool=pool, progress=lambda model: progress(f"simulating {model} ..."),
    )  # fmt: skip
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
    workspace: "Workspace", choice: Choice, period: Quarter, progress: Callable[[str], None]
) -> Any:
    from models import MODELS

    names = tuple(dict.fromkeys(choice.models)) or tuple(MODELS)
    each = DRAWS_EACH if choice.draws is None else choice.draws
    # Learnt once for both forecasts, which are of one day.
    pool = workspace.pool(period.as_of, period.vintage)
    compared = _forecast(workspace, choice, period, progress, names, each * len(names), pool)
    if choice.headline is not None:
        return with_headline(compared, choice.headline)
    headline = workspace.settings.models or DEFAULT_MODELS
    if choice.draws is not None or not set(headline) & set(compared.models):
        return compared
    # As many draws as `forecast` takes by default, so that both give one number.
    own = _forecast(workspace, choice, period, progress, headline, pool=pool)
    return with_headline(compared, own)


def _draws(choice: Choice) -> int:
    return 10_000 if choice.draws is None else choice.draws


def _skill(
    workspace: "Workspace", choice: Choice, period: Quarter, progress: Callable[[str], None]
) -> Skill:
    from forecasts.verification.evaluation import score_table

    _check_skill(choice)
    horizons = SKILL_HORIZONS if choice.horizon_months is None else (choice.horizon_months,)

    def told(done: int, total: int) -> None:
        if done < total:
            progress(f"backtest: {done} of {total} folds")

    result = workspace.backtest(
        models=tuple(choice.models), horizons=horizons, every="quarter", leader=choice.leader,
        follower=choice.follower, index=choice.index, version=choice.version,
        as_of=period.as_of, progress=told,
        **({} if choice.seed is None else {"seed": choice.seed}),
        **({} if choice.draws is None else {"draws": choice.draws}),
    )  # fmt: skip
    origins = result.folds["origin"]
    gap = period.gap
    return Skill(
        score_table(result, targets=("gap",)), gap.leader.bloc, gap.follower.bloc, gap.index_name,
        gap.index_version, gap.as_of, period.vintage,
        origins.min(), origins.max(),  # type: ignore[arg-type]
    )  # fmt: skip


def _check_skill(choice: Choice) -> None:
    months, draws = choice.horizon_months, choice.draws
    if months is not None and not 1 <= months <= MAX_MONTHS:
        raise UsageError(f"The horizon is {months} months; it must be 1 to {MAX_MONTHS}.")
    if draws is not None and not 100 <= draws <= MAX_DRAWS:
        raise UsageError(f"{draws} draws; give 100 to {MAX_DRAWS:,}.")
    if choice.seed is not None and choice.seed < 0:
        raise UsageError(f"The seed is {choice.seed}; it cannot be negative.")


def _track(workspace: "Workspace", choice: Choice) -> Any:
    from tracker.analysis.issued_forecasts import track_record

    return track_record(
        workspace, leader=choice.leader, follower=choice.follower, index=choice.index,
        version=choice.version,
    )  # fmt: skip


def _prices(workspace: "Workspace", period: Quarter) -> Prices:
    kept = workspace.store.snapshot().current(pl.col("index_name") == PRICE_INDEX)
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
