"""Forgeries of the ledger: a forecast that was changed, dated back, removed or made up."""

import io
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from forecasts.verification.issued import UNSAID, Issued, from_table, to_table
from tracker.cli import run
from tracker.store.ledger import (
    FORECAST,
    DamagedLedger,
    read_ledger,
    take_over,
    verify,
    write_issued,
)
from tracker.store.sealed_file import seal
from tracker.workspace import Workspace, create_workspace, open_workspace

KEPT = Path(__file__).parent / "ledger"
QUICK = {"draws": 100, "horizon_months": 3, "models": ["persistence"]}


@pytest.fixture(scope="module")
def issued_thrice(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = create_workspace(tmp_path_factory.mktemp("ledger") / "w")
    rows = [
        {"model": f"{country}{k}", "lab": country, "country": country, "value": level + k,
         "released_on": date(2024, 1, 1) + timedelta(days=30 * k), "index_name": "I",
         "index_version": "1", "observed_on": date(2026, 1, 1), "source": "s"}
        for k in range(20)
        for country, level in (("US", 20.0), ("CN", 15.0))
    ]  # fmt: skip
    workspace.store.append(pl.DataFrame(rows))
    for note in ("first", "second", "third"):
        assert workspace.issue(note=note, **QUICK).added
    return workspace


@pytest.fixture
def copy(issued_thrice: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(issued_thrice.folder, tmp_path / "w")
    return open_workspace(tmp_path / "w")


def folder(workspace: Workspace) -> Path:
    return workspace.folder / "ledger"


def faults(workspace: Workspace) -> list[str]:
    return [check.fault for check in verify(read_ledger(folder(workspace)))]


def test_an_honest_ledger_holds(copy: Workspace) -> None:
    held = read_ledger(folder(copy))
    assert [f.terms.note for f in held.forecasts] == ["first", "second", "third"]
    first, second, third = held.forecasts
    assert (first.previous, second.previous) == ((), (first.forecast_id,))
    assert held.heads == (third.forecast_id,)
    assert faults(copy) == ["", "", ""]
    assert run(["--workspace", str(copy.folder), "--quiet", "ledger", "verify"]) == 0


def test_the_same_content_is_the_first_issue(copy: Workspace) -> None:
    again = copy.issue(note="second", **QUICK)
    assert not again.added
    assert again.issued.terms.note == "second"
    assert len(list(folder(copy).iterdir())) == 3


def forged(issued: Issued, **changes: object) -> Issued:
    """The forecast with changed circumstances and an id made anew, as a forger would."""
    made = replace(issued, **changes)  # type: ignore[arg-type]
    return replace(made, forecast_id=made.right_id)


def changed(issued: Issued) -> Issued:
    """The same with another probability of closing, under the old id."""
    said = issued.said.with_columns(
        probability=pl.when(pl.col("probability").is_not_null()).then(0.99)
    )
    return replace(issued, said=said)


def test_a_changed_forecast_under_its_new_checksum_is_refused(copy: Workspace) -> None:
    [_, second, _] = read_ledger(folder(copy)).forecasts
    sorted(folder(copy).iterdir())[1].unlink()
    write_issued(folder(copy), changed(second))
    with pytest.raises(DamagedLedger, match="its id is not that of its content"):
        read_ledger(folder(copy))
    assert run(["--workspace", str(copy.folder), "ledger", "verify"]) == 1
    assert run(["--workspace", str(copy.folder), "ledger", "score"]) == 1
    assert run(["--workspace", str(copy.folder), "validate"]) == 1


def test_a_changed_forecast_of_the_first_format_is_refused(tmp_path: Path) -> None:
    [file] = KEPT.glob("*.parquet")
    shutil.copy(file, tmp_path)
    [old] = read_ledger(tmp_path).forecasts
    assert (old.format, old.terms.note) == (1, "format 1")
    [check] = verify(read_ledger(tmp_path))
    assert (check.vouched, check.fault) == (False, "")
    table = to_table(changed(old)).drop("previous", *UNSAID)
    (tmp_path / file.name).unlink()
    first = replace(FORECAST, version=1)
    seal(tmp_path, table, first, old.issued_at)
    with pytest.raises(DamagedLedger, match="its id is not that of its content"):
        read_ledger(tmp_path)


def test_a_copy_dated_back_does_not_shadow_the_genuine_one(copy: Workspace) -> None:
    [_, second, third] = read_ledger(folder(copy)).forecasts
    early = second.issued_at - timedelta(days=200)
    # Under the old id it is refused.
    path = write_issued(folder(copy), replace(second, issued_at=early))
    with pytest.raises(DamagedLedger, match="its id is not that of its content, its moment"):
        read_ledger(folder(copy))
    path.unlink()
    # With an id made anew it stands in the chain before what it names.
    write_issued(folder(copy), forged(second, issued_at=early))
    assert any("dated before the forecast" in fault for fault in faults(copy))
    assert {f.forecast_id for f in read_ledger(folder(copy)).forecasts} >= {
        second.forecast_id, third.forecast_id,
    }  # fmt: skip


def test_a_copy_dated_back_that_names_none_shows(copy: Workspace) -> None:
    [first, second, _] = read_ledger(folder(copy)).forecasts
    early = first.issued_at - timedelta(days=200)
    write_issued(folder(copy), forged(second, issued_at=early, previous=()))
    assert any("names none before it" in fault for fault in faults(copy))


def test_a_file_under_another_moment_is_refused(copy: Workspace) -> None:
    path = sorted(folder(copy).iterdir())[1]
    path.rename(path.with_name("20200101T000000.000000Z" + path.name[23:]))
    with pytest.raises(DamagedLedger, match="its name is of another moment"):
        read_ledger(folder(copy))


def test_a_removed_forecast_shows(copy: Workspace) -> None:
    sorted(folder(copy).iterdir())[1].unlink()
    assert [bool(fault) for fault in faults(copy)] == [False, True]
    assert "issued before it, is missing" in faults(copy)[1]
    assert run(["--workspace", str(copy.folder), "ledger", "verify"]) == 1


def test_copies_that_grew_apart_merge_to_two_branches(copy: Workspace, tmp_path: Path) -> None:
    shutil.copytree(copy.folder, tmp_path / "other")
    other = open_workspace(tmp_path / "other")
    here, there = copy.issue(note="here", **QUICK), other.issue(note="there", **QUICK)
    before = sorted(p.name for p in folder(copy).iterdir())
    assert copy.merge(other.folder, dry_run=True).forecasts == 1
    assert sorted(p.name for p in folder(copy).iterdir()) == before
    assert copy.merge(other.folder).forecasts == 1
    assert copy.merge(other.folder).forecasts == 0
    held = read_ledger(folder(copy))
    assert set(held.heads) == {here.issued.forecast_id, there.issued.forecast_id}
    assert not any(faults(copy))
    after = copy.issue(note="after", **QUICK)
    assert set(after.issued.previous) == set(held.heads)
    assert read_ledger(folder(copy)).heads == (after.issued.forecast_id,)


def test_a_hostile_ledger_is_not_merged(copy: Workspace, tmp_path: Path) -> None:
    shutil.copytree(copy.folder, tmp_path / "other")
    [_, second, _] = read_ledger(folder(copy)).forecasts
    write_issued(tmp_path / "other" / "ledger", changed(second))
    names = sorted(p.name for p in folder(copy).iterdir())
    rows = copy.store.rows().height
    with pytest.raises(DamagedLedger):
        copy.merge(tmp_path / "other")
    with pytest.raises(DamagedLedger):
        take_over(folder(copy), tmp_path / "other" / "ledger")
    assert sorted(p.name for p in folder(copy).iterdir()) == names
    assert copy.store.rows().height == rows


def test_status_looks_at_the_ledger(copy: Workspace) -> None:
    assert copy.status()["issued_forecasts"] == 3
    sorted(folder(copy).iterdir())[0].unlink()
    status = copy.status()
    assert status["issued_forecasts"] == 2
    assert "is missing" in str(status["ledger_faults"])


def test_the_first_issue_puts_the_name_of_the_folder_on_the_disk(
    copy: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.store import atomic

    shutil.rmtree(folder(copy))
    synced: list[Path] = []
    flush = atomic.sync_folder
    monkeypatch.setattr(atomic, "sync_folder", lambda path: (synced.append(path), flush(path)))
    copy.issue(note="new", **QUICK)
    assert copy.folder in synced


Change = Callable[[pl.DataFrame], pl.DataFrame]
HOSTILE: dict[str, Change] = {
    "nothing": lambda t: t.clear(),
    "other columns": lambda t: t.select(x=pl.lit(1)),
    "other types": lambda t: t.with_columns(seed=pl.lit("x")),
    "no model": lambda t: t.with_columns(models=pl.lit([], pl.List(pl.String))),
    "null model": lambda t: t.with_columns(models=pl.lit([None], pl.List(pl.String))),
    "null date": lambda t: t.with_columns(date=pl.lit(None, pl.Date)),
    "null moment": lambda t: t.with_columns(issued_at=pl.lit(None, t.schema["issued_at"])),
    "null terms": lambda t: t.with_columns(as_of=pl.lit(None, pl.Date)),
    "short lists": lambda t: t.with_columns(pl.col("quantiles").list.head(3)),
    "infinite": lambda t: t.with_columns(
        quantiles=pl.col("quantiles").list.eval(pl.element() * float("inf"))
    ),
    "chances above one": lambda t: t.with_columns(probability=pl.col("probability") + 7),
    "two forecasts": lambda t: pl.concat([t, t.with_columns(seed=pl.col("seed") + 1)]),
    "twice": lambda t: pl.concat([t, t]),
    "no gap": lambda t: t.filter(pl.col("target") != "gap"),
    "strange role": lambda t: t.with_columns(role=pl.lit("oracle")),
    "cursor": lambda t: t.with_columns(note=pl.lit("\x1b[2J\u202e")),
    "far date": lambda t: t.with_columns(issued_at=pl.lit(2**62).cast(t.schema["issued_at"])),
}


@pytest.mark.parametrize("harm", HOSTILE)
def test_a_hostile_file_ends_in_a_sentence(
    copy: Workspace, harm: str, capfd: pytest.CaptureFixture[str]
) -> None:
    [first, *_] = read_ledger(folder(copy)).forecasts
    seal(folder(copy), HOSTILE[harm](to_table(first)), FORECAST, first.issued_at)
    issue = ["ledger", "issue", "--model", "persistence", "--horizon", "3"]
    looks = (["ledger", "list"], ["ledger", "score"], ["ledger", "verify"], ["validate"])
    for words in (*looks, ["status"], issue):
        code = run(["--workspace", str(copy.folder), *words])
        out, err = capfd.readouterr()
        assert code in {0, 1}
        assert "Unexpected" not in out + err
        assert "Traceback" not in out + err
        assert "\x1b" not in out + err
        assert "\u202e" not in out + err


def test_text_of_a_forecast_cannot_move_the_cursor(
    copy: Workspace, capfd: pytest.CaptureFixture[str]
) -> None:
    *_, third = read_ledger(folder(copy)).forecasts
    terms = replace(third.terms, note="\x1b[2J\u202e", leader_model="\x1b]0;x\x07")
    later = third.issued_at + timedelta(seconds=1)
    write_issued(folder(copy), forged(third, terms=terms, issued_at=later))
    last = read_ledger(folder(copy)).forecasts[-1].forecast_id
    for words in (["list"], ["show", last], ["score"], ["verify"]):
        assert run(["--workspace", str(copy.folder), "ledger", *words]) == 0
        out, err = capfd.readouterr()
        assert not {"\x1b", "\u202e", "\x07"} & set(out + err)


@settings(max_examples=60, deadline=None, phases=[Phase.generate],
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(at=st.floats(0, 1), byte=st.integers(0, 255), cut=st.floats(0, 1), sealed=st.booleans())
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, at: float, byte: int, cut: float, sealed: bool
) -> None:
    import hashlib

    [file] = KEPT.glob("*.parquet")
    content = bytearray(file.read_bytes())
    content[int(at * (len(content) - 1))] = byte
    content = content[: max(1, int(len(content) * (cut if cut > 0.3 else 1)))]
    place = tmp_path_factory.mktemp("l")
    checksum = hashlib.blake2b(content, digest_size=16).hexdigest() if sealed else "0" * 32
    (place / f"20260101T000000.000000Z-{checksum}.parquet").write_bytes(content)
    held = read_ledger(place, skip_damaged=True)
    assert len(held.forecasts) + len(held.damaged) == 1


def test_a_table_is_its_forecast_again(copy: Workspace) -> None:
    for issued in read_ledger(folder(copy)).forecasts:
        buffer = io.BytesIO()
        to_table(issued).write_parquet(buffer)
        back = from_table(pl.read_parquet(buffer.getvalue()))
        assert replace(back, said=issued.said) == issued
        assert back.said.equals(issued.said)
        assert back.right_id == issued.forecast_id


def test_the_moment_is_part_of_the_id(copy: Workspace) -> None:
    [first, *_] = read_ledger(folder(copy)).forecasts
    other = forged(first, issued_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert other.content == first.content
    assert other.forecast_id != first.forecast_id
    assert forged(first, data_until=date(2020, 1, 1)).forecast_id != first.forecast_id
    assert np.unique([f.forecast_id for f in read_ledger(folder(copy)).forecasts]).size == 3
