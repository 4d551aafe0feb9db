"""The report says what the commands say, escapes what it is given, and never fails on a quarter."""

import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from forecasts.errors import UsageError
from tracker.report import build_report
from tracker.workspace import Workspace, create_workspace


class Strict(HTMLParser):
    """Collects what a strict content policy forbids, and ids that stand twice."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "style" or name.startswith("on"):
                self.wrong.append(f"{tag} {name}")
            if name in {"src", "href", "xlink:href"} and not (value or "").startswith("#"):
                self.wrong.append(f"{tag} {name}={value}")
            if name == "id":
                if value in self.ids:
                    self.wrong.append(f"id {value} twice")
                self.ids.add(value or "")


@pytest.fixture(scope="module")
def page(demo: Workspace) -> str:
    return build_report(demo, "2026Q2")


def test_the_numbers_are_those_of_the_commands(demo: Workspace, page: str) -> None:
    gap = demo.gap(as_of=date(2026, 6, 10), vintage="final")
    before = demo.gap(as_of=date(2026, 3, 31), vintage="final")
    forecast = demo.forecast(as_of=date(2026, 6, 10), vintage="final", draws=4000)
    assert f"trails US by {gap.gap_points:.2f} points" in page
    assert f"{gap.lag_months:.2f} months" in page
    assert (
        f"by {gap.gap_points - before.gap_points:.2f} points, from {before.gap_points:.2f}" in page
    )
    chance = forecast.closure.probability_within_horizon
    assert f"closes the gap by 2028-06-10 is {chance:.0%}" in page
    for row in demo.records(as_of=date(2026, 6, 10), vintage="final").iter_rows(named=True):
        if row["released_on"] >= date(2026, 4, 1):
            assert f"({row['value']:.2f})" in page


def test_it_stands_alone(page: str) -> None:
    parser = Strict()
    parser.feed(page)
    assert parser.wrong == []
    assert "Content-Security-Policy" in page
    assert len(re.findall("<svg ", page)) == len(re.findall("<title ", page)) == 12


def test_the_same_store_gives_the_same_bytes(demo: Workspace, page: str) -> None:
    assert build_report(demo, "2026Q2") == page


def test_data_is_escaped(tmp_path: Path) -> None:
    workspace = create_workspace(tmp_path / "w", demo=True)
    workspace.log("<script>alert(1)</script>", 70.0, lab="xAI", observed_on=date(2026, 6, 10))
    page = build_report(workspace, "2026Q2")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_quarters_without_an_answer_say_so(demo: Workspace) -> None:
    assert "begins after the last observation" in build_report(demo, "2030Q1")
    assert "No model of bloc" in build_report(demo, "2020Q1")
    assert "No model of bloc" in build_report(demo, "2026Q2", follower="ZZ")
    with pytest.raises(UsageError):
        build_report(demo, "soon")


def test_little_data(tmp_path: Path) -> None:
    workspace = create_workspace(tmp_path / "w")
    facts = {"index": "I", "version": "1", "observed_on": date(2026, 5, 1)}
    workspace.log("A", 5.0, lab="OpenAI", **facts)
    workspace.log("B", 5.0, lab="DeepSeek", **facts)
    page = build_report(workspace, "2026Q2")
    assert "is level with US" in page
    assert "too little history for a forecast" in page
