"""The table of facts: append-only, corrected and taken back by rows, the same however merged."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasts.errors import TrackerError, UsageError
from tracker.store.facts import COLUMNS, DamagedFacts, Facts, no_facts

DAY = date(2026, 6, 10)


def said(model: str, number: float, name: str = "parameters", day: date = DAY) -> dict[str, Any]:
    return {"model": model, "name": name, "number": number, "observed_on": day, "source": "page"}


def stated(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([*rows], schema=no_facts().schema)


def put(facts: Facts, *rows: dict[str, Any], import_id: str | None = None) -> int:
    new = facts.unknown(stated(*rows), import_id)
    facts.record(new)
    return new.height


def known(facts: Facts) -> list[tuple[str, float]]:
    return facts.standing().select("model", "number").sort("model", "number").rows()


def id_of(facts: Facts, model: str) -> str:
    return str(facts.standing().filter(model=model)["fact_id"].item())


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    return Facts(tmp_path / "facts")


def test_a_fact_is_recorded_once(facts: Facts) -> None:
    assert put(facts, said("A", 7), said("A", 7), said("B", 0.0)) == 2
    assert put(facts, said("A", 7), said("B", -0.0)) == 0
    assert known(facts) == [("A", 7.0), ("B", 0.0)]
    row = facts.find(id_of(facts, "A")[:8])
    assert (row["model_key"], row["unit"], row["import_id"]) == ("a", "billions", None)
    assert set(row) == set(COLUMNS)


def test_a_correction_supersedes_and_a_retraction_takes_back(facts: Facts) -> None:
    put(facts, said("A", 7), said("B", 8))
    first = id_of(facts, "A")
    second = facts.correct(first, {"number": 70.0, "note": "a slip"})
    assert known(facts) == [("A", 70.0), ("B", 8.0)]
    with pytest.raises(UsageError, match="changes nothing"):
        facts.correct(second, {"number": 70.0})
    with pytest.raises(UsageError, match="No fact that stands"):
        facts.correct(first, {"number": 1.0})
    facts.retract(second, "another model")
    assert known(facts) == [("B", 8.0)]
    # The fact itself may not come back by being stated again.
    assert put(facts, said("A", 7)) == 0
    states = facts.of_model("a").sort("recorded_at", "fact_id")
    assert sorted(states["state"]) == ["retracted", "retraction", "superseded"]


def test_what_another_import_states_stays(facts: Facts) -> None:
    put(facts, said("A", 7), said("B", 8), said("C", 9), import_id="one")
    assert put(facts, said("A", 7), said("D", 1), import_id="two") == 2
    put(facts, said("B", 8))  # by hand: held already, and so not stated anew
    assert put(facts, said("A", 7), said("D", 1), import_id="two") == 0
    ids = facts.only_of("one", ["one", "two"])
    assert facts.retract_all(ids, "the wrong file") == 2
    assert known(facts) == [("A", 7.0), ("D", 1.0)]
    # An import that was taken back holds nothing up.
    assert len(facts.only_of("two", ["two"])) == 2


def test_as_it_was_recorded_before_a_moment(facts: Facts) -> None:
    put(facts, said("A", 7))
    moment = datetime.now(UTC)
    put(facts, said("B", 8))
    facts.correct(id_of(facts, "A"), {"number": 70.0})
    past = Facts(facts.folder, recorded_before=moment)
    assert known(past) == [("A", 7.0)]
    with pytest.raises(UsageError, match="only reads"):
        put(past, said("C", 1))


def test_a_damaged_file_is_refused_or_left_out(facts: Facts) -> None:
    put(facts, said("A", 7))
    put(facts, said("B", 8))
    first = sorted(facts.folder.iterdir())[0]
    copy = facts.folder.parent / "copy"
    shutil.copytree(facts.folder, copy)
    bad = copy / first.name
    bad.write_bytes(bad.read_bytes()[:-9] + b"x" * 9)
    with pytest.raises(DamagedFacts, match="checksum"):
        Facts(copy).rows()
    assert known(Facts(copy, skip_damaged=True)) == [("B", 8.0)]
    assert [d.file for d in Facts(copy).damaged()] == [first.name]
    assert facts.damaged() == []


def test_a_forged_row_is_not_taken_over(facts: Facts, tmp_path: Path) -> None:
    from tracker.store.facts import KIND
    from tracker.store.sealed_file import seal

    put(facts, said("A", 7))
    forged = facts.rows().with_columns(number=pl.lit(1000.0))
    (tmp_path / "other").mkdir()
    seal(tmp_path / "other", forged, KIND, datetime.now(UTC))
    with pytest.raises(TrackerError, match="hash"):
        facts.merge(Facts(tmp_path / "other"))
    assert [d.reason for d in Facts(tmp_path / "other").damaged()]


ACT = st.tuples(st.sampled_from("sscr"), st.integers(0, 4), st.integers(0, 9))


@settings(max_examples=20)
@given(st.lists(ACT, max_size=6), st.lists(ACT, max_size=6))
def test_copies_merge_to_the_same_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, ours: list[Any], theirs: list[Any]
) -> None:
    folder = tmp_path_factory.mktemp("facts")
    base = Facts(folder / "base")
    put(base, *(said(f"M{at}", at) for at in range(5)))
    copies = []
    for name, acts in (("one", ours), ("two", theirs)):
        shutil.copytree(base.folder, folder / name)
        copies.append(Facts(folder / name))
        for kind, model, number in acts:
            act(copies[-1], kind, f"M{model}", float(number))
    merged = []
    for at, (first, second) in enumerate((copies, copies[::-1])):
        shutil.copytree(first.folder, folder / f"merged{at}")
        merged.append(Facts(folder / f"merged{at}"))
        merged[-1].merge(second)
        assert merged[-1].merge(second) == 0
    assert known(merged[0]) == known(merged[1])
    assert merged[0].stages().sort("model_key").equals(merged[1].stages().sort("model_key"))


def act(facts: Facts, kind: str, model: str, number: float) -> None:
    """State, correct or take back a fact of a model, where there is one."""
    if kind == "s":
        put(facts, said(model, number, day=date(2026, 6, 1 + int(number))))
        return
    rows = facts.standing().filter(model=model)
    if rows.is_empty() or (kind == "c" and rows["number"][-1] == number):
        return
    if kind == "c":
        facts.correct(str(rows["fact_id"][-1]), {"number": number})
    else:
        facts.retract(str(rows["fact_id"][-1]), "why")
