"""Imports: all rows or none, a re-based index refused, what was taken said."""

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from commands import run

from tests.conftest import june_workspace
from tracker.recording.importing import RejectedRows
from tracker.recording.rebase import ScaleInDoubt
from tracker.workspace import Workspace

DAY = date(2026, 6, 10)
SEEN = ("--observed", str(DAY))


def test_csv_import(empty: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "s.csv"
    file.write_text("\ufeffmodel;lab;score\nA;OpenAI;1,5\nB;Kimi;2\n", "utf-8")
    result = empty.import_files(
        "csv", [file], mapping={"value": "score"}, decimal=",", index="I", version="1",
        observed_on=DAY,
    )  # fmt: skip
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
    "escape": ("model", "a\x1b[31mb"),
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
        empty.import_files("csv", [file], index="I", version="1", observed_on=DAY)
    assert [(p["row"], p["field"]) for p in caught.value.result.problems] == [(3, column)]
    assert empty.store.rows().is_empty()
    kept = empty.import_files(
        "csv", [file], index="I", version="1", observed_on=DAY, keep_good=True
    )
    assert (kept.added, kept.rejected) == (1, 1)


def test_rebasing_is_refused(demo: Workspace, tmp_path: Path) -> None:
    rows = demo.observations().with_columns(pl.col("value") * 0.7)
    file = tmp_path / "later.csv"
    rows.select("model", "lab", "country", "value", "released_on").write_csv(file)
    workspace = june_workspace(tmp_path / "w")
    with pytest.raises(ScaleInDoubt) as caught:
        workspace.import_files("csv", [file], observed_on=date(2026, 6, 12))
    judged = caught.value.comparison.judgement
    assert (judged.case, judged.n) == ("re-based", 491)
    assert judged.slope == pytest.approx(0.7)
    done = workspace.import_files("csv", [file], version="5", observed_on=date(2026, 6, 12))
    assert done.added == 491


def test_components(empty: Workspace, snapshots: dict[str, Path]) -> None:
    result = empty.import_files("aa", [snapshots["06"]], components=True)
    assert result.added == result.read - result.skipped
    names = set(empty.list()["index_name"])
    assert {"AA gpqa", "AA hle", "Artificial Analysis Intelligence Index"} <= names
    assert "AA artificial_analysis_intelligence_index" not in names


def test_an_import_says_what_it_took_by_default(own: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "c.csv"
    file.write_text("model,lab,value,released_on\nA,OpenAI,1,2026-01-01\n")
    done = run(own, "import", "csv", str(file), "--index", "NewIdx", *SEEN)
    assert "taken as index 'NewIdx', version '1', which is new here; --index-version" in done.stderr
    assert "Added 1 observation of NewIdx 1" in done.stdout
    assert "0 were there already" in done.stdout
    again = run(own, "import", "csv", str(file), "--index", "NewIdx", *SEEN)
    assert "new here" not in again.stderr
    assert "1 was there already" in again.stdout
    named = run(own, "import", "csv", str(file), "--index", "Other", "--index-version", "2", *SEEN)
    assert "new here" not in named.stderr


def test_an_import_counts_each_index(own: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "c.csv"
    file.write_text(
        "model,lab,value,index_name,index_version\nA,OpenAI,1,I,1\nB,OpenAI,2,I,1\nA,OpenAI,3,J,2\n"
    )
    done = run(own, "import", "csv", str(file), "--dry-run", *SEEN)
    assert "Would add 3 observations of 2 indices (2 of I 1, 1 of J 2)" in done.stdout
    done = run(own, "--format", "json", "import", "csv", str(file), *SEEN)
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
    done = run(own, "import", "csv", str(file), "--index", "I", "--index-version", "1", *SEEN)
    assert done.exit_code == 0
    assert (
        "2 rows have another country than the catalogue has for the lab, first 'B': OpenAI with "
        "CN, not US." in done.stderr
    )


def test_an_import_says_what_it_says_otherwise_of_known_models(
    empty: Workspace, tmp_path: Path
) -> None:
    file = tmp_path / "a.csv"

    def load(day: date, *rows: str) -> list[tuple[object, ...]]:
        file.write_text("\n".join(["model,lab,country,value,released_on", *rows]))
        result = empty.import_files(
            "csv", [file], index="I", version="1", observed_on=day, accept=["unjudged"], yes=True
        )
        return [(c["model"], c["field"], c["before"], c["after"]) for c in result.changed_facts]

    assert load(date(2026, 3, 1), "Ab,Some,US,1,2026-01-01", "B,Some,US,2,") == []
    told = load(date(2026, 4, 1), "ab,Some,GB,1,2026-01-02", "B,Some,US,3,2026-02-01")
    assert told == [
        ("B", "released_on", None, "2026-02-01"),
        ("ab", "country", "US", "GB"),
        ("ab", "model", "Ab", "ab"),
        ("ab", "released_on", "2026-01-01", "2026-01-02"),
    ]
    # What is older than what stands changes nothing.
    assert load(date(2026, 2, 1), "AB,Some,FR,1,2026-01-20") == []
