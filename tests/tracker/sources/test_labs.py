"""What nobody states is stored as unknown, and told wherever somebody does."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from reading import OPTIONS

from forecasts.errors import UsageError
from forecasts.measures.blocs import parse_bloc
from forecasts.request import Scope
from tracker.catalogue import Catalogue
from tracker.results.exporting import export
from tracker.sources.contract import ReadOptions
from tracker.sources.file import SourceFile
from tracker.sources.labs import described, open_facts
from tracker.sources.rows import check_rows, one_row
from tracker.workspace import Workspace

DAY, LATER = date(2026, 6, 10), date(2026, 6, 20)
OF = {"index": "I", "version": "1", "observed_on": DAY}
TABLE = "model,value\nWombat 1,50\nWombat 2,40\n"


@pytest.fixture
def table(tmp_path: Path) -> Callable[[str], Path]:
    """A file of these lines."""

    def write(text: str, name: str = "wombats.csv") -> Path:
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def test_the_same_file_is_the_same_statement_once_more_is_known(
    empty: Workspace, table: Callable[[str], Path]
) -> None:
    file = table(TABLE)
    first = empty.import_files("csv", [file], **OF)
    assert (first.added, first.unknown["lab"]["count"]) == (2, 2)
    # Another index says of what lab the first one is; its release date is known to the month.
    empty.log("Wombat 1", 3.0, lab="Marsupial", country="AU", released_on="2026-03", index="J",
              version="1", observed_on=LATER, open_weights=True)  # fmt: skip
    again = empty.import_files("csv", [file], **OF)
    assert (again.added, again.unchanged) == (0, 2)
    assert (again.import_id, again.unknown["lab"]["models"]) == (first.import_id, ["Wombat 2"])
    # What is stored stays as it was stated; what it counts as is what is known of the model.
    stored = empty.store.current().filter(index_name="I", model_key="wombat-1").row(0, named=True)
    assert (stored["lab"], stored["country"], stored["released_on"]) == (None, None, None)
    assert counting(empty, "AU").select("model", "lab", "released_on", "open_weights").rows() == [
        ("Wombat 1", "Marsupial", date(2026, 3, 31), True)
    ]
    assert empty.list(bloc="AU+open", index="I")["model"].to_list() == ["Wombat 1"]
    status = empty.status()
    assert (status["models"], status["models_without_lab"]) == (2, 1)
    assert status["models_without_country"] == 1


def counting(workspace: Workspace, bloc: str) -> pl.DataFrame:
    """The models of index I that a bloc counts."""
    view = workspace.data.view(Scope("I", "1"))
    return view.models().filter(parse_bloc(bloc).member)


class MoreKnown(Catalogue):
    """The catalogue, and one family of models more."""

    @property
    def model_families(self) -> dict[str, str]:  # type: ignore[override]
        return {"wombat": "Mistral"}


def test_a_lab_that_the_catalogue_learns_describes_older_rows(
    empty: Workspace, table: Callable[[str], Path]
) -> None:
    file = table("model,value,released_on\nWombat 1,50,2026-01-01\nWombat 2,40,2026-02-01\n")
    empty.import_files("csv", [file], **OF)
    knowing = Workspace(replace(empty.data, catalogue=MoreKnown()))
    assert counting(knowing, "FR")["model"].to_list() == ["Wombat 1", "Wombat 2"]
    again = knowing.import_files("csv", [file], **OF)
    assert (again.added, again.unchanged, again.unknown["country"]["count"]) == (0, 2, 0)
    # And forgotten again, it is still the same.
    assert empty.import_files("csv", [file], **OF).added == 0


def test_a_model_of_no_known_country_is_in_no_bloc_of_countries(
    empty: Workspace, table: Callable[[str], Path]
) -> None:
    file = table(
        "model,lab,value,released_on,open_weights\nWombat 1,,50,2026-01-01,true\n"
        "A,OpenAI,40,2026-01-02,false\nB,Nobody Knows Inc,30,2026-01-03,\n"
    )
    result = empty.import_files("csv", [file], **OF)
    counts = {name: of["count"] for name, of in result.unknown.items()}
    assert counts == {"lab": 1, "country": 2, "released_on": 0, "open_weights": 1}
    of = {
        bloc: set(empty.list(bloc=bloc)["model"])
        for bloc in ("US", "US,CA", "open", "proprietary", "lab:Nobody Knows Inc")
    }
    assert of == {
        "US": {"A"}, "US,CA": {"A"}, "open": {"Wombat 1"}, "proprietary": {"A"},
        "lab:Nobody Knows Inc": {"B"},
    }  # fmt: skip
    assert empty.store.validate().damaged == []


def test_what_this_index_states_goes_before_what_others_say(empty: Workspace) -> None:
    for index, lab, observed in (("I", "OpenAI", DAY), ("J", "Mistral", LATER)):
        empty.log("M", 5.0, lab=lab, index=index, version="1", observed_on=observed,
                  released_on=DAY)  # fmt: skip
    rows = empty.store.current().filter(index_name="I")
    both = pl.concat([rows, rows.with_columns(lab=None, country=None)])
    assert set(empty.data.described(both)["lab"]) == {"OpenAI"}
    lazily = empty.data.described(both.lazy()).collect()
    assert lazily.equals(empty.data.described(both))


def test_rows_that_lack_nothing_ask_for_nothing() -> None:
    row, _ = check_rows(one_row({**FULL, "open_weights": True}), OPTIONS)

    def nothing() -> pl.LazyFrame:
        raise AssertionError

    keyed = row.with_columns(model_key=pl.lit("m"))
    assert described(keyed, nothing, Catalogue(), dict) is keyed


def test_open_facts() -> None:
    assert open_facts(0) == []
    assert open_facts(0b00110) == ["country", "released_on", "released_precision"]


def test_log_still_insists_on_a_lab_and_a_country(empty: Workspace) -> None:
    with pytest.raises(UsageError, match="no lab is given"):
        empty.log("Wombat 1", 5.0, **OF)
    with pytest.raises(UsageError, match="no country is given"):
        empty.log("Wombat 1", 5.0, lab="Nobody Knows Inc", **OF)


FULL = {
    "model": "M", "lab": "OpenAI", "country": "US", "released_on": "2025-01-01", "index_name": "I",
    "index_version": "1", "value": "1", "observed_on": "2026-06-10", "source": "s",
}  # fmt: skip


@pytest.mark.parametrize(
    ("stated", "precision", "stored"),
    [
        ("2025-06", None, (date(2025, 6, 30), "month")),
        ("2024-02", None, (date(2024, 2, 29), "month")),
        ("2025", None, (date(2025, 12, 31), "year")),
        # Observed within it, it was released by then.
        ("2026-06", None, (date(2026, 6, 10), "month")),
        ("2026", None, (date(2026, 6, 10), "year")),
        ("2025-06-30", "month", (date(2025, 6, 30), "month")),
        ("2025-06-01", "Month", (date(2025, 6, 30), "month")),
        ("2025-06-30", "day", (date(2025, 6, 30), None)),
        ("2025-06-30", None, (date(2025, 6, 30), None)),
        ("", "month", (None, None)),
    ],
)
def test_a_date_is_as_well_known_as_it_is_written(
    stated: str, precision: str | None, stored: tuple[date | None, str | None]
) -> None:
    facts = {**FULL, "released_on": stated, "released_precision": precision}
    rows, problems = check_rows(one_row(facts), OPTIONS)
    assert problems == []
    assert rows.select("released_on", "released_precision").row(0) == stored


@pytest.mark.parametrize(
    ("stated", "precision", "field"),
    [("2025-13", None, "released_on"), ("25-06", None, "released_on"),
     ("1949", None, "released_on"), ("2999", None, "released_on"),
     ("2025-06-30", "week", "released_precision")],
)  # fmt: skip
def test_a_part_of_a_date_that_is_none_is_a_problem(
    stated: str, precision: str | None, field: str
) -> None:
    facts = {**FULL, "released_on": stated, "released_precision": precision}
    _, problems = check_rows(one_row(facts), OPTIONS)
    assert [p.field for p in problems] == [field]


def test_a_month_holds_no_contradiction_with_a_day_in_it(
    empty: Workspace, table: Callable[[str], Path]
) -> None:
    for at in range(6):
        empty.log(f"M{at}", float(at), lab="OpenAI", released_on=date(2026, 1, 5 + at), **OF)
    lines = "model,lab,value,released_on,observed_on\n"
    same = table(lines + "M5,OpenAI,5,2026-01,2026-06-20\n", "a.csv")
    assert empty.import_files("csv", [same], index="I", version="1").held["count"] == 0
    other = table(lines + "M5,OpenAI,5,2026-02,2026-06-21\n", "b.csv")
    assert empty.import_files("csv", [other], index="I", version="1").held["count"] == 1
    # The day stays: it says more.
    assert counting(empty, "US").filter(model="M5")["released_on"].to_list() == [date(2026, 1, 10)]


def test_a_date_known_to_the_month_can_be_corrected_to_the_day(empty: Workspace) -> None:
    row = empty.log("M", 5.0, lab="OpenAI", released_on="2026-03", **OF).observation_id
    held = empty.store.current().row(0, named=True)
    assert (held["released_on"], held["released_precision"]) == (date(2026, 3, 31), "month")
    row = empty.correct(row, released_on=date(2026, 3, 9))
    held = empty.store.current().row(0, named=True)
    assert (held["released_on"], held["released_precision"]) == (date(2026, 3, 9), None)
    empty.correct(row, released_on="2026")
    held = empty.store.current().row(0, named=True)
    assert (held["released_on"], held["released_precision"]) == (DAY, "year")


def test_an_export_keeps_what_is_unknown_and_how_well_a_date_is_known(
    empty: Workspace, table: Callable[[str], Path], tmp_path: Path
) -> None:
    file = table("model,value,released_on\nWombat 1,50,2025-06\nWombat 2,40,\n")
    empty.import_files("csv", [file], **OF)
    rows = empty.store.current()
    for suffix in ("csv", "parquet"):
        out = tmp_path / f"out.{suffix}"
        export(rows, out)
        again = empty.import_files(suffix, [out])
        assert (again.added, again.unchanged) == (0, 2)
        assert empty.store.current().equals(rows)


def test_json_says_what_is_unknown(empty: Workspace, table: Callable[[str], Path]) -> None:
    names = [f"Wombat {at}" for at in range(30)]
    file = table("model,value\n" + "".join(f"{name},1\n" for name in names))
    result = empty.import_files("csv", [SourceFile(file)], dry_run=True, **OF)
    assert json.loads(json.dumps(result.unknown))["lab"] == {"count": 30, "models": names[:10]}


def test_options_know_what_a_row_leaves_open() -> None:
    options: ReadOptions = OPTIONS
    rows, _ = check_rows(one_row({**FULL, "lab": "", "country": ""}), options)
    assert open_facts(rows["left_open"][0]) == ["lab", "country", "open_weights", "reasoning"]
