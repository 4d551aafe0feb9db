"""What a reader who does not see a chart must know of it, from the numbers behind it."""

from collections.abc import Callable
from datetime import date

import polars as pl

from forecasts.forecasting.forecast import Forecast
from forecasts.measures.period import Quarter
from tracker.charts.drawing.text import near_half, sentence
from tracker.report.results import Results
from tracker.report.sentences import points
from tracker.report.tables import cell, column_text


def describe(name: str, title: str, results: Results, table: pl.DataFrame) -> str:
    """The description of the chart `name`, whose numbers are `table`.

    A chart that this file does not know is described by the first and last rows of its table.
    """
    if table.is_empty():
        return f"{title}. There are no data to show."
    known = _OF_QUARTER.get(name)
    if known is not None:
        return sentence(known(results.quarter, table))
    of_forecast = _OF_FORECAST.get(name)
    if of_forecast is not None and results.forecast is not None:
        return of_forecast(results.forecast, table)
    return _by_its_table(title, table)


def _by_its_table(title: str, table: pl.DataFrame) -> str:
    flat = table.select(c for c, kind in table.schema.items() if not kind.is_nested())
    cells = {name: column_text(flat[name]) for name in flat.columns}

    def row(at: int) -> str:
        return ", ".join(f"{n.replace('_', ' ')} {cells[n][at]}" for n in flat.columns if
                         cells[n][at])  # fmt: skip

    rows = f"First: {row(0)}. Last: {row(-1)}." if flat.height > 1 else f"{row(0)}."
    return f"{title}. {flat.height} row{'' if flat.height == 1 else 's'} of numbers. {rows}"


def _frontier(quarter: Quarter, table: pl.DataFrame) -> str:
    gap = quarter.gap
    parts = [
        f"{f.bloc} rises in {f.records.height} records from "
        f"{points(gap, float(f.values[0]))} on {f.records['released_on'][0]} to "
        f"{points(gap, float(f.values[-1]))} ({f.best['base']}, {f.best['released_on']})"
        for f in (gap.leader, gap.follower)
    ]
    return f"Two step lines. {sentence('; '.join(parts))}. The gap on {gap.as_of} is " \
           f"{points(gap, gap.gap_points)} points."  # fmt: skip


def _gap(quarter: Quarter, table: pl.DataFrame) -> str:
    gap = quarter.gap
    history = gap.history
    widest = history.sort("gap_points", descending=True).row(0, named=True)
    closest = history.sort("gap_points").row(0, named=True)
    lag = "" if gap.lag_months is None else f" and the lag {gap.lag_months:.2f} months"
    return (
        f"The gap in points and the lag in months by quarter since {history['date'][0]}. Largest "
        f"gap {points(gap, widest['gap_points'])} points on {widest['date']}, smallest "
        f"{points(gap, closest['gap_points'])} on {closest['date']}. On {gap.as_of} the gap is "
        f"{points(gap, gap.gap_points)} points{lag}."
    )


def _releases(quarter: Quarter, table: pl.DataFrame) -> str:
    open_ones = table.filter(weights="open")["bloc"].value_counts()
    counts = dict(open_ones.iter_rows())
    told = [
        f"{f.releases.height} {f.bloc} models, {counts.get(f.bloc, 0)} of them with open weights"
        for f in (quarter.gap.leader, quarter.gap.follower)
    ]
    return (
        f"Points by release date and value, {span(table['date'])}: "
        f"{' and '.join(told)}. Steps show the best so far."
    )


def _matches(quarter: Quarter, table: pl.DataFrame) -> str:
    gap, match = quarter.gap, quarter.gap.match_months
    matched = int(match["n"] or 0) - int(match["n_censored"] or 0)
    median = "is not reached" if match["median"] is None else f"is {match['median']:.2f} months"
    spread = (
        f", in {match['min']:.2f} to {match['max']:.2f} months" if match["min"] is not None else ""
    )
    return (
        f"{gap.follower.bloc} has matched {matched} of {match['n']} {gap.leader.bloc} records"
        f"{spread}; {match['n_censored']} stand unmatched on {gap.as_of}. The Kaplan-Meier median "
        f"{median}."
    )


def _leaderboard(quarter: Quarter, table: pl.DataFrame) -> str:
    top = ", ".join(
        f"{row['lab']} {points(quarter.gap, row['value'])}"
        for row in table.head(3).iter_rows(named=True)
    )
    rose = table.filter(pl.col("change") > 0).height
    new = table["before"].null_count()
    return (
        f"A bar for the best model of each lab, {table.height} labs. At the top: {top}. Compared "
        f"with the quarter before, {rose} labs rose and {new} are new."
    )


def _weights(quarter: Quarter, table: pl.DataFrame) -> str:
    ends = table.group_by("panel", "weights", maintain_order=True).last()
    told = [
        f"{panel}, {weights}: {points(quarter.gap, value)}"
        for panel, weights, value in ends.select("panel", "weights", "value").iter_rows()
    ]
    return f"Step lines of the best model so far, on {quarter.as_of}. {'; '.join(told)}."


def _counts(quarter: Quarter, table: pl.DataFrame) -> str:
    last = table.filter(pl.col("quarter") == table["quarter"][-1], pl.col("lab").is_null())
    told = [
        f"{bloc} released {models} models, {records} of them records"
        for bloc, models, records in last.select("bloc", "models", "records").iter_rows()
    ]
    state = "" if quarter.complete else f" (to {quarter.as_of})"
    return (
        f"Numbers of models and of records by quarter from {table['quarter'][0]}, for each bloc "
        f"and its labs. In {last['quarter'][0]}{state} "
        f"{' and '.join(told)}."
    )


def _holders(quarter: Quarter, table: pl.DataFrame) -> str:
    told = [
        f"by {by}: " + ", ".join(
            f"{name} {cell(models, 1).removesuffix('.0')}"
            for name, models in table.filter(by=by).select("name", "models").head(4).iter_rows()
        )
        for by in table["by"].unique(maintain_order=True)
    ]  # fmt: skip
    return f"The best models of the year to {quarter.as_of}, {'; '.join(told)}."


def _events(quarter: Quarter, table: pl.DataFrame) -> str:
    marks = table.filter(panel="events")
    if marks.is_empty():
        bloc = quarter.gap.follower.bloc
        return f"Steps of the {bloc} frontier and of the gap; no event falls into the time."
    return (
        f"{marks.height} dated policy events, {span(marks['date'])}, as "
        f"numbered lines over the steps of the {quarter.gap.follower.bloc} frontier and of the "
        "gap. They stand beside the data and show no cause."
    )


def _fan_of_frontiers(forecast: Forecast, table: pl.DataFrame) -> str:
    ends = forecast.frontier.filter(pl.col("date") == forecast.frontier["date"].max())
    values = cell_range(ends)
    told = [f"{bloc} {text}" for bloc, text in zip(ends["bloc"], values, strict=True)]
    return f"Past steps and fans of both futures. Median (90% range) on {ends['date'][0]}: " \
           f"{'; '.join(told)} points."  # fmt: skip


def _fan_of_gap(forecast: Forecast, table: pl.DataFrame) -> str:
    now, end = table.filter(kind="forecast")["q50"][0], forecast.gap.tail(1)
    return (
        f"The past gap and a fan of its future. From {now:.2f} points on {forecast.as_of} the "
        f"median goes to {cell_range(end)[0]} on {end['date'][0]} (90% range in brackets). "
        + (
            "The gap is closed already."
            if forecast.follower_is_ahead
            else "The gap closes by then in "
            f"{near_half(forecast.closure.probability_within_horizon)} of the draws."
        )
    )


def _closure(forecast: Forecast, table: pl.DataFrame) -> str:
    half = table.filter(pl.col("probability_closed") >= 0.5)
    first: date | None = half["date"][0] if half.height else None
    return (
        f"A bar for each quarter, from {table['probability_closed'][0]:.1%} by {table['date'][0]} "
        f"to {table['probability_closed'][-1]:.1%} by {table['date'][-1]}. "
        + (f"It passes one half by {first}." if first else "It does not reach one half.")
    )


def _models(quarter: Quarter, table: pl.DataFrame) -> str:
    chance = table.columns[-1]
    chances = table.sort(chance)
    what = "closing by" if chance == "probability_closed" else "the follower level or ahead"
    medians = table["gap_q50"].sort()
    low, high = chances.row(0, named=True), chances.row(-1, named=True)
    return (
        f"{table.height} models, each alone: median and 80% and 90% intervals of the gap at the "
        f"horizon, and the chance of {what} then. Medians go from {medians[0]:.2f} to "
        f"{medians[-1]:.2f} points; chances from {low[chance]:.0%} "
        f"({low['model']}) to {high[chance]:.0%} ({high['model']})."
    )


def _skill(quarter: Quarter, table: pl.DataFrame) -> str:
    told = [
        f"{row['model']}, {row['horizon_months']} months: "
        + ("no skill known" if row["skill"] is None else f"skill {row['skill']:.2f}")
        + f", {row['coverage_90']:.0%} within the 90% interval"
        for row in table.iter_rows(named=True)
    ]
    return (
        "CRPS skill against the random walk with drift, and the share of outcomes within the 80% "
        f"and 90% intervals, by model and months ahead. {'; '.join(told)}."
    )


def _ledger(quarter: Quarter, table: pl.DataFrame) -> str:
    came = table.filter(pl.col("observed").is_not_null())
    inside = int(came["in_90"].sum())
    return (
        f"Bands of {table['forecast_id'].n_unique()} issued forecasts of the gap, and what came. "
        f"{came.height} of their dates have come; {inside} outcomes lie within the 90% band."
    )


def _price(quarter: Quarter, table: pl.DataFrame) -> str:
    front = ", ".join(
        f"{model} ({value:.2f} for {price:g})"
        for model, value, price in table.filter("front").select("model", "value", "price").rows()
    )
    return (
        f"Points for {table.height} models of the period, value against price in USD per million "
        f"tokens. The best value at or below each price: {front}."
    )


def span(days: pl.Series) -> str:
    """First and last of some dates, as text."""
    ordered = days.sort()
    return f"{ordered[0]} to {ordered[-1]}"


def cell_range(frame: pl.DataFrame) -> list[str]:
    """Median and 90% range of each row of quantiles, as text."""
    return [
        f"{low:.2f} ({first:.2f} to {last:.2f})"
        for low, first, last in frame.select("q50", "q05", "q95").iter_rows()
    ]


_OF_QUARTER: dict[str, Callable[[Quarter, pl.DataFrame], str]] = {
    "frontier": _frontier,
    "gap": _gap,
    "releases": _releases,
    "matches": _matches,
    "leaderboard": _leaderboard,
    "weights": _weights,
    "counts": _counts,
    "holders": _holders,
    "events": _events,
    "forecast-models": _models,
    "skill": _skill,
    "ledger": _ledger,
    "price": _price,
}
_OF_FORECAST: dict[str, Callable[[Forecast, pl.DataFrame], str]] = {
    "forecast-frontier": _fan_of_frontiers,
    "forecast-gap": _fan_of_gap,
    "closure": _closure,
}
