"""The report in a real headless Chromium."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tracker.report import sections

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")


@pytest.fixture(scope="module")
def report(demo_report: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(demo_report, "utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        yield found
        found.close()


def visit(browser: Any, report: Path, **context: Any) -> Any:
    page = browser.new_page(**context)
    page.problems = []
    page.requests = []
    page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: page.problems.append(str(e)))
    page.on("request", lambda r: page.requests.append(r.url))
    page.goto(report.as_uri())
    return page


@pytest.fixture
def page(browser: Any, report: Path) -> Iterator[Any]:
    page = visit(browser, report)
    yield page
    page.close()


def column(page: Any, number: int) -> list[str]:
    found: list[str] = page.evaluate(
        "n => [...document.querySelectorAll('.sortable tbody tr')].map(r => r.cells[n].innerText)",
        number,
    )
    return found


def test_no_error_and_no_request_leaves_the_page(page: Any, report: Path) -> None:
    assert page.problems == []
    assert page.requests == [report.as_uri()]
    # The bundled data have neither prices nor issued forecasts.
    assert page.locator("figure svg").count() == len(sections.ORDER) - 2


def test_numbers_sort_both_ways_and_empty_cells_stay_last(page: Any) -> None:
    button = page.get_by_role("button", name="change", exact=True)
    for down in (False, True):
        button.click()
        cells = column(page, 9)
        values = [float(v) for v in cells if v]
        assert values == sorted(values, reverse=down)
        assert any(v < 0 or v >= 10 for v in values)  # more than text would sort
        empty = [i for i, v in enumerate(cells) if not v]
        assert empty == list(range(len(values), len(cells)))
        assert empty
    head = page.locator(".sortable th").nth(9)
    assert head.get_attribute("aria-sort") == "descending"
    assert page.locator(".sortable th[aria-sort]").count() == 1


def test_dates_sort_and_the_keyboard_does_it_all(page: Any) -> None:
    page.get_by_role("button", name="rank", exact=True).click()
    assert page.locator(".sortable th").nth(1).get_attribute("aria-sort") == "ascending"
    page.get_by_role("button", name="country", exact=True).focus()
    for _ in range(3):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "released on"
    for key, down in (("Enter", False), ("Space", True)):
        page.keyboard.press(key)
        days = column(page, 6)
        assert days == sorted(days, reverse=down)
    assert "sorted by released on, descending" in page.locator("#count").inner_text()
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.innerText") == "value"


def test_the_filter_narrows_and_clearing_it_restores(page: Any) -> None:
    rows = page.locator(".sortable tbody tr:visible")
    all_of_them = rows.count()
    page.get_by_role("button", name="lab", exact=True).click()
    order = column(page, 2)
    page.get_by_label("Filter the table").focus()
    page.keyboard.type(" DeepSeek ")
    assert rows.count() == 1
    assert f"1 of {all_of_them} rows" in page.locator("#count").inner_text()
    page.keyboard.press("Control+A")
    page.keyboard.type("no such lab")
    assert rows.count() == 0
    assert f"0 of {all_of_them} rows" in page.locator("#count").inner_text()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    assert rows.count() == all_of_them
    assert column(page, 2) == order
    assert page.locator("#count").get_attribute("role") == "status"


def test_the_first_tab_skips_to_the_content(page: Any) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Skip to the content"
    assert page.locator(".skip").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("width", [320, 360, 800, 1600])
def test_no_width_scrolls_the_page_sideways(page: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # Text of eight units in a drawing 648 units wide is never smaller than eight pixels.
    drawn = page.evaluate(
        "[...document.querySelectorAll('figure svg')].map(s => s.getBoundingClientRect().width)"
    )
    assert min(drawn) >= 648
    frame = page.locator("figure.chart").first
    scrolls = page.evaluate("f => f.scrollWidth > f.clientWidth", frame.element_handle())
    assert scrolls == (width < 700)
    assert (frame.get_attribute("tabindex") == "0") == scrolls
    if scrolls:
        frame.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("f => f.scrollLeft > 0", arg=frame.element_handle())


@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 1280)])
def test_axe_finds_no_violation(page: Any, scheme: str, width: int) -> None:
    name = "axe_playwright_python.sync_playwright"
    axe = pytest.importorskip(name, reason="axe is not installed")
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_a_dark_page_has_dark_charts_and_light_lines(page: Any) -> None:
    page.emulate_media(color_scheme="dark")
    fills = page.evaluate(
        "[...document.querySelectorAll('figure svg [fill=\"#ffffff\"]')]"
        ".map(e => getComputedStyle(e).fill)"
    )
    assert set(fills) == {"rgb(29, 32, 36)"}
    root = page.evaluate("getComputedStyle(document.querySelector('figure svg')).fill")
    assert root == "rgb(236, 236, 236)"


def test_no_script_but_its_own_runs(browser: Any, report: Path, tmp_path: Path) -> None:
    hurt = tmp_path / "hurt.html"
    put_in = (
        "<script>window.broken = 1</script><p id=x onclick='window.broken = 2'>x</p>"
        "<img src=x onerror='window.broken = 3'><iframe srcdoc='<script>top.broken = 4</script>'>"
        "</iframe><p style='color: rgb(1, 2, 3)' id=y>y</p>"
    )
    text = report.read_text("utf-8")
    assert text.count("<main ") == 1
    hurt.write_text(text.replace("<main ", f"{put_in}<main ", 1), "utf-8")
    page = visit(browser, hurt)
    page.locator("#x").click()
    page.wait_for_timeout(100)
    assert page.evaluate("window.broken") is None
    assert page.evaluate("getComputedStyle(document.querySelector('#y')).color") != "rgb(1, 2, 3)"
    assert any("Content Security Policy" in p for p in page.problems)
    # The page's own script, whose hash the policy names, has run.
    assert page.get_by_role("button", name="value", exact=True).count() == 1
    page.close()


def test_all_can_be_read_without_javascript(browser: Any, report: Path) -> None:
    page = visit(browser, report, java_script_enabled=False)
    assert page.locator("h1").is_visible()
    assert page.locator("figure svg").first.is_visible()
    assert page.locator(".sortable tbody tr").first.is_visible()
    assert not page.locator(".filter").is_visible()
    assert not page.locator("#c-frontier").is_visible()
    page.locator("details summary").first.click()
    assert page.locator("#c-frontier").is_visible()
    page.close()


def sheets_of(file: Path) -> list[str]:
    """The text of every sheet of a PDF."""
    call = ["pdftotext", "-layout", str(file), "-"]
    text = subprocess.run(call, capture_output=True, text=True, check=True).stdout
    return text.split("\f")[:-1]


def test_it_prints_to_a_clean_pdf(browser: Any, report: Path, tmp_path: Path) -> None:
    page = visit(browser, report, color_scheme="dark")
    file = tmp_path / "r.pdf"
    page.pdf(path=str(file), prefer_css_page_size=True, print_background=True)
    pages = file.read_bytes().count(b"/Type /Page\n")
    assert 6 <= pages <= 16
    page.emulate_media(media="print", color_scheme="dark")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    grid = page.locator('figure svg [stroke="#e4e4e4"]').first
    assert grid.evaluate("e => getComputedStyle(e).stroke") == "rgb(228, 228, 228)"
    for hidden in (".skip", "nav", ".filter", "details"):
        assert not page.locator(hidden).first.is_visible()
    assert page.locator(".sortable tbody tr").first.is_visible()
    headline = page.locator("h1").inner_text()
    page.evaluate(
        "() => { const body = document.querySelector('.sortable tbody');"
        "const rows = [...body.rows]; for (let i = 0; i < 3; i++)"
        "body.append(...rows.map(r => r.cloneNode(true))); }"
    )
    long = tmp_path / "long.pdf"
    page.pdf(path=str(long), prefer_css_page_size=True)
    page.close()
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not on this machine: the text of the PDF is not read")
    # A leaderboard of several sheets has its head on each of them.
    of_board = [s for s in sheets_of(long) if "Databricks" in s]
    assert len(of_board) >= 3
    assert all(re.search(r"lab +country +model", s) for s in of_board)
    sheets = sheets_of(file)
    text = " ".join(sheets)
    assert len(sheets) == pages
    assert " ".join(headline.split()) in " ".join(text.split())
    assert all(f"{i} / {pages}" in sheet for i, sheet in enumerate(sheets, 1))
    assert "https://artificialanalysis.ai/leaderboards/models" in text
