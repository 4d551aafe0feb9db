"""What commands say of an exhausted index, of models of both blocs, and of values of any scale."""

import csv
import json
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from forecasts.errors import TrackerError, UsageError
from tests.conftest import june_workspace
from tracker.charts import load
from tracker.cli import cli
from tracker.cli.globals import GlobalOptions
from tracker.report.results import ReportRequest, Results, gather, resolved
from tracker.report.sentences import headline, key_figures, summary_sentences
from tracker.report.tables import make_table
from tracker.workspace import Workspace, create_workspace

START = date(2023, 3, 1)


def call(workspace: Workspace, *words: str) -> Result:
    return CliRunner().invoke(
        cli, ["--workspace", str(workspace.folder), *words], obj=GlobalOptions()
    )


def told(workspace: Workspace, *words: str) -> str:
    done = call(workspace, *words)
    assert done.exit_code == 0, done.output
    return done.stdout


def given_values(folder: Path, values: dict[str, list[float]], countries: dict[str, str]) -> Path:
    """A table of a model of each lab every forty days, the labs five days apart."""
    file = folder / "values.csv"
    with file.open("w", newline="") as opened:
        rows = csv.writer(opened)
        rows.writerow(["model", "lab", "country", "released_on", "value", "observed_on",
                       "open_weights"])  # fmt: skip
        for shift, (lab, series) in enumerate(values.items()):
            for k, value in enumerate(series):
                day = START + timedelta(days=40 * k + 5 * shift)
                rows.writerow([f"{lab} {k}", lab, countries[lab], day, value, "2026-06-10",
                               "false"])  # fmt: skip
    return file


def made(folder: Path, values: dict[str, list[float]], **countries: str) -> Workspace:
    workspace = create_workspace(folder / "w")
    file = given_values(folder, values, countries)
    workspace.import_files("csv", [file], index="Horizon", version="1", whole=True)
    return workspace


@pytest.fixture(scope="module")
def minutes(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Time horizons that double every hundred and twenty days."""
    us = [20 * 2 ** (k / 3) * (1 + 0.1 * (k % 4)) for k in range(30)]
    cn = [8 * 2 ** (k / 3) * (1 + 0.1 * (k * 7 % 5)) for k in range(30)]
    return made(tmp_path_factory.mktemp("minutes"), {"A": us, "B": cn}, A="US", B="CN")


@pytest.fixture(scope="module")
def shares(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Scores from zero to one."""
    us = [0.2 + 0.02 * k + 0.01 * (k % 3) for k in range(30)]
    cn = [0.18 + 0.02 * k + 0.008 * (k * 7 % 4) for k in range(30)]
    return made(tmp_path_factory.mktemp("shares"), {"A": us, "B": cn}, A="US", B="CN")


@pytest.fixture(scope="module")
def joint(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A lab of both countries holds the best model of each."""
    series = {
        "A": [10.0 + k + 0.3 * (k % 3) for k in range(20)],
        "B": [8.0 + k + 0.2 * (k % 4) for k in range(20)],
        "J": [15.0 + k + 0.1 * (k % 5) for k in range(20)],
    }
    return made(tmp_path_factory.mktemp("joint"), series, A="US", B="GB", J="GB,US")


QUICK = ("--horizon", "12", "--draws", "400")


def test_medians_and_ratios_of_a_quantity_that_grows_by_factors(minutes: Workspace) -> None:
    document = json.loads(told(minutes, "forecast", *QUICK, "--format", "json"))
    assert document["scale"]["logarithmic"]
    row, ratio = document["by_model"][0], document["gap_doublings"][-1]
    text = told(minutes, "forecast", *QUICK, "--compare")
    line = next(x for x in text.splitlines() if x.startswith("    pooled-growth:"))
    assert f"median gap at the end {row['gap_q50']:.0f} (90% {row['gap_q05']:.0f} to" in line
    assert f"; {ratio['q50']:.2f} doublings (90% {ratio['q05']:.2f} to {ratio['q95']:.2f})" in line
    # The mean lies far from the median, and is printed nowhere.
    assert row["gap_mean"] > 1.5 * row["gap_q50"]
    assert f"{row['gap_mean']:.0f}" not in text
    assert "mean" not in text
    gap = json.loads(told(minutes, "gap", "--format", "json"))
    assert gap["gap_ratio"] == gap["leader"]["value"] / gap["follower"]["value"]
    lines = told(minutes, "gap")
    assert re.search(r"Gap: \d+ points; [\d.]+ times, [\d.]+ doublings", lines)


def test_charts_of_such_a_quantity(minutes: Workspace, tmp_path: Path) -> None:
    rows = json.loads(told(minutes, "chart", "forecast-gap", *QUICK, "--format", "json"))
    assert max(abs(r["q95"]) for r in rows if r["kind"] == "forecast") < 60  # doublings
    rows = json.loads(told(minutes, "chart", "forecast-models", "--horizon", "12", "--draws", "100",
                           "--model", "persistence", "--format", "json"))  # fmt: skip
    assert "doublings_q50" in rows[0]
    for name in ("frontier", "gap", "leaderboard", "events"):
        told(minutes, "chart", name, "--out", str(tmp_path / f"{name}.svg"))
    svg = (tmp_path / "frontier.svg").read_text("utf-8")
    assert "Points, logarithmic" in svg
    assert all(f">{tick}<" in svg or f"<!-- {tick} -->" in svg for tick in (10, 100, 1000, 10000))


def of_report(workspace: Workspace, quarter: str) -> Results:
    """What a report of the quarter is about."""
    asked = resolved(workspace.data, ReportRequest(quarter))
    return gather(workspace.data, asked, lambda _: None)


def test_a_report_of_such_a_quantity(minutes: Workspace) -> None:
    results = of_report(minutes, "2026Q2")
    assert re.match(r"CN trails US by \d+ points \([\d.]+ times, [\d.]+ doublings\), [\d.]+ months",
                    headline(results.quarter))  # fmt: skip
    assert results.forecast is not None
    for name in ("forecast-gap", "forecast-frontier"):
        shown = make_table(load(name).table(results.forecast), results.forecast.scale)
        assert "mean" not in [c.name for c in shown.columns]
        assert "q50" in [c.name for c in shown.columns]


def test_fractions_are_told_in_four_decimals_by_every_command(
    shares: Workspace, tmp_path: Path
) -> None:
    gap = json.loads(told(shares, "gap", "--format", "json"))
    digits = f"{gap['gap_points']:.4f}"
    text = told(shares, "forecast", *QUICK)
    assert not re.search(r"(?<![\d.])-?0\.[01](?!\d)", text.split("Model:")[1].split("quarter")[0])
    assert f"Gap: {digits} points" in told(shares, "gap")
    assert f"-> {digits} points" in told(shares, "diff", "2026-01-01", "2026-06-10")
    value = f"{gap['leader']['value']:.4f}"
    for command in (["gap"], ["frontier"], ["list"], ["history", gap["leader"]["model"]]):
        assert value in told(shares, *command), command
    for name in ("frontier", "leaderboard"):
        out = tmp_path / f"{name}.svg"
        told(shares, "chart", name, "--out", str(out))
        assert value in out.read_text("utf-8"), name
    results = of_report(shares, "2026Q2")
    assert f"by {digits} points" in headline(results.quarter)
    assert key_figures(results)[0].value == digits
    assert value in " ".join(summary_sentences(results))


def test_the_same_digits_of_an_index_in_every_command(demo: Workspace, tmp_path: Path) -> None:
    for name in ("frontier", "leaderboard"):
        out = tmp_path / f"{name}.svg"
        told(demo, "chart", name, "--out", str(out))
        assert "64.88" in out.read_text("utf-8")
    for command in (["gap"], ["frontier"], ["list", "--since", "2026-06-01"]):
        assert "64.88" in told(demo, *command)


def test_closing_at_the_ceiling_is_said_to_be_an_exhausted_index(demo: Workspace) -> None:
    words = ("forecast", "--horizon", "36", "--draws", "2000")
    document = json.loads(told(demo, *words, "--format", "json"))
    closure = document["closure"]
    closed, spent = closure["probability_within_horizon"], closure["probability_exhausted"]
    last = closure["by_quarter"][-1]
    assert (last["probability_closed"], last["probability_exhausted"]) == (closed, spent)
    assert document["by_model"][0]["probability_exhausted"] == spent
    assert 0.3 < closed < 0.45 < 0.55 < closed + spent < 0.85  # 57% closed, of which 21 were not
    text = told(demo, *words)
    assert f"closes by 2029-06-10: {closed:.0%}; {spent:.0%} that US reaches the ceiling" in text
    chart = json.loads(told(demo, "chart", "closure", *words[1:], "--format", "json"))
    assert [row | {"over": None} for row in chart] == [
        row | {"over": None} for row in closure["by_quarter"]
    ]
    issued = json.loads(told(demo_copy(demo), "ledger", "issue", *words[1:], "--format", "json"))
    assert (issued["probability_closed"], issued["probability_exhausted"]) == (closed, spent)


def demo_copy(demo: Workspace) -> Workspace:
    """Another workspace of the same observations, to be written to."""
    return june_workspace(demo.folder.parent / "copy")


def test_an_exhausted_index_is_said_to_be_so(tmp_path: Path) -> None:
    series = {"A": [60.0 + 2 * k for k in range(21)], "B": [58.0 + 2 * k for k in range(22)]}
    workspace = create_workspace(tmp_path / "w")
    file = given_values(tmp_path, series, {"A": "US", "B": "CN"})
    workspace.import_files("csv", [file], index="Epoch mmlu", version="epoch")
    assert "stands at the ceiling of the index" in told(workspace, "gap")
    text = told(workspace, "forecast", *QUICK)
    assert "The index is exhausted: US stands at its ceiling of 100" in text
    assert "closed already" not in text
    document = json.loads(told(workspace, "forecast", *QUICK, "--format", "json"))
    assert document["exhausted"]
    assert not document["already_closed"]
    assert document["closure"]["probability_within_horizon"] == 0
    results = of_report(workspace, "2025Q2")
    assert headline(results.quarter) == "The index is exhausted: US stands at its ceiling"
    assert key_figures(results)[-1].value == "exhausted"
    assert "no closing of the gap can be seen" in " ".join(summary_sentences(results))
    assert results.influence is None


PAIR = ("--leader", "US", "--follower", "GB")


def test_models_of_both_blocs_count_for_neither_and_are_counted(joint: Workspace) -> None:
    gap = json.loads(told(joint, "gap", *PAIR, "--format", "json"))
    assert (gap["leader"]["model"], gap["follower"]["model"]) == ("A 19", "B 19")
    assert gap["gap_points"] == pytest.approx(29.3 - 27.6)
    assert gap["shared"] == {"rule": "neither", "models": 20, "variants": 20}
    said = "Shared: 20 models belong to both blocs (variants: 20) and count for neither."
    assert said in told(joint, "gap", *PAIR)
    assert said in told(joint, "forecast", *PAIR, *QUICK)
    forecast = json.loads(told(joint, "forecast", *PAIR, *QUICK, "--format", "json"))
    assert forecast["shared"] == gap["shared"]
    records = json.loads(
        told(joint, "frontier", "--bloc", "US", "--bloc", "GB", "--format", "json")
    )
    assert {r["model"][0] for r in records} == {"A", "B"}


def test_or_as_asked_by_the_option_or_the_settings(joint: Workspace, tmp_path: Path) -> None:
    both = json.loads(told(joint, "gap", *PAIR, "--shared", "both", "--format", "json"))
    assert (both["gap_points"], both["shared"]["rule"]) == (0, "both")
    seat = json.loads(told(joint, "gap", *PAIR, "--shared", "lab", "--format", "json"))
    assert (seat["leader"]["model"], seat["follower"]["model"]) == ("A 19", "J 19")
    file = joint.folder / "tracker.toml"
    before = file.read_text()
    try:
        file.write_text(before.replace('shared = "neither"', 'shared = "lab"'))
        assert json.loads(told(joint, "gap", *PAIR, "--format", "json")) == seat
        file.write_text(before.replace('shared = "neither"', 'shared = "all"'))
        done = call(joint, "gap")
        assert isinstance(done.exception, TrackerError)
        assert "neither, both, lab" in done.exception.hint
    finally:
        file.write_text(before)


@pytest.mark.parametrize("command", [
    ["gap"], ["forecast", *QUICK], ["fit", "--model", "linear-trend"],
    ["diff", "2026-01-01", "2026-06-10"], ["chart", "frontier"], ["chart", "gap"],
    ["backtest", "--model", "persistence", "--horizon", "1", "--draws", "100"],
])  # fmt: skip
def test_every_command_with_a_pair_takes_the_rule(joint: Workspace, command: list[str]) -> None:
    found = [
        told(joint, *command, *PAIR, "--shared", rule, "--format", "json")
        for rule in ("neither", "both")
    ]
    assert found[0] != found[1]
    done = call(joint, *command, "--leader", "US,GB", "--follower", "GB,US", "--format", "json")
    assert isinstance(done.exception, UsageError)
    assert "one set of models" in done.exception.message


def test_the_seat_is_the_first_country_of_the_lab_in_the_catalogue(tmp_path: Path) -> None:
    series = {"A": [10.0, 11.0], "B": [8.0, 9.0], "DeepMind": [20.0, 21.0]}
    workspace = made(tmp_path, series, A="US", B="GB", DeepMind="GB,US")
    gap = json.loads(told(workspace, "gap", *PAIR, "--shared", "lab", "--format", "json"))
    assert gap["leader"]["value"] == 21.0  # Google is placed in US first, then in GB
    none = json.loads(told(workspace, "gap", "--leader", "US", "--follower", "GB",
                           "--format", "json"))  # fmt: skip
    assert (none["leader"]["value"], none["shared"]["models"]) == (11.0, 2)
