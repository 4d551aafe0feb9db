"""Slips of the hand in recording: warned of and asked about; and what is said after."""

import re
from datetime import date

import pytest
from click.testing import CliRunner
from commands import MAIN, best, run

from forecasts.errors import TrackerError
from tracker.cli import cli
from tracker.recording.log import Release, plan_release
from tracker.workspace import Workspace

TODAY = {"observed_on": date(2026, 6, 12)}
SEEN = ("--observed", "2026-06-10")
SLIPS: dict[str, tuple[str, float, dict[str, object], str]] = {
    "observed first": (
        "New", 20, {"lab": "OpenAI", "released_on": date(2026, 6, 14), **TODAY},
        "It was observed on 2026-06-12, before its release on 2026-06-14.",
    ),
    "country": (
        "New", 20, {"lab": "OpenAI", "country": "CN"},
        "The lab 'OpenAI' is in the catalogue as one of US, not CN.",
    ),
    "other lab": (
        "GPT-5 (high)", 44.6, {"lab": "Google"},
        "The model 'GPT-5 (high)' is known here as one of OpenAI, not Google.",
    ),
    "far from before": ("GPT-5 (high)", 30, {}, "The value 30 is far from this model's"),
    "share": ("New", 0.581, {"lab": "OpenAI"}, "0.581: is that a share?"),
    "near lab": (
        "New", 20, {"lab": "Deepsek", "country": "CN"},
        "The lab 'Deepsek' is new here; did you mean DeepSeek?",
    ),
    "new version": (
        "New", 20, {"lab": "OpenAI", "index": MAIN, "version": "4"},
        "The version '4' is new on this index; known: 4.0",
    ),
    "new index": (
        "New", 20, {"lab": "OpenAI", "index": "AAII", "version": "1"},
        "The index 'AAII' is new here; known: ",
    ),
    "stderr": (
        "New", 20, {"lab": "OpenAI", "stderr": 150},
        "The standard error 150 is larger than the index's range of 100.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SLIPS)
def test_a_slip_is_warned_of(demo: Workspace, case: str) -> None:
    model, value, facts, words = SLIPS[case]
    release = Release(model, value, **TODAY | facts)  # type: ignore[arg-type]
    found = plan_release(demo.data, release).warnings
    assert len(found) == 1, found
    assert found[0].startswith(words)


def test_what_is_right_is_not_warned_of(demo: Workspace) -> None:
    last = demo.list(text="GPT-5 (high)", index=MAIN, version="4.0").row(0, named=True)
    for model, value, facts in [
        ("GPT-5 (high)", last["value"] + 1.5, {}),
        ("GPT-5 (high)", last["value"], {"lab": "Open AI", "country": "US"}),
        ("New", 20, {"lab": "Wholly Different Name", "country": "FR"}),
        ("New", 20, {"lab": "OpenAI", "source_url": "https://example.com/a"}),
        ("New", 20, {"lab": "OpenAI", "source_url": "doi:10.1000/182"}),
        ("New", 20, {"lab": "OpenAI", "source_url": "notes/seen.txt"}),
    ]:
        release = Release(model, value, **TODAY | facts)  # type: ignore[arg-type]
        assert plan_release(demo.data, release).warnings == []


def test_a_terminal_is_asked_and_yes_skips(own: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker.cli.recording._at_terminal", lambda: True)
    before = own.list()
    call = ["--workspace", str(own.folder), "log", "New", "--lab", "OpenAI", "--value", "0.5"]
    done = CliRunner().invoke(cli, call, input="\nn\n")
    assert "No release date is known. Released on [" in done.stderr
    assert "Record it all the same?" in done.stderr
    assert done.exit_code != 0
    row = best(own, "CN")
    call = ["--workspace", str(own.folder), "correct", str(row["observation_id"])]
    done = CliRunner().invoke(cli, [*call, "--value", "99"], input="n\n")
    assert "Record it all the same?" in done.stderr
    assert own.list().equals(before)
    assert CliRunner().invoke(cli, [*call, "--value", "99", "--yes"]).exit_code == 0
    assert best(own, "CN")["value"] == 99


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["gap", "--leader", ""], 2, "--leader"),
        (["gap", "--follower", " "], 2, "--follower"),
        (["gap", "--index", ""], 2, "--index"),
        (["forecast", "--model", ""], 2, "--model"),
        (["gap", "--as-of", "2999-01-01"], 2, "2999-01-01 is in the future"),
        (["list", "--as-of", "2999-01-01"], 2, "2999-01-01 is in the future"),
        (["gap", "--recorded-before", "2020-01-01"], 1,
         "Nothing was recorded before 2020-01-01T00:00:00Z"),
        (["gap", "--as-of", "2010-01-01"], 1, "on 2010-01-01 (vintage real: observed by then)"),
        (["gap", "--as-of", "2010-01-01"], 1, "The first observation of"),
        (["gap", "--follower", "ZZ", "--as-of", "2026-06-10"], 1,
         "On 2026-06-10, vintage real, countries with models: "),
        (["history", "GTP-5 (hihg)"], 2, "GPT-5 (high)"),
        (["list", "--lab", "Nope"], 0, "No observation matches"),
        (["list", "--bloc", "ZZ"], 0, "No observation matches"),
    ],
)  # fmt: skip
def test_what_was_asked_wrongly_is_told(
    demo: Workspace, args: list[str], code: int, words: str
) -> None:
    done = run(demo, *args)
    said = done.stderr + str(done.exception) + str(getattr(done.exception, "hint", ""))
    assert words in said
    if isinstance(done.exception, TrackerError):
        assert done.exception.exit_code == code
    else:
        assert done.exit_code == code


def test_the_history_is_told_to_the_minute(demo: Workspace) -> None:
    name = best(demo, "CN")["model"]
    out = CliRunner(env={"COLUMNS": "400"}).invoke(
        cli, ["--workspace", str(demo.folder), "history", str(name)]
    )
    assert re.search(r" \d{4}-\d\d-\d\d \d\d:\d\d  ", out.stdout)
