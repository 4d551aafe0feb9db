"""A source is one file and one line: whatever it reads, with options of its own, labs or none."""

import importlib
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from forecasts.errors import UsageError
from tracker import sources
from tracker.cli import importing
from tracker.sources.file import SourceFile
from tracker.workspace import Workspace

# All that a source of JSON without labs takes.
TOY = '''
"""Scores by a toy judge, a list of objects (JSON)."""

from tracker.sources.contract import Reading, ReadOptions, SourceOption
from tracker.sources.file import SourceFile
from tracker.sources.formats.json import WrongMember, number_of, object_of, parse_json, text_of
from tracker.sources.rows import Records

DESCRIPTION = "scores by a toy judge (JSON)"
OPTIONS = (SourceOption("both_sides", "toy: the score of the other side as well."),)


def read(file: SourceFile, options: ReadOptions) -> Reading:
    found = Records(file, options)
    for at, entry in enumerate(parse_json(file, "Expected a list."), start=1):
        try:
            entry = object_of(entry, "entry")
            facts = {"model": text_of(entry, "name", "name"), "source": "toy"}
            found.add(at, {**facts, "value": number_of(entry, "score", "score")})
            if options.flag("both_sides"):
                other = {"index_name": "Other side", "index_version": "1"}
                found.add(at, {**facts, **other, "value": number_of(entry, "other", "other")})
        except WrongMember as wrong:
            found.reject(at, wrong.field, wrong.reason)
    return found.reading()
'''
SCORES = [{"name": "Alpha 1", "score": 3.5, "other": 1}, {"name": "beta-2", "score": 4}]
DAY = date(2026, 2, 1)
INDEX = {"index": "Toy", "version": "1", "observed_on": DAY}


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The toy source: its file, and its line in SOURCES."""
    (tmp_path / "toy_source.py").write_text(TOY)
    with monkeypatch.context() as patch:
        patch.syspath_prepend(tmp_path)
        patch.setitem(sources.SOURCES, "toy", "toy_source")
        importlib.reload(importing)
        yield
    importlib.reload(importing)


@pytest.fixture
def known(empty: Workspace) -> Workspace:
    """A workspace that knows the two models of the toy."""
    facts = {"index": "I", "version": "1", "observed_on": date(2026, 1, 10)}
    empty.log("Alpha 1", 1.0, lab="Zhipu", released_on=date(2025, 5, 1), reasoning=True, **facts)
    empty.log(
        "Beta 2", 2.0, lab="New Lab", country="FR", released_on=date(2025, 6, 1),
        open_weights=True, **facts,
    )  # fmt: skip
    return empty


def toy_file(entries: list[dict[str, object]]) -> SourceFile:
    return SourceFile(Path("toy.json"), json.dumps(entries).encode())


def facts(workspace: Workspace, index: str) -> list[tuple[object, ...]]:
    rows = workspace.store.current().filter(index_name=index).sort("model_key")
    columns = ("model", "lab", "country", "released_on", "open_weights", "reasoning", "value")
    return rows.select(columns).rows()


@pytest.mark.usefixtures("toy")
def test_a_source_of_json_without_labs_is_filled_from_known_models(known: Workspace) -> None:
    result = known.import_files("toy", [toy_file(SCORES)], **INDEX)
    assert (result.added, result.rejected) == (2, 0)
    assert facts(known, "Toy") == [
        ("Alpha 1", "Z AI", "CN", date(2025, 5, 1), None, True, 3.5),
        ("beta-2", "New Lab", "FR", date(2025, 6, 1), True, None, 4.0),
    ]
    again = known.import_files("toy", [toy_file(SCORES)], **INDEX)
    assert (again.added, again.unchanged) == (0, 2)


@pytest.mark.usefixtures("toy")
def test_an_unknown_model_goes_in_and_is_counted(known: Workspace) -> None:
    file = toy_file([*SCORES, {"name": "C", "score": 1}])
    result = known.import_files("toy", [file], **INDEX)
    assert (result.added, result.rejected) == (3, 0)
    assert facts(known, "Toy")[-1] == ("C", None, None, None, None, None, 1.0)
    unknown = {name: (of["count"], of["models"]) for name, of in result.unknown.items()}
    assert unknown == {
        "lab": (1, ["C"]), "country": (1, ["C"]), "released_on": (1, ["C"]),
        "open_weights": (2, ["Alpha 1", "C"]),
    }  # fmt: skip


@pytest.mark.usefixtures("toy")
def test_an_option_of_its_own_is_one_everywhere(known: Workspace, tmp_path: Path) -> None:
    (tmp_path / "toy.json").write_text(json.dumps(SCORES[:1]))
    args = ["toy", str(tmp_path / "toy.json"), "--index", "Toy", "--index-version", "1"]
    args += ["--observed", "2026-06-10"]
    done = CliRunner().invoke(
        importing.import_command, [*args, "--both-sides", "--workspace", str(known.folder)]
    )
    assert done.exit_code == 0, done.output
    assert facts(known, "Other side")[0][-1] == 1.0
    assert known.import_files("toy", [toy_file(SCORES[:1])], both_sides=True, **INDEX).added == 2


def test_an_option_that_a_source_does_not_have_is_refused(empty: Workspace) -> None:
    with pytest.raises(UsageError, match=r"^The source 'csv' has no option `prices`\.$") as caught:
        empty.import_files("csv", ["none.csv"], prices=True)
    assert caught.value.hint == "Its own: `mapping`, `decimal`, `dates`, `interval`, `fill_down`."
    for wrong in ({"decimal": ";"}, {"decimal": True}, {"mapping": "value"}):
        with pytest.raises(UsageError, match=r"cannot be .*; it is "):
            sources.own_options("csv", wrong)  # type: ignore[arg-type]
    assert sources.own_options("aa", {"prices": True}) == {"components": False, "prices": True}


def test_an_option_of_two_sources_is_the_same() -> None:
    for name in sources.SOURCES:
        for option in sources.options_of(name):
            assert option in sources.every_option()


def write(file: Path, *rows: str) -> Path:
    file.write_text("\n".join(["model,lab,value,observed_on,released_on", *rows, ""]))
    return file


def test_the_same_file_is_the_same_whatever_is_known_meanwhile(
    empty: Workspace, tmp_path: Path
) -> None:
    index = {"index": "I", "version": "1"}
    april = write(tmp_path / "april.csv", "A,OpenAI,1,2026-04-01,")
    assert empty.import_files("csv", [april], **index).added == 1
    may = write(tmp_path / "may.csv", "A,OpenAI,1,2026-05-01,2026-03-01")
    assert empty.import_files("csv", [may], **index).added == 1
    assert empty.import_files("csv", [april, may], **index).unchanged == 2
    june = write(tmp_path / "june.csv", "a,OpenAI,1,2026-06-01,")
    assert empty.import_files("csv", [june], **index).added == 1
    released = empty.store.current().sort("observed_on")["released_on"]
    assert released.to_list() == [None, date(2026, 3, 1), date(2026, 3, 1)]
    # The date is corrected where it stood: the older files still say what they said.
    empty.log("A", 1.0, released_on=date(2026, 3, 2), observed_on=date(2026, 6, 2), **index)
    assert empty.import_files("csv", [june, april], **index).unchanged == 2
    # What a file itself says anew is new.
    write(may, "A,OpenAI,1,2026-05-01,2026-03-05")
    held = empty.import_files("csv", [may], **index)
    assert (held.added, held.held["count"]) == (0, 1)  # it contradicts a known date
    assert empty.import_files("csv", [may], yes=True, **index).added == 1


def test_an_import_fills_what_log_fills(known: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("model,value\nalpha 1,7\nBETA 2,8\n")
    assert (
        known.import_files("csv", [file], index="Imported", version="1", observed_on=DAY).added == 2
    )
    for model, value in (("alpha 1", 7), ("BETA 2", 8)):
        known.log(model, value, index="Logged", version="1", observed_on=DAY)
    assert facts(known, "Imported") == facts(known, "Logged")


def test_a_lab_that_is_stated_keeps_its_own_country(known: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("model,lab,value\nAlpha 1,OpenAI,7\n")
    known.import_files("csv", [file], index="J", version="1", observed_on=DAY, yes=True)
    row = known.store.current().filter(pl.col("value") == 7).row(0, named=True)
    assert (row["lab"], row["country"], row["released_on"]) == ("OpenAI", "US", date(2025, 5, 1))


def test_epoch_leaves_open_what_the_workspace_knows(known: Workspace, tmp_path: Path) -> None:
    (tmp_path / "scores.csv").write_text(
        "Model version,Accuracy\norg/Alpha 1,50%\ngpt-4-0613,40%\nUnheard,30%\nAlpha 1,\n"
    )
    (tmp_path / "model_versions.csv").write_text(
        "id,Version release date\ngpt-4-0613,2023-06-13\norg/Alpha 1,2025-05-02\n"
    )
    # A day later than the workspace knows is said, and goes in when told to.
    dry = known.import_files("epoch-benchmarks", [tmp_path / "scores.csv"], dry_run=True)
    assert (dry.added, dry.held["count"]) == (2, 1)
    result = known.import_files("epoch-benchmarks", [tmp_path / "scores.csv"], yes=True)
    assert (result.read, result.added, result.skipped, result.rejected) == (4, 3, 1, 0)
    assert [row[:4] for row in facts(known, "Epoch scores")] == [
        ("Alpha 1", "Z AI", "CN", date(2025, 5, 2)),
        ("gpt-4-0613", "OpenAI", "US", date(2023, 6, 13)),
        ("Unheard", None, None, None),
    ]
