"""Any sequence of operations leaves the store saying what a dictionary says (`naive_store`)."""

import csv
import hashlib
import shutil
import tempfile
from collections import Counter
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import ClassVar
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from naive_store import Fact, NaiveStore

from forecasts.errors import TrackerError, UsageError
from tracker.recording.rebase import ACCEPTED
from tracker.store import compaction, schema, segments
from tracker.store.observations import Store
from tracker.store.sealed_file import sealed_files
from tracker.store.segments import DamagedSegment
from tracker.workspace import Workspace, create_workspace, open_workspace

START = datetime(2025, 6, 1, tzinfo=UTC)
DAYS = [date(2025, 1, 1), date(2025, 2, 1), date(2025, 3, 1)]
models = st.sampled_from(["A", "B", "GPT-5 (high)", "文心 4", '=1+1, "x"'])
versions = st.sampled_from(["1", "2"])
values = st.sampled_from([0.0, -0.0, 1.5, 2.0, -3.25, 1e11])
days = st.sampled_from(DAYS)
# Machines with different clocks: the order of recording is not the order of doing, and moments
# may be equal.
moments = st.integers(0, 40).map(lambda s: START + timedelta(seconds=s))
sides = st.integers(0, 1)
facts = st.builds(Fact, models, versions, values, days, st.sampled_from([None, "a note"]))


class Clock(datetime):
    """What the store takes for the time."""

    moment = START

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        return cls.moment


def stated(fact: Fact) -> dict[str, object]:
    return {
        "model": fact.model, "lab": "OpenAI", "country": "US", "released_on": DAYS[0],
        "index_name": "I", "index_version": fact.index_version, "value": fact.value,
        "observed_on": fact.observed_on, "source": "s", "estimated": False, "note": fact.note,
    }  # fmt: skip


class TwoCopies(RuleBasedStateMachine):
    """Two copies of a workspace that grow apart and meet again, and a dictionary of each."""

    done: ClassVar[Counter[str]] = Counter()

    @initialize(many=st.sampled_from([2, 3, 64]), large=st.sampled_from([9_000, 2**24]))
    def begin(self, many: int, large: int) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.patches = [
            patch.object(schema, "datetime", Clock),
            patch.object(compaction, "MANY", many),
            patch.object(compaction, "LARGE", large),
            patch.object(segments, "LARGE", large),
        ]
        for each in self.patches:
            each.start()
        self.touched = 0
        self.copies = [create_workspace(self.folder / name) for name in ("a", "b")]
        self.naive = [NaiveStore(), NaiveStore()]
        # They have a common stem.
        for side, day in ((0, DAYS[0]), (0, DAYS[1])):
            self.log(side, Fact("A", "1", 2.0, day), START)
        self.copy_files(1)

    def at(self, side: int, moment: datetime, what: str) -> tuple[Workspace, NaiveStore]:
        self.done[what] += 1
        Clock.moment = moment
        self.touched = side
        return self.copies[side], self.naive[side]

    def pick(self, side: int, number: int) -> str:
        ids = sorted(self.naive[side].facts)
        return ids[number % len(ids)]

    @rule(side=sides, fact=facts, moment=moments)
    def log(self, side: int, fact: Fact, moment: datetime) -> None:
        workspace, naive = self.at(side, moment, "log")
        before = naive.id_of(fact)
        added = workspace.store.append(pl.DataFrame([stated(fact)], schema_overrides=schema.SCHEMA))
        assert added.height == (before is None)
        if before is None:
            naive.add(added["observation_id"].item(), fact, moment)

    @rule(side=sides, moment=moments, rows=st.lists(facts, min_size=1, max_size=5), day=days)
    def import_file(self, side: int, moment: datetime, rows: list[Fact], day: date) -> None:
        workspace, naive = self.at(side, moment, "import")
        file = self.folder / "rows.csv"
        with file.open("w", newline="") as text:
            columns = list(stated(rows[0]))
            writer = csv.DictWriter(text, [c for c in columns if c != "observed_on"])
            writer.writeheader()
            for fact in rows:
                row = {**stated(fact), "estimated": "false"}
                del row["observed_on"]
                writer.writerow(row)
        wanted = {Fact(f.model, f.index_version, f.value, day, f.note) for f in rows}
        new = {fact for fact in wanted if naive.id_of(fact) is None}
        accepted = list(ACCEPTED.values())
        result = workspace.import_files("csv", [file], observed_on=day, accept=accepted)
        assert (result.read, result.added) == (len(rows), len(new))
        self.learn(workspace, naive, new, moment)

    def learn(
        self, workspace: Workspace, naive: NaiveStore, new: set[Fact], moment: datetime
    ) -> None:
        """Take the ids of new facts from the store: the rows it did not hold before."""
        rows = workspace.store.rows()
        rows = rows.filter(~pl.col("observation_id").is_in(list(naive.facts)))
        assert rows.height == len(new)
        for row in rows.iter_rows(named=True):
            fact = Fact(**{name: row[name] for name in Fact.__dataclass_fields__})
            assert fact in new
            naive.add(row["observation_id"], fact, moment)

    @rule(side=sides, moment=moments, number=st.integers(0, 99), value=values)
    def correct(self, side: int, moment: datetime, number: int, value: float) -> None:
        workspace, naive = self.at(side, moment, "correct")
        target = self.pick(side, number)
        old = naive.facts[target]
        if target not in naive.standing():
            with pytest.raises(TrackerError):
                workspace.correct(target, value=value)
            return
        if old.value == value:
            with pytest.raises(UsageError, match="changes nothing"):
                workspace.correct(target, value=value)
            return
        settling = naive.settling(target)
        identity = workspace.correct(target[:20], value=value)
        fact = Fact(old.model, old.index_version, value, old.observed_on, old.note, target)
        naive.add(identity, fact, naive.moments.get(identity, moment))
        self.settle(workspace, naive, settling, moment)
        # What was acknowledged stands, whatever the clocks say.
        assert identity in workspace.store.current()["observation_id"]
        assert (
            workspace.store.snapshot().acts.conflicts().filter(root=naive.root(target)).is_empty()
        )

    def settle(
        self, workspace: Workspace, naive: NaiveStore, settling: list[Fact], moment: datetime
    ) -> None:
        new = {fact for fact in settling if naive.id_of(fact) is None}
        self.learn(workspace, naive, new, moment - timedelta(microseconds=1))

    @rule(side=sides, moment=moments, number=st.integers(0, 99))
    def retract(self, side: int, moment: datetime, number: int) -> None:
        workspace, naive = self.at(side, moment, "retract")
        target = self.pick(side, number)
        old = naive.facts[target]
        if target not in naive.standing():
            with pytest.raises(TrackerError):
                workspace.retract(target, "wrong")
            return
        settling = naive.settling(target)
        identity = workspace.retract(target, "wrong")
        fact = Fact(old.model, old.index_version, None, old.observed_on, "wrong", None, target)
        naive.add(identity, fact, naive.moments.get(identity, moment))
        self.settle(workspace, naive, settling, moment)
        root = naive.root(target)
        left = workspace.store.current()["observation_id"]
        assert not [i for i in left if naive.root(i) == root]

    @rule(number=st.integers(0, 99), value=values, first=moments, second=moments)
    def act_in_both(self, number: int, value: float, first: datetime, second: datetime) -> None:
        stand = sorted(set(self.naive[0].standing()) & set(self.naive[1].standing()))
        if not stand:
            return
        target = stand[number % len(stand)]
        place = sorted(self.naive[0].facts).index(target)
        self.correct(0, first, place, value)
        place = sorted(self.naive[1].facts).index(target)
        if number % 2:
            self.retract(1, second, place)
        else:
            self.correct(1, second, place, value + 1)

    @rule(side=sides)
    def compact(self, side: int) -> None:
        workspace, _ = self.at(side, START, "compact")
        before = len(sealed_files(workspace.store.folder))
        assert workspace.store.compact()[0] == before

    @rule(side=sides)
    def open_again(self, side: int) -> None:
        self.at(side, START, "open")
        self.copies[side] = open_workspace(self.copies[side].folder)

    @rule(side=sides)
    def copy_files(self, side: int) -> None:
        workspace, naive = self.at(side, START, "copy files")
        for path in sealed_files(self.copies[1 - side].store.folder):
            shutil.copy(path, workspace.store.folder)
        naive.take(self.naive[1 - side])

    @rule(side=sides, moment=moments)
    def merge(self, side: int, moment: datetime) -> None:
        workspace, naive = self.at(side, moment, "merge")
        new = set(self.naive[1 - side].facts) - set(naive.facts)
        merged = workspace.merge(self.copies[1 - side].folder)
        assert merged.added == len(new)
        naive.take(self.naive[1 - side])
        assert sorted(merged.conflicts["observation_id"]) == naive.conflicts()

    @rule(side=sides, day=days)
    def read_as_of(self, side: int, day: date) -> None:
        workspace, naive = self.at(side, START, "as of")
        expected = naive.standing(lambda fact: fact.observed_on <= day)
        assert sorted(workspace.list(as_of=day)["observation_id"]) == expected

    @rule(side=sides, moment=moments)
    def read_recorded_before(self, side: int, moment: datetime) -> None:
        workspace, naive = self.at(side, START, "recorded before")
        past = Store(workspace.store.folder, recorded_before=moment)
        self.compare(past, naive.recorded_before(moment))

    @rule(side=sides, number=st.integers(0, 99), bit=st.integers(0, 10**6))
    def damage(self, side: int, number: int, bit: int) -> None:
        workspace, _ = self.at(side, START, "damage")
        files = sealed_files(workspace.store.folder)
        victim = files.pop(number % len(files))
        left = [i for f in files for i in pl.read_parquet(f)["observation_id"]]
        content = bytearray(victim.read_bytes())
        content[bit // 8 % len(content)] ^= 1 << bit % 8
        whole = victim.read_bytes()
        victim.write_bytes(content)
        with pytest.raises(DamagedSegment, match=victim.name):
            open_workspace(workspace.folder).list()
        skipping = open_workspace(workspace.folder, skip_damaged=True)
        # A row may stand in another file as well, recorded later there.
        assert sorted(skipping.store.rows()["observation_id"]) == sorted(set(left))
        assert [d.file for d in skipping.store.snapshot().damaged] == [victim.name]
        victim.write_bytes(whole)

    @invariant()
    def reading_equals_the_dictionary(self) -> None:
        if hasattr(self, "copies"):
            self.compare(self.copies[self.touched].store, self.naive[self.touched])

    def compare(self, store: Store, naive: NaiveStore) -> None:
        rows = store.rows()
        found = dict(zip(rows["observation_id"], rows["recorded_at"], strict=True))
        assert len(found) == rows.height
        assert found == naive.moments
        assert sorted(store.current()["observation_id"]) == naive.standing()
        for row in rows.iter_rows(named=True):
            fact = naive.facts[row["observation_id"]]
            assert fact == Fact(**{name: row[name] for name in Fact.__dataclass_fields__})
        conflicts = store.snapshot().acts.conflicts()
        assert sorted(conflicts["observation_id"]) == naive.conflicts()

    def teardown(self) -> None:
        if not hasattr(self, "copies"):
            return
        first, second = self.copies
        for path in sealed_files(first.store.folder):
            shutil.copy(path, second.store.folder)
        first.merge(second.folder)
        # Whichever way they met, both say the same.
        assert first.store.rows().equals(second.store.rows())
        assert first.list().equals(second.list())
        for workspace in self.copies:
            assert workspace.store.validate().damaged == []
        for each in self.patches:
            each.stop()
        shutil.rmtree(self.folder)


def run_machine(examples: int, steps: int) -> None:
    TwoCopies.done.clear()
    run_state_machine_as_test(
        TwoCopies,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    print(f"{examples} sequences, {TwoCopies.done.total()} steps: {dict(TwoCopies.done)}")


def test_the_store_says_what_a_dictionary_says() -> None:
    run_machine(examples=12, steps=12)


@pytest.mark.slow
def test_the_store_says_what_a_dictionary_says_at_length() -> None:
    run_machine(examples=120, steps=30)


def test_a_negative_zero_is_zero() -> None:
    rows = [stated(Fact("A", "1", value, DAYS[0])) for value in (0.0, -0.0)]
    assert schema.identify(pl.DataFrame(rows)).height == 1


def test_the_hash_is_that_of_a_text_which_no_library_formats() -> None:
    numbers = [0.1 + 0.2, 57.8, 1e-9, 5e-5, 1e300, 2.0**53, -3.0]
    rows = [stated(Fact("A b", "1", number, DAYS[1], "n")) for number in numbers]
    found = schema.identify(pl.DataFrame(rows))["observation_id"].to_list()
    for number, identity in zip(numbers, found, strict=True):
        # In the order of the columns; a null is U+0000, and Python's repr is the shortest text
        # that gives the same double again.
        null = "\x00"
        text = "\x1f".join((
            "A b", "a-b", "OpenAI", "US", "2025-01-01", "I", "1", repr(number), null, "2025-02-01",
            "s", null, null, null, "0", null, null, "n",
        ))  # fmt: skip
        assert hashlib.blake2b(text.encode(), digest_size=16).hexdigest() == identity
