"""The report stands alone, is made again by its own command, escapes what it is given, and says
what is missing instead of failing.
"""

import re
import shlex
from datetime import date
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import plotnine as p9
import polars as pl
import pytest
from click.testing import CliRunner

from forecasts.errors import TrackerError, UsageError
from tracker import charts
from tracker.charts.drawing.save import save
from tracker.charts.drawing.theme import plain
from tracker.cli import cli
from tracker.cli.globals import GlobalOptions
from tracker.report import build_report, colours, sections
from tracker.settings import FILE, Settings, render_settings
from tracker.store.schema import STATED
from tracker.workspace import Workspace, create_workspace, open_workspace

MAIN = {"index": "Artificial Analysis Intelligence Index", "version": "4.0"}


class Strict(HTMLParser):
    """Collects what a strict content policy forbids, headings, and ids that stand twice."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.ids: set[str] = set()
        self.levels: list[int] = []
        self.used: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        for name, value in attrs:
            text = value or ""
            if name == "style" or name.startswith("on"):
                self.wrong.append(f"{tag} {name}")
            web = tag == "a" and text.startswith(("https://", "http://"))
            if name in {"src", "href", "xlink:href"} and not text.startswith("#") and not web:
                self.wrong.append(f"{tag} {name}={text}")
            if name == "id":
                if text in self.ids:
                    self.wrong.append(f"id {text} twice")
                self.ids.add(text)
            if name in {"aria-labelledby", "for"}:
                self.used |= set(text.split())
            if name in {"href", "xlink:href"} and text.startswith("#"):
                self.used.add(text[1:])


def words(page: str) -> str:
    """The text of a page outside of its drawings."""
    body = re.sub(r"<svg.*?</svg>|<style.*?</style>|<script.*?</script>", "", page, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


@pytest.fixture
def one_chart(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report of one chart, where the charts are not what is tested."""
    monkeypatch.setattr(sections, "ORDER", ("frontier",))


def test_it_stands_alone(demo_report: str) -> None:
    found = Strict(demo_report)
    assert found.wrong == []
    assert found.used <= found.ids
    assert found.levels[0] == 1
    assert all(b - a <= 1 for a, b in zip(found.levels, found.levels[1:], strict=False))
    assert "default-src 'none'" in demo_report
    assert "unsafe" not in demo_report


def test_every_chart_has_a_title_a_description_with_numbers_and_a_table(demo_report: str) -> None:
    assert "Not drawn." not in demo_report
    for name in sections.ORDER:
        if name in {"ledger", "price"}:
            assert f"Left out: {charts.load(name).TITLE}. " in unescape(demo_report)
            continue
        title = re.search(rf'<title id="{name}-title">(.*?)</title>', demo_report)
        told = re.search(rf'<desc id="{name}-desc">(.*?)</desc>', demo_report)
        assert title is not None
        assert told is not None
        assert unescape(title.group(1)) == charts.load(name).TITLE
        assert len(re.findall(r"\d+", told.group(1))) >= 3, name
        assert f'<caption id="c-{name}">' in demo_report
    assert set(sections.ORDER) <= set(charts.CHARTS)


def test_its_own_command_makes_it_again_under_other_settings(
    demo: Workspace, demo_report: str, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "observations").symlink_to(demo.folder / "observations")
    settings = Settings("x", "y", "open", "proprietary", 3.0, 7, ("random-walk-drift",))
    (other / FILE).write_text(render_settings(settings), "utf-8")
    shown = re.search(r"<code>(tracker report .*?)</code>", demo_report)
    assert shown is not None
    command = shlex.split(unescape(shown.group(1)))[1:]
    command[command.index("--out") + 1] = str(tmp_path / "again.html")
    result = CliRunner().invoke(cli, ["--workspace", str(other), *command], obj=GlobalOptions())
    assert result.exit_code == 0, result.output
    assert (tmp_path / "again.html").read_text("utf-8") == demo_report


@pytest.mark.usefixtures("one_chart")
def test_the_command_spells_out_settings_and_quotes_them(tmp_path: Path) -> None:
    made = create_workspace(tmp_path / "w")
    index = "It's an `index` $x"
    for name, lab in (("A", "OpenAI"), ("B", "DeepSeek")):
        made.log(name, 5.0, lab=lab, index=index, version="v 1", observed_on=date(2026, 5, 1))
    settings = Settings(index, "v 1", "US,CA", "lab:DeepSeek", 1.5, 7, ("persistence", "theil-sen"))
    (made.folder / FILE).write_text(render_settings(settings), "utf-8")
    page = build_report(open_workspace(made.folder), "2026q2", vintage="real")
    shown = re.search(r"<code>(tracker report .*?)</code>", page)
    assert shown is not None
    assert shlex.split(unescape(shown.group(1))) == [
        "tracker", "report", "--quarter", "2026Q2", "--index", index, "--index-version", "v 1",
        "--leader", "US,CA", "--follower", "lab:DeepSeek", "--tolerance", "1.5",
        "--vintage", "real", "--model", "persistence", "--model", "theil-sen", "--seed", "7",
        "--out", "report.html",
    ]  # fmt: skip


NAMES = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "a ]]> b --> c",
    "&lt;b&gt; &amp;", "\u05de\u05d5\u05d3\u05dc", "N" * 120, "{{7*7}} {% x %}",
    "$x^2$ and $\\frac{", "`x` <!-- y",
)  # fmt: skip


def test_data_is_escaped_and_drawn_as_it_stands(tmp_path: Path) -> None:
    made = create_workspace(tmp_path / "w", demo=True)
    for at, name in enumerate(NAMES):
        made.log(
            name, 70.0 + at, lab=f"<i>{at}</i> $l_1$", country="US" if at % 2 else "CN",
            observed_on=date(2026, 6, 10), released_on=date(2026, 6, 1 + at),
            **MAIN,
        )  # fmt: skip
    # What `log` refuses may still stand in a file.
    rows = made.list(text=NAMES[0]).select(STATED)
    made.store.append(rows.with_columns(source_url=pl.lit("javascript:alert(1)")))
    page = build_report(made, "2026Q2")
    found = Strict(page)
    assert found.wrong == []
    assert "Not drawn." not in page
    assert len(re.findall("<script", page)) == len(re.findall("</script>", page)) == 1
    assert not re.search(r"<(img|i|b)\b", page)
    assert 'href="javascript' not in page.lower()
    text = words(page)
    for name in NAMES:
        assert " ".join(name.split()) in text, name


def test_a_dollar_sign_is_drawn_as_one(tmp_path: Path) -> None:
    drawn: dict[str, str] = {}
    for text in ("$x$", "x"):
        frame = plain(pl.DataFrame({"x": [text], "y": [1.0]}))
        path = tmp_path / "one.svg"
        save(p9.ggplot(frame, p9.aes("x", "y", label="x")) + p9.geom_text(), path)
        drawn[text] = path.read_text("utf-8")
    # A formula would be an italic x alone; two signs more in the label and on the axis are text.
    assert drawn["$x$"].count("<use") == drawn["x"].count("<use") + 4


@pytest.mark.usefixtures("one_chart")
def test_quarters_without_an_answer_say_what_is_missing(demo: Workspace) -> None:
    future = words(build_report(demo, "2030Q1"))
    assert "begins after the last observation, 2026-06-10" in future
    assert "newest quarter with data is 2026Q2" in future
    ancient = words(build_report(demo, "2010Q1"))
    assert "No model of bloc 'US'" in ancient
    assert "models released by 2010-03-31" in ancient
    assert "No model of bloc 'ZZ'" in words(build_report(demo, "2026Q2", follower="ZZ"))


@pytest.mark.parametrize("quarter", ["soon", "2026Q5", "0000Q1", "", "2026Q22"])
def test_what_is_not_a_quarter_is_a_wrong_call(demo: Workspace, quarter: str) -> None:
    with pytest.raises(UsageError, match="not a quarter"):
        build_report(demo, quarter)


def test_wrong_options_are_wrong_calls(demo: Workspace) -> None:
    wrong: list[dict[str, Any]] = [
        {"leader": "US", "follower": "US"}, {"tolerance": -1.0}, {"models": ("no-model",)},
        {"index": "no index"}, {"version": "9"}, {"vintage": "young"}, {"seed": -1},
    ]  # fmt: skip
    for options in wrong:
        with pytest.raises(UsageError):
            build_report(demo, "2026Q2", **options)


def test_a_complete_quarter_carries_no_note_and_one_in_progress_does(
    demo: Workspace, demo_report: str, one_chart: None
) -> None:
    assert "2026Q2 is in progress: the figures go to 2026-06-10" in words(demo_report)
    assert "2026Q2 to date, 2026-06-10" in words(demo_report)
    text = words(build_report(demo, "2026Q1"))
    assert "in progress" not in text
    assert "2026Q1 at its end, 2026-03-31" in text


def test_an_empty_store_is_said_to_be_empty(empty: Workspace) -> None:
    assert "The workspace holds no observations." in words(build_report(empty, "2026Q2"))


def test_without_release_dates_the_page_says_so(tmp_path: Path) -> None:
    made = create_workspace(tmp_path / "w")
    file = tmp_path / "undated.csv"
    file.write_text("model,lab,value\nA,OpenAI,5\nB,DeepSeek,4\n", "utf-8")
    made.import_files("csv", [file], index="I", version="1", observed_on=date(2026, 5, 1))
    text = words(build_report(made, "2026Q2"))
    assert "No model of bloc 'US' has a value and a release date here." in text
    assert "none says when its model was released" in text


def test_one_model_each_is_too_little_to_forecast(tmp_path: Path) -> None:
    made = create_workspace(tmp_path / "w")
    facts: Any = {"index": "I", "version": "1", "observed_on": date(2026, 5, 1)}
    made.log("A", 5.0, lab="OpenAI", **facts)
    made.log("B", 5.0, lab="DeepSeek", **facts)
    text = words(build_report(made, "2026Q2"))
    assert "CN is level with US" in text
    assert "There is too little history for a forecast: No model could be fitted" in text
    assert "no gap of the quarter before to compare with" in text
    assert text.count("Not drawn. No model could be fitted") == 4
    assert "Stale: the newest observation is of 2026-05-01" in text


@pytest.mark.usefixtures("one_chart")
def test_a_follower_ahead_is_no_closing_to_come(demo: Workspace) -> None:
    gap = demo.gap(vintage="final")
    text = words(build_report(demo, "2026Q2", leader="CN", follower="US"))
    assert f"US leads CN by {gap.gap_points:.2f} points" in text
    assert "US's lead widened by" in text
    assert "The gap is closed: US is ahead of or level with CN" in text
    assert "closes the gap by" not in text
    assert "What moved the forecast" not in text
    text = words(build_report(demo, "2026Q2", tolerance=50.0))
    assert f"CN is level with US: {gap.gap_points:.2f}" \
        " points behind, within the tolerance of 50" in text  # fmt: skip
    assert "CN is within the tolerance of 50 points of US" in text


@pytest.mark.usefixtures("one_chart")
def test_many_records_are_counted_and_the_largest_named(demo: Workspace) -> None:
    text = words(build_report(demo, "2026Q2"))
    rows = demo.records(as_of=date(2026, 6, 10), vintage="final")
    own = rows.filter(bloc="US").filter(rows.filter(bloc="US")["released_on"] >= date(2026, 4, 1))
    assert f"US set {own.height} new records in the quarter: the 3 largest rises are" in text
    largest = own.sort("raised_by", descending=True).row(0, named=True)
    assert f"rises are {largest['model']} ({largest['value']:.2f}, +{largest['raised_by']:.2f})" \
        in text  # fmt: skip


def test_a_chart_that_cannot_be_drawn_costs_the_others_nothing(
    demo: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = charts.load("counts")

    def fail(subject: object, caption: str) -> object:
        raise ZeroDivisionError

    def refuse(results: object) -> object:
        raise TrackerError("No backtest is here.")

    monkeypatch.setattr(broken, "draw", fail)
    monkeypatch.setattr(charts.load("gap"), "NEEDS", "skill")
    monkeypatch.setitem(sections.SUBJECTS, "skill", refuse)
    monkeypatch.setattr(sections, "ORDER", ("counts", "gap", "absent", "holders"))
    page = build_report(demo, "2026Q2")
    text = words(page)
    assert "Not drawn. Drawing it failed (ZeroDivisionError)." in text
    assert "Not drawn. No backtest is here." in text
    assert page.count("<svg ") == 1


@pytest.mark.usefixtures("one_chart")
def test_sources_name_their_terms_and_dates(demo: Workspace) -> None:
    text = words(build_report(demo, "2026Q2"))
    assert "artificial-analysis : Artificial Analysis: facts, attribution required. 491 " \
        "observations, seen 2026-06-10." in text  # fmt: skip
    assert "https://artificialanalysis.ai/leaderboards/models" in text
    assert "CC BY 4.0" in text
    text = words(build_report(demo, "2025Q1", version="quality-2025Q1"))
    assert "published : facts, see the address." in text


def test_every_colour_of_a_chart_has_one_for_a_dark_page(demo_report: str) -> None:
    used = set(re.findall(r'\b(?:fill|stroke)="(#\w{6})"', demo_report))
    rule = r'\[(?:fill|stroke)="(#\w{6})"\] \{ (?:fill|stroke): (#\w{6})'
    found = dict(re.findall(rule, demo_report))
    assert used == set(found)
    for old, new in found.items():
        channels = [int(old[i : i + 2], 16) for i in (1, 3, 5)]
        seen = colours.contrast(tuple(int(new[i : i + 2], 16) for i in (1, 3, 5)), colours.CARD)  # type: ignore[arg-type]
        if max(channels) - min(channels) >= 12 or max(channels) <= 0x66:
            # Hues and the greys of text; lighter greys are lines and fills.
            assert seen >= 4.5, old
    # Certified by the standard's own example: black on white is 21 to 1.
    assert colours.contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)


def test_the_command_prints_one_line_and_leaves_no_half_file(
    demo: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_chart: None
) -> None:
    def run(*more: str) -> Any:
        call = ["--workspace", str(demo.folder), "report", "--quarter", "2026Q2", *more]
        return CliRunner().invoke(cli, call, obj=GlobalOptions())

    out = tmp_path / "r.html"
    result = run("--out", str(out), "--tolerance", "2")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 1
    assert "8.30 points" in result.stdout
    assert str(out) in result.stdout
    assert "forecasting from 2026-06-10" in result.stderr
    assert "level within 2 points" in out.read_text("utf-8")
    assert isinstance(run("--out", str(tmp_path / "r.pdf")).exception, UsageError)
    assert isinstance(run("--out", str(tmp_path / "none" / "r.html")).exception, UsageError)

    def interrupt(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(sections, "inline_svg", interrupt)
    before = out.read_bytes()
    run("--out", str(out))
    assert out.read_bytes() == before
    assert list(tmp_path.iterdir()) == [out]
