"""Slips of the hand in recording: warned of, asked about, never refused; and what is said after."""

import json
import re
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from forecasts.errors import TrackerError, UsageError
from tracker.cli import cli
from tracker.recording.log import plan_release
from tracker.workspace import Workspace, create_workspace

MAIN = "Artificial Analysis Intelligence Index"


@pytest.fixture
def own(tmp_path: Path) -> Workspace:
    """The bundled data, to be changed."""
    return create_workspace(tmp_path / "own", demo=True)


def run(workspace: Workspace, *args: str) -> Result:
    return CliRunner().invoke(cli, ["--workspace", str(workspace.folder), *args])


def best(workspace: Workspace, bloc: str) -> dict[str, object]:
    return workspace.list(bloc=bloc, index=MAIN, version="4.0").sort("value").row(-1, named=True)


def test_a_correction_warns_and_says_what_it_changed(own: Workspace) -> None:
    row = best(own, "CN")
    gap = own.gap().gap_points
    done = run(own, "correct", str(row["observation_id"])[:12], "--value", "999")
    assert done.exit_code == 0
    assert "Warning: The value 999 is outside the index's range" in done.stderr
    assert "far above the best" in done.stderr
    assert f"value {row['value']:.12g} -> 999" in done.stdout
    assert f"New CN frontier: {row['model']} at 999" in done.stdout
    assert f"Gap US to CN: {gap:.2f} -> {own.gap().gap_points:.2f} points." in done.stdout


def test_a_harmless_correction_warns_of_nothing(own: Workspace) -> None:
    row = best(own, "CN")
    value = float(row["value"]) + 0.25  # type: ignore[arg-type]
    done = run(
        own, "--format", "json", "correct", str(row["observation_id"]), "--value", f"{value}"
    )
    body = json.loads(done.stdout)
    assert body["warnings"] == []
    assert body["changed"] == [{"column": "value", "before": row["value"], "after": value}]
    assert own.store.snapshot().find(body["observation_id"])["value"] == value


def test_a_corrected_lab_goes_through_the_catalogue(own: Workspace) -> None:
    row = best(own, "US")
    new = own.correct(str(row["observation_id"]), lab="Zhipu")
    held = own.store.snapshot().find(new)
    assert (held["lab"], held["country"]) == ("Z AI", "CN")
    done = run(own, "correct", new, "--lab", "Nolab")
    assert "The lab 'Nolab' is new here." in done.stderr
    assert "lab Z AI -> Nolab" in done.stdout
    with pytest.raises(UsageError, match=r"^--released: '2030-01-01' is in the future"):
        own.correct(str(best(own, "CN")["observation_id"]), released_on=date(2030, 1, 1))


def test_a_retraction_says_what_it_changed(own: Workspace) -> None:
    row = best(own, "CN")
    before = own.gap().gap_points
    done = run(own, "retract", str(row["observation_id"]), "--reason", "wrong")
    assert "The CN frontier is corrected down by" in done.stdout
    assert f"Gap US to CN: {before:.2f} -> {own.gap().gap_points:.2f} points." in done.stdout


TODAY = {"observed_on": date(2026, 6, 10)}
SLIPS: dict[str, tuple[str, float, dict[str, object], str]] = {
    "observed first": (
        "New", 20, {"lab": "OpenAI", "released_on": date(2026, 6, 12), **TODAY},
        "It was observed on 2026-06-10, before its release on 2026-06-12.",
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
    found = plan_release(demo, model, value, **facts).warnings  # type: ignore[arg-type]
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
        assert plan_release(demo, model, value, **facts).warnings == []  # type: ignore[arg-type]


def test_a_terminal_is_asked_and_yes_skips(own: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker.cli.recording._at_terminal", lambda: True)
    before = own.list()
    call = ["--workspace", str(own.folder), "log", "New", "--lab", "OpenAI", "--value", "0.5"]
    done = CliRunner().invoke(cli, call, input="n\n")
    assert "Record it all the same?" in done.stderr
    assert done.exit_code != 0
    row = best(own, "CN")
    call = ["--workspace", str(own.folder), "correct", str(row["observation_id"])]
    done = CliRunner().invoke(cli, [*call, "--value", "999"], input="n\n")
    assert "Record it all the same?" in done.stderr
    assert own.list().equals(before)
    assert CliRunner().invoke(cli, [*call, "--value", "999", "--yes"]).exit_code == 0
    assert best(own, "CN")["value"] == 999


@pytest.mark.parametrize(
    ("facts", "message", "hint"),
    [
        ({"lab": "Deepsek"}, "--country: the lab is not in", "Did you mean --lab 'DeepSeek'?"),
        ({"lab": ""}, "--lab is empty.", ""),
        ({"lab": "OpenAI", "country": " "}, "--country is empty.", ""),
        ({"lab": "OpenAI", "source_url": "javascript:alert(1)"}, "--url: 'javascript:'", "https"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    demo: Workspace, facts: dict[str, str], message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        plan_release(demo, "New", 20, **facts)  # type: ignore[arg-type]
    assert str(caught.value).startswith(message)
    assert hint in caught.value.hint


def test_a_decimal_comma_is_told_what_to_write(demo: Workspace) -> None:
    with pytest.raises(UsageError, match=r"^--value: '58,1' is not a number\.$") as caught:
        plan_release(demo, "New", "58,1", lab="OpenAI")
    assert caught.value.hint == "Write 58.1."


def test_an_import_says_what_it_took_by_default(own: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "c.csv"
    file.write_text("model,lab,value,released_on\nA,OpenAI,1,2026-01-01\n")
    done = run(own, "import", "csv", str(file), "--index", "NewIdx")
    assert "taken as index 'NewIdx', version '1', which is new here; --index-version" in done.stderr
    assert "Added 1 observation of NewIdx 1" in done.stdout
    assert "0 were there already" in done.stdout
    again = run(own, "import", "csv", str(file), "--index", "NewIdx")
    assert "new here" not in again.stderr
    assert "1 was there already" in again.stdout
    named = run(own, "import", "csv", str(file), "--index", "Other", "--index-version", "2")
    assert "new here" not in named.stderr


def test_an_import_counts_each_index(own: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "c.csv"
    file.write_text(
        "model,lab,value,index_name,index_version\nA,OpenAI,1,I,1\nB,OpenAI,2,I,1\nA,OpenAI,3,J,2\n"
    )
    done = run(own, "import", "csv", str(file), "--dry-run")
    assert "Would add 3 observations of 2 indices (2 of I 1, 1 of J 2)" in done.stdout
    done = run(own, "--format", "json", "import", "csv", str(file))
    body = json.loads(done.stdout)
    assert body["indices"] == [
        {"index_name": "I", "index_version": "1", "added": 2},
        {"index_name": "J", "index_version": "2", "added": 1},
    ]
    assert (body["index_name"], body["added"]) == ("I", 3)


def test_an_import_notes_another_country_of_a_known_lab(own: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "c.csv"
    file.write_text(
        "model,lab,value,country\nA,OpenAI,1,US\nB,OpenAI,2,CN\nC,Zhipu,2,US\nD,Zhipu,2,\n"
    )
    done = run(own, "import", "csv", str(file), "--index", "I", "--index-version", "1")
    assert done.exit_code == 0
    assert (
        "2 rows have another country than the catalogue has for the lab, first 'B': OpenAI with "
        "CN, not US." in done.stderr
    )


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
