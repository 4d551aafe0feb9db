"""What is exported can be imported again: every field, and the same ids."""

import io
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracker.recording.importing import RejectedRows
from tracker.results.exporting import export, standing
from tracker.results.workbook import MOST_ROWS, write_workbook
from tracker.store.schema import FORBIDDEN_TEXT, STATED
from tracker.workspace import Workspace, create_workspace

FORMATS = ("csv", "json", "parquet", "xlsx")
ODD = st.sampled_from(
    ["=1+1", "'=x", "-2", "@a", "1,490", "01/02/2025", "2025", "_x0041_", '"q"', "a;b|c\td"[:5],
     "true", "n/a", "#REF!", "é – 日本", "🚀", "0x10", "1e5", " inner  space "]
)  # fmt: skip
TEXT = st.one_of(ODD, st.text(max_size=30)).map(
    lambda text: pl.Series([text.encode("utf-8", "ignore").decode()])
    .str.replace_all(FORBIDDEN_TEXT, "").str.strip_chars()[0]
)  # fmt: skip
NAME = TEXT.filter(bool)
NUMBER = st.one_of(
    st.floats(-1e12, 1e12), st.floats(0, 100), st.integers(0, 100_000).map(lambda n: n / 1000),
    st.integers(-1000, 5000).map(float),
)  # fmt: skip
DAYS = st.dates(date(2015, 1, 1), date(2026, 6, 1))
SEEN = st.dates(date(2026, 6, 1), date(2026, 6, 10))

OBSERVATIONS = st.fixed_dictionaries({
    "model": NAME,
    "lab": st.one_of(st.none(), st.sampled_from(["OpenAI", "Z AI", "A lab", "=lab", "01.AI"])),
    "country": st.sampled_from([None, "US", "CN", "NA", "US,CN", "GB"]),
    "released_on": st.one_of(st.none(), DAYS),
    "index_name": st.sampled_from(["I", "=Index", "Index, two"]),
    "index_version": st.sampled_from(["1", "4.0", "2025-06", "=v"]),
    "value": NUMBER,
    "stderr": st.one_of(st.none(), st.floats(0, 1e6)),
    "observed_on": SEEN,
    "source": NAME,
    "source_url": st.sampled_from([None, "https://example.org/?a=1,2;b", "=url"]),
    "open_weights": st.sampled_from([None, True, False]),
    "reasoning": st.sampled_from([None, True, False]),
    "estimated": st.sampled_from([None, True, False]),
    "note": st.one_of(st.none(), NAME),
})  # fmt: skip


def back(one: Workspace, folder: Path, kind: str) -> pl.DataFrame:
    """What a fresh workspace holds after the export of another is imported."""
    file = folder / f"e.{kind}"
    export(standing(one.store.current()), file)
    other = create_workspace(folder / f"w-{kind}")
    accepted = ("re-based", "other-scores", "unjudged")
    done = other.import_files(kind, [file], accept=accepted, yes=True, outside_bounds=True)
    assert (done.rejected, done.skipped) == (0, 0)
    return other.store.current()


def by_id(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.drop("recorded_at").sort("observation_id")


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(st.lists(OBSERVATIONS, min_size=1, max_size=12), st.sampled_from(FORMATS))
def test_a_round_trip_keeps_every_field(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], kind: str
) -> None:
    folder = tmp_path_factory.mktemp("t")
    one = create_workspace(folder / "one")
    # First through an import, which completes each row by what is known.
    given = pl.DataFrame(rows, schema_overrides={"released_on": pl.Date, "stderr": pl.Float64,
                                                 "lab": pl.String, "country": pl.String,
                                                 "source_url": pl.String, "note": pl.String,
                                                 "open_weights": pl.Boolean,
                                                 "reasoning": pl.Boolean,
                                                 "estimated": pl.Boolean})  # fmt: skip
    given.write_parquet(folder / "g.parquet")
    accepted = ("re-based", "other-scores", "unjudged")
    one.import_files(
        "parquet", [folder / "g.parquet"], accept=accepted, yes=True, outside_bounds=True
    )
    held = one.store.current()
    assert held.height == given.unique().height
    assert by_id(back(one, folder, kind)).equals(by_id(held))


@pytest.fixture
def corrected(empty: Workspace) -> Workspace:
    """Three observations, of which one was corrected and one taken back."""
    facts: dict[str, Any] = {"index": "I", "version": "1", "observed_on": date(2026, 6, 1)}
    ids = [
        empty.log(name, value, lab="OpenAI", **facts).observation_id
        for name, value in (("A", 1.0), ("B", 2.0), ("C", 3.0))
    ]
    empty.correct(ids[0], value=1.5, note="misread")
    empty.retract(ids[1], "never published")
    return empty


@pytest.mark.parametrize("kind", FORMATS)
def test_what_stands_is_what_goes_out(corrected: Workspace, tmp_path: Path, kind: str) -> None:
    rows = back(corrected, tmp_path, kind).sort("model")
    assert rows.select(STATED).equals(corrected.store.current().sort("model").select(STATED))
    assert rows.select("model", "value").rows() == [("A", 1.5), ("C", 3.0)]


@pytest.mark.parametrize("kind", FORMATS)
def test_an_export_adds_nothing_where_it_came_from(
    corrected: Workspace, tmp_path: Path, kind: str
) -> None:
    file = tmp_path / f"e.{kind}"
    export(standing(corrected.store.current()), file)
    done = corrected.import_files(kind, [file], accept=("unjudged",), yes=True)
    assert (done.added, done.unchanged) == (0, 2)


@pytest.mark.parametrize("kind", FORMATS)
def test_what_does_not_stand_is_refused(corrected: Workspace, tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"all.{kind}"
    export(corrected.store.rows(), file)
    other = create_workspace(tmp_path / "other")
    with pytest.raises(RejectedRows, match="points at another row of its workspace"):
        other.import_files(kind, [file], accept=("unjudged",))
    assert other.store.rows().is_empty()


def test_a_sheet_holds_text_as_text_and_numbers_in_full() -> None:
    import zipfile

    rows = pl.DataFrame({
        "note": ["=1+1", "_x0041_", "@x"], "value": [0.1 + 0.2, 1e-7, 123456789.12345679],
        "day": [date(2025, 2, 1)] * 3, "at": [datetime(2025, 2, 1, tzinfo=UTC)] * 3,
        "open": [True, False, None],
    })  # fmt: skip
    buffer = io.BytesIO()
    write_workbook(rows, buffer)
    sheet = zipfile.ZipFile(buffer).read("xl/worksheets/sheet1.xml").decode()
    assert "<f" not in sheet
    assert "<v>0.30000000000000004</v>" in sheet
    assert "<v>123456789.12345679</v>" in sheet
    assert "_x005F_x0041_" in sheet
    import openpyxl

    read = list(openpyxl.load_workbook(buffer).active.iter_rows(values_only=True))
    assert read[1][0] == "=1+1"
    assert read[1][2:] == (datetime(2025, 2, 1), "2025-02-01T00:00:00+00:00", True)


def test_more_rows_than_a_sheet_has_are_refused() -> None:
    from forecasts.errors import TrackerError

    rows = pl.DataFrame({"a": pl.repeat(1, MOST_ROWS + 1, eager=True)})
    with pytest.raises(TrackerError, match="A sheet holds 1,048,575 rows"):
        write_workbook(rows, io.BytesIO())
