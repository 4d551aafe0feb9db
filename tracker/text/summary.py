"""Results as documents for programs and as sentences for people."""

from typing import Any

from forecasts.forecasting.forecast import DEFAULT_MODELS, Forecast
from forecasts.measures.gap import Gap


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
        "tolerance": gap.tolerance,
        "leader": _best(gap.leader),
        "follower": _best(gap.follower),
        "gap_points": gap.gap_points,
        "gap_interval_90": gap.gap_interval,
        "lag_months": gap.lag_months,
        "match_months": gap.match_months,
        "matches": gap.matches,
        "lead": gap.lead,
        "counts": gap.counts,
        "history": gap.history,
    }


def gap_lines(gap: Gap) -> list[str]:
    """The gap in sentences."""
    top, low = gap.leader, gap.follower
    match = gap.match_months
    lines = [
        heading(gap),
        f"  {top.bloc}: {top.best['value']:.2f}  {top.best['model']} ({top.best['released_on']})",
        f"  {low.bloc}: {low.best['value']:.2f}  {low.best['model']} ({low.best['released_on']})",
    ]
    interval = gap.gap_interval
    error = "" if interval is None else f" (90% {interval[0]:.2f} to {interval[1]:.2f})"
    if gap.gap_points > 0:
        lines.append(f"  Gap: {gap.gap_points:.2f} points{error}")
    elif gap.gap_points == 0:
        lines.append(f"  Gap: 0.00 points{error}; the two are level")
    else:
        lines.append(
            f"  Gap: {gap.gap_points:.2f} points{error}; {low.bloc} is ahead of {top.bloc}"
        )
    lag = (
        "none: the leader was never so low"
        if gap.lag_months is None
        else f"{gap.lag_months:.2f} months"
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
    return lines


def forecast_document(forecast: Forecast) -> dict[str, Any]:
    """The forecast in the keys of the command contract."""
    return {
        "as_of": forecast.as_of,
        "vintage": forecast.vintage,
        "index_name": forecast.index_name,
        "index_version": forecast.index_version,
        "leader": forecast.leader.bloc,
        "follower": forecast.follower.bloc,
        "tolerance": forecast.tolerance,
        "horizon_months": forecast.horizon_months,
        "models": forecast.models,
        "failed": forecast.failed,
        "draws": forecast.draws,
        "seed": forecast.seed,
        "frontier": forecast.frontier,
        "gap": forecast.gap,
        "closure": {
            "probability_within_horizon": forecast.closure.probability_within_horizon,
            "median_date": forecast.closure.median_date,
            "q10_date": forecast.closure.q10_date,
            "q90_date": forecast.closure.q90_date,
            "by_quarter": forecast.closure.by_quarter,
        },
        "by_model": forecast.by_model,
        "definition": forecast.definition,
        "hold_days": forecast.hold_days,
        "reach_today": {
            "probability_within_horizon": forecast.reach_today.probability_within_horizon,
            "median_date": forecast.reach_today.median_date,
            "q10_date": forecast.reach_today.q10_date,
            "q90_date": forecast.reach_today.q90_date,
        },
        "lag": forecast.lag,
        "time_in_lead": forecast.time_in_lead,
        "already_closed": forecast.follower_is_ahead,
        "skill": skill_note(forecast),
    }


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
    if forecast.follower_is_ahead:
        lines.append(
            f"  The gap is closed already: {forecast.follower.bloc} is level with or ahead of "
            f"{forecast.leader.bloc}."
        )
    else:
        early = forecast.closure.q10_date
        lines += [
            f"  Probability that the gap closes by {end}: {chance:.0%}",
            f"  Median closing date: {median or f'after {end}'}; "
            f"one chance in ten by {early or f'a date after {end}'}",
            f"  {forecast.follower.bloc} reaches the {forecast.leader.bloc} frontier of today: "
            f"median {forecast.reach_today.median_date or f'after {end}'}",
        ]
    lag = forecast.lag.row(-1, named=True)
    lines += [
        f"  Lag at the end: {lag['q50']:.1f} months (90% {lag['q05']:.1f} to {lag['q95']:.1f}); "
        f"{forecast.follower.bloc} ahead for {forecast.time_in_lead:.0%} of the time",
        f"  {'Model' if len(forecast.models) == 1 else 'Models, pooled with equal weight'}: "
        f"{', '.join(forecast.models)} ({forecast.draws:,} draws, seed {forecast.seed})",
    ]
    held = f" and stays there for {forecast.hold_days} days" if forecast.hold_days else ""
    if forecast.definition == "today":
        lines.append(f"  Closed: {forecast.follower.bloc} reaches today's frontier{held}.")
    elif held:
        lines.append(f"  Closed: {forecast.follower.bloc} is level{held}.")
    for row in forecast.by_model.iter_rows(named=True):
        lines.append(
            f"    {row['model']}: {row['probability_within_horizon']:.0%}, gap at the end "
            f"{row['gap_mean']:.1f} (90% {row['gap_q05']:.1f} to {row['gap_q95']:.1f})"
        )
    lines += [f"  Not fitted: {f['model']}: {f['reason']}" for f in forecast.failed]
    return [*lines, f"  {skill_note(forecast)}"]


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
