"""Where the numbers come from: method, sources with their terms, commands that give them again."""

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from forecasts.forecasting.forecast import Forecast
from forecasts.measures.period import Quarter
from tracker.report.results import DRAWS, Choice, Results
from tracker.text import summary

if TYPE_CHECKING:
    from tracker.workspace import Workspace

_TERMS = {
    "artificial-analysis": "Artificial Analysis: facts, attribution required",
    "epoch": "Epoch AI: CC BY 4.0",
    "manual": "entered by hand",
}
_OTHER = "facts, see the address"
_MOST_ADDRESSES = 40


@dataclass(frozen=True)
class SourceNote:
    """One source of the figures: what it is, its terms, when it was seen, its web addresses."""

    name: str
    terms: str
    seen: str
    addresses: list[str]


def sources(workspace: "Workspace", quarter: Quarter) -> list[SourceNote]:
    """The sources of the observations behind a quarter, by name."""
    rows = workspace.observations(quarter.gap.index_name, quarter.gap.index_version)
    if quarter.vintage == "real":
        rows = rows.filter(pl.col("observed_on") <= quarter.as_of)
    known = rows.filter(pl.col("model_key").is_in(quarter.models["model_key"].to_list()))
    grouped = (
        known.group_by("source")
        .agg(
            n=pl.len(), first=pl.col("observed_on").min(), last=pl.col("observed_on").max(),
            urls=pl.col("source_url").drop_nulls().unique().sort(),
        )
        .sort("source")
    )  # fmt: skip
    found: list[SourceNote] = []
    for name, n, first, last, urls in grouped.iter_rows():
        seen = f"seen {first}" if first == last else f"seen {first} to {last}"
        count = f"{n:,} observation{'' if n == 1 else 's'}"
        # Only a web address becomes a link.
        web = [u for u in urls if u.lower().startswith(("https://", "http://"))]
        terms = _TERMS.get(name, _OTHER if web else "no address given")
        found.append(SourceNote(name, terms, f"{count}, {seen}", web[:_MOST_ADDRESSES]))
    return [
        *found,
        SourceNote("countries of labs", "Artificial Analysis and Epoch AI (CC BY 4.0)",
                   "From the bundled catalogue where the observation states none",
                   ["https://epoch.ai/"]),
        SourceNote("policy events", "facts from public documents",
                   "The address of each stands in the table of its chart", []),
    ]  # fmt: skip


def method(results: Results) -> list[str]:
    """What was measured and how, in sentences."""
    quarter, gap = results.quarter, results.quarter.gap
    lead, follow = gap.counts.row(0, named=True), gap.counts.row(1, named=True)
    vintage = (
        "final: every model has its latest value known, also where that was measured after its "
        "release" if gap.vintage == "final" else "real: only what had been observed by then"
    )  # fmt: skip
    found = [
        "Frontier: the best value of a bloc's models released so far. Gap: the leader's frontier "
        "minus the follower's, in points. Lag: time since the leader's frontier first stood where "
        "the follower's stands. Match: time from a record of the leader to the first model of the "
        "follower as good; the median is that of Kaplan and Meier, which counts records that are "
        "not matched yet.",
        f"Index: {gap.index_name}, version {gap.index_version}; values of two versions are never "
        "mixed. "
        f"A model counts as level within {gap.tolerance:g} points. A month is 30.4375 days.",
        f"Vintage {vintage}. Figures as of {quarter.as_of}; newest observation "
        f"{quarter.last_observed}.",
        f"{lead['bloc']}: {lead['models']} models in {lead['variants']} variants, "
        f"{lead['records']} records. {follow['bloc']}: {follow['models']} models in "
        f"{follow['variants']} variants, {follow['records']} records. Variants of one model are "
        "grouped for counting only.",
    ]
    if results.forecast is not None:
        found.append(_forecast_method(results.forecast))
    return found


def _forecast_method(forecast: Forecast) -> str:
    return (
        f"Forecast: {', '.join(forecast.models)}, {forecast.draws:,} joint draws, seed "
        f"{forecast.seed}, {forecast.horizon_months} months. Closed: the first week in which the "
        f"follower is within {forecast.tolerance:g} points of the leader. "
        f"{summary.skill_note(forecast)}"
    )


def report_command(choice: Choice) -> str:
    """The command that gives the same file from the same store, whatever its settings."""
    options = ["report", "--quarter", choice.quarter, *_measured(choice), *_simulated(choice)]
    return shlex.join(["tracker", *options, "--out", "report.html"])


def check_commands(choice: Choice, results: Results) -> list[str]:
    """Commands that give the numbers of the report one by one."""
    gap = results.quarter.gap
    when = ["--as-of", gap.as_of.isoformat()]
    index = ["--index", choice.index, "--index-version", choice.version]
    blocs = ["--bloc", gap.leader.bloc, "--bloc", gap.follower.bloc]
    measured = _measured(choice)
    found = [
        ["gap", *measured, *when, "--by", "quarter"],
        ["frontier", *blocs, *index, "--vintage", choice.vintage, *_known(choice), *when],
    ]
    if results.forecast is not None:
        found.append(["forecast", *measured, *when, *_simulated(choice), "--draws", str(DRAWS)])
    return [shlex.join(["tracker", *command, "--format", "json"]) for command in found]


def _measured(choice: Choice) -> list[str]:
    index = ["--index", choice.index, "--index-version", choice.version] if choice.index else []
    return [
        *index, "--leader", choice.leader, "--follower", choice.follower,
        "--tolerance", f"{choice.tolerance!r}", "--vintage", choice.vintage, *_known(choice),
    ]  # fmt: skip


def _known(choice: Choice) -> list[str]:
    moment = choice.recorded_before
    return [] if moment is None else ["--recorded-before", moment.isoformat()]


def _simulated(choice: Choice) -> list[str]:
    models = [part for name in choice.models for part in ("--model", name)]
    return [*models, "--seed", str(choice.seed)]
