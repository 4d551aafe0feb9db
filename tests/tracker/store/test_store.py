"""The append-only store: identity, corrections, damage, crash safety."""

import os
import threading
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from forecasts.errors import TrackerError, UsageError
from tracker.recording.importing import Rebased, RejectedRows
from tracker.store.schema import SCHEMA, identify, model_key
from tracker.store.segments import DamagedSegment, segment_files, write_atomically
from tracker.store.validation import Validation
from tracker.workspace import Workspace, create_workspace, open_workspace

FACTS = {"lab": "OpenAI", "index": "I", "version": "1", "observed_on": date(2025, 1, 2)}


def test_the_same_fact_is_recorded_once(empty: Workspace) -> None:
    first = empty.log("M", 5.0, **FACTS)
    again = empty.log("M", 5.0, **FACTS)
    assert (first.added, again.added) == (True, False)
    assert first.observation_id == again.observation_id
    assert empty.store.rows().height == 1


def test_identity_is_stable() -> None:
    # Written down once: a change of it would record every fact of every workspace anew.
    row = {
        "model": "GPT-5 (high)", "lab": "OpenAI", "country": "US", "released_on": date(2025, 8, 7),
        "index_name": "I", "index_version": "1", "value": 68.5, "observed_on": date(2025, 8, 8),
        "source": "s", "estimated": False,
    }  # fmt: skip
    first, second = (identify(pl.DataFrame([row]))["observation_id"].item() for _ in range(2))
    assert first == second == "1fe0122ea1ef0a28f3120bda69c5e847"
    for column, value in (("value", 68.6), ("note", "x"), ("estimated", True), ("stderr", 0.0)):
        assert identify(pl.DataFrame([{**row, column: value}]))["observation_id"].item() != first


def test_model_keys() -> None:
    assert model_key("GPT-5 (high)") == model_key("gpt 5 HIGH") == "gpt-5-high"
    assert model_key("GPT-4o+") != model_key("GPT-4o")
    assert model_key("文心一言") != model_key("通义千问")
    assert model_key("🚀") != model_key("🎉")


def test_correction_and_retraction(empty: Workspace) -> None:
    first = empty.log("M", 5.0, **FACTS).observation_id
    second = empty.correct(first[:8], value=6.0)
    assert empty.list()["value"].to_list() == [6.0]
    with pytest.raises(TrackerError, match="no longer stands"):
        empty.correct(first, value=7.0)
    third = empty.correct(second, value=7.0)
    assert empty.list()["value"].to_list() == [7.0]
    empty.retract(third, "never said")
    assert empty.list().is_empty()
    assert empty.history("M")["state"].to_list() == [
        "superseded", "superseded", "retracted", "retraction",
    ]  # fmt: skip
    with pytest.raises(UsageError):
        empty.correct("ffff", value=1.0)


def test_rival_corrections_have_one_winner(empty: Workspace, tmp_path: Path) -> None:
    first = empty.log("M", 5.0, **FACTS).observation_id
    copy = create_workspace(tmp_path / "copy")
    for file in segment_files(empty.store.folder):
        (copy.store.folder / file.name).write_bytes(file.read_bytes())
    empty.correct(first, value=6.0)
    copy.correct(first, value=7.0)
    for file in segment_files(copy.store.folder):
        (empty.store.folder / file.name).write_bytes(file.read_bytes())
    assert empty.list()["value"].to_list() == [7.0]


def test_compaction_keeps_every_row(empty: Workspace) -> None:
    for value in range(5):
        empty.log(f"M{value}", float(value), **FACTS)
    before = empty.store.rows()
    assert empty.store.compact() == (5, 1)
    assert empty.store.rows().equals(before)
    assert empty.store.validate() == Validation(1, 5, [])


@pytest.mark.parametrize("harm", ["truncate", "flip", "zero", "foreign", "empty"])
def test_damage_is_named_and_can_be_skipped(empty: Workspace, harm: str) -> None:
    empty.log("M", 5.0, **FACTS)
    empty.log("N", 6.0, **FACTS)
    victim = segment_files(empty.store.folder)[0]
    content = victim.read_bytes()
    if harm == "foreign":
        victim = victim.with_name("photo.parquet")
    changed = {
        "truncate": content[:-20], "flip": content[:99] + bytes([content[99] ^ 1]) + content[100:],
        "zero": bytes(len(content)), "foreign": b"x", "empty": b"",
    }[harm]  # fmt: skip
    victim.write_bytes(changed)
    with pytest.raises(DamagedSegment, match=victim.name):
        empty.list()
    rest = open_workspace(empty.folder, skip_damaged=True)
    assert "N" in rest.list()["model"].to_list()
    assert [d.file for d in empty.store.validate().damaged] == [victim.name]


@pytest.mark.parametrize("kind", ["dangling link", "pipe", "folder"])
def test_what_is_no_file_is_named(empty: Workspace, kind: str) -> None:
    empty.log("M", 5.0, **FACTS)
    name = "20260101T000000.000000Z-" + 32 * "0" + ".parquet"
    path = empty.store.folder / name
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("nowhere")
    with pytest.raises(DamagedSegment, match=name):
        empty.list()
    assert [d.file for d in empty.store.validate().damaged] == [name]
    assert open_workspace(empty.folder, skip_damaged=True).list()["model"].to_list() == ["M"]


def test_an_atomic_write_spares_links_and_pipes(tmp_path: Path) -> None:
    target, link, pipe = tmp_path / "target", tmp_path / "link", tmp_path / "pipe"
    target.write_text("old")
    link.symlink_to(target)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    got: list[bytes] = []
    reader.start()
    write_atomically(pipe, b"through")
    reader.join(5)
    assert got == [b"through"]
    assert pipe.is_fifo()


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_refused_write_leaves_nothing(
    empty: Workspace, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    empty.log("M", 5.0, **FACTS)

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(f"os.{call}", refuse)
        with pytest.raises(OSError, match="No space"):
            empty.log("N", 6.0, **FACTS)
    assert empty.list()["model"].to_list() == ["M"]
    assert len(list(empty.store.folder.iterdir())) == 1


def test_any_parquet_reader_can_read_a_segment(empty: Workspace) -> None:
    empty.log("M", 5.0, **FACTS)
    rows = pl.read_parquet(empty.store.folder / "*.parquet")
    assert rows.schema == pl.Schema(SCHEMA)


def test_log_tells_what_changed_and_warns(demo: Workspace, tmp_path: Path) -> None:
    workspace = create_workspace(tmp_path / "w", demo=True)
    quiet = workspace.log("GLM-9 (high)", 57.78, lab="Zhipu")
    assert quiet.observation["lab"] == "Z AI"
    assert quiet.observation["country"] == "CN"
    assert quiet.effects[0].startswith("New CN frontier: GLM-9 (high) at 57.78, +1.2")
    assert quiet.effects[1].startswith("Gap US to CN: 8.30 -> 7.1")
    assert quiet.warnings == []
    loud = workspace.log("GLM 9(high)", 580, lab="Zhipu").warnings
    assert len(loud) == 3  # out of range, far above, and a second value of the day
    assert workspace.log("GLMM-9", 10, lab="Zhipu").warnings


def test_csv_import(empty: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "s.csv"
    file.write_text("\ufeffmodel;lab;score\nA;OpenAI;1,5\nB;Kimi;2\n", "utf-8")
    result = empty.import_files(
        "csv", [file], mapping={"value": "score"}, decimal=",", index="I", version="1"
    )
    assert (result.read, result.added, result.rejected) == (2, 2, 0)
    rows = empty.list()
    assert rows.sort("model")["value"].to_list() == [1.5, 2.0]
    assert set(rows["lab"]) == {"OpenAI", "Moonshot AI"}
    assert set(rows["country"]) == {"US", "CN"}


BAD = {
    "nan": ("value", "nan"), "infinity": ("value", "inf"), "text": ("value", "high"),
    "comma": ("value", "1,5"), "future": ("released_on", "2999-01-01"),
    "impossible": ("released_on", "2025-02-30"), "not iso": ("released_on", "01/02/2025"),
    "country": ("country", "XX"), "newline": ("model", "a\nb"), "bidi": ("model", "a\u202eb"),
    "escape": ("model", "a\x1b[31mb"), "no lab": ("lab", "Nobody Knows Inc"),
    "empty": ("model", " "),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_bad_row_stops_the_import_and_names_row_and_field(
    empty: Workspace, tmp_path: Path, case: str
) -> None:
    column, value = BAD[case]
    good = {"model": "A", "lab": "OpenAI", "value": "1", "country": "", "released_on": ""}
    bad = {**good, "model": "B", column: value}
    file = tmp_path / "s.csv"
    pl.DataFrame([good, bad]).write_csv(file)
    with pytest.raises(RejectedRows) as caught:
        empty.import_files("csv", [file], index="I", version="1")
    field = "country" if case == "no lab" else column
    assert [(p["row"], p["field"]) for p in caught.value.result.problems] == [(3, field)]
    assert empty.store.rows().is_empty()
    kept = empty.import_files("csv", [file], index="I", version="1", keep_good=True)
    assert (kept.added, kept.rejected) == (1, 1)


@pytest.mark.parametrize(
    "name", ['a "quoted" name', "🚀 rocket", "דגם", "=1+1", "<b>x</b>", "a,b;c"]
)
def test_unusual_names_are_kept_as_they_are(empty: Workspace, tmp_path: Path, name: str) -> None:
    empty.log(name, 5.0, **FACTS)
    assert empty.list()["model"].to_list() == [name]


def test_rebasing_is_refused(demo: Workspace, tmp_path: Path) -> None:
    rows = demo.observations().with_columns(pl.col("value") * 0.7)
    file = tmp_path / "later.csv"
    rows.select("model", "lab", "country", "value", "released_on").write_csv(file)
    workspace = create_workspace(tmp_path / "w", demo=True)
    with pytest.raises(Rebased) as caught:
        workspace.import_files("csv", [file], observed_on=date(2026, 7, 1))
    assert caught.value.shift.compared == 491
    assert caught.value.shift.examples.height == 5
    done = workspace.import_files("csv", [file], version="5", observed_on=date(2026, 7, 1))
    assert done.added == 491


def test_components(empty: Workspace, snapshots: dict[str, Path]) -> None:
    result = empty.import_files("aa", [snapshots["06"]], components=True)
    assert result.added == result.read - result.skipped
    names = set(empty.list()["index_name"])
    assert {"AA gpqa", "AA hle", "Artificial Analysis Intelligence Index"} <= names
    assert "AA artificial_analysis_intelligence_index" not in names
