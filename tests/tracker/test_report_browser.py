"""The report in a real headless Chromium."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tracker.report import build_report
from tracker.workspace import Workspace

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")


@pytest.fixture(scope="module")
def report(demo: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(build_report(demo, "2026Q2"), "utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        yield found
        found.close()


@pytest.fixture
def page(browser: Any, report: Path) -> Iterator[Any]:
    page = browser.new_page()
    page.problems = []
    page.requests = []
    page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: page.problems.append(str(e)))
    page.on("request", lambda r: page.requests.append(r.url))
    page.goto(report.as_uri())
    yield page
    page.close()


def test_no_error_and_no_request_leaves_the_page(page: Any, report: Path) -> None:
    assert page.problems == []
    assert page.requests == [report.as_uri()]
    assert page.locator("figure svg").count() == 12


def test_the_leaderboard_sorts_and_filters(page: Any) -> None:
    column = page.locator(".sortable tbody tr td:nth-child(5)")
    page.get_by_role("button", name="value", exact=True).click()
    values = [float(v) for v in column.all_text_contents()]
    assert values == sorted(values)
    page.get_by_role("button", name="value", exact=True).click()
    values = [float(v) for v in column.all_text_contents()]
    assert values == sorted(values, reverse=True)
    page.locator("#filter").fill("deepseek")
    assert page.locator(".sortable tbody tr:visible").count() == 1
    assert "1 of" in page.locator("#count").inner_text()


@pytest.mark.parametrize("width", [360, 800, 1600])
def test_no_width_scrolls_sideways(page: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(page: Any, scheme: str) -> None:
    name = "axe_playwright_python.sync_playwright"
    axe = pytest.importorskip(name, reason="axe is not installed")
    page.emulate_media(color_scheme=scheme)
    for details in page.locator("details").all():
        details.evaluate("d => d.open = true")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_it_prints(page: Any, tmp_path: Path) -> None:
    page.pdf(path=str(tmp_path / "r.pdf"))
    assert (tmp_path / "r.pdf").stat().st_size > 50_000
