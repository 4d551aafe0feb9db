"""Gather a quarter's results and render them."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import polars as pl

from forecasts.errors import TrackerError, UsageError
from forecasts.forecast import Forecast
from forecasts.quarter import Quarter, leaderboard, parse_quarter
from forecasts.vintage import Vintage
from tracker import __version__, charts, summary
from tracker.charts.theme import caption
from tracker.report.sentences import notices, summary_sentences
from tracker.report.svg import inline_svg

if TYPE_CHECKING:
    from tracker.workspace import Workspace

# In the order of the page; the leaderboard stands as a table of its own beside its chart.
ORDER = (
    "frontier", "gap", "releases", "matches", "leaderboard", "weights", "counts", "holders",
    "events", "forecast-frontier", "forecast-gap", "closure",
)  # fmt: skip
_DRAWS = 4000
_MAX_ROWS = 400


@dataclass(frozen=True)
class Table:
    """Cells as text; `kinds` has "number", "date" or nothing for each column."""

    columns: list[str]
    kinds: list[str]
    rows: list[list[str]]
    left_out: int


def build_report(
    workspace: "Workspace",
    quarter: str,
    *,
    leader: str | None = None,
    follower: str | None = None,
    index: str | None = None,
    version: str | None = None,
    vintage: Vintage = "final",
    seed: int | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> str:
    """The report of one quarter as HTML text, the same bytes for the same store and seed.

    A quarter without enough data becomes a page that says so. Raises UsageError when `quarter` is
    not a quarter or an option is wrong.
    """
    parse_quarter(quarter)
    pair: dict[str, Any] = {
        "leader": leader,
        "follower": follower,
        "index": index,
        "version": version,
    }
    try:
        known = workspace.quarter(quarter, vintage=vintage, **pair)
    except UsageError:
        raise
    except TrackerError as error:
        return _render(
            title=f"{quarter.upper()}: no report",
            sentences=[error.message, error.hint],
            notices=[], sections=[], board=None, method=[], sources=[],
            command=_command(quarter, pair, vintage),
        )  # fmt: skip
    forecast, earlier, influence = _forecasts(workspace, known, pair, seed, progress)
    sections: list[dict[str, Any]] = []
    left_out: list[str] = []
    for name in ORDER:
        module = charts.load(name)
        subject: Any = {"gap": known.gap, "quarter": known, "forecast": forecast}[module.NEEDS]
        if subject is None:
            continue
        progress(f"drawing {name} ...")
        text = caption(subject, workspace.attribution(subject))
        try:
            figure = module.draw(subject, text)
        except TrackerError as error:
            left_out.append(f"Not drawn: {module.TITLE}. {error.message}")
            continue
        told = _describe(name, known, forecast)
        svg = inline_svg(figure, name, module.TITLE, told)
        table = _table(module.table(subject))
        sections.append({"name": name, "title": module.TITLE, "svg": svg, "table": table})
    gap = known.gap
    return _render(
        title=f"{gap.leader.bloc} and {gap.follower.bloc}, {known.label}",
        sentences=summary_sentences(known, forecast, earlier, influence),
        notices=notices(known),
        sections=sections,
        board=_table(leaderboard(known)),
        method=[*_method(known, forecast), *left_out],
        sources=_sources(workspace, known),
        command=_command(quarter, pair, vintage),
    )


def _forecasts(
    workspace: "Workspace",
    quarter: Quarter,
    pair: dict[str, Any],
    seed: int | None,
    progress: Callable[[str], None],
) -> tuple[Forecast | None, Forecast | None, pl.DataFrame | None]:
    found: list[Forecast | None] = []
    for day in (quarter.as_of, quarter.start - timedelta(days=1)):
        progress(f"forecasting from {day} ...")
        try:
            found.append(
                workspace.forecast(
                    **pair, as_of=day, vintage=quarter.vintage, draws=_DRAWS, seed=seed
                )
            )
        except TrackerError:
            found.append(None)
    now, earlier = found
    influence = None if now is None else workspace.influence(now, progress)
    return now, earlier, influence


def _describe(name: str, quarter: Quarter, forecast: Forecast | None) -> str:
    """What a reader who does not see the chart must know of it."""
    gap = quarter.gap
    top, low = gap.leader, gap.follower
    chance = "" if forecast is None else f"{forecast.closure.probability_within_horizon:.0%}"
    texts = {
        "frontier": f"Steps of the best {top.bloc} and {low.bloc} models over time, ending at "
        f"{top.values[-1]:.2f} and {low.values[-1]:.2f} points.",
        "gap": f"Gap and lag at the end of each quarter; the last gap is {gap.gap_points:.2f} "
        "points.",
        "releases": f"{top.releases.height} {top.bloc} and {low.releases.height} {low.bloc} models "
        "as points by release date and value.",
        "matches": f"{gap.match_months['n']} {top.bloc} records, "
        f"{gap.match_months['n_censored']} of them not matched.",
        "closure": f"Bars by quarter; the last, the end of the horizon, stands at {chance}.",
        "forecast-gap": "The past gap and a fan of its future around the line of closing.",
        "forecast-frontier": "Both past frontiers and fans of their futures.",
    }
    return texts.get(name, charts.load(name).TITLE + f", as of {quarter.as_of}.")


def _table(frame: pl.DataFrame) -> Table:
    shown = frame.head(_MAX_ROWS)
    kinds = [
        "number" if kind.is_numeric() else "date" if kind == pl.Date else ""
        for kind in shown.schema.values()
    ]
    rows = [[_cell(value) for value in row] for row in shown.iter_rows()]
    return Table(
        [name.replace("_", " ") for name in shown.columns], kinds, rows,
        frame.height - shown.height,
    )  # fmt: skip


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4f}" if 0 < abs(value) < 1 else f"{value:.2f}"
    return value.isoformat() if isinstance(value, date) else str(value)


def _method(quarter: Quarter, forecast: Forecast | None) -> list[str]:
    gap = quarter.gap
    found = [
        "Frontier: the best value of a bloc's models released so far. Gap: leader minus follower, "
        "in points. Lag: time since the leader's frontier first stood where the follower's stands.",
        f"Tolerance {gap.tolerance:g} points; vintage {gap.vintage}; a month is 30.4375 days.",
        f"{gap.leader.bloc}: {gap.counts['models'][0]} models in {gap.counts['variants'][0]} "
        f"variants; {gap.follower.bloc}: {gap.counts['models'][1]} in {gap.counts['variants'][1]}. "
        "Variants of one model are grouped for counting only.",
    ]
    if forecast is not None:
        found.append(
            f"Forecast: {', '.join(forecast.models)}, {forecast.draws:,} joint draws, seed "
            f"{forecast.seed}, horizon {forecast.horizon_months} months. "
            + summary.skill_note(forecast)
        )
    return found


def _sources(workspace: "Workspace", quarter: Quarter) -> list[str]:
    rows = workspace.observations(quarter.gap.index_name, quarter.gap.index_version)
    known = rows.filter(pl.col("model_key").is_in(quarter.models["model_key"].to_list()))
    grouped = (
        known.group_by("source")
        .agg(
            n=pl.len(), first=pl.col("observed_on").min(), last=pl.col("observed_on").max(),
            url=pl.col("source_url").drop_nulls().first(),
        )
        .sort("source")
    )  # fmt: skip
    found = [
        f"{source}: {n} observations, seen {first} to {last}" + (f", {url}" if url else "")
        for source, n, first, last, url in grouped.iter_rows()
    ]
    if "artificial-analysis" in grouped["source"]:
        found.append(
            "Index values are facts published by Artificial Analysis; attribution is required."
        )
    return found


def _command(quarter: str, pair: dict[str, str | None], vintage: str) -> str:
    names = {"version": "index-version"}
    options = "".join(f" --{names.get(k, k)} '{v}'" for k, v in pair.items() if v)
    return (
        f"tracker report --quarter {quarter.upper()}{options} --vintage {vintage} --out FILE.html"
    )


def _render(**content: Any) -> str:
    from jinja2 import Environment, StrictUndefined

    folder = files("tracker.report")
    style = folder.joinpath("style.css").read_text("utf-8")
    script = folder.joinpath("script.js").read_text("utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                              lstrip_blocks=True)  # fmt: skip
    template = environment.from_string(folder.joinpath("page.html").read_text("utf-8"))
    return template.render(
        **content, style=style, script=script, style_hash=_hash(style), script_hash=_hash(script),
        program=f"gap-tracker {__version__}",
    )  # fmt: skip


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
