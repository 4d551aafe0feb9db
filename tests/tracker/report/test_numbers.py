"""On the shared snapshots every figure of the report is that of `gap`, `frontier`, `forecast`."""

import json
import re
import shlex
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tracker.cli import cli
from tracker.cli.globals import GlobalOptions
from tracker.workspace import Workspace, create_workspace

AS_OF, START, BEFORE = "2026-06-10", "2026-04-01", "2026-03-31"


class Page(HTMLParser):
    """The texts of a page by element, and its tables by the id of their caption."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self._table = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "caption":
            self._table = dict(attrs)["id"] or ""
            self.tables[self._table] = []
        if tag == "tr":
            self.tables[self._table].append([])
        if tag in {"td", "th"}:
            self.tables[self._table][-1].append("")
        if tag in {"h1", "li", "dd", "code", "desc"}:
            self.texts.setdefault(tag, []).append("")
        if tag not in {"meta", "input"}:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        for tag in {"h1", "li", "dd", "code", "desc"} & set(self._open):
            self.texts[tag][-1] += data
        if {"td", "th"} & set(self._open):
            self.tables[self._table][-1][-1] += data

    def rows(self, caption: str) -> list[dict[str, str]]:
        head, *body = self.tables[caption]
        return [dict(zip(head, row, strict=True)) for row in body]


def run(workspace: Workspace, *call: str) -> str:
    result = CliRunner().invoke(
        cli, ["--workspace", str(workspace.folder), *call], obj=GlobalOptions()
    )
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def workspace(snapshots: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = create_workspace(tmp_path_factory.mktemp("numbers") / "w")
    for month in ("04", "05", "06"):
        made.import_files("aa", [snapshots[month]])
    return made


@pytest.fixture(scope="module")
def page(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Page:
    out = tmp_path_factory.mktemp("page") / "r.html"
    run(workspace, "report", "--quarter", "2026Q2", "--out", str(out))
    return Page(out.read_text("utf-8"))


@pytest.fixture(scope="module")
def told(workspace: Workspace, page: Page) -> dict[str, Any]:
    """What the commands that the report names give, by the name of the command."""
    found: dict[str, Any] = {}
    for text in page.texts["code"][1:]:
        call = shlex.split(text)
        assert call[0] == "tracker"
        more = ["--influence"] if call[1] == "forecast" else []
        found[call[1]] = json.loads(run(workspace, *call[1:], *more))
        if call[1] == "forecast":
            call[call.index("--as-of") + 1] = BEFORE
            found["earlier"] = json.loads(run(workspace, *call[1:]))
    return found


def two(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def test_the_commands_are_named_with_their_day(told: dict[str, Any]) -> None:
    assert set(told) == {"gap", "frontier", "forecast", "earlier"}
    assert {told["gap"]["as_of"], told["forecast"]["as_of"]} == {AS_OF}


def test_the_frontier_table_is_that_of_frontier(page: Page, told: dict[str, Any]) -> None:
    # Each line ends at the day of the figure, where no record stands.
    table = page.rows("c-frontier")
    ends = [row for row in table if row["record"] == "no"]
    assert [(r["bloc"], r["date"], r["value"]) for r in ends] == [
        (gap["bloc"], AS_OF, two(gap["value"]))
        for gap in (told["gap"]["leader"], told["gap"]["follower"])
    ]
    rows = [row for row in table if row["record"] == "yes"]
    wanted = sorted(told["frontier"], key=lambda r: (r["bloc"] == "CN", r["released_on"]))
    assert len(rows) == len(wanted) > 40
    for row, record in zip(rows, wanted, strict=True):
        assert row["bloc"] == record["bloc"]
        assert row["date"] == record["released_on"]
        assert row["value"] == two(record["value"])
        assert row["lab"] == record["lab"]
        assert record["model"].startswith(row["model"])


def test_the_gap_and_match_tables_are_those_of_gap(page: Page, told: dict[str, Any]) -> None:
    assert [(r["date"], r["gap points"], r["lag months"]) for r in page.rows("c-gap")] == [
        (h["date"], two(h["gap_points"]), two(h["lag_months"])) for h in told["gap"]["history"]
    ]
    rows = page.rows("c-matches")
    assert len(rows) == len(told["gap"]["matches"]) == told["gap"]["match_months"]["n"]
    for row, match in zip(rows, told["gap"]["matches"], strict=True):
        assert row["leader model"] == match["leader_model"]
        assert row["leader released on"] == match["leader_released_on"]
        assert row["follower model"] == (match["follower_model"] or "")
        assert row["follower released on"] == (match["follower_released_on"] or "")
        assert row["months"] == two(match["months"])
        assert row["censored"] == ("yes" if match["censored"] else "no")


QUANTILES = {"5%": "q05", "10%": "q10", "25%": "q25", "50%": "q50", "75%": "q75", "90%": "q90",
             "95%": "q95", "mean": "mean"}  # fmt: skip


def test_the_forecast_tables_are_those_of_forecast(page: Page, told: dict[str, Any]) -> None:
    forecast = told["forecast"]
    past = [row for row in page.rows("c-forecast-gap") if row["kind"] == "past"]
    assert past[-1]["gap points"] == two(told["gap"]["gap_points"])
    today, *rest = [row for row in page.rows("c-forecast-gap") if row["kind"] == "forecast"]
    assert {today[c] for c in QUANTILES} == {two(told["gap"]["gap_points"])}
    assert len(rest) == len(forecast["gap"]) == 24
    for row, month in zip(rest, forecast["gap"], strict=True):
        assert row["date"] == month["date"]
        assert {c: row[c] for c in QUANTILES} == {c: two(month[q]) for c, q in QUANTILES.items()}
    rows = page.rows("c-forecast-frontier")
    fans = {(row["bloc"], row["date"]): row for row in rows if row["kind"] == "forecast"}
    assert fans["US", AS_OF]["50%"] == two(told["gap"]["leader"]["value"])
    assert fans["CN", AS_OF]["50%"] == two(told["gap"]["follower"]["value"])
    assert len(fans) - 2 == len(forecast["frontier"]) == 48
    for month in forecast["frontier"]:
        row = fans[month["bloc"], month["date"]]
        assert {c: row[c] for c in QUANTILES} == {c: two(month[q]) for c, q in QUANTILES.items()}
    rows = page.rows("c-closure")
    assert len(rows) == len(forecast["closure"]["by_quarter"])
    for row, quarter in zip(rows, forecast["closure"]["by_quarter"], strict=True):
        assert (row["quarter"], row["date"]) == (quarter["quarter"], quarter["date"])
        assert row["probability closed"] == f"{100 * quarter['probability_closed']:.1f}%"
        assert row["probability ahead"] == f"{100 * quarter['probability_ahead']:.1f}%"


def test_the_releases_and_the_leaderboard_are_those_of_the_snapshots(
    page: Page, told: dict[str, Any], workspace: Workspace, snapshots: dict[str, Path]
) -> None:
    name = "artificial_analysis_intelligence_index"
    # A model that a later snapshot has no more, or under another name, keeps its last value.
    known: dict[str, tuple[str, str, str, float, str]] = {}
    for month in ("04", "05", "06"):
        for m in json.loads(snapshots[month].read_text("utf-8"))["models"]:
            value, day = m["evaluations"].get(name), m["release_date"]
            if value is not None and day and day <= AS_OF:
                lab = workspace.lab_name(m["creator"]["name"])
                country = m["creator"]["country"].upper()
                key = re.sub(r"[^a-z0-9+.]", "", m["name"].lower())
                known[key] = (m["name"].strip(), lab, country, value, day)
    dated = list(known.values())
    board = {row["lab"]: row for row in page.rows("c-leaderboard")}
    assert set(board) == {lab for _, lab, _, _, _ in dated}
    for lab, row in board.items():
        own = [m for m in dated if m[1] == lab]
        best = max(value for _, _, _, value, _ in own)
        assert row["value"] == two(best)
        assert row["model"] in {m[0] for m in own if m[3] == best}
        past = [m[3] for m in own if m[4] < START]
        assert row["before"] == (two(max(past)) if past else "")
        assert row["change"] == (two(best - max(past)) if past else "")
    assert page.rows("c-leaderboard")[0]["value"] == two(told["gap"]["leader"]["value"])
    listed = sorted((r["bloc"], r["model"], r["value"], r["date"]) for r in page.rows("c-releases"))
    assert listed == sorted(
        (country, model, two(value), day)
        for model, _, country, value, day in dated
        if country in {"US", "CN"}
    )


def test_the_influence_table_is_that_of_forecast(page: Page, told: dict[str, Any]) -> None:
    without = {row["model"]: row for row in told["forecast"]["influence"]}
    rows = [r for r in page.rows("c-moved") if r["released on"]]
    assert len(rows) == sum(r["released_on"] >= START for r in told["frontier"])
    for row in rows:
        known = without[row["left out"]]
        assert row["probability without"] == f"{100 * known['probability_within_horizon']:.1f}%"
        change = f"{100 * known['change']:+.1f}"
        assert row["change, percentage points"] == change.replace("+0.0", "0.0").replace(
            "-0.0", "0.0"
        )
        assert row["median date without"] == (known["median_date"] or "beyond the horizon")


def test_every_figure_of_the_text_is_one_of_the_commands(page: Page, told: dict[str, Any]) -> None:
    gap, forecast, earlier = told["gap"], told["forecast"], told["earlier"]
    past = next(h for h in gap["history"] if h["date"] == BEFORE)
    records = [r for r in told["frontier"] if r["released_on"] >= START]
    closure, before = forecast["closure"], earlier["closure"]
    then = next(
        q["probability_closed"] for q in closure["by_quarter"]
        if q["date"] == before["by_quarter"][-1]["date"]
    )  # fmt: skip
    match = gap["match_months"]
    top = max(
        (r for r in forecast["influence"] if r["released_on"] >= START),
        key=lambda r: abs(r["change"]),
    )
    wanted = {
        f"{gap['gap_points']:.2f}", f"{gap['lag_months']:.2f}", f"{gap['leader']['value']:.2f}",
        f"{gap['follower']['value']:.2f}", f"{past['gap_points']:.2f}",
        f"{past['lag_months']:.2f}", f"{abs(gap['gap_points'] - past['gap_points']):.2f}",
        f"{match['median']:.2f}", f"{match['n']}", f"{match['n_censored']}",
        f"{closure['probability_within_horizon']:.0%}", f"{then:.0%}",
        f"{before['probability_within_horizon']:.0%}", f"{abs(100 * top['change']):.1f}",
        f"{100 * top['probability_within_horizon']:.1f}%",
    }  # fmt: skip
    groups = {r["probability without"] for r in page.rows("c-moved") if not r["released on"]}
    counts = {str(sum(r["bloc"] == b for r in records)) for b in ("US", "CN")} | {"3"}
    rises = {f"{r['value']:.2f}" for r in records} | {f"+{r['raised_by']:.2f}" for r in records}
    dates = {
        AS_OF, BEFORE, top["released_on"], closure["by_quarter"][-1]["date"],
        before["by_quarter"][-1]["date"], closure["median_date"], before["median_date"],
        top["median_date"],
    }  # fmt: skip
    sentences = [t for t in page.texts["li"] if not t.startswith("Frontier:")]
    sentences = sentences[: next(i for i, t in enumerate(sentences) if "Frontiers over time" in t)]
    text = " ".join([*page.texts["h1"], *page.texts["dd"], *sentences])
    names = [r["model"] for r in records] + [gap[b]["model"] for b in ("leader", "follower")]
    names += [top["model"], f"{gap['index_name']} {gap['index_version']}"]
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "")
    found_dates = set(re.findall(r"\d{4}-\d{2}-\d{2}", text))
    assert found_dates <= dates
    text = re.sub(r"\d{4}-\d{2}-\d{2}", "", text)
    found = set(re.findall(r"[+-]?\d+(?:\.\d+)?%?", text))
    assert found <= wanted | groups | counts | rises
    assert wanted <= found
    assert date.fromisoformat(AS_OF)
