"""Every command of the registry: its help, its example, its options, and the reference of all."""

import shlex
import shutil
from collections.abc import Callable
from inspect import signature, unwrap
from pathlib import Path

import click
import pytest

from tracker.cli import COMMANDS, cli, run
from tracker.cli.globals import global_options
from tracker.cli.reference import commands, examples, reference
from tracker.text.argv import FLAGS, option_words
from tracker.workspace import Workspace

ROOT = Path(__file__).parents[2]
EVERY = dict(commands())
SHARED = {parameter.name for parameter in global_options()}


def scores(folder: Path) -> None:
    """A table as `tracker import csv` reads it, its value in a column of another name."""
    (folder / "scores.csv").write_text(
        "model,lab,score,released_on\nOf the example,OpenAI,41.5,2026-06-01\n"
    )


def copy(folder: Path) -> None:
    """A copy of the workspace, as another computer might hold it."""
    shutil.copytree(folder, folder.parent / "laptop" / "ai-gap")


def issue(folder: Path) -> None:
    """A forecast in the ledger."""
    where = ["--quiet", "--workspace", str(folder)]
    assert run(["ledger", "issue", "--horizon", "3", "--draws", "200", *where]) == 0


def describe(folder: Path) -> None:
    """The fact that the examples name by its id, which is the hash of what it states."""
    said = ["Qwen3.7 Max", "context_window", "--value", "262144", "--observed", "2026-06-12"]
    assert run(["fact", "log", *said, "--quiet", "--workspace", str(folder)]) == 0


# What an example names must be there before.
NAMED: dict[str, Callable[[Path], None]] = {
    "import": scores, "merge": copy, "ledger show": issue, "fact correct": describe,
    "fact retract": describe,
}  # fmt: skip

# What they do is in the daily tests of the charts and the report.
LONG = {"demo", "report"}
# What they do is in the tests with a server of their own.
FETCHING = {"pull"}


def test_the_registry_has_all_commands() -> None:
    assert list(dict.fromkeys(words.split()[0] for words in EVERY)) == list(COMMANDS)
    assert {"ledger issue", "ledger list", "ledger score"} < set(EVERY)


@pytest.mark.parametrize("words", EVERY)
def test_every_command_has_help_and_an_example(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*words.split(), "--help"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    first = (EVERY[words].help or "").splitlines()[0]
    assert first
    assert first in told
    assert examples(EVERY[words])
    for line in examples(EVERY[words]):
        assert line in told
        assert line.startswith(f"tracker {words}")
    for parameter in EVERY[words].params:
        if isinstance(parameter, click.Option) and parameter.name != "draws":
            assert parameter.help, parameter.name


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(w, marks=pytest.mark.slow) if w in LONG else w
        for w in ("", *EVERY)
        if w not in FETCHING
    ],
)
def test_every_example_runs(
    words: str,
    demo: Workspace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "w"
    if words in {"", "init", "demo"}:
        folder.mkdir()
    else:
        shutil.copytree(demo.folder, folder)
        NAMED.get(words, lambda _: None)(folder)
    monkeypatch.chdir(folder)
    for line in examples(EVERY[words] if words else cli):
        name, *args = shlex.split(line)
        assert name == "tracker"
        assert run(args) == 0, capsys.readouterr().err
        told = capsys.readouterr().out
        assert told.strip()
        for at, word in enumerate(args):
            if word == "--out":
                assert Path(args[at + 1]).exists()


@pytest.mark.parametrize("words", EVERY)
def test_an_option_has_the_name_that_its_field_has_everywhere(words: str) -> None:
    for parameter in EVERY[words].params:
        if parameter.name in FLAGS and not (
            words in {"import", "link", "pull"} and parameter.name == "source"
        ):
            assert FLAGS[parameter.name] in (*parameter.opts, "MODEL")


@pytest.mark.parametrize("words", EVERY)
def test_a_command_is_called_with_what_its_function_takes(words: str) -> None:
    """Beside what is built for its first places, each option comes by the name of a parameter."""
    callback = EVERY[words].callback
    assert callback is not None
    wanted = [p.name for p in signature(unwrap(callback)).parameters.values()]
    given = {p.name for p in EVERY[words].params if p.expose_value and p.name not in SHARED}
    named = [name for name in wanted if name in given]
    built = wanted[: len(wanted) - len(named)]
    assert wanted == [*built, *named]
    assert len(built) <= 3
    assert not built or built[0] == "options"


def test_a_field_in_backticks_becomes_its_option() -> None:
    told = "Give `tolerance` or `observed_on`; `tracker log` has `models` NAME, `decides` has none."
    assert option_words(told) == (
        "Give --tolerance or --observed; `tracker log` has --model NAME, `decides` has none."
    )


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["chart", "gap", "--quarter", "2026Q1", "--from", "2026-01-01", "--out", "x.svg"],
         "Give --quarter, or --from and --to."),
        (["gap", "--recorded-before", "2000-01-01"], "with --recorded-before, or leave it out."),
        (["log", "New", "--value", "5"], "Add --lab NAME (and --country XX"),
        (["log", "New", "--value", "5", "--lab", "Nobody"], "--country CN"),
        (["log", "GPT-5", "--value", "x", "--observed", "2026-06-01"], "--value: "),
        (["log", "GPT-5", "--value", "5", "--url", "javascript:x"], "--url: 'javascript:'"),
        (["retract", "71760e150f40", "--reason", " "], "--reason: the text is empty"),
        (["backtest", "--from", "2026-06-09"], "a later --from, other"),
        (["--workspace", "nowhere", "gap"], "name one with --workspace DIR."),
    ],
)  # fmt: skip
def test_errors_say_the_options_of_the_command_line(
    args: list[str],
    words: str,
    demo: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(demo.folder)
    assert run(args) != 0
    assert words in capsys.readouterr().err
    assert run([*args, "--format", "json"]) != 0
    assert words in capsys.readouterr().err


def test_the_reference_is_current() -> None:
    page = (ROOT / "docs" / "commands.md").read_text("utf-8")
    assert page == reference(), "run: python -m tracker.cli.reference > docs/commands.md"
