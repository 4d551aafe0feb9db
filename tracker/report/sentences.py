"""The quarter's answer in plain sentences and key figures, each number from the results."""

from dataclasses import dataclass

import polars as pl

from forecasts.forecasting.forecast import Forecast
from forecasts.measures.frontier import Frontier
from forecasts.measures.gap import Gap
from forecasts.measures.period import STALE_DAYS, Quarter, new_records
from models.contract import DAYS_PER_MONTH
from tracker.charts.drawing.text import near_half, sentence
from tracker.report.results import Results
from tracker.report.tables import decimals, isolated

_NAMED = 3  # of many records, how many a sentence names
_FELT = 0.0005  # a change of probability below a tenth of a percentage point is none


@dataclass(frozen=True)
class KeyFigure:
    """A number for the eye: what it is, the number with its unit, and what it is seen beside."""

    label: str
    value: str
    unit: str
    note: str


def points(gap: Gap, value: float) -> str:
    """Points of the index with as many decimals as its scale needs."""
    return f"{value:.{decimals(gap.leader.releases['value'])}f}"


def headline(quarter: Quarter) -> str:
    """The answer of the quarter, as a title."""
    gap = quarter.gap
    lead, follow = gap.leader.bloc, gap.follower.bloc
    if gap.gap_points == 0:
        return sentence(f"{follow} is level with {lead}")
    if within_tolerance(gap):
        return sentence(
            f"{follow} is level with {lead}: {points(gap, gap.gap_points)} points behind, within "
            f"the tolerance of {gap.tolerance:g}"
        )
    state = "trails" if gap.gap_points > 0 else "leads"
    months = (
        f", {gap.lag_months:.2f} months behind"
        if gap.lag_months is not None and gap.gap_points > 0
        else ""
    )
    far = points(gap, abs(gap.gap_points))
    return sentence(f"{follow} {state} {lead} by {far} points{months}")


def within_tolerance(gap: Gap) -> bool:
    """Whether the follower is behind, but by no more than counts as level."""
    return 0 < gap.gap_points <= gap.tolerance


def subtitle(quarter: Quarter) -> str:
    """What was measured, and when."""
    gap = quarter.gap
    day = f"at its end, {quarter.end}" if quarter.complete else f"to date, {quarter.as_of}"
    return f"{gap.index_name} {gap.index_version}. {quarter.label} {day}."


def key_figures(results: Results) -> list[KeyFigure]:
    """Gap, lag, match median and probability of closing, each with what it was before."""
    quarter, gap, forecast = results.quarter, results.quarter.gap, results.forecast
    before, match = quarter.before, gap.match_months
    then = "no figure of the quarter before" if before is None else f"{before.as_of}: "
    figures = [
        KeyFigure("Gap", points(gap, gap.gap_points), "points",
                  then + ("" if before is None else f"{points(gap, before.gap_points)} points")),
        KeyFigure("Lag", *_months(gap.lag_months, "not known"),
                  then + ("" if before is None else
                          " ".join(_months(before.lag_months, "not known")).strip())),
        KeyFigure("Median time to a match", *_months(match["median"], "not reached"),
                  f"{_count(match['n'], gap.leader.bloc)}, {match['n_censored']} not matched yet"),
    ]  # fmt: skip
    if forecast is None:
        return [*figures, KeyFigure("Probability of closing", "none", "", "too little history")]
    months = forecast.horizon_months
    if forecast.follower_is_ahead:
        return [
            *figures,
            KeyFigure("State of the gap", "closed", "", sentence(f"{gap.follower.bloc} ahead for "
                      f"{forecast.time_in_lead:.0%} of the next {months} months")),
        ]  # fmt: skip
    median = forecast.closure.median_date
    return [
        *figures,
        KeyFigure(
            f"Probability of closing within {months} months",
            near_half(forecast.closure.probability_within_horizon),
            "",
            f"median date {median}" if median else f"median date after {_end(forecast)}",
        ),
    ]


def summary_sentences(results: Results) -> list[str]:
    """What a reader must know: the gap, its change, new records, the forecast and what moved it."""
    quarter = results.quarter
    found = [
        *_gap_sentences(quarter),
        *_record_sentences(quarter),
        *_forecast_sentences(results),
    ]
    return [sentence(text) for text in found]


def _gap_sentences(quarter: Quarter) -> list[str]:
    gap = quarter.gap
    lead, follow = gap.leader, gap.follower
    state = "trails" if gap.gap_points > 0 else "is level with" if gap.gap_points == 0 else "leads"
    far = f" by {points(gap, abs(gap.gap_points))} points" if gap.gap_points else ""
    found = [
        f"On {gap.as_of} {follow.bloc} {state} {lead.bloc}{far} on the {gap.index_name} "
        f"{gap.index_version}: {_best(gap, follow)} against {_best(gap, lead)}."
    ]
    if within_tolerance(gap):
        found.append(
            f"That is within the tolerance of {gap.tolerance:g} points: the gap is closed."
        )
    elif gap.gap_points > 0:
        found.append(
            f"{lead.bloc} has never stood as low as {follow.bloc} stands now: there is no lag in "
            "months."
            if gap.lag_months is None
            else f"{lead.bloc} first stood where {follow.bloc} stands now {gap.lag_months:.2f} "
            "months earlier."
        )
    before = quarter.before
    if before is None:
        return [*found, "There is no gap of the quarter before to compare with."]
    change = gap.gap_points - before.gap_points
    old, new = points(gap, before.gap_points), points(gap, gap.gap_points)
    if old == new:
        return [*found, f"The gap did not change since {before.as_of}."]
    size = points(gap, abs(change))
    if before.gap_points > 0 > gap.gap_points or before.gap_points < 0 < gap.gap_points:
        taken = follow.bloc if gap.gap_points < 0 else lead.bloc
        return [*found, f"{taken} took the lead since {before.as_of}, when the gap was {old} "
                        f"points; it moved by {size}."]  # fmt: skip
    # Below zero the gap is the follower's lead, which grows as the number falls.
    grew = abs(gap.gap_points) > abs(before.gap_points)
    what = "The gap" if max(gap.gap_points, before.gap_points) > 0 else f"{follow.bloc}'s lead"
    base = points(gap, abs(before.gap_points))
    way = "widened" if grew else "narrowed"
    return [*found, f"{what} {way} by {size} points since {before.as_of}, from {base}."]


def _record_sentences(quarter: Quarter) -> list[str]:
    records = new_records(quarter)
    found: list[str] = []
    for front in (quarter.gap.leader, quarter.gap.follower):
        own = records.filter(bloc=front.bloc)
        if own.is_empty():
            found.append(f"{front.bloc} set no new record in the quarter.")
            continue
        largest = own.sort("raised_by", "released_on", descending=[True, False], nulls_last=False)
        names = ", ".join(
            f"{isolated(row['model'])} ({points(quarter.gap, row['value'])}"
            + (f", +{points(quarter.gap, row['raised_by'])})" if row["raised_by"] else ", first)")
            for row in largest.head(_NAMED).iter_rows(named=True)
        )
        count = "one new record" if own.height == 1 else f"{own.height} new records"
        told = names if own.height <= _NAMED else f"the {_NAMED} largest rises are {names}"
        found.append(f"{front.bloc} set {count} in the quarter: {told}.")
    return found


def _forecast_sentences(results: Results) -> list[str]:
    forecast, earlier = results.forecast, results.earlier
    if forecast is None:
        reason = results.no_forecast.rstrip(".")
        return [f"There is too little history for a forecast: {reason}."]
    follow, lead = forecast.follower.bloc, forecast.leader.bloc
    found: list[str] = []
    if forecast.follower_is_ahead:
        within = (
            f"is within the tolerance of {forecast.tolerance:g} points of"
            if forecast.leader.values[-1] > forecast.follower.values[-1]
            else "is ahead of or level with"
        )
        found.append(
            f"The gap is closed: {follow} {within} {lead}, so no date of closing is given. Over "
            f"the next {forecast.horizon_months} months {follow} is ahead for "
            f"{forecast.time_in_lead:.0%} of the time on average."
        )
        if earlier is not None and not earlier.follower_is_ahead:
            chance = earlier.closure.probability_within_horizon
            found.append(
                f"A forecast from {earlier.as_of} gave {near_half(chance)} for closing by "
                f"{_end(earlier)}."
            )
    else:
        chance = forecast.closure.probability_within_horizon
        median, end = forecast.closure.median_date, _end(forecast)
        date = f"is {median}" if median else f"lies beyond the horizon, after {end}"
        found.append(
            f"The probability that {follow} closes the gap by {end} is {near_half(chance)}; the "
            f"median closing date {date}."
        )
        found += _since_earlier(forecast, earlier)
    if results.influence is not None:
        found += _influence_sentences(forecast, results.influence)
    return found


def _since_earlier(forecast: Forecast, earlier: Forecast | None) -> list[str]:
    if earlier is None:
        return ["No forecast can be made from the end of the quarter before to compare with."]
    if earlier.follower_is_ahead:
        return [f"On {earlier.as_of} the gap was closed."]
    # The horizons end a quarter apart: the two are compared on the date that both reach.
    end = _end(earlier)
    old = earlier.closure.probability_within_horizon
    on_date = forecast.closure.by_quarter.filter(pl.col("date") == end)["probability_closed"]
    found: list[str] = []
    if on_date.len():
        new = float(on_date[0])
        way = "did not move from" if near_half(old) == near_half(new) else (
            f"{'rose' if new > old else 'fell'} to {near_half(new)} from"
        )  # fmt: skip
        found.append(
            f"Compared on {end}, which a forecast from {earlier.as_of} reaches as well, the "
            f"probability of having closed {way} {near_half(old)}."
        )
    now, then = forecast.closure.median_date, earlier.closure.median_date
    if now is not None and then is not None:
        days = (now - then).days
        moved = "stayed where it was" if days == 0 else (
            f"moved by {_span(abs(days))} to {'a later' if days > 0 else 'an earlier'} date"
        )  # fmt: skip
        found.append(f"Since {earlier.as_of} the median closing date {moved}, from {then}.")
    else:
        found.append(
            f"Seen from {earlier.as_of} the median closing date was "
            + (f"{then}." if then else f"beyond the horizon, after {end}.")
        )
    return found


def _influence_sentences(forecast: Forecast, influence: pl.DataFrame) -> list[str]:
    single = influence.filter(~pl.col("together"))
    if single.is_empty():
        return ["No record was set in the quarter, so no release of it moved the forecast."]
    known = single.filter(pl.col("change").is_not_null())
    if known.is_empty():
        return ["Without any one of the quarter's records no forecast could be made to compare."]
    top = known.row(0, named=True)
    if abs(top["change"]) < _FELT:
        return ["No single record of the quarter moved the probability by a tenth of a point."]
    way = "raised" if top["change"] > 0 else "lowered"
    return [
        f"Of the quarter's records {isolated(top['model'])} ({top['bloc']}, {top['released_on']}) "
        f"moved the forecast most: it {way} the probability by {abs(100 * top['change']):.1f} "
        f"percentage points, from {100 * top['probability_within_horizon']:.1f}% without it, and "
        f"{median_move(forecast, top)}.",
        *_together(influence.filter("together")),
    ]


def _together(groups: pl.DataFrame) -> list[str]:
    told = [
        f"without the {records} {bloc} records together it would be {100 * chance:.1f}%"
        for bloc, records, chance in groups.select(
            "bloc", "records", "probability_within_horizon"
        ).iter_rows()
        if chance is not None
    ]
    return [f"The probability of closing: {'; '.join(told)}."] if told else []


def median_move(forecast: Forecast, row: dict[str, object]) -> str:
    """How one left-out release moved the median closing date, in words."""
    days, without = row["median_days"], row["median_date"]
    if isinstance(days, int):
        if days == 0:
            return f"left the median date at {forecast.closure.median_date}"
        way = "a later" if days > 0 else "an earlier"
        return f"moved the median date by {_span(abs(days))} to {way} one"
    if row["probability_within_horizon"] is None:
        return "without it no forecast can be made"
    if without is not None:
        return f"moved the median date from {without} to beyond the horizon"
    if forecast.closure.median_date is not None:
        return f"moved the median date from beyond the horizon to {forecast.closure.median_date}"
    return "the median date lies beyond the horizon with it and without it"


def notices(quarter: Quarter) -> list[str]:
    """What a reader must be warned of before the numbers."""
    found: list[str] = []
    if not quarter.complete:
        found.append(
            f"{quarter.label} is in progress: the figures go to {quarter.as_of}, the last day with "
            "data."
        )
    if quarter.stale:
        found.append(
            f"Stale: the newest observation is of {quarter.last_observed}, more than {STALE_DAYS} "
            "days before the end of the quarter."
        )
    return found


def _best(gap: Gap, front: Frontier) -> str:
    value = points(gap, float(front.values[-1]))
    return f"{isolated(front.best['model'])} with {value}"


def _end(forecast: Forecast) -> object:
    return forecast.closure.by_quarter["date"][-1]


def _count(number: float | int | None, bloc: str) -> str:
    return f"{number} {bloc} record{'' if number == 1 else 's'}"


def _months(value: float | int | None, missing: str) -> tuple[str, str]:
    return (missing, "") if value is None else (f"{value:.2f}", "months")


def _span(days: int) -> str:
    """Days as days, or as months from two months on."""
    if days < 2 * DAYS_PER_MONTH:
        return f"{days} day{'' if days == 1 else 's'}"
    return f"{days / DAYS_PER_MONTH:.1f} months"
