"""Where the numbers come from: method, sources with their terms, commands that give them again."""

import shlex
from dataclasses import dataclass, replace

import polars as pl

from forecasts.forecasting.forecast import Forecast
from forecasts.measures.period import Quarter
from tracker.report.results import ReportRequest, Results
from tracker.text import summary
from tracker.text.argv import LOOKED, MADE, MEASURED, to_argv
from tracker.workspace_data import WorkspaceData

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


def sources(data: WorkspaceData, quarter: Quarter) -> list[SourceNote]:
    """The sources of the observations behind a quarter, by name."""
    rows = data.observations(quarter.gap.index_name, quarter.gap.index_version)
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
        "mixed unless linked. "
        f"A model counts as level within {gap.tolerance:g} points. A month is 30.4375 days.",
        f"Vintage {vintage}. Figures as of {quarter.as_of}; newest observation "
        f"{quarter.last_observed}.",
        f"{lead['bloc']}: {lead['models']} models in {lead['variants']} variants, "
        f"{lead['records']} records. {follow['bloc']}: {follow['models']} models in "
        f"{follow['variants']} variants, {follow['records']} records. Variants of one model are "
        "grouped for counting only.",
        *filter(None, [summary.links_note(gap.links), summary.sharing_told(gap.sharing)]),
    ]
    if results.forecast is not None:
        found.append(_forecast_method(results.forecast))
    return found


def _forecast_method(forecast: Forecast) -> str:
    return (
        f"Forecast: {', '.join(forecast.models)}, {forecast.draws:,} joint draws, seed "
        f"{forecast.request.seed}, {forecast.request.horizon_months} months. Closed: the first "
        f"week in which the follower is within {forecast.tolerance:g} points of the leader "
        "and the leader below the ceiling of the index, if it has one; the leader at the ceiling "
        "before that is an exhausted index, and no probability is conditional. "
        f"{summary.skill_note(forecast)}"
    )


def report_command(request: ReportRequest) -> str:
    """The command that gives the same file from the same store, whatever its settings."""
    options = ["report", "--quarter", request.quarter, *to_argv(request.forecast, *MEASURED, *MADE)]
    return shlex.join(["tracker", *options, "--out", "report.html"])


def check_commands(request: ReportRequest, results: Results) -> list[str]:
    """Commands that give the numbers of the report one by one."""
    asked = request.forecast
    gap = results.quarter.gap
    dated = replace(asked, scope=replace(asked.scope, as_of=gap.as_of))
    blocs = ["--bloc", gap.leader.bloc, "--bloc", gap.follower.bloc]
    found = [
        ["gap", *to_argv(dated, *MEASURED), "--by", "quarter"],
        ["frontier", *blocs, *to_argv(dated, *LOOKED)],
    ]
    if results.forecast is not None:
        found.append(["forecast", *to_argv(dated, *MEASURED, *MADE, "draws")])
    return [shlex.join(["tracker", *command, "--format", "json"]) for command in found]
