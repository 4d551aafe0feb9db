"""A name that nobody knows is answered with the nearest known one, wherever it is written."""

import json
from pathlib import Path

import pytest

from tests.conftest import june_workspace
from tracker.cli import run
from tracker.settings import FILE

INDEX = "Artificial Analysis Intelligence Index"
# What is written, and the name that is meant.
SLIPS = {
    "command": (["forcast"], "forecast"),
    "command cut short": (["hist", "X"], "history"),
    "command of a group": (["ledger", "isue"], "issue"),
    "command of another group": (["lab", "ad", "X"], "add"),
    "option": (["gap", "--toleranse", "1"], "--tolerance"),
    "choice": (["gap", "--by", "quater"], "quarter"),
    "format": (["--format", "parket", "gap"], "parquet"),
    "source": (["import", "cvs", "x.csv"], "csv"),
    "chart": (["chart", "forecst-gap", "--out", "x.svg"], "forecast-gap"),
    "trend model": (["forecast", "--model", "linear-trnd"], "linear-trend"),
    "trend model of a fit": (["fit", "--model", "gompertzz"], "gompertz"),
    "trend model of a backtest": (["backtest", "--model", "theil"], "theil-sen"),
    "bloc": (["gap", "--leader", "propietary"], "proprietary"),
    "group": (["gap", "--follower", "BRIC"], "BRICS"),
    "country": (["gap", "--follower", "Chnia"], "CN"),
    "country of three letters": (["gap", "--leader", "USA"], "US"),
    "country of a lab": (["lab", "add", "Emu", "--country", "UK"], "GB"),
    "lab of a bloc": (["gap", "--follower", "lab:Deepsek"], "lab:DeepSeek"),
    "lab": (["list", "--lab", "Antropic"], "Anthropic"),
    "lab of a family": (["family", "add", "emu", "--lab", "Mistrall"], "Mistral"),
    "index": (["gap", "--index", "Artificial Analysis Inteligence Index"], INDEX),
    "index of a list": (["list", "--index", "artificial analysis"], INDEX),
    "version": (["gap", "--index-version", "4.00"], "4.0"),
    "model": (["history", "DeepSeek V32 Exp"], "DeepSeek V3.2 Exp (Reasoning)"),
    "model of an alias": (["alias", "Gemini 3 Pro Previw", "G", "--from", "2026-06-01"],
                          "Gemini 3 Pro Preview (high)"),
    "column": (["import", "csv", "t.csv", "--map", "valu=score"], "value"),
    "column of the file": (["import", "csv", "t.csv", "--map", "value=scor"], "score"),
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled data, a group of countries, and beside them a table."""
    made = june_workspace(tmp_path_factory.mktemp("names") / "w").folder
    with (made / FILE).open("a", encoding="utf-8") as settings:
        settings.write('[groups]\nBRICS = ["BR", "RU", "IN", "CN", "ZA"]\n')
    (made / "t.csv").write_text("model,lab,score\nA,OpenAI,1\n")
    return made


@pytest.mark.parametrize("slip", SLIPS)
def test_the_answer_names_the_nearest(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], slip: str
) -> None:
    args, meant = SLIPS[slip]
    monkeypatch.chdir(folder)
    # To list what is not there is no wrong call, and a lab may have a model in another view.
    code = 0 if args[0] == "list" else 1 if slip == "lab of a bloc" else 2
    assert run(args) == code
    said = capsys.readouterr().err
    assert "Did you mean" in said
    assert meant in said.partition("Did you mean")[2].partition("?")[0]


def test_a_name_like_no_other_is_answered_with_those_there_are(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    assert run(["chart", "xyzzy", "--out", "x.svg"]) == 2
    said = capsys.readouterr().err
    assert "Did you mean" not in said
    assert "Charts: frontier, gap" in said


def test_a_group_of_countries_is_a_bloc(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    gaps = []
    for follower in ("CN,BR,RU,IN,ZA", "brics", "EU"):
        assert run(["--format", "json", "gap", "--follower", follower]) == 0
        gaps.append(json.loads(capsys.readouterr().out))
    by_hand, group, union = gaps
    assert group["gap_points"] == by_hand["gap_points"]
    assert group["follower"]["bloc"] == "BR,RU,IN,CN,ZA"
    assert union["follower"]["bloc"] == "EU"
    assert union["follower"]["lab"] == "Mistral"
