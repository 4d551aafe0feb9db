"""Results as documents for programs and as sentences for people."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from forecasts.forecasting.forecast import Forecast
from forecasts.measures.frontier import unknown_note
from forecasts.measures.gap import Gap, Undated
from forecasts.measures.linked import LinkUse
from forecasts.measures.pair import Sharing
from forecasts.measures.value_scale import ValueScale
from forecasts.request import DEFAULT_MODELS
from tracker.text.counting import counted
from tracker.text.numbers import fixed, points, ratio_told


def heading(result: Gap | Forecast) -> str:
    """What was measured, on what, as of when."""
    return (
        f"{result.leader.bloc} against {result.follower.bloc} on {result.index_name} "
        f"{result.index_version}, as of {result.as_of}, vintage {result.vintage}"
    )


def gap_document(gap: Gap) -> dict[str, Any]:
    """The gap in the keys of the command contract."""
    return {
        "as_of": gap.as_of,
        "vintage": gap.vintage,
        "index_name": gap.index_name,
        "index_version": gap.index_version,
        "swept_until": gap.swept_until,
        "tolerance": gap.tolerance,
        "leader": _best(gap.leader),
        "follower": _best(gap.follower),
        "gap_points": gap.gap_points,
        "gap_interval_90": gap.gap_interval,
        "lag_months": gap.lag_months,
        "lag_interval_90": gap.lag_interval,
        "match_months": gap.match_months,
        "matches": gap.matches,
        "lead": gap.lead,
        "counts": gap.counts,
        "disagreements": gap.disagreements,
        "links": links_told(gap.links),
        "history": gap.history,
        "gap_ratio": gap.gap_ratio,
        "gap_doublings": gap.gap_doublings,
        "exhausted": gap.exhausted,
        "shared": gap.sharing,
        "scale": gap.scale,
        "undated": dict(zip(("leader", "follower"), gap.undated, strict=False)),
        "unknown": {"leader": gap.leader.unknown, "follower": gap.follower.unknown},
    }


def gap_lines(gap: Gap) -> list[str]:
    """The gap in sentences."""
    top, low = gap.leader, gap.follower
    match, scale = gap.match_months, gap.scale
    lines = [
        heading(gap),
        *(
            f"  {f.bloc}: {points(scale, float(f.values[-1]))}  {f.best['model']} "
            f"({f.best['released_on']})"
            for f in (top, low)
        ),
        *(f"  {note}" for f in (top, low) if (note := unknown_note(f))),
        *(f"  {note}" for u in gap.undated if (note := undated_note(u, scale))),
    ]
    interval = gap.gap_interval
    error = "" if interval is None else f" (90% {_range(scale, *interval)})"
    far = f"{points(scale, gap.gap_points)} {scale.unit}{error}{ratio_told(gap.gap_doublings)}"
    state = (
        f"; {top.bloc} stands at the ceiling of the index, which no longer tells the two apart"
        if gap.exhausted
        else "; the two are level"
        if gap.gap_points == 0
        else f"; {low.bloc} is ahead of {top.bloc}"
        if gap.gap_points < 0
        else ""
    )
    lines.append(f"  Gap: {far}{state}")
    lag = (
        "none: the leader was never so low"
        if gap.lag_months is None
        else f"{gap.lag_months:.2f} months{months_range(gap.lag_interval)}"
    )
    lines.append(f"  Lag: {lag}")
    matched = int(match["n"] or 0) - int(match["n_censored"] or 0)
    lines.append(
        f"  Matched: {matched} of {match['n']} {top.bloc} records; mean {_months(match['mean'])} "
        f"over these, Kaplan-Meier median {_months(match['median'])} over all"
    )
    lead = gap.lead
    lines.append(
        f"  Days led: {top.bloc} {lead['leader_days']}, {low.bloc} {lead['follower_days']}, level "
        f"{lead['tied_days']}; the lead changed {lead['changes']} times"
    )
    for row in gap.counts.iter_rows(named=True):
        lines.append(
            f"  {row['bloc']}: {row['models']} models in {row['variants']} variants, "
            f"{row['records']} records"
        )
    return [*lines, *(f"  {text}" for text in [sharing_told(gap.sharing)] if text)]


def undated_note(undated: Undated, scale: ValueScale) -> str:
    """What a bloc lacks because no release date is known; empty where it lacks nothing."""
    if not undated.models or undated.value is None:
        return ""
    number = counted(undated.models, "model has", "models have")
    above = (
        f", {undated.above} of them above its frontier (best: {undated.model}, "
        f"{points(scale, undated.value)})" if undated.above else ""
    )  # fmt: skip
    return f"Left out of {undated.bloc}: {number} no release date{above}."


def links_told(links: Sequence[LinkUse]) -> list[dict[str, Any]]:
    """The links that moved models, in the keys of the command contract."""
    return [
        {"from": link.source, "to": link.target, "by": list(link.by), "n_moved": link.n_moved,
         "error": link.error, "dated": link.dated}
        for link in links
    ]  # fmt: skip


def links_note(links: Sequence[LinkUse]) -> str:
    """Which models of other versions count, in a sentence; empty where there are none."""
    moved = [link for link in links if link.n_moved]
    if not moved:
        return ""
    number = sum(link.n_moved for link in moved)
    each = "; ".join(f"{u.source}: {u.n_moved}, error {u.error:.1f} points" for u in moved)
    return (
        f"Linked: {counted(number, 'model that', 'models that')} {moved[0].target} does not have "
        f"{'is' if number == 1 else 'are'} moved to its scale ({each})."
    )


def sharing_told(sharing: Sharing) -> str:
    """What models of both blocs counted for; empty where there are none."""
    if not sharing.models:
        return ""
    whom = {"neither": "neither", "both": "both", "lab": "the bloc of their lab's seat"}
    models = "model belongs" if sharing.models == 1 else "models belong"
    return (
        f"Shared: {sharing.models} {models} to both blocs (variants: {sharing.variants}) and "
        f"count{'s' if sharing.models == 1 else ''} for {whom[sharing.rule]}."
    )


def forecast_document(forecast: Forecast) -> dict[str, Any]:
    """The forecast in the keys of the command contract."""
    return {
        "as_of": forecast.as_of,
        "vintage": forecast.vintage,
        "index_name": forecast.index_name,
        "index_version": forecast.index_version,
        "swept_until": forecast.swept_until,
        "leader": forecast.leader.bloc,
        "follower": forecast.follower.bloc,
        "tolerance": forecast.tolerance,
        "horizon_months": forecast.request.horizon_months,
        "models": forecast.models,
        "failed": forecast.failed,
        "draws": forecast.draws,
        "seed": forecast.request.seed,
        "frontier": forecast.frontier,
        "gap": forecast.gap,
        "closure": {
            "probability_within_horizon": forecast.closure.probability_within_horizon,
            "probability_exhausted": forecast.closure.probability_exhausted,
            "median_date": forecast.closure.median_date,
            "q10_date": forecast.closure.q10_date,
            "q90_date": forecast.closure.q90_date,
            "by_quarter": closure_table(forecast),
        },
        "by_model": forecast.by_model,
        "definition": forecast.request.rule.definition,
        "hold_days": forecast.request.rule.hold_days,
        "reach_today": {
            "probability_within_horizon": forecast.reach_today.probability_within_horizon,
            "probability_exhausted": forecast.reach_today.probability_exhausted,
            "median_date": forecast.reach_today.median_date,
            "q10_date": forecast.reach_today.q10_date,
            "q90_date": forecast.reach_today.q90_date,
        },
        "lag": forecast.lag,
        "time_in_lead": forecast.time_in_lead,
        "links": links_told(forecast.links),
        "already_closed": forecast.follower_is_ahead,
        "exhausted": forecast.exhausted,
        "gap_doublings": forecast.gap_doublings,
        "shared": forecast.sharing,
        "scale": forecast.scale,
        "skill": skill_note(forecast),
    }


def closure_table(forecast: Forecast) -> pl.DataFrame:
    """The probabilities by quarter, and `over`: whether the quarter has ended when it is asked."""
    today = forecast.request.today
    over = pl.lit(False) if today is None else pl.col("date") < today
    return forecast.closure.by_quarter.with_columns(over=over)


def skill_note(forecast: Forecast) -> str:
    """What is known of the worth of such forecasts."""
    if tuple(forecast.models) == DEFAULT_MODELS:
        return (
            "Scored on past origins of many indices and blocs in docs/skill.md; on your own data: "
            "tracker backtest --panel."
        )
    return (
        "This choice of models is not the default; see docs/skill.md for how each of them did, or "
        "tracker backtest --model NAME."
    )


def forecast_lines(forecast: Forecast) -> list[str]:
    """The forecast in sentences."""
    end = forecast.closure.by_quarter["date"][-1]
    chance = forecast.closure.probability_within_horizon
    median = forecast.closure.median_date
    lines = [heading(forecast)]
    lead, follow, scale = forecast.leader.bloc, forecast.follower.bloc, forecast.scale
    if forecast.exhausted:
        lines.append(
            f"  The index is exhausted: {lead} stands at its ceiling of "
            f"{forecast.history.ceiling:g}, so that no closing of the gap can be seen on it."
        )
    elif forecast.follower_is_ahead:
        lines.append(
            f"  The gap is closed already: {forecast.follower.bloc} is level with or ahead of "
            f"{forecast.leader.bloc}."
        )
    else:
        early = forecast.closure.q10_date
        lines += [
            f"  Probability that the gap closes by {end}: {chance:.0%}{exhausted_told(forecast)}",
            f"  Median closing date: {median or f'after {end}'}; "
            f"one chance in ten by {early or f'a date after {end}'}",
            f"  {follow} reaches the {lead} frontier of {forecast.as_of}: "
            f"median {forecast.reach_today.median_date or f'after {end}'}",
        ]
    lag = forecast.lag.row(-1, named=True)
    lines += [
        f"  Lag at the end: {lag['q50']:.1f} months (90% {lag['q05']:.1f} to {lag['q95']:.1f}); "
        f"{forecast.follower.bloc} ahead for {forecast.time_in_lead:.0%} of the time",
        f"  {'Model' if len(forecast.models) == 1 else 'Models, pooled with equal weight'}: "
        f"{', '.join(forecast.models)} ({forecast.draws:,} draws, seed {forecast.request.seed})",
    ]
    held = (
        f" and stays there for {forecast.request.rule.hold_days} days"
        if forecast.request.rule.hold_days
        else ""
    )
    if forecast.request.rule.definition == "today":
        level = f"the frontier of {forecast.as_of}"
        lines.append(f"  Closed: {forecast.follower.bloc} reaches {level}{held}.")
    elif held:
        lines.append(f"  Closed: {forecast.follower.bloc} is level{held}.")
    for row in forecast.by_model.iter_rows(named=True):
        lines.append(
            f"    {row['model']}: {row['probability_within_horizon']:.0%}, median gap at the end "
            f"{points(scale, row['gap_q50'])} (90% {_range(scale, row['gap_q05'], row['gap_q95'])})"
            + (
                f"; {fixed(row['doublings_q50'], 2)} doublings (90% "
                f"{fixed(row['doublings_q05'], 2)} to {fixed(row['doublings_q95'], 2)})"
                if "doublings_q50" in row
                else ""
            )
        )
    lines += [f"  Not fitted: {f['model']}: {f['reason']}" for f in forecast.failed]
    lines += [f"  {text}" for text in [sharing_told(forecast.sharing)] if text]
    return [*lines, f"  {skill_note(forecast)}"]


def exhausted_told(forecast: Forecast) -> str:
    """How likely the index is exhausted before the gap closes, to follow the chance of that; empty
    where it is not exhausted in any draw.
    """
    spent = forecast.closure.probability_exhausted
    if spent == 0:
        return ""
    return f"; {spent:.0%} that {forecast.leader.bloc} reaches the ceiling of the index before it"


def _range(scale: ValueScale, low: float, high: float) -> str:
    return f"{points(scale, low)} to {points(scale, high)}"


def months_range(interval: tuple[float, float] | None) -> str:
    """A 90% interval in months, to follow what it is of; empty where there is none."""
    return "" if interval is None else f" (90% {interval[0]:.2f} to {interval[1]:.2f})"


def _best(frontier: Any) -> dict[str, Any]:
    best = frontier.best
    return {
        "bloc": frontier.bloc,
        "model": best["model"],
        "lab": best["lab"],
        "value": best["value"],
        "released_on": best["released_on"],
    }


def _months(value: float | int | None) -> str:
    return "not reached" if value is None else f"{value:.2f} months"
