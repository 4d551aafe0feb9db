"""What goes in is looked at alike on every way in; an import holds back what is in doubt."""

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from forecasts.errors import TrackerError, UsageError
from tracker.cli import cli
from tracker.recording.importing import ImportResult, RejectedRows
from tracker.workspace import Workspace, create_workspace

MAIN = "Artificial Analysis Intelligence Index"
DAY = date(2026, 6, 10)
HEAD = "model,lab,country,value,released_on"
ROWS = [f"Plain {i},OpenAI,US,{40 + i},2026-01-{10 + i}" for i in range(10)]
GOOD = "Wholly Other,Mistral,FR,31,2026-06-01"


@pytest.fixture
def own(tmp_path: Path) -> Workspace:
    """Ten models of one lab on an index of 0 to 100, values 40 to 49, and one of another lab."""
    workspace = create_workspace(tmp_path / "own")
    imported(workspace, tmp_path, *ROWS, "Home,DeepSeek,CN,35,2026-01-05", day=date(2026, 5, 10))
    return workspace


def imported(
    workspace: Workspace, folder: Path, *rows: str, day: date = DAY, **more: object
) -> ImportResult:
    file = folder / "rows.csv"
    file.write_text("\n".join([HEAD, *rows]) + "\n")
    return workspace.import_files(
        "csv",
        [file],
        index=MAIN,
        version="4.0",
        observed_on=day,
        accept=("unjudged",),
        **more,  # type: ignore[arg-type]
    )


def run(workspace: Workspace, *args: str) -> Result:
    return CliRunner().invoke(cli, ["--workspace", str(workspace.folder), *args])


def reasons(listed: dict[str, object]) -> list[str]:
    return [str(row["reason"]) for row in listed["rows"]]  # type: ignore[attr-defined]


# What a row says, and whether it is held back.
IN_DOUBT: dict[str, tuple[str, str, bool]] = {
    "far above": ("Odd,OpenAI,US,95,2026-06-01", "far above the best so far, 49", True),
    "a share": ("Odd,OpenAI,US,0.581,2026-06-01", "0.581: is that a share?", False),
    "a record holder's share": ("Plain 9,OpenAI,US,0.49,2026-01-19", "is that a share?", True),
    "observed first": ("Odd,OpenAI,US,20,2026-06-12", "before its release on 2026-06-12", False),
    "another lab": ("Plain 3,Google,US,43,2026-01-13", "one of OpenAI, not Google", True),
    "another country": ("Home,DeepSeek,SG,35,2026-01-05", "as of CN, not SG", True),
    "another date": ("Plain 3,OpenAI,US,43,2026-02-13", "released on 2026-01-13, not", True),
    "near name": ("Plainn 3,OpenAI,US,43,2026-02-13", "but 'Plain 3' looks like the same", False),
    "near name, a record": ("Plainn 3,OpenAI,US,50,2026-02-13", "'Plain 3' looks", True),
    "near lab": ("Odd,OpenAl,US,20,2026-06-01", "did you mean OpenAI?", False),
    "near lab, a record": ("Odd,OpenAl,CN,36,2026-06-01", "did you mean OpenAI?", True),
    "a lab's country": ("Odd,OpenAI,CN,36,2026-06-01", "in the catalogue as one of US", True),
}  # fmt: skip


@pytest.mark.parametrize("case", IN_DOUBT)
def test_a_warned_row_never_stops_a_file(own: Workspace, tmp_path: Path, case: str) -> None:
    row, words, held = IN_DOUBT[case]
    done = imported(own, tmp_path, GOOD, row, dry_run=True)
    assert [r["row"] for r in done.warnings["rows"]][:1] == [3]  # type: ignore[attr-defined]
    assert any(words in reason for reason in reasons(done.warnings))
    assert (done.added, done.held["count"]) == ((1, 1) if held else (2, 0))
    assert done.read == done.added + done.unchanged + done.rejected + done.skipped + held
    everything = imported(own, tmp_path, GOOD, row, dry_run=True, yes=True)
    assert (everything.added, everything.held["count"]) == (2, 0)
    assert reasons(everything.warnings) == reasons(done.warnings)


def test_a_new_record_goes_in_without_a_word(own: Workspace, tmp_path: Path) -> None:
    done = imported(own, tmp_path, "Plain 50,OpenAI,US,50,2026-06-01", GOOD)
    assert (done.added, done.warnings["count"], done.held["count"]) == (2, 0, 0)


def test_held_rows_stay_out_of_store_record_and_sweep(own: Workspace, tmp_path: Path) -> None:
    done = imported(own, tmp_path, GOOD, IN_DOUBT["far above"][0], whole=True)
    assert own.list(text="Odd").is_empty()
    facts = own.data.imports.facts().filter(import_id=done.import_id)
    assert facts.height == 1
    assert not facts["whole"].any()  # a row that may be the record is missing
    again = imported(own, tmp_path, GOOD, IN_DOUBT["far above"][0], whole=True, yes=True)
    assert (again.added, again.unchanged) == (1, 1)
    assert own.data.imports.facts().filter(import_id=again.import_id)["whole"].all()


def test_outside_known_bounds_is_an_error_on_every_way_in(own: Workspace, tmp_path: Path) -> None:
    for value in ("585", "-3"):
        row = f"Odd,OpenAI,US,{value},2026-06-01"
        with pytest.raises(RejectedRows) as caught:
            imported(own, tmp_path, GOOD, row)
        problem = caught.value.result.problems[0]
        assert (problem["row"], problem["field"]) == (3, "value")
        assert f"{value} is outside the index's range, from 0 to 100" in str(problem["reason"])
        kept = imported(own, tmp_path, GOOD, row, keep_good=True, dry_run=True)
        assert (kept.added, kept.rejected) == (1, 1)
        with pytest.raises(UsageError, match="outside the index's range") as refused:
            own.log("Odd", float(value), lab="OpenAI", index=MAIN, version="4.0")
        assert refused.value.field == "value"
        identity = own.list(text="Home")["observation_id"].item()
        with pytest.raises(UsageError, match="outside the index's range"):
            own.correct(identity, value=float(value))
    done = imported(own, tmp_path, GOOD, row, outside_bounds=True, yes=True)
    assert done.added == 2
    # What stands once is no problem when it is stated again.
    assert imported(own, tmp_path, GOOD, row).unchanged == 2


def test_a_snapshot_of_the_board_is_checked_alike(own: Workspace, tmp_path: Path) -> None:
    def model(name: str, value: float) -> dict[str, object]:
        key = "artificial_analysis_intelligence_index"
        return {
            "name": name, "creator": {"name": "OpenAI"}, "release_date": "2026-06-01",
            "evaluations": {key: value},
        }  # fmt: skip

    file = tmp_path / "s.json"
    meta = {"fetched_at": "2026-06-10T00:00:00Z"}
    file.write_text(json.dumps({"meta": meta, "models": [model("Far", 95), model("Fine", 30)]}))
    done = own.import_files("aa", [file], version="4.0", accept=["unjudged"])
    assert (done.added, done.held["count"]) == (1, 1)
    file.write_text(json.dumps({"meta": meta, "models": [model("Out", 6000)]}))
    with pytest.raises(RejectedRows, match="6000 is outside the index's range"):
        own.import_files("aa", [file], version="4.0", accept=["unjudged"])


def test_a_first_import_holds_nothing_back(empty: Workspace, tmp_path: Path) -> None:
    done = imported(empty, tmp_path, *ROWS, "Odd,OpenAI,US,99,2026-06-01", "Low,Kimi,,0.5,")
    assert (done.added, done.held["count"]) == (12, 0)
    assert done.warnings["count"] == 1


def test_log_without_a_terminal_refuses_what_is_in_doubt(own: Workspace) -> None:
    call = ["log", "Odd", "--lab", "OpenAI", "--value", "95", "--released", "2026-06-01"]
    done = run(own, *call)
    assert isinstance(done.exception, TrackerError)
    assert done.exception.exit_code == 1
    assert done.exception.code == "implausible"
    assert own.list(text="Odd").is_empty()
    assert run(own, *call, "--yes").exit_code == 0
    assert own.list(text="Odd").height == 1
    out = run(own, "log", "Off", "--lab", "OpenAI", "--value", "612", "--yes")
    assert isinstance(out.exception, UsageError)
    assert run(own, *["log", "Off", "--lab", "OpenAI", "--value", "612"], "--yes",
               "--outside-bounds").exit_code == 0  # fmt: skip


def test_the_command_lists_what_it_held(own: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("\n".join([HEAD, GOOD, IN_DOUBT["far above"][0]]) + "\n")
    call = ["import", "csv", str(file), "--index", MAIN, "--index-version", "4.0",
            "--observed", "2026-06-10", "--accept", "unjudged"]  # fmt: skip
    done = run(own, "--format", "json", *call, "--dry-run")
    body = json.loads(done.stdout)
    assert body["held"]["count"] == 1
    assert body["held"]["rows"][0]["file"] == "t.csv"
    assert body["held"]["rows"][0]["row"] == 3
    done = run(own, *call)
    assert "Held back: t.csv, row 3, Odd: The value 95 is far above" in done.stderr
    assert "1 held back (--yes imports them too)" in done.stdout


def test_one_row_and_many_are_warned_of_alike(own: Workspace, tmp_path: Path) -> None:
    for row, words, _ in IN_DOUBT.values():
        model, lab, country, value, released = row.split(",")
        file = imported(own, tmp_path, row, dry_run=True)
        from tracker.recording.log import Release, plan_release

        release = Release(
            model, value, lab, country, date.fromisoformat(released), DAY, MAIN, "4.0"
        )
        alone = plan_release(own.data, release).warnings
        assert set(alone) == set(reasons(file.warnings))
        assert any(words in warning for warning in alone)


def test_many_new_rows_are_judged_quickly(own: Workspace) -> None:
    import time

    from tracker.recording import plausibility
    from tracker.recording.holding import _known
    from tracker.store.schema import identify

    rows = pl.DataFrame(
        {"model": [f"Model {i // 26} {chr(97 + i % 26)} of many" for i in range(20_000)]}
    ).with_columns(
        lab=pl.lit("OpenAI"), country=pl.lit("US"), index_name=pl.lit(MAIN),
        index_version=pl.lit("4.0"), value=pl.lit(20.0), observed_on=DAY, source=pl.lit("csv"),
        released_on=date(2026, 1, 1), stderr=pl.lit(None, pl.Float64),
    )  # fmt: skip
    new = identify(rows)
    started = time.perf_counter()
    plausibility.slips(own.data, _known(own.store.snapshot(), new), new)
    assert time.perf_counter() - started < 20
