"""The quarter's answer in plain sentences, each number from the results themselves."""

import polars as pl

from forecasts.forecast import Forecast
from forecasts.quarter import Quarter, new_records


def summary_sentences(
    quarter: Quarter,
    forecast: Forecast | None,
    earlier: Forecast | None,
    influence: pl.DataFrame | None,
) -> list[str]:
    """What a reader must know: the gap, its change, new records, the forecast and what moved it."""
    gap = quarter.gap
    lead, follow = gap.leader, gap.follower
    state = "trails" if gap.gap_points > 0 else "is level with" if gap.gap_points == 0 else "leads"
    far = f" by {abs(gap.gap_points):.2f} points" if gap.gap_points else ""
    found = [
        f"On {gap.as_of} {follow.bloc} {state} {lead.bloc}{far} on the {gap.index_name} "
        f"{gap.index_version}: {follow.best['model']} has {follow.best['value']:.2f}, "
        f"{lead.best['model']} {lead.best['value']:.2f}."
    ]
    if gap.lag_months is not None and gap.gap_points > 0:
        found.append(
            f"{lead.bloc} first stood where {follow.bloc} stands now {gap.lag_months:.2f} months "
            "earlier (backward lag)."
        )
    if quarter.before is None:
        found.append("There is no gap of the quarter before to compare with.")
    else:
        change = gap.gap_points - quarter.before.gap_points
        way = "narrowed" if change < 0 else "widened" if change > 0 else "did not change"
        size = (
            f" by {abs(change):.2f} points, from {quarter.before.gap_points:.2f}" if change else ""
        )
        found.append(f"The gap {way}{size} since {quarter.before.as_of}.")
    records = new_records(quarter)
    for front in (lead, follow):
        own = records.filter(bloc=front.bloc)
        if own.is_empty():
            found.append(f"{front.bloc} set no new record in the quarter.")
            continue
        names = ", ".join(
            f"{model} ({value:.2f})" for model, value in own.select("model", "value").iter_rows()
        )
        found.append(f"New {front.bloc} records: {names}.")
    if forecast is None:
        found.append("There is too little history for a forecast.")
        return found
    end = forecast.closure.by_quarter["date"][-1]
    chance = forecast.closure.probability_within_horizon
    median = forecast.closure.median_date
    found.append(
        f"The probability that {follow.bloc} closes the gap by {end} is {chance:.0%}; "
        + (f"the median date is {median}." if median else "in most draws it does not by then.")
    )
    if earlier is not None:
        found.append(
            f"A forecast of the same length made on {earlier.as_of} gave "
            f"{earlier.closure.probability_within_horizon:.0%}."
        )
    if influence is not None and influence.height:
        top = influence.row(0, named=True)
        size = abs(top["change"])
        if size >= 0.005:
            way = "raises" if top["change"] > 0 else "lowers"
            found.append(
                f"No single release matters more than {top['model']} ({top['bloc']}): left out, "
                f"the probability would be {top['probability_within_horizon']:.0%}; it {way} it "
                f"by {100 * size:.0f} percentage points."
            )
    return found


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
            f"Stale: the newest observation is of {quarter.last_observed}, long before the end of "
            "the quarter."
        )
    if quarter.vintage == "final":
        found.append(
            "Vintage final: every model has its latest value known, also where that was measured "
            "after its release."
        )
    return found
